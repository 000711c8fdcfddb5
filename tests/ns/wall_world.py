"""A world of one wall: namespaces with made limits, what `tunewire check` says there, and the load.

Cells share nothing and run several at a time. A cell returns rows, each a prediction beside what
the kernel did.
"""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time

from namespace import TUNEWIRE
from pair import Pair
from spaces import Space

LOADS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wall_loads.py")
PATIENCE_S = 60
# Loads are short; what takes time is the kernel's timers, which do not mind waiting together.
AT_ONCE = 4
NEAR = 0.02
# No connection of a paced load begins before its time, so the wall is not met much earlier than
# said; how much later is for a busy machine to say.
EARLIEST = 0.97
# A soft limit that no load here comes near, and every user's hard limit allows.
PLENTY = 4096


class Load:
    """A process of wall_loads.py in a namespace; ends with its standard input."""

    def __init__(self, space, manner, wish, wrapper):
        with space.inside():
            self._process = subprocess.Popen(
                [*wrapper, sys.executable, "-B", LOADS, manner, json.dumps(wish)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def says(self):
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("a load ended without a word")
        return json.loads(line)

    def end(self):
        """What it says when it is told to end."""
        self._process.stdin.close()
        return self.says()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait(timeout=PATIENCE_S)
        self._process.stdout.close()


def note(text):
    print(f"    {text}", file=sys.stderr, flush=True)


def limited(nofile):
    return ("prlimit", f"--nofile={nofile}:{nofile}")


@dataclasses.dataclass(frozen=True)
class Breaks:
    """The wall that a load must be told of, and must meet."""

    resource: str
    errno: str
    operation: str


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    said: object  # the wall, None where none was said
    real: dict
    complaints: tuple

    def cells(self):
        said = self.said or {}
        at = number(said) if said else None
        off = f"{100 * (at / self.real['made'] - 1):+.2f} %" if at and self.real["made"] else ""
        seconds = said.get("at_seconds")
        return (self.name, said.get("resource", "no wall"), said.get("errno") or "",
                said.get("operation") or "", "" if at is None else str(at),
                "" if seconds is None else f"{seconds:.2f} s", self.real["errno"] or "all opened",
                self.real["operation"] or "", str(self.real["made"]),
                "" if seconds is None else f"{self.real['seconds']:.2f} s", off,
                "WRONG" if self.complaints else "ok")


HEADINGS = ("cell", "said", "errno", "call", "at", "after", "REAL", "call", "at", "after", "off", "")


def table(rows):
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                     for line in lines)


def met(walls):
    """The walls that stop the load, in the order they are said to be met."""
    return [one for one in walls if one.get("enough") is False and "errno" in one]


def number(said):
    """Of what connections do not use up it is what there is."""
    return said.get("at_connections", said["have"])


def _wrong_wall(said, wanted, real):
    for key in ("errno", "operation"):
        if real[key] != getattr(wanted, key):
            yield f"the load met {real[key]} where {getattr(wanted, key)} was to be met ({key})"
    for key in ("resource", "errno", "operation"):
        if said.get(key) != getattr(wanted, key):
            yield f"{key} {said.get(key)} is said, {getattr(wanted, key)} is true"
    if abs(number(said) - real["made"]) > NEAR * real["made"]:
        yield f"at {number(said)} is said, at {real['made']} it is: {said['formula']}"


def _wrong_time(said, real):
    seconds = said.get("at_seconds")
    if seconds is None:
        return
    if real["seconds"] < EARLIEST * seconds:
        yield f"after {seconds:.2f} s is said, after {real['seconds']:.2f} s it is"


def breaking(name, walls, wanted, real):
    """The first wall said, against the one that the load met."""
    stops = met(walls)
    if not stops:
        return Row(name, None, real, (f"no wall is said: {walls}",))
    complaints = [*_wrong_wall(stops[0], wanted, real), *_wrong_time(stops[0], real)]
    if stops[0] is not walls[0]:
        complaints.append(f"{walls[0]['resource']} comes first")
    return Row(name, stops[0], real, tuple(complaints))


def carried(name, walls, wanted, real):
    """No wall is said, and all `wanted` connections are opened."""
    complaints = [f"a wall is said: {one}" for one in met(walls)]
    if real["errno"] or real["made"] != wanted:
        complaints.append(f"{real['made']} of {wanted}: {real['errno']} by {real['operation']}")
    return Row(name, (met(walls) or [None])[0], real, tuple(complaints))


class World(contextlib.ExitStack):
    """What a cell sets up. All of it ends with the cell."""

    def __init__(self):
        super().__init__()
        self.state = self.enter_context(tempfile.TemporaryDirectory(prefix="tunewire-test-"))
        os.chmod(self.state, 0o777)

    def space(self, **keys):
        return self._set(self.enter_context(Space()), keys)

    def pair(self, **keys):
        """The keys are the client's."""
        pair = self.enter_context(Pair())
        self._set(pair.client, keys)
        return pair

    @staticmethod
    def _set(space, keys):
        for name, value in keys.items():
            space.write(f"net.ipv4.{name}", value)
        return space

    def load(self, manner, space, nofile=PLENTY, wrapper=(), **wish):
        load = Load(space, manner, wish, (*limited(nofile), *wrapper))
        self.callback(load.close)
        return load

    def serve(self, space, nofile=PLENTY, port=9000, **wish):
        load = self.load("serve", space, nofile, port=port, **wish)
        load.says()
        return load

    def connect(self, space, nofile=PLENTY, to=("127.0.0.1:9000",), **wish):
        """Runs to its end, and says what came of it; held connections stay as long as the cell."""
        ends = [(one.rpartition(":")[0].strip("[]"), int(one.rpartition(":")[2])) for one in to]
        return self.load("connect", space, nofile, to=ends, hold=True, **wish).says()

    def check(self, space, *arguments, nofile=PLENTY, wrapper=()):
        """The walls, as seen there by a process with that limit."""
        with space.inside():
            done = subprocess.run(
                [*limited(nofile), *wrapper, TUNEWIRE, "--state-dir", self.state, "--json", "check",
                 "--no-calibration", *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                check=False)
        if not done.stdout:
            raise AssertionError(f"{arguments}: {done.returncode} {done.stderr}")
        document = json.loads(done.stdout)
        if "walls" not in document.get("result", {}):
            raise AssertionError(f"{arguments}: {done.returncode} {done.stdout}")
        return document["result"]["walls"]


def _try(cell):
    begin = time.monotonic()
    with World() as world:
        rows = list(cell(world))
    return rows, time.monotonic() - begin


def hold(case, cells):
    """Tries the cells, several at a time; each is a sub-test. One table shows all of them."""
    rows = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for cell, future in [(cell, pool.submit(_try, cell)) for cell in cells]:
            with case.subTest(cell=cell.__name__):
                found, seconds = future.result()
                rows += found
                note(f"{cell.__name__}: {seconds:.1f} s")
                complaints = [f"{row.name}: {text}" for row in found for text in row.complaints]
                case.assertFalse(complaints, "\n" + "\n".join(complaints))
    print(table(rows), file=sys.stderr, flush=True)
