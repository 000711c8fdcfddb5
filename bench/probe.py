"""tunewire probe against a bare blocking loop, sockperf and qperf: ping-pong of 64 bytes on loopback."""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time

BYTES = 64
SECONDS = 1
MEMORY_KIB = 16 * 1024
SOCKPERF_PORT, QPERF_PORT = 11111, 19765
OURS = "tunewire probe"
BARE, SOCKPERF, QPERF = "bare blocking loop", "sockperf ping-pong", "qperf tcp_lat"

RATES = [
    # whose exchanges per second, against whose, at least
    (OURS, BARE, 0.95),
    (OURS, SOCKPERF, 1.0),
    (OURS, QPERF, 1.0),
]
STAMPED_LEAST = 0.85


def fail(message):
    sys.exit(f"bench: {message}")


def output_of(command):
    """1 is the probe's finding: on a busy machine some exchanges stall, and are measured as well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ((0, 1) if "probe" in command else (0,)):
        fail(f"status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def commands(build):
    probe = [f"{build}/tunewire", "probe", "--json", "--no-proof", "--pattern", "one_write",
             "--write", str(BYTES), "--reply", str(BYTES), "--duration", f"{SECONDS}s"]
    return {
        OURS: probe,
        BARE: [f"{build}/bench_pingpong", str(BYTES), str(SECONDS)],
        # posix_spawn(3) takes a path.
        SOCKPERF: [shutil.which("sockperf"), "ping-pong", "--tcp", "-i", "127.0.0.1", "-p", str(SOCKPERF_PORT),
                   "-t", str(SECONDS), "-m", str(BYTES), "--full-rtt"],
        QPERF: ["qperf", "-lp", str(QPERF_PORT), "127.0.0.1", "-t", str(SECONDS), "-m", str(BYTES),
                "-e", "6", "-v", "-uu", "tcp_lat"],
    }


def probe_figures(text):
    run = json.loads(text)["result"]["runs"][0]
    if run["n"] < 1000:
        fail(f"the probe made {run['n']} exchanges only")
    return run["exchanges_per_second"], run["p50_us"]


def bare_figures(text):
    exchanges, nanoseconds = map(int, text.split())
    return exchanges / (nanoseconds / 1e9), None


def sockperf_figures(text):
    valid = re.search(r"\[Valid Duration\] RunTime=([\d.]+) sec;.*ReceivedMessages=(\d+)", text)
    median = re.search(r"percentile 50\.000 =\s*([\d.]+)", text)
    return int(valid[2]) / float(valid[1]), float(median[1])


def qperf_figures(text):
    """It counts the messages of both directions, and gives a mean only."""
    return float(re.search(r"msg_rate\s*=\s*([\d.]+) /sec", text)[1]) / 2, None


FIGURES = {OURS: probe_figures, BARE: bare_figures,
           SOCKPERF: sockperf_figures, QPERF: qperf_figures}


def await_port(port):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    fail(f"nothing listens on port {port}")


def start_servers():
    servers = []
    for command in (["sockperf", "server", "--tcp", "-i", "127.0.0.1", "-p", str(SOCKPERF_PORT)],
                    ["qperf", "-lp", str(QPERF_PORT)]):
        servers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL))
    await_port(SOCKPERF_PORT)
    return servers


def peak_kib(spawn, command):
    fields = output_of([spawn, *command]).split()
    if fields[2] not in ("0", "1"):
        fail(f"status {fields[2]}: {' '.join(command)}")
    return int(fields[1])


def in_turn(table, rounds):
    """{name: [(exchanges per second, p50 in microseconds or None), ...]}, one of each a round."""
    figures = {name: [] for name in table}
    for turn in range(rounds + 1):  # the first fills caches
        for name, command in table.items():
            figure = FIGURES[name](output_of(command))
            if turn:
                figures[name].append(figure)
    return figures


def middle_half(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def print_figures(figures, peaks):
    print(f"{'ping-pong of ' + str(BYTES) + ' bytes':<26}{'exchanges/s':>12}{'middle half':>19}"
          f"{'p50':>11}{'peak memory':>14}")
    for name, rounds in figures.items():
        rates = [rate for rate, _ in rounds]
        low, high = middle_half(rates)
        medians = [p50 for _, p50 in rounds if p50 is not None]
        p50 = f"{statistics.median(medians):.2f} us" if medians else ""
        peak = f"{peaks[name] / 1024:.1f} MiB" if name in peaks else ""
        print(f"{name:<26}{statistics.median(rates):>12.0f}{low:>10.0f}-{high:<8.0f}{p50:>11}{peak:>14}")
    print()


def print_line(what, value, unit, spread, target, met):
    print(f"{what:<46}{value:>6.2f} {unit}{spread:>15}{target:>10}  {'met' if met else 'MISSED'}")


def print_stamped(build, rounds):
    """The probe's own loop, stamped against not stamped: its rates are one over its medians."""
    lines = output_of([f"{build}/bench_stamped", str(BYTES), str(rounds)]).splitlines()
    ratios = [int(plain) / int(stamped) for plain, stamped in map(str.split, lines)]
    low, high = middle_half(ratios)
    ratio = statistics.median(ratios)
    print_line("with time stamps / without", ratio, "x", f"{low:.2f}-{high:.2f} x",
               f"{STAMPED_LEAST:.2f} x", ratio >= STAMPED_LEAST)


def print_targets(figures, peaks):
    for ours, theirs, least in RATES:
        ratios = [a / b for (a, _), (b, _) in zip(figures[ours], figures[theirs])]
        low, high = middle_half(ratios)
        ratio = statistics.median(ratios)
        print_line(f"{ours} / {theirs}", ratio, "x", f"{low:.2f}-{high:.2f} x", f"{least:.2f} x",
                   ratio >= least)
    ratios = [a / b for (_, a), (_, b) in zip(figures[OURS], figures[SOCKPERF])]
    low, high = middle_half(ratios)
    ratio = statistics.median(ratios)
    print_line("p50 of tunewire probe / sockperf's", ratio, "x", f"{low:.2f}-{high:.2f} x", "<= 1 x",
               ratio <= 1.0)
    print_line("peak memory of tunewire probe", peaks[OURS] / 1024, "MiB", "", "< 16 MiB",
               peaks[OURS] < MEMORY_KIB)


def measure(build, rounds):
    for tool in ("sockperf", "qperf", "ip"):
        if not shutil.which(tool):
            fail(f"{tool} is missing")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    servers = start_servers()
    try:
        table = commands(build)
        figures = in_turn(table, rounds)
        peaks = {name: peak_kib(f"{build}/bench_spawn", table[name]) for name in (OURS, SOCKPERF)}
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    print(f"{os.uname().release}, {os.cpu_count()} CPUs, {rounds} rounds of {SECONDS} s in turn")
    print_figures(figures, peaks)
    print_targets(figures, peaks)
    print_stamped(build, 5 * rounds)
