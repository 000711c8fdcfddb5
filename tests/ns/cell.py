"""A cell of the stall tables: traffic, the network it runs over, and what must come out of it.

The expectation of every cell is what bare sockets do on the kernel: TUNEWIRE_CELLS=plain runs them
instead of the program, and holds lengths and fractions (not causes) against the same bounds.
"""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

import plain
from pair import Pair
from relay import SERVER_ADDRESS, Relay
from spaces import Space

TUNEWIRE = os.environ["TUNEWIRE"]
PLAIN = os.environ.get("TUNEWIRE_CELLS") == "plain"
AT_ONCE = 4  # cells mostly wait for timers; more of them would wait for the two cores
PATIENCE_S = 60
CLEAN_MS = 20


@dataclasses.dataclass(frozen=True)
class Expect:
    """What a run must show."""

    stall: bool  # None where a busy machine may decide it
    causes: tuple  # those that may be named
    side: str = None  # None where nothing stalls: what sleeps by script has a side too
    median_ms: tuple = None  # of the stalled exchanges
    fraction: tuple = (0.0, 1.0)
    period: int = None
    first: tuple = None  # the first stalled exchange is one of from..to
    why: str = ""  # where the bounds come from
    confidence: str = None


@dataclasses.dataclass(frozen=True)
class Cell:
    name: str
    expect: Expect
    pattern: str = "two_writes"  # a name, or the client's script
    server: str = None  # the server's script, where it does not just answer
    writer: str = "client"
    nodelay: bool = False
    quickack: str = "off"
    writes: tuple = (200, 1000)
    mss: int = 0
    think_ms: float = 0
    peer_think_ms: float = 0
    count: int = 20  # 0: the default's choice
    over: str = "lo"  # "lo", "pair", "relay"
    rtt_ms: float = 0
    drops: tuple = ()
    congestion: str = "reno"
    keys: tuple = ()  # ((sysctl, value), ...) at both ends
    pauses_ms: float = None  # scripted sleeps within an exchange, where not all of them are
    full: bool = False  # with the interleaved blocks that confirm


@contextlib.contextmanager
def network(cell):
    """(client's namespace, server's namespace, server's address)"""
    with contextlib.ExitStack() as stack:
        if cell.over == "lo":
            space = stack.enter_context(Space(cell.congestion))
            ends = space, space, "127.0.0.1"
        else:
            net = Pair(cell.congestion) if cell.over == "pair" else \
                Relay(cell.rtt_ms, cell.drops, cell.congestion)
            stack.enter_context(net)
            ends = net.client, net.server, SERVER_ADDRESS
        for key, value in cell.keys:
            for space in set(ends[:2]):
                space.write(key, value)
        yield ends


def arguments(cell):
    """The command line after `tunewire`."""
    words = ["probe", "--json", "--pattern", cell.pattern]
    if cell.count:
        words += ["--count", str(cell.count)]
    if " " not in cell.pattern:
        words += ["--writer", cell.writer, "--write", ",".join(map(str, cell.writes))]
    if cell.server:
        words += ["--peer-pattern", cell.server]
    if cell.nodelay:
        words += ["--nodelay"]
    if cell.quickack != "off":
        words += ["--quickack", cell.quickack]
    if cell.mss:
        words += ["--mss", str(cell.mss)]
    if cell.think_ms:
        words += ["--think", f"{cell.think_ms}ms"]
    if cell.peer_think_ms:
        words += ["--peer-think", f"{cell.peer_think_ms}ms"]
    return words if cell.full else words + ["--no-proof"]


def run_tool(words, client, server):
    """(exit status, the document, what was said on standard error)"""
    command = [TUNEWIRE, *words]
    if client is not server:
        command += ["--netns", f"{client.pid},{server.pid}"]
    with client.inside():
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
    try:
        return done.returncode, json.loads(done.stdout), done.stderr
    except ValueError:
        raise AssertionError(f"status {done.returncode}, no JSON: {done.stdout}{done.stderr}") from None


def _ratio(took, floor_us):
    stalled = [us for us in took if us > floor_us]
    return {"count": len(stalled), "fraction": len(stalled) / len(took),
            "first": next((n + 1 for n, us in enumerate(took) if us > floor_us), None),
            "median_us": statistics.median(stalled) if stalled else 0}


def _named_scripts(cell):
    """(client's script, server's script) of a named pattern."""
    one, rest = cell.writes[0], cell.writes[1:]
    total = sum(cell.writes)
    pieces = " ".join(f"w{size}" for size in cell.writes)
    message = {
        "one_write": f"w{total}", "writev": f"v{','.join(map(str, cell.writes))}",
        "msg_more": f"m{one} " + " ".join(f"w{size}" for size in rest),
        "cork": f"cork {pieces} uncork", "nodelay_flush": f"{pieces} nodelay nagle",
        "cork_left_open": f"cork {pieces}", "buffered_tail": f"w8192 w{cell.writes[-1]}",
        "msg_more_left_open": " ".join(f"m{size}" for size in cell.writes),
    }.get(cell.pattern, pieces)
    size = 8192 + cell.writes[-1] if cell.pattern == "buffered_tail" else total
    think = f"s{cell.peer_think_ms}ms " if cell.peer_think_ms else ""
    if cell.writer == "client":
        return f"{message} r100", f"r{size} {think}w100"
    if cell.writer == "server":
        return f"w64 r{size}", f"r64 {think}{message}"
    return f"{message} r{size}", f"r{size} {think}{message}"


def _pauses_ms(cell, scripts):
    if cell.pauses_ms is not None:
        return cell.pauses_ms
    return 1e3 * sum(value for script in scripts if script
                     for verb, value in plain.parse(script) if verb == "s")


def run_plain(cell, client, server, address):
    scripted = " " in cell.pattern
    scripts = (cell.pattern, cell.server) if scripted else _named_scripts(cell)
    writes = {"nodelay": cell.nodelay}
    reads = {"quickack": cell.quickack}
    both = {**writes, **reads}
    options = {"client": (writes, reads), "server": (reads, writes), "both": (both, both)}[cell.writer]
    took = plain.run(client, server, address, scripts[0], cell.count, server=scripts[1],
                     client_options=options[0], server_options=options[1], mss=cell.mss,
                     think_s=cell.think_ms / 1e3)
    stalls = _ratio(took, (cell.rtt_ms + CLEAN_MS + _pauses_ms(cell, scripts)) * 1e3)
    return {"runs": [{"n": len(took), "stalls": stalls}], "latencies_us": took}


def complaints(cell, result):
    """What is wrong with a result, in words; nothing where it is as expected."""
    want, found = cell.expect, []
    stalls = result["runs"][0]["stalls"]
    low, high = want.fraction
    if not low <= stalls["fraction"] <= high:
        found.append(f"fraction {stalls['fraction']:.3f}, not {low}..{high}")
    if want.median_ms and stalls["count"]:
        low, high = want.median_ms
        if not low <= stalls["median_us"] / 1e3 <= high:
            found.append(f"median {stalls['median_us'] / 1e3:.1f} ms, not {low}..{high}")
    if want.first and not want.first[0] <= (stalls.get("first") or 0) <= want.first[1]:
        found.append(f"first stalled exchange {stalls.get('first')}, not {want.first}")
    return found if PLAIN else found + _verdict_complaints(want, stalls, result["verdict"])


def _verdict_complaints(want, stalls, verdict):
    found = []
    if want.stall is not None and verdict["stall"] != want.stall:
        found.append(f"stall is {verdict['stall']}")
    if verdict["cause"] not in want.causes:
        found.append(f"cause {verdict['cause']}, not {' or '.join(want.causes)}")
    if want.side and verdict["side"] != want.side:
        found.append(f"side {verdict['side']}, not {want.side}")
    if want.confidence and verdict["confidence"] != want.confidence:
        found.append(f"confidence {verdict['confidence']}, not {want.confidence}")
    if want.period and stalls.get("period") != want.period:
        found.append(f"period {stalls.get('period')}, not {want.period}")
    return found


def judge(cell):
    """(cell, complaints, result): one run of one cell in a network of its own."""
    with network(cell) as (client, server, address):
        if PLAIN:
            result = run_plain(cell, client, server, address)
            return cell, complaints(cell, result), result
        status, document, err = run_tool(arguments(cell), client, server)
    if "result" not in document or not document["result"].get("runs"):
        return cell, [f"status {status}: {document.get('errors')} {err}"], document
    found = complaints(cell, document["result"])
    if status != int(bool(document["result"]["verdict"]["stall"])):
        found.append(f"exit status {status}")
    return cell, found, document["result"]


def _told(cell, found, result):
    brief = {key: result[key] for key in ("verdict", "latencies_us", "errors") if key in result}
    if result.get("runs"):
        brief["run"] = {key: value for key, value in result["runs"][0].items() if key != "histogram"}
    return (f"{cell.name} ({cell.expect.why}): {'; '.join(found)}\n  tunewire "
            f"{' '.join(arguments(cell))}\n  {json.dumps(brief)}")


def hold(case, cells):
    """Runs the cells, a few at a time; a failed sub-test for each that is not as expected."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for cell, found, result in pool.map(judge, cells):
            with case.subTest(cell.name):
                case.assertEqual([], found, _told(cell, found, result))


def kinds():
    """Stalls do not ask who the user is: the tables run once."""
    return ("root",) if os.getuid() == 0 else ("user",)
