"""verify against ss -ltnp where much listens: 500 processes with 20 listening sockets each."""

import functools
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time

import crowd

PROCESSES = 500
SOCKETS_EACH = 20
TARGET = 3.0


def listen(index):
    held = []
    for number in range(SOCKETS_EACH):
        one = socket.socket()
        # 127.a.b.1, one address a process, so that ports never run out.
        one.bind((f"127.{1 + index // 250}.{index % 250}.1", 10000 + number))
        one.listen(100)
        held.append(one)
    return held


def seconds_of(command, statuses):
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode not in statuses:
        sys.exit(f"bench: status {done.returncode}: {' '.join(command)}\n{done.stderr.decode()}")
    return time.monotonic() - begin


def measure(program, folder, rounds):
    profile = pathlib.Path(folder, "listeners.json")
    profile.write_text(json.dumps({
        "format": 1, "name": "listeners", "sysctl": {"net.core.somaxconn": 4096},
        "limits": {"nofile": {"logins": {"*": 1048576}}}}), encoding="ascii")
    ss = shutil.which("ss", path="/usr/bin:/bin:/usr/sbin:/sbin")
    ours = [program, "--state-dir", f"{folder}/state", "verify", str(profile), "--json"]
    listeners = crowd.start([functools.partial(listen, index) for index in range(PROCESSES)],
                            "the listening processes could not be started")
    try:
        found = json.loads(subprocess.run(ours, capture_output=True, check=False).stdout)["result"]
        backlogs = [f for f in found["not_in_effect"] if f["key"] == "net.core.somaxconn"]
        owned = {f.get("pid") for f in backlogs}
        if len(backlogs) != PROCESSES * SOCKETS_EACH or not owned.issuperset(listeners):
            sys.exit(f"bench: verify names {len(backlogs)} listeners of {len(owned)} processes")
        times = [(seconds_of(ours, (0, 1)), seconds_of([ss, "-ltnp"], (0,))) for _ in range(rounds)]
    finally:
        crowd.end(listeners)
    mine, theirs = (statistics.median(column) for column in zip(*times))
    ratio = mine / theirs
    print(f"\n{PROCESSES} processes, {PROCESSES * SOCKETS_EACH} listening sockets, {rounds} rounds in turn")
    print(f"{'tunewire verify':<22}{mine * 1e3:>7.1f} ms\n{'ss -ltnp':<22}{theirs * 1e3:>7.1f} ms")
    print(f"{'tunewire verify / ss -ltnp':<42}{ratio:>6.2f} x{'':>15}{TARGET:>6.1f} x  "
          f"{'met' if ratio <= TARGET else 'MISSED'}")
