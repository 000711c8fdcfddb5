"""A world of one cell: namespaces, labelled programs in them, and what `tunewire sockets` says there.

Cells share nothing and run several at a time.
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

from namespace import NOBODY, TUNEWIRE
from pair import Pair
from relay import Relay
from spaces import Space

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "socket_programs.py")
SERVERS = os.path.join(HERE, "http_servers.py")
PATIENCE_S = 60
# A look of a busy machine is still a look: more at a time than this would only take CPU from them.
AT_ONCE = 3
SEVERITIES = ("info", "warning", "bad")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


class Program:
    """Runs until its standard input ends."""

    def __init__(self, space, command):
        with space.inside():
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             text=True)
        self.pid = self._process.pid
        self.said = self._process.stdout.readline().strip()
        if not self.said:
            self.close()
            raise RuntimeError(f"did not begin: {command}")

    @property
    def port(self):
        return int(self.said)

    def tell(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait(timeout=PATIENCE_S)
        self._process.stdout.close()


def usual_congestion():
    """What a namespace begins with: not every user may set every other."""
    with open("/proc/sys/net/ipv4/tcp_congestion_control", encoding="ascii") as file:
        return file.read().strip()


class World(contextlib.ExitStack):
    """What a cell's label sets up. All of it ends with the cell."""

    def __init__(self):
        super().__init__()
        self.state = self.enter_context(tempfile.TemporaryDirectory(prefix="tunewire-test-"))
        os.chmod(self.state, 0o777)

    def space(self, congestion="reno"):
        return self.enter_context(Space(congestion))

    def pair(self, congestion="reno"):
        return self.enter_context(Pair(congestion))

    def relay(self, **more):
        return self.enter_context(Relay(**more))

    def program(self, space, *command, wrapper=()):
        program = Program(space, [*wrapper, *command])
        self.callback(program.close)
        return program

    def _labelled(self, manner, space, wish, wrapper):
        return self.program(space, sys.executable, "-B", PROGRAMS, manner, json.dumps(wish),
                            wrapper=wrapper)

    def serve(self, space, wrapper=(), **wish):
        return self._labelled("serve", space, wish, wrapper)

    def connect(self, space, port, wrapper=(), **wish):
        return self._labelled("connect", space, {"port": port, **wish}, wrapper)

    def flood(self, space, port, **wish):
        return self._labelled("flood", space, {"port": port, **wish}, ())

    def http_server(self, space, kind, size=1000):
        return self.program(space, sys.executable, "-B", SERVERS, kind, str(size))

    def load(self, space, *command):
        """A load generator, ended with the cell."""
        with space.inside():
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)

        def end():
            # Asked first: what is killed cannot end its own workers.
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=PATIENCE_S)
        self.callback(end)
        return process

    def tool(self, space, *arguments, wrapper=()):
        """Exit status, and the document; the document is None where there is none."""
        with space.inside():
            done = subprocess.run(
                [*wrapper, TUNEWIRE, "--state-dir", os.path.join(self.state, f"of-{len(wrapper)}"),
                 "--json", "sockets", *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                check=False)
        if not done.stdout:
            raise AssertionError(f"{arguments}: {done.returncode} {done.stderr}")
        return done.returncode, json.loads(done.stdout)


@dataclasses.dataclass(frozen=True)
class Accused:
    """A finding that must be there. `who` None: nobody's, or of the namespace. Confidence None: the
    label does not say."""

    rule: str
    who: object
    confidence: object = None
    least: str = "warning"


@dataclasses.dataclass(frozen=True)
class Watch:
    """One run of the program and what its findings must be. Beside `accused` and `may` (pairs of
    rule and program), nothing of weight may be found."""

    space: object
    accused: tuple = ()
    may: tuple = ()
    arguments: tuple = ("--all", "--for", "1s")
    runs: int = 1


def weighs(finding, least):
    return SEVERITIES.index(finding["severity"]) >= SEVERITIES.index(least)


def _pid(who):
    return None if who is None else getattr(who, "pid", who)


def shown(finding):
    keys = ("rule", "severity", "confidence", "pid", "local", "remote", "share", "summary", "evidence")
    return json.dumps({key: finding[key] for key in keys if key in finding})


def missing(findings, accused):
    """Why this accusation does not stand, or None."""
    of_rule = [one for one in findings
               if one["rule"] == accused.rule and one.get("pid") == _pid(accused.who)]
    if not of_rule:
        return f"{accused.rule} of {_pid(accused.who)} is not found"
    for one in of_rule:
        if weighs(one, accused.least) and accused.confidence in (None, one["confidence"]):
            return None
    return f"{accused.rule}: not {accused.least} and {accused.confidence}: {shown(of_rule[0])}"


def wrong(findings, watch):
    """What is said of those who are not to blame."""
    allowed = {(one.rule, _pid(one.who)) for one in watch.accused}
    allowed |= {(rule, _pid(who)) for rule, who in watch.may}
    return [shown(one) for one in findings
            if weighs(one, "warning") and (one["rule"], one.get("pid")) not in allowed]


def judge(world, watch):
    """Complaints about one run."""
    status, document = world.tool(watch.space, *watch.arguments)
    findings = document["result"].get("findings", [])
    complaints = [text for text in (missing(findings, one) for one in watch.accused) if text]
    complaints += [f"accused wrongly: {text}" for text in wrong(findings, watch)]
    expected = 1 if any(weighs(one, "warning") for one in findings) else 0
    if status != expected:
        complaints.append(f"exit status {status} with these findings: {findings}")
    if complaints:
        complaints.append("all: " + "; ".join(f"{one['rule']} {one['severity']} {one.get('pid')}"
                                              for one in findings))
    return complaints


@dataclasses.dataclass(frozen=True)
class Outcome:
    name: str
    runs: int
    complaints: tuple
    seconds: float


def try_cell(cell):
    """`cell` sets up a world and yields or returns what to watch there."""
    begin, runs, complaints = time.monotonic(), 0, []
    with World() as world:
        for watch in cell(world):
            for _ in range(watch.runs):
                runs += 1
                complaints += judge(world, watch)
    return Outcome(cell.__name__, runs, tuple(complaints), time.monotonic() - begin)


def hold(case, cells):
    """Tries the cells, several at a time; each is a sub-test."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tried = [(cell.__name__, pool.submit(try_cell, cell)) for cell in cells]
        for name, future in tried:
            with case.subTest(cell=name):
                outcome = future.result()
                print(f"    {name}: {outcome.runs} runs, {outcome.seconds:.1f} s, "
                      f"{len(outcome.complaints)} complaints", file=sys.stderr, flush=True)
                case.assertFalse(outcome.complaints, "\n" + "\n".join(outcome.complaints))
