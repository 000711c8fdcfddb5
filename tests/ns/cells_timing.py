"""Sizes, chunks, thresholds, think times and slow programs, on loopback: cells that are not in the
main matrix."""

from cell import Cell
from stall_bounds import at_the_edge, clean, nagle, nearly_clean, slow

_MSS = 1448
_MANY = 500  # clean exchanges take microseconds, and of so many a slow one is no stall


def _chunks(total, expect, count=30):
    return Cell(f"{total} bytes in pieces of 1000 at MSS {_MSS}", expect, mss=_MSS, count=count,
                pattern=" ".join(["w1000"] * (total // 1000)) + " r100")


def _threshold(value, expect, count):
    return Cell(f"tcp_pingpong_thresh {value}", expect, count=count,
                keys=(("net.ipv4.tcp_pingpong_thresh", value),))


def _of_period(value):
    # A single exchange whose server was late starts the count anew.
    return nagle(fraction=(0.6 / value, 1.2 / value), first=(1, value + 1), period=value,
                 why="a connection is in ping-pong mode after so many answers; each delayed ACK ends it")


SIZES = [
    _chunks(2000, nagle()),
    _chunks(3000, nearly_clean("two full segments' worth is acknowledged at once"), _MANY),
    _chunks(4000, nagle(fraction=(0.03, 0.97), first=None,
                        why="whether the third and fourth piece meet an ACK is a race")),
    _chunks(5000, nearly_clean("the last pieces fill segments that are sent at once"), _MANY),
    Cell("second write fills a segment", clean("full segments are never held"), mss=_MSS,
         writes=(200, 2000), count=_MANY),
    Cell("first write fills a segment", clean("Minshall: only a small segment in flight holds the next"),
         mss=1460, writes=(1448, 200), count=_MANY),
    Cell("MSS 536", nagle(), mss=536, writes=(200, 300)),
]

THRESHOLDS = [
    _threshold(1, nagle(), 20),
    _threshold(2, _of_period(2), 40),
    _threshold(3, _of_period(3), 48),
    _threshold(8, _of_period(8), 64),
]

THINKING = [
    Cell("server writes in two, the client thinks for 20 ms", nagle("server"), writer="server",
         think_ms=20),
    Cell("server writes in two, the client thinks for 39 ms",
         at_the_edge("ping-pong mode asks for an answer within 40 ms, in ticks: a late one "
                     "leaves it, and no stall may be among the stamped exchanges"),
         writer="server", think_ms=39, count=24),
    Cell("server writes in two, the client thinks for 43 ms",
         clean("the client's ACK timer has ended, and its ping-pong mode with it"), writer="server",
         think_ms=43),
    Cell("client writes in two, and thinks for 43 ms",
         nagle(why="whose ACK is delayed is the server, which answers at once"), think_ms=43, count=14),
    Cell("client writes in two, the server thinks for 5 ms",
         nagle(median_ms=(45, 70), why="44 ms of Nagle, then 5 of the server"), peer_think_ms=5),
    Cell("client writes in two, the server thinks for 50 ms",
         slow("an answer after 40 ms keeps the server out of ping-pong mode; the 50 ms are scripted"),
         peer_think_ms=50, count=12),
    Cell("server writes in two, and thinks for 5 ms",
         nagle("server", median_ms=(45, 70), why="5 ms of the server, then 44 of Nagle"),
         writer="server", peer_think_ms=5),
    Cell("server writes in two, and thinks for 50 ms",
         nagle("server", median_ms=(90, 118), why="50 ms of the server, then 44 of Nagle"),
         writer="server", peer_think_ms=50, count=12),
]

SLOW = [
    Cell("slow application: 44 ms, one write", slow(), pattern="w64 r100",
         server="r64 s44ms w100"),
    Cell("slow client: 44 ms before the request", slow(), pattern="s44ms w64 r100"),
    Cell("slow body: head, 44 ms, body, NODELAY", slow(), pattern="w64 r1200",
         server="r64 nodelay w200 s44ms w1000"),
    Cell("slow request body: head, 44 ms, body, NODELAY", slow(), nodelay=True,
         pattern="w200 s44ms w1000 r100"),
    Cell("gap of 20 ms between the writes", nagle(median_ms=(40, 62)), pattern="w200 s20ms w1000 r100"),
    Cell("gap of 50 ms between the writes", slow("the ACK has come by then; the gap is scripted"),
         pattern="w200 s50ms w1000 r100", count=12),
]

SWITCHING = [
    Cell("NODELAY set only after the first write", clean("setting it sends what is held"),
         pattern="w200 nodelay w1000 r100", count=_MANY),
    Cell("NODELAY set after the second write, then off", clean("setting it sends what is held"),
         pattern="w200 w1000 nodelay nagle r100", count=_MANY),
    Cell("cork and uncork around two writes", clean(), pattern="cork w200 w1000 uncork r100", count=_MANY),
    Cell("writev of three pieces", clean(), pattern="v200,500,500 r100", count=_MANY),
    Cell("MSG_MORE, then a plain write", clean(), pattern="m200 w1000 r100", count=_MANY),
]


def cells():
    return [*SIZES, *THRESHOLDS, *THINKING, *SLOW, *SWITCHING]
