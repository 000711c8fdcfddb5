"""The main matrix: write patterns by TCP_NODELAY, TCP_QUICKACK and who writes, on loopback and
over an Ethernet's segments."""

import stall_bounds
from cell import Cell

# clean, nagle, both or cork: on loopback, then where segments are 1448 bytes.
# "-" is a combination whose row on loopback says all there is to say.
_TABLE = """
pattern              writer  nodelay  quickack   lo     pair
one_write            client  off      off        clean  clean
one_write            server  off      off        clean  -
one_write            both    off      off        clean  -
one_write            client  on       off        clean  -
two_writes           client  off      off        nagle  nagle
two_writes           client  off      once       nagle  nagle
two_writes           client  off      always     clean  clean
two_writes           client  on       off        clean  clean
two_writes           client  on       always     clean  -
two_writes           server  off      off        nagle  nagle
two_writes           server  off      once       nagle  -
two_writes           server  off      always     clean  clean
two_writes           server  on       off        clean  clean
two_writes           both    off      off        both   both
two_writes           both    off      once       both   -
two_writes           both    off      always     clean  clean
two_writes           both    on       off        clean  clean
three_writes         client  off      off        nagle  nagle
three_writes         client  off      always     clean  -
three_writes         client  on       off        clean  -
three_writes         server  off      off        nagle  -
three_writes         both    off      off        both   -
writev               client  off      off        clean  clean
writev               server  off      off        clean  -
writev               both    on       off        clean  -
msg_more             client  off      off        clean  clean
msg_more             server  off      off        clean  -
msg_more             client  on       off        clean  -
cork                 client  off      off        clean  clean
cork                 server  off      off        clean  -
cork                 client  on       off        clean  -
nodelay_flush        client  off      off        clean  clean
nodelay_flush        server  off      off        clean  -
cork_left_open       client  off      off        cork   cork
cork_left_open       client  on       off        cork   cork
cork_left_open       client  off      always     cork   -
cork_left_open       server  off      off        cork   -
cork_left_open       server  on       off        cork   -
msg_more_left_open   client  off      off        cork   cork
msg_more_left_open   client  on       off        cork   cork
msg_more_left_open   server  off      off        cork   -
msg_more_left_open   server  on       always     cork   -
buffered_tail        client  off      off        nagle  clean
buffered_tail        client  on       off        clean  -
buffered_tail        client  off      always     clean  -
buffered_tail        server  off      off        nagle  clean
buffered_tail        both    off      off        both   -
"""

_WRITES = {"three_writes": (200, 300, 400), "buffered_tail": (8192, 300), "one_write": (64,)}
# A clean exchange takes microseconds, and of many a slow one is no stall.
_COUNT = {"cork": 6, "both": 14, "nagle": 20, "clean": 500}


def _expected(word, writer):
    if word in ("nagle", "cork"):
        make = stall_bounds.nagle if word == "nagle" else stall_bounds.corked
        return make(side=writer)
    return stall_bounds.both_sides() if word == "both" else stall_bounds.clean()


def _cell(over, word, pattern, writer, nodelay, quickack):
    name = f"{over}: {pattern} of the {writer}, nodelay {nodelay}, quickack {quickack}"
    return Cell(name, _expected(word, writer), pattern=pattern, writer=writer, over=over,
                nodelay=nodelay == "on", quickack=quickack,
                writes=_WRITES.get(pattern, (200, 1000)), count=_COUNT[word])


def cells():
    rows = [line.split() for line in _TABLE.strip().splitlines()[1:]]
    return [_cell(over, word, *row[:4]) for row in rows
            for over, word in (("lo", row[4]), ("pair", row[5])) if word != "-"]
