"""Network namespaces of a test's own, each held by a child process whose pid names it."""

import contextlib
import ctypes
import os
import subprocess

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def _set_namespace(descriptor):
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Space:
    """A fresh network namespace with `lo` up. Ends with `close`, or with the process that made it."""

    def __init__(self, congestion="reno"):
        # cat ends at the end of its input, so that nothing is left behind however the test ends.
        self._holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._holder.stdout.read(1) != b"\n":
            self.close()
            raise OSError("no network namespace may be made here")
        self.pid = self._holder.pid
        self.ip("link", "set", "lo", "up")
        # bbr, where it is the host's default, paces what other algorithms send at once.
        self.write("net.ipv4.tcp_congestion_control", congestion)

    @contextlib.contextmanager
    def inside(self):
        """The calling thread, and what it starts, is in the namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _set_namespace(there)
            yield
        finally:
            _set_namespace(home)
            os.close(home)
            os.close(there)

    def ip(self, *arguments):
        with self.inside():
            subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)

    def write(self, key, value):
        with self.inside(), open("/proc/sys/" + key.replace(".", "/"), "w", encoding="ascii") as file:
            file.write(str(value))

    def read(self, key):
        with self.inside(), open("/proc/sys/" + key.replace(".", "/"), encoding="ascii") as file:
            return file.read().strip()

    def has(self, key):
        with self.inside():
            return os.path.exists("/proc/sys/" + key.replace(".", "/"))

    def counter(self, name):
        """A TcpExt counter of the namespace."""
        with self.inside(), open("/proc/thread-self/net/netstat", encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("TcpExt:")]
        return int(dict(zip(lines[0], lines[1]))[name])

    def close(self):
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
