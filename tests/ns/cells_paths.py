"""Paths with a round-trip time and with loss: cells over the relay."""

from cell import Cell, Expect
from relay import TO_CLIENT, TO_SERVER, Drop
from stall_bounds import distant, nagle

_LONE = tuple(range(3, 400, 4))  # the third of every four requests or replies
_PAIRS = tuple(place for first in range(5, 800, 8) for place in (first, first + 1))
_QUARTER = (0.2, 0.45)  # and what is sent again because a busy machine answered too late


def _lost(side, median_ms, why, fraction=_QUARTER):
    """Every fourth exchange meets a loss. The relay's two processes add to every packet; a tenth of
    a second is for a busy machine."""
    return Expect(True, ("loss",), side, median_ms, fraction, first=(1, 3), why=why)


def _over(rtt_ms, name, expect, **more):
    return Cell(f"RTT {rtt_ms} ms: {name}", expect, over="relay", rtt_ms=rtt_ms,
                **{"count": 10, **more})


ROUND_TRIPS = [
    _over(20, "one write", distant(), pattern="one_write"),
    _over(20, "two writes", nagle(median_ms=(80, 130), first=None,
                                  why="two round trips and a delayed ACK")),
    _over(20, "two writes, NODELAY", distant(), nodelay=True),
    _over(20, "two writes of the server", nagle("server", median_ms=(80, 130), first=None,
                                                why="two round trips and a delayed ACK"),
          writer="server"),
    _over(100, "one write", distant(), pattern="one_write"),
    _over(220, "one write", distant(), pattern="one_write", count=6),
    _over(220, "two writes", nagle(median_ms=(478, 540), first=None,
                                   why="two round trips and a delayed ACK"), count=6),
    _over(220, "two writes, NODELAY", distant(), nodelay=True, count=6),
]

# A delayed ACK grows to 200 ms only where its timer ends often: nothing is answered, and nothing is
# read in time. A small receive buffer spends the quick ACKs of a new connection sooner.
LONG_ACK = [
    _over(220, "one way, a true 200 ms delayed ACK",
          nagle(median_ms=(560, 900), fraction=(0.4, 1.0), first=None,
                why="two round trips and up to two delayed ACKs, each growing to 200 ms"),
          pattern="w200 w300 a", server="s1200ms r500", count=10, pauses_ms=220,
          keys=(("net.ipv4.tcp_rmem", "4096 16384 16384"),)),
]

LOSS = [
    _over(20, "the lone segment of a request is lost",
          _lost("client", (215, 330), "a loss probe: two round trips and 200 ms"),
          pattern="w300 r100", drops=(Drop(TO_SERVER, 300, _LONE),), count=16),
    _over(20, "the lone segment of a reply is lost",
          _lost("server", (215, 330), "a loss probe: two round trips and 200 ms"),
          pattern="w300 r100", drops=(Drop(TO_CLIENT, 100, _LONE),), count=16),
    _over(20, "both segments of a request are lost",
          _lost("client", (45, 200), "an early loss probe, then a resend", (0.2, 0.8)),
          pattern="w2896 r100", drops=(Drop(TO_SERVER, 1448, _PAIRS),), count=16),
    _over(20, "both segments of a request are lost, no loss probes",
          _lost("client", (215, 430), "the retransmission timeout, at least 200 ms"),
          pattern="w2896 r100", drops=(Drop(TO_SERVER, 1448, _PAIRS),), count=16,
          keys=(("net.ipv4.tcp_early_retrans", 0),)),
]

PACING = [
    _over(100, "60000 bytes, paced by bbr",
          Expect(True, ("pacing",), "client", why="a round trip takes half as long again"),
          pattern="w60000 r100", nodelay=True, congestion="bbr"),
    _over(100, "60000 bytes, not paced by reno", distant(),
          pattern="w60000 r100", nodelay=True, count=12),
]


def cells():
    return [*ROUND_TRIPS, *LONG_ACK, *LOSS, *PACING]
