"""The contract of the host floor against the real kernel: the unit tests' kernel cases run in a
network namespace of their own, as root and as an ordinary user. Nothing of the host is changed."""

import os
import subprocess
import sys

TESTS = os.environ["TUNEWIRE_TESTS"]
IN_CI = os.environ.get("CI") == "true"
CASES = "*kernel*"


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
        done = subprocess.run(way + [path, f"-tc={CASES}", "--minimal"], env=environment,
                              pass_fds=[program.fileno()], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)
        listed = subprocess.run([TESTS, f"-tc={CASES}", "--count"], env=environment,
                                stdout=subprocess.PIPE, text=True, timeout=60)
    print(done.stdout)
    count = int(listed.stdout.split("filters:")[-1].split()[0])
    if count < 2:
        print(f"only {count} kernel cases found")
        return False
    return done.returncode == 0


def main():
    failed = False
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
