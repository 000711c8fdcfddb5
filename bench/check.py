"""check where 10,000 sockets are against ss -s and sysctl -a, which together say less of the same host."""

import functools
import json
import os
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys

import crowd

PAIRS, LISTENERS = 4500, 1000
HOLDERS = 5
PORT = 9000
MOST_MS, RATIO = 50.0, 2.0

CHECK, LOAD, SS, SYSCTL = "tunewire check", "tunewire check, a load", "ss -s", "sysctl -a"


def fail(message):
    sys.exit(f"bench: {message}")


def numbered(index, at):
    """127.1.index.at, so that neither ports nor names run out."""
    return f"127.1.{index}.{at}"


def hold(index):
    """One process's share of the pairs and listeners."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for at in range(LISTENERS // HOLDERS):
        one = socket.create_server((numbered(index, 1 + at % 200), PORT + at // 200), backlog=128)
        held.append(one)
    server = held[0]
    for _ in range(PAIRS // HOLDERS):
        client = socket.socket()
        # Closed by a reset: no port is left in TIME_WAIT for whatever is measured next.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.connect(server.getsockname())
        held += [client, server.accept()[0]]
    return held


def milliseconds(spawn, command, statuses):
    done = subprocess.run([spawn, *command], capture_output=True, text=True, check=False)
    fields = done.stdout.split()
    if done.returncode != 0 or len(fields) != 3 or int(fields[2]) not in statuses:
        fail(f"could not measure {' '.join(command)}: {done.stdout}{done.stderr}")
    return int(fields[0]) / 1e6


def check_that_work_is_done(command):
    """A command that answers fast because it looks at nothing must not look good here."""
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    checks = json.loads(done.stdout)["result"]["checks"]
    known = sum(one["state"] != "unknown" for one in checks)
    if len(checks) < 30 or known < len(checks) // 2:
        fail(f"check judges {known} of {len(checks)} conditions")
    with open("/proc/self/net/sockstat", encoding="ascii") as file:
        used = int(file.read().split("TCP: inuse ")[1].split()[0])
    if used < 2 * PAIRS + LISTENERS:
        fail(f"there are {used} sockets")
    return len(checks), known, used


def in_turn(spawn, table, rounds):
    times = {name: [] for name in table}
    for turn in range(rounds + 2):  # the first two fill caches
        for name, (command, statuses) in table.items():
            taken = milliseconds(spawn, command, statuses)
            if turn >= 2:
                times[name].append(taken)
    return times


def middle_half(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def print_line(what, values, unit, target, places):
    value = statistics.median(values)
    low, high = middle_half(values)
    spread = f"{low:.{places}f}-{high:.{places}f} {unit}"
    print(f"{what:<46}{value:>8.{places}f} {unit:<3}{spread:>18}{target:>9.{places}f} {unit}  "
          f"{'met' if value <= target else 'MISSED'}")


def print_all(times):
    for name, values in times.items():
        low, high = middle_half(values)
        print(f"{name:<26}{statistics.median(values):>9.1f} ms{low:>12.1f}-{high:.1f} ms")
    print()
    both = [a + b for a, b in zip(times[SS], times[SYSCTL])]
    for name in (CHECK, LOAD):
        print_line(name, times[name], "ms", MOST_MS, 1)
        print_line(f"{name} / ({SS} + {SYSCTL})", [a / b for a, b in zip(times[name], both)], "x", RATIO, 2)


def measure(build, rounds):
    tools = {tool: shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin") for tool in ("ip", "ss", "sysctl")}
    for tool, path in tools.items():
        if not path:
            fail(f"{tool} is missing")
    ours = [f"{build}/tunewire", "check", "--no-calibration"]
    load = ["--connections", "20000", "--rate", "1000", "--to", f"{numbered(0, 1)}:{PORT}"]
    table = {
        CHECK: (ours, (0, 1)),
        LOAD: ([*ours, *load], (0, 1)),
        SS: ([tools["ss"], "-s"], (0,)),
        SYSCTL: ([tools["sysctl"], "-a"], (0, 1)),
    }
    holders = crowd.start([functools.partial(hold, index) for index in range(HOLDERS)],
                          "the sockets could not be made")
    try:
        checks, known, sockets = check_that_work_is_done(ours)
        times = in_turn(f"{build}/bench_spawn", table, rounds)
        print(f"\n{os.uname().release}, {os.cpu_count()} CPUs, {sockets} sockets of {HOLDERS} processes, "
              f"{known} of {checks} conditions known, {rounds} rounds in turn")
        print_all(times)
    finally:
        crowd.end(holders)
