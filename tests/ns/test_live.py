"""Processes, their limits and their sockets on the running system: the unit tests' live cases run in
a network namespace of their own, with process numbers of their own too, as root and as an ordinary
user. Nothing of the host is changed."""

import os
import subprocess
import sys

TESTS = os.environ["TUNEWIRE_TESTS"]
IN_CI = os.environ.get("CI") == "true"
CASES = "*live*"
LEAST = 8
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
# With process numbers of its own a test may choose them, so that one is given out again.
OWN_PIDS = ["--pid", "--fork", "--kill-child", "--mount-proc"]


def ways():
    """(name, command that puts a program into a fresh network namespace)"""
    root = os.geteuid() == 0
    if root:
        yield "root", ["unshare", "-n"]
        yield "root, own pids", ["unshare", "-n", *OWN_PIDS]
    user = (AS_NOBODY if root else []) + ["unshare", "-Urn"]
    yield "ordinary user", user
    yield "ordinary user, own pids", user + OWN_PIDS


def possible(way):
    return subprocess.run(way + ["true"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def run(way):
    """Runs the cases; true where some ran and all passed."""
    environment = dict(os.environ, TUNEWIRE_REAL_PROC="1", TMPDIR="/tmp")
    if "--pid" in way:
        environment["TUNEWIRE_OWN_PIDS"] = "1"
    # The program is handed over open, because the user may not reach the build folder.
    with open(TESTS, "rb") as program:
        path = f"/proc/self/fd/{program.fileno()}"
        done = subprocess.run(way + [path, f"-tc={CASES}"], env=environment,
                              pass_fds=[program.fileno()], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)
    print(done.stdout)
    summary = [line for line in done.stdout.splitlines() if "test cases:" in line]
    count = int(summary[-1].split("test cases:")[1].split()[0]) if summary else 0
    if count < LEAST:
        print(f"only {count} live cases ran")
        return False
    if "--pid" in way and "cannot be chosen" in done.stdout:
        print("no process number was given out again")
        return False
    return done.returncode == 0


def main():
    failed = False
    for name, way in ways():
        if not possible(way):
            print(f"{name}: no such namespaces can be made here: {' '.join(way)}")
            failed = failed or IN_CI
            continue
        print(f"{name}: {' '.join(way)}")
        if not run(way):
            print(f"{name}: FAILED")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
