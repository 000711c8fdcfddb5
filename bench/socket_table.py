"""A look at 100,000 connections and their owners against ss -tinp and against a loop that decodes nothing."""

import functools
import math
import os
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys

import crowd

CONNECTIONS = 100_000
FEWEST_HOLDERS = 4
FEW = 100  # connections of the process that is sampled
PORT, FEW_PORT = 9000, 9001
SAMPLE_SECONDS = 3

LOOK, DECODE, BARE = "full look with owners", "full look without them", "bare receive loop"
ONE_PORT, SS = "look at one port", "ss -tinp"

RATIOS = [
    # whose time, against whose, at most
    (LOOK, BARE, 1.3),
    (DECODE, BARE, 1.3),
    (ONE_PORT, LOOK, 0.1),
]
SS_RATIO = 0.25
BYTES_A_SOCKET = 600
GROWN_MIB = 16
CORE_PERCENT = 2.0


def fail(message):
    sys.exit(f"bench: {message}")


def raise_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def connect(address, port, count):
    """Both ends of `count` connections that have carried something each way."""
    listener = socket.socket()
    listener.bind((address, port))
    listener.listen(128)
    held = [listener]
    for _ in range(count):
        client = socket.socket()
        # Closed by a reset: no port is left in TIME_WAIT for whatever is measured next.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.connect((address, port))
        server, _ = listener.accept()
        client.sendall(b"x" * 100)
        server.recv(100)
        server.sendall(b"y" * 300)
        client.recv(300)
        held += [client, server]
    return held


def hold(address, port, count):
    raise_descriptors()
    return connect(address, port, count)


def start_holders():
    """Processes that hold the connections; the last one's few are at a port of their own."""
    holders = max(FEWEST_HOLDERS, math.ceil(2 * CONNECTIONS / (raise_descriptors() - 200)))
    each = math.ceil(CONNECTIONS / holders)
    jobs = [(f"127.1.{index}.1", PORT, each) for index in range(holders)] + [("127.2.0.1", FEW_PORT, FEW)]
    return crowd.start([functools.partial(hold, *job) for job in jobs],
                       "the connections could not be made"), 2 * each * holders


def numbers_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"status {done.returncode}: {' '.join(command)}\n{done.stderr}")
    return [int(word) for word in done.stdout.split()]


def milliseconds(spawn, command):
    nanoseconds, _, status = numbers_of([spawn, *command])
    if status != 0:
        fail(f"status {status}: {' '.join(command)}")
    return nanoseconds / 1e6


def check_that_work_is_done(look, sockets):
    seen, held = numbers_of([look, "look"])[:2]
    if seen < sockets or held < sockets:
        fail(f"the look saw {seen} sockets and {held} holders of {sockets}")
    seen = numbers_of([look, "port", str(FEW_PORT)])[0]
    if seen != 2 * FEW + 1:
        fail(f"the port has {seen} sockets instead of {2 * FEW + 1}")


def in_turn(spawn, table, rounds):
    times = {name: [] for name in table}
    for turn in range(rounds + 1):  # the first fills caches
        for name, command in table.items():
            taken = milliseconds(spawn, command)
            if turn:
                times[name].append(taken)
    return times


def middle_half(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def print_line(what, value, unit, spread, target, met):
    print(f"{what:<46}{value:>8} {unit:<6}{spread:>15}{target:>11}  {'met' if met else 'MISSED'}")


def print_times(times, theirs):
    for name, values in times.items():
        low, high = middle_half(values)
        print(f"{name:<26}{statistics.median(values):>9.1f} ms{low:>12.1f}-{high:.1f} ms")
    print(f"{SS:<26}{theirs:>9.1f} ms{'once':>12}\n")
    ratio = statistics.median(times[LOOK]) / theirs
    print_line(f"{LOOK} / {SS}", f"{ratio:.3f}", "x", "", f"<= {SS_RATIO:.2f} x", ratio <= SS_RATIO)
    for ours, theirs, most in RATIOS:
        ratios = [a / b for a, b in zip(times[ours], times[theirs])]
        low, high = middle_half(ratios)
        ratio = statistics.median(ratios)
        print_line(f"{ours} / {theirs}", f"{ratio:.2f}", "x", f"{low:.2f}-{high:.2f}", f"<= {most:.2f} x",
                   ratio <= most)


def print_memory(look):
    sockets, held, grown = numbers_of([look, "keep"])
    each = max(held, grown) / sockets
    print_line("memory a socket kept, first and last state", f"{each:.0f}", "bytes", "", f"<= {BYTES_A_SOCKET}",
               each <= BYTES_A_SOCKET)
    grown = numbers_of([look, "look"])[2] / (1 << 20)
    print_line("memory after a look that keeps none", f"{grown:.1f}", "MiB", "", f"<= {GROWN_MIB}", grown <= GROWN_MIB)


def print_sampling(look, pid, sockets):
    looks, seen, nanoseconds = numbers_of([look, "sample", str(pid), str(SAMPLE_SECONDS)])[:3]
    if seen != sockets:
        fail(f"sampling saw {seen} sockets of {sockets}")
    percent = nanoseconds / (SAMPLE_SECONDS * 1e9) * 100
    print_line(f"{sockets} sockets of one process, {looks // SAMPLE_SECONDS} looks/s", f"{percent:.2f}", "% CPU", "",
               f"<= {CORE_PERCENT:.0f} %", percent <= CORE_PERCENT)


def measure(build, rounds):
    for tool in ("ip", "ss"):
        if not shutil.which(tool):
            fail(f"{tool} is missing")
    look = f"{build}/bench_look"
    table = {
        LOOK: [look, "look"],
        DECODE: [look, "decode"],
        BARE: [f"{build}/bench_diag_loop"],
        ONE_PORT: [look, "port", str(FEW_PORT)],
    }
    holders, sockets = start_holders()
    try:
        check_that_work_is_done(look, sockets)
        times = in_turn(f"{build}/bench_spawn", table, rounds)
        theirs = milliseconds(f"{build}/bench_spawn", [shutil.which("ss"), "-tinp"])  # takes most of a minute
        print(f"\n{os.uname().release}, {os.cpu_count()} CPUs, {sockets // 2} connections of {len(holders) - 1} processes, "
              f"{rounds} rounds in turn")
        print_times(times, theirs)
        print_memory(look)
        print_sampling(look, holders[-1], 2 * FEW + 1)
    finally:
        crowd.end(holders)
