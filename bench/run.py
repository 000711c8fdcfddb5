"""How fast tunewire is beside the tools an administrator has, as ratios within one run.

    ./dev bench [all|tuning|probe|http|sockets|check] [--rounds N]

Commands are run in turn, round after round, so that whatever else the machine does falls on all of
them alike. Shown are medians and the middle half of the rounds: of each command's time, and of its
ratio to another within a round, beside the target. A missed target is a line to look at, not a failure: the status is 0 unless a
command could not be measured.

Everything happens in a network namespace of its own; systemd-sysctl, which writes, writes there.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import check
import http_load
import probe
import socket_table
import sockets

KEYS = """
net.core.somaxconn
net.ipv4.ip_default_ttl
net.ipv4.ip_local_port_range
net.ipv4.tcp_base_mss
net.ipv4.tcp_early_retrans
net.ipv4.tcp_fin_timeout
net.ipv4.tcp_keepalive_intvl
net.ipv4.tcp_keepalive_probes
net.ipv4.tcp_keepalive_time
net.ipv4.tcp_limit_output_bytes
net.ipv4.tcp_max_reordering
net.ipv4.tcp_max_syn_backlog
net.ipv4.tcp_max_tw_buckets
net.ipv4.tcp_min_snd_mss
net.ipv4.tcp_moderate_rcvbuf
net.ipv4.tcp_mtu_probing
net.ipv4.tcp_no_metrics_save
net.ipv4.tcp_pacing_ca_ratio
net.ipv4.tcp_pacing_ss_ratio
net.ipv4.tcp_reordering
net.ipv4.tcp_retries1
net.ipv4.tcp_retries2
net.ipv4.tcp_rmem
net.ipv4.tcp_sack
net.ipv4.tcp_slow_start_after_idle
net.ipv4.tcp_syn_retries
net.ipv4.tcp_synack_retries
net.ipv4.tcp_timestamps
net.ipv4.tcp_window_scaling
net.ipv4.tcp_wmem
""".split()

SYSTEMD_SYSCTL = "/lib/systemd/systemd-sysctl"
INSIDE = "TUNEWIRE_BENCH_INSIDE"


def fail(message):
    print(f"bench: {message}", file=sys.stderr)
    sys.exit(1)


def enter_namespace():
    """Starts again in a fresh network namespace, with a user namespace around it where not root."""
    if os.environ.get(INSIDE):
        return
    flags = "-n" if os.geteuid() == 0 else "-Urn"
    unshare = shutil.which("unshare") or fail("unshare(1) is missing")
    os.environ[INSIDE] = "1"
    os.execv(unshare, [unshare, flags, "--", sys.executable, "-B", *sys.argv])


def value_of(key):
    return pathlib.Path("/proc/sys", key.replace(".", "/")).read_text(encoding="ascii").split()


def another(fields):
    """A value the kernel and the catalog take as well: a flag turned, a number one up, a vector's last one down."""
    last = int(fields[-1])
    changed = 1 - last if last in (0, 1) else last - 1 if len(fields) > 1 else last + 1
    return [*fields[:-1], str(changed)]


def write_inputs(folder):
    """Two profiles (what holds already; all 30 different) and the first again for sysctl.d."""
    now = {key: value_of(key) for key in KEYS}
    for name, values in (("same", now), ("changed", {k: another(v) for k, v in now.items()})):
        profile = {"format": 1, "name": name, "summary": "measured by the benchmark"}
        profile["sysctl"] = {key: " ".join(fields) for key, fields in values.items()}
        pathlib.Path(folder, f"{name}.json").write_text(json.dumps(profile, indent=1), encoding="ascii")
    lines = "".join(f"{key} = {' '.join(fields)}\n" for key, fields in now.items())
    pathlib.Path(folder, "same.conf").write_text(lines, encoding="ascii")


def commands(program, folder):
    ours = [program, "--state-dir", f"{folder}/state"]
    sysctl = shutil.which("sysctl", path="/usr/sbin:/sbin:/usr/bin:/bin") or fail("sysctl(8) is missing")
    return {
        "tunewire --version": [program, "--version"],
        "tunewire plan": [*ours, "plan", f"{folder}/same.json"],
        "tunewire plan *": [*ours, "plan", f"{folder}/changed.json"],
        "tunewire verify": [*ours, "verify", f"{folder}/same.json"],
        "tunewire show": [program, "show", "net"],
        "sysctl -n": [sysctl, "-n", *KEYS],
        "sysctl -a": [sysctl, "-a", "--pattern", r"^net\."],
        "systemd-sysctl": [SYSTEMD_SYSCTL, f"{folder}/same.conf"],
    }


RATIOS = [
    # what, against what, at most
    ("tunewire plan", "sysctl -n", 2.0),
    ("tunewire plan *", "sysctl -n", 2.0),
    ("tunewire verify", "sysctl -n", 2.0),
    ("tunewire plan", "systemd-sysctl", 1.0),
    ("tunewire plan *", "systemd-sysctl", 1.0),
    ("tunewire verify", "systemd-sysctl", 1.0),
    ("tunewire show", "sysctl -a", 0.6),
]
MEMORY_KIB = 10 * 1024


def run_once(spawn, command):
    """Nanoseconds and peak KiB of one run; its status must be 0."""
    done = subprocess.run([spawn, *command], capture_output=True, text=True, check=False)
    fields = done.stdout.split()
    if done.returncode != 0 or len(fields) != 3:
        fail(f"could not start {' '.join(command)}")
    if fields[2] != "0":
        fail(f"status {fields[2]}: {' '.join(command)}")
    return int(fields[0]), int(fields[1])


def result_of(command):
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)["result"]


def check_that_work_is_done(table):
    """A command that answers fast because it does nothing must not look good here."""
    same, changed = (result_of(table[name])["summary"] for name in ("tunewire plan", "tunewire plan *"))
    if same["already"] != len(KEYS) or changed["set"] != len(KEYS):
        fail(f"the plans are not what they should be: {same}, {changed}")
    if result_of(table["tunewire verify"])["drift"]:
        fail("verify finds drift where there is none")
    theirs = subprocess.run(table["sysctl -a"], capture_output=True, text=True, check=False).stdout
    shown = len(result_of(table["tunewire show"])["settings"])
    if shown < len(theirs.splitlines()):
        fail(f"show lists {shown} keys, sysctl {len(theirs.splitlines())}")


def measure(spawn, table, rounds):
    times = {name: [] for name in table}
    peaks = dict.fromkeys(table, 0)
    for turn in range(rounds + 3):  # the first three fill caches
        for name, command in table.items():
            nanoseconds, peak = run_once(spawn, command)
            if turn >= 3:
                times[name].append(nanoseconds)
                peaks[name] = max(peaks[name], peak)
    return times, peaks


def middle_half(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def print_times(times, peaks):
    print(f"{'command':<22}{'median':>10}{'middle half':>19}{'peak memory':>14}")
    for name, values in times.items():
        low, high = middle_half(values)
        print(
            f"{name:<22}{statistics.median(values) / 1e6:>7.2f} ms"
            f"{low / 1e6:>9.2f}-{high / 1e6:.2f} ms{peaks[name] / 1024:>10.1f} MiB"
        )
    print("* with all 30 keys to change, each tried in a scratch namespace; the others change nothing\n")


def print_ratios(times, peaks):
    print(f"{'ratio':<42}{'is':>8}{'middle half':>15}{'target':>10}")
    for ours, theirs, target in RATIOS:
        rounds = [a / b for a, b in zip(times[ours], times[theirs])]
        ratio = statistics.median(rounds)
        low, high = middle_half(rounds)
        verdict = "met" if ratio <= target else "MISSED"
        print(f"{ours + ' / ' + theirs:<42}{ratio:>6.2f} x{low:>8.2f}-{high:.2f} x{target:>6.1f} x  {verdict}")
    peak = max(kib for name, kib in peaks.items() if name.startswith("tunewire"))
    verdict = "met" if peak <= MEMORY_KIB else "MISSED"
    print(f"{'peak memory, the largest of ours':<42}{peak / 1024:>6.1f} MiB{'':>12}{MEMORY_KIB // 1024:>5} MiB  {verdict}")


def measure_tuning(build, rounds):
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(folder)
        table = commands(str(build / "tunewire"), folder)
        check_that_work_is_done(table)
        times, peaks = measure(str(build / "bench_spawn"), table, rounds)
        kernel = os.uname()
        print(f"{kernel.sysname} {kernel.release}, {os.cpu_count()} CPUs, {len(KEYS)} keys, {rounds} rounds in turn\n")
        print_times(times, peaks)
        print_ratios(times, peaks)
        sockets.measure(str(build / "tunewire"), folder, max(5, rounds // 6))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("part", nargs="?", choices=("all", "tuning", "probe", "http", "sockets", "check"), default="all")
    parser.add_argument("--rounds", type=int, default=60,
                        help="how often each command is run (60; a sixth of it where each takes seconds)")
    arguments = parser.parse_args()
    if arguments.rounds < 4:
        parser.error("--rounds: 4 at least")
    enter_namespace()

    build = pathlib.Path(arguments.build).resolve()
    if arguments.part in ("all", "tuning"):
        measure_tuning(build, arguments.rounds)
    if arguments.part in ("all", "probe"):
        probe.measure(str(build), max(4, arguments.rounds // 6))
    if arguments.part in ("all", "http"):
        http_load.measure(str(build), max(5, arguments.rounds // 12))
    if arguments.part in ("all", "sockets"):
        socket_table.measure(str(build), max(5, arguments.rounds // 6))
    if arguments.part in ("all", "check"):
        check.measure(str(build), max(10, arguments.rounds // 2))


if __name__ == "__main__":
    main()
