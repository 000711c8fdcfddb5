"""tunewire http as a load client against wrk, ab, h2load and httperf: one nginx worker on loopback."""

import csv
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SECONDS = 3
BODY = "x" * 300
CPU_TARGET, P99_TARGET = 1.05, 0.05

# name, connections, threads, keep-alive
SCENES = [
    ("-c 100, kept alive", 100, 1, True),
    ("-c 4000 -t 2, kept alive", 4000, 2, True),
    ("-c 500, a connection each", 500, 1, False),
]
OURS, WRK = "tunewire http", "wrk"

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error; worker_rlimit_nofile 20000;
events {{ worker_connections 12000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=8192; location / {{ return 200 "{body}"; }} }}
}}
"""


def fail(message):
    sys.exit(f"bench: {message}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_nginx(folder, port):
    config = pathlib.Path(folder, "nginx.conf")
    config.write_text(NGINX.format(folder=folder, port=port, body=BODY), encoding="ascii")
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin") or fail("nginx is missing")
    server = subprocess.Popen([nginx, "-e", f"{folder}/error", "-c", str(config)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.05)
    server.kill()
    return fail(f"nginx does not listen: {pathlib.Path(folder, 'error').read_text(encoding='utf-8')}")


def commands(program, url, connections, threads, kept):
    """{name: command}; a tool that cannot do it is left out."""
    c, t, z = str(connections), str(threads), str(SECONDS)
    table = {
        OURS: [program, "http", url, "-c", c, "-t", t, "-z", f"{z}s", "--no-proof", "--json",
               "--keepalive" if kept else "--no-keepalive"],
        WRK: ["wrk", "-c", c, "-t", t, "-d", f"{z}s", *([] if kept else ["-H", "Connection: close"]), url],
    }
    if connections <= 1000:  # it serves no more than that on one thread with ease
        table["ab"] = ["ab", "-q", "-c", c, "-t", z, "-n", "100000000", *(["-k"] if kept else []), url]
    if kept:
        table["h2load"] = ["h2load", "--h1", "-c", c, "-t", t, "-D", z, url]
    if kept and connections <= 1000:  # select(2)
        host, port = url.split("/")[2].split(":")
        table["httperf"] = ["httperf", "--hog", "--server", host, "--port", port, "--num-conns", c,
                            "--rate", "5000", "--num-calls", str(SECONDS * 400), "--timeout", "10"]
    return table


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found[1]) if found else fail(f"no '{pattern}' in:\n{text}")


def our_figures(text):
    mode = json.loads(text)["result"]["modes"][0]
    if mode["ok"] != mode["requests"]:
        fail(f"not every answer was whole: {mode['errors']}")
    return mode["requests"] / (mode["elapsed_us"] / 1e6), mode["requests"]


FIGURES = {  # requests a second, requests
    OURS: our_figures,
    WRK: lambda text: (number(r"Requests/sec:\s+([\d.]+)", text), number(r"(\d+) requests in", text)),
    "ab": lambda text: (number(r"Requests per second:\s+([\d.]+)", text), number(r"Complete requests:\s+(\d+)", text)),
    "h2load": lambda text: (number(r"finished in [^,]+, ([\d.]+) req/s", text), number(r"(\d+) succeeded", text)),
    "httperf": lambda text: (number(r"Request rate: ([\d.]+) req/s", text), number(r"replies (\d+)", text)),
}


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_once(name, command):
    """Requests a second, and processor microseconds of the client per request."""
    before = children_cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    cpu = children_cpu() - before
    if done.returncode not in ((0, 1) if name == OURS else (0,)):
        fail(f"status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    rate, requests = FIGURES[name](done.stdout)
    if requests < 100:
        fail(f"{name} made {requests:.0f} requests only")
    return rate, cpu / requests * 1e6


def in_turn(table, rounds):
    figures = {name: [] for name in table}
    for turn in range(rounds):
        # Whoever comes first finds another machine than whoever comes last: the order turns.
        names = list(table)[turn % len(table):] + list(table)[:turn % len(table)]
        for name in names:
            figures[name].append(run_once(name, table[name]))
    return figures


def peak_kib(spawn, command):
    path = shutil.which(command[0])
    done = subprocess.run([spawn, path, *command[1:]], capture_output=True, text=True, check=False)
    fields = done.stdout.split()
    return int(fields[1]) if len(fields) == 3 else fail(f"could not start {' '.join(command)}")


def middle_half(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def print_line(what, value, unit, spread, target, met):
    print(f"  {what:<50}{value:>7.2f} {unit:<4}{spread:>15}{target:>12}  {'met' if met else 'MISSED'}")


def print_scene(scene, figures):
    print(f"\n{scene:<28}{'requests/s':>12}{'middle half':>19}{'client CPU/request':>21}")
    for name, runs in figures.items():
        low, high = middle_half([rate for rate, _ in runs])
        print(f"{name:<28}{statistics.median(rate for rate, _ in runs):>12.0f}{low:>10.0f}-{high:<8.0f}"
              f"{statistics.median(cpu for _, cpu in runs):>15.2f} us")


def ratio_line(what, ratios, target, met):
    low, high = middle_half(ratios)
    print_line(what, statistics.median(ratios), "x", f"{low:.2f}-{high:.2f} x", target,
               met(statistics.median(ratios)))


def print_targets(figures):
    best = max((name for name in figures if name != OURS),
               key=lambda name: statistics.median(rate for rate, _ in figures[name]))
    ratio_line(f"requests/s, ours / the best ({best})",
               [ours / theirs for (ours, _), (theirs, _) in zip(figures[OURS], figures[best])],
               ">= 1.00 x", lambda ratio: ratio >= 1)
    ratio_line("client CPU per request, ours / wrk's",
               [ours / theirs for (_, ours), (_, theirs) in zip(figures[OURS], figures[WRK])],
               f"<= {CPU_TARGET} x", lambda ratio: ratio <= CPU_TARGET)


def exact_quantile(values, quantile):
    values = sorted(values)
    return values[min(len(values) - 1, int(quantile * len(values)))]


def wrk2_p99(path, rate):
    """As wrk2 counts: from when a request should have begun, had each one begun on time."""
    with open(path, encoding="ascii", newline="") as file:
        rows = [(float(row["begin_us"]), float(row["intended_us"]), float(row["end_us"]))
                for row in csv.DictReader(file) if not row["error"]]
    rows.sort(key=lambda row: row[1])
    first = rows[0][1]
    return exact_quantile([end - (first + turn * 1e6 / rate) for turn, (_, _, end) in enumerate(rows)], 0.99)


def open_loop(program, url, folder, saturation):
    rate = int(saturation / 2)
    samples = f"{folder}/samples.csv"
    command = [program, "http", url, "-c", "100", "-z", f"{SECONDS}s", "--rate", str(rate), "--no-proof",
               "--json", "--samples", samples]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        fail(f"status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    ours = json.loads(done.stdout)["result"]["modes"][0]["corrected"]["p99_us"]
    theirs = wrk2_p99(samples, rate)
    print(f"\nopen loop, {rate} requests/s: p99 {ours:.0f} us from the intended time, by wrk2's method {theirs:.0f} us")
    off = abs(ours / theirs - 1)
    print_line("p99, how far from wrk2's", off * 100, "%", "", "<= 5 %", off <= P99_TARGET)


def measure(build, rounds):
    for tool in ("wrk", "ab", "h2load", "httperf", "ip"):
        if not shutil.which(tool):
            fail(f"{tool} is missing")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    program = f"{build}/tunewire"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000) if hard > 0 else 20000, hard))  # wrk does not raise it
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        port = free_port()
        server = start_nginx(folder, port)
        url = f"http://127.0.0.1:{port}/"
        try:
            print(f"{os.uname().release}, {os.cpu_count()} CPUs, {rounds} rounds of {SECONDS} s in turn")
            for scene, connections, threads, kept in SCENES:
                table = commands(program, url, connections, threads, kept)
                figures = in_turn(table, rounds)
                print_scene(scene, figures)
                print_targets(figures)
                if connections == 100:
                    saturation = statistics.median(rate for rate, _ in figures[OURS])
                if connections == 4000:
                    ours, theirs = (peak_kib(f"{build}/bench_spawn", table[name]) for name in (OURS, WRK))
                    print_line(f"peak memory, wrk's is {theirs / 1024:.1f} MiB", ours / 1024, "MiB", "",
                               "<= wrk's", ours <= theirs)
            open_loop(program, url, folder, saturation)
        finally:
            server.terminate()
            server.wait()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
