"""Whole default runs: with every variation interleaved, so that verdicts are confirmed."""

import dataclasses

from cell import Cell
from stall_bounds import both_sides, clean, corked, nagle, slow


def _confirmed(expect):
    return dataclasses.replace(expect, confidence="confirmed")


def _full(name, expect, **more):
    return Cell(name, expect, full=True, **{"count": 0, **more})


def cells():
    return [
        _full("default run", _confirmed(nagle())),
        _full("default run over Ethernet's segments", _confirmed(nagle()), over="pair"),
        _full("default run under bbr", _confirmed(nagle()), congestion="bbr"),
        _full("default run, the server writes", _confirmed(nagle("server")), writer="server"),
        _full("default run, both write in two", both_sides(), writer="both"),
        _full("default run, cork left open", _confirmed(corked()), pattern="cork_left_open"),
        _full("default run, one write", clean(), pattern="one_write"),
        _full("default run, NODELAY", clean(), nodelay=True),
        _full("default run, slow body", slow(), pattern="w64 r1200",
              server="r64 nodelay w200 s44ms w1000"),
        _full("default run, tcp_pingpong_thresh 3",
              _confirmed(nagle(fraction=(0.2, 0.4), first=(1, 4))),
              keys=(("net.ipv4.tcp_pingpong_thresh", 3),)),
    ]
