"""What the kernel's timers do to an exchange, with the room that a busy machine of two cores takes.

A timer of the kernel ends 1 or 2 ticks late (4 ms each at 250 a second, 10 ms at 100), and whoever
waits for it is run some milliseconds after that; medians over a run leave single late ones out.
"""

from cell import Expect

_MOST = (0.75, 1.0)
# The second, by the kernel's rules; the first where a new connection's programs are not yet running.
_SOON = (1, 2)
_ALL = (0.9, 1.0)

MOST_WHY = ("40 ms and up to 3 ticks; every exchange but the first, less those where the writer was "
            "stopped between its writes")


# What a machine that is busy with something else does to an exchange. Never a stall, never Nagle.
_QUIET = ("none", "application", "scheduling", "unknown")


def nagle(side="client", median_ms=(40, 62), fraction=_MOST, first=_SOON, why=MOST_WHY, period=None):
    return Expect(True, ("nagle_delayed_ack",), side, median_ms, fraction, period, first, why)


def at_the_edge(why):
    """Some exchanges stall: Nagle's doing, but unproven where no stamped one is among them."""
    return Expect(True, ("nagle_delayed_ack", "unknown"), None, (40, 62), (0.04, 1.0), why=why)


def both_sides(why="two delayed ACKs, one after the other"):
    return Expect(True, ("nagle_delayed_ack",), "both", (80, 124), _MOST, None, _SOON, why)


def corked(side="client"):
    return Expect(True, ("cork",), side, (200, 240), _ALL, None, (1, 1),
                  "the persist timer at its least, 200 ms and some ticks; from the first exchange on")


def clean(why="nothing is held; one exchange in ten may meet a stopped program"):
    return Expect(False, _QUIET, fraction=(0.0, 0.1), why=why)


def nearly_clean(why):
    """Among chunks a program that is stopped between two writes lets an ACK in at another place: once
    in a while that leaves a partial segment held, and the verdict rightly says by whom."""
    return Expect(None, (*_QUIET, "nagle_delayed_ack"), fraction=(0.0, 0.03), why=why)


def slow(why="what the script itself sleeps is no stall, and never Nagle"):
    """Exchanges of tens of milliseconds: too few for single late ones not to count, so that a busy
    machine may be reported, as such."""
    return Expect(None, _QUIET, fraction=(0.0, 0.35), why=why)


def distant(why="a round trip is no stall"):
    return slow(why)
