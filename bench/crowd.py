"""Processes that hold sockets while something else is measured."""

import os
import signal
import subprocess
import sys


def start(jobs, failure):
    """A process for each job, once all of them hold what their job answers; loopback is up before."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    read_end, ready = os.pipe()
    crowd = []
    for job in jobs:
        pid = os.fork()
        if pid == 0:
            _hold(job, ready)
        crowd.append(pid)
    os.close(ready)
    waiting = len(crowd)
    while waiting:
        got = len(os.read(read_end, waiting))
        if got == 0:
            end(crowd)
            sys.exit(f"bench: {failure}")
        waiting -= got
    os.close(read_end)
    return crowd


def _hold(job, ready):
    try:
        held = job()
        os.write(ready, b"x")
        # Of those that still wait none must keep the pipe open: its end says that one has failed.
        os.close(ready)
        while held:
            signal.pause()
    finally:
        os._exit(1)


def end(crowd):
    for pid in crowd:
        os.kill(pid, signal.SIGKILL)
    for pid in crowd:
        os.waitpid(pid, 0)
