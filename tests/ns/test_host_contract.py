"""The contract of the host floor against the real kernel: the unit tests' kernel cases run in a
network namespace of their own, as root and as an ordinary user. Nothing of the host is changed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TESTS = os.environ["TUNEWIRE_TESTS"]
IN_CI = os.environ.get("CI") == "true"
CASES = "*kernel*"
# Traffic between two ends is tests/ns/test_probe_*.py's and test_http_*.py's.
NOT_IN = "*/unit/probe/*,*/unit/http/*"


# A new namespace has not even loopback up.
WITH_LOOPBACK = ["sh", "-c", 'ip link set lo up && exec "$@"', "with_loopback"]


def ways():
    """(name, command that puts a program into a fresh network namespace)"""
    if os.geteuid() == 0:
        yield "root", ["unshare", "-n"]
        yield "ordinary user", [
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
            "unshare", "-Urn"]
    else:
        yield "ordinary user", ["unshare", "-Urn"]


def possible(way):
    return subprocess.run(way + ["true"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def run(way):
    """Runs the cases; true where some ran and all passed."""
    environment = dict(os.environ, TUNEWIRE_REAL_PROC="1", TMPDIR="/tmp")
    # The program is handed over open, because the user may not reach the build folder.
    with open(TESTS, "rb") as program:
        path = f"/proc/self/fd/{program.fileno()}"
        done = subprocess.run(way + WITH_LOOPBACK + [path, f"-tc={CASES}", f"-sfe={NOT_IN}", "--minimal"], env=environment,
                              pass_fds=[program.fileno()], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)
        listed = subprocess.run([TESTS, f"-tc={CASES}", f"-sfe={NOT_IN}", "--count"], env=environment,
                                stdout=subprocess.PIPE, text=True, timeout=60)
    print(done.stdout)
    count = int(listed.stdout.split("filters:")[-1].split()[0])
    if count < 2:
        print(f"only {count} kernel cases found")
        return False
    return done.returncode == 0


def hostile_names_under_strace():
    """Whatever the name, the kernel is never asked to open a path that leaves the tree."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        done = subprocess.run(["strace", "-f", "-s", "9000", "-e", "trace=open,openat,openat2", "-o", log,
                               TESTS, "-tc=hostile: a thousand names*", "--minimal"],
                              stdin=subprocess.DEVNULL, timeout=120)
        with open(log, errors="replace") as lines:
            opened = re.findall(r'(open\w*)\((?:\w+, )?"((?:[^"\\\\]|\\\\.)*)".*= \d+$', lines.read(),
                                re.MULTILINE)
    beneath = [path for call, path in opened if call == "openat2"]
    outside = [path for path in beneath if path.startswith("/") or ".." in path.split("/")]
    outside += [path for call, path in opened if call != "openat2" and "etc/passwd" in path
                and "tunewire." not in path]
    if outside:
        print("opened outside the tree:", outside)
    if len(beneath) < 50:
        print(f"only {len(beneath)} opens seen")
    return done.returncode == 0 and not outside and len(beneath) >= 50


def main():
    failed = False
    if shutil.which("strace"):
        failed = not hostile_names_under_strace()
    else:
        print("no strace here")
        failed = IN_CI
    for name, way in ways():
        if not possible(way):
            print(f"{name}: no network namespace can be made here: {' '.join(way)}")
            failed = failed or IN_CI
            continue
        print(f"{name}: {' '.join(way)}")
        if not run(way):
            print(f"{name}: FAILED")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
