"""What the command-line tests share: a tree standing in for a host, runs, schemas, terminals."""

import copy
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import jsonschema

TUNEWIRE = os.environ["TUNEWIRE"]
SOURCE_DIR = os.environ["SOURCE_DIR"]
NOBODY = 65534

KEYS = {
    "net/core/somaxconn": "4096\n",
    "net/ipv4/ip_local_port_range": "32768\t60999\n",
    "net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
    "net/ipv4/tcp_syn_retries": "6\n",
    "net/ipv4/tcp_sack": "1\n",
    "net/ipv4/tcp_congestion_control": "cubic\n",
    "net/ipv4/conf/all/rp_filter": "0\n",
    "net/ipv4/conf/lo/rp_filter": "0\n",
}

WEB = """{
  "format": 1,
  "name": "web",
  "summary": "For tests",
  "sysctl": {
    "net.core.somaxconn": {"at_least": 8192, "why": "caps every listen(2)", "source": "ip-sysctl.rst"},
    "net.ipv4.tcp_rmem": ["keep", "keep", {"at_least": 16777216}],
    "net.ipv4.tcp_sack": 1
  }
}
"""

LACKING = """{
  "format": 1,
  "name": "lacking",
  "summary": "Asks for a key that is gone",
  "sysctl": {
    "net.core.somaxconn": 8192,
    "net.ipv4.tcp_tw_recycle": 1
  }
}
"""


needs_root = unittest.skipUnless(os.geteuid() == 0, "takes on other users, which only root may")


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"exit {self.status}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def environment(**more):
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    env.update(more)
    return env


def run(*args, stdin="", env=None, user=None, **more):
    """One run without a terminal; everything captured."""
    done = subprocess.run(
        [TUNEWIRE, *args], input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True, env=env or environment(), timeout=60,
        **({"user": user, "group": user, "extra_groups": []} if user else {}), **more)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def strict(schema):
    """The schema with every object closed: a field nobody described fails the test."""
    closed = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                node["additionalProperties"] = False
            for child in node.values():
                close(child)
        elif isinstance(node, list):
            for child in node:
                close(child)

    close(closed)
    return closed


def schema_of(command):
    with open(os.path.join(SOURCE_DIR, "schema", command + ".schema.json"), encoding="utf-8") as file:
        return json.load(file)


def validate(command, document):
    jsonschema.Draft202012Validator(strict(schema_of(command))).validate(document)


class TreeTest(unittest.TestCase):
    """A host made of files: DIR/proc/sys, with a state of its own. Nothing real is written."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="tunewire-test-")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        for key, value in KEYS.items():
            self.put(key, value)
        self.web = self.profile("web", WEB)
        self.lacking = self.profile("lacking", LACKING)

    def path(self, key):
        return os.path.join(self.root, "proc/sys", key)

    def put(self, key, value):
        os.makedirs(os.path.dirname(self.path(key)), exist_ok=True)
        with open(self.path(key), "w", encoding="ascii") as file:
            file.write(value)

    def get(self, key):
        with open(self.path(key), encoding="ascii") as file:
            return file.read()

    def values(self):
        return {key: " ".join(self.get(key).split()) for key in KEYS}

    def profile(self, name, text):
        path = os.path.join(self.root, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def run_here(self, *args, **more):
        return run("--root", self.root, *args, **more)

    def ok(self, *args, status=0, **more):
        result = self.run_here(*args, **more)
        self.assertEqual(result.status, status, result)
        return result

    def json(self, command, *args, status=0, **more):
        """Runs with --json, holds the document against its schema, returns it."""
        result = self.run_here(command, *args, "--json", **more)
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.err, "")
        document = json.loads(result.out)
        validate(command, document)
        return document

    def tx_of(self, result):
        found = re.search(r"tx ([0-9a-f]{6})", result.out)
        self.assertIsNotNone(found, result)
        return found.group(1)


class Terminal:
    """The program on a pseudo terminal of its own."""

    def __init__(self, *args, columns=80, env=None):
        self.output = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.execve(TUNEWIRE, [TUNEWIRE, *args], env or environment(TERM="xterm"))
            finally:
                os._exit(127)

    def _read(self, patience):
        ready, _, _ = select.select([self.fd], [], [], patience)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        if not data:
            return None
        self.output += data.decode()
        return True

    def wait_for(self, text, patience=20.0):
        """Until `text` was printed; a failed test otherwise, with all that was."""
        end = time.monotonic() + patience
        while text not in self.output:
            if time.monotonic() > end or self._read(0.2) is None:
                raise AssertionError(f"no {text!r} in:\n{self.output}")

    def send(self, text):
        os.write(self.fd, text.encode())

    def interrupt(self):
        self.send("\x03")

    def finish(self, patience=30.0):
        """The exit status, once everything was read."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self._read(0.2) is None:
                break
        for _ in range(100):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        else:
            os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def screen(self):
        """What a reader sees: what was drawn over is gone, and so are colours."""
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.output).replace("\r\n", "\n")
        lines = [""]
        row = 0
        column = 0
        for piece in re.findall(r"\x1b\[A|\n|\r|[^\x1b\n\r]+", plain):
            if piece == "\x1b[A":
                row = max(row - 1, 0)
            elif piece == "\r":
                column = 0
            elif piece == "\n":
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append("")
            else:
                line = lines[row].ljust(column)
                lines[row] = line[:column] + piece + line[column + len(piece):]
                column += len(piece)
        return "\n".join(line.rstrip() for line in lines)


# A process inherits the peak of the one that started it, so a small one must: a bare interpreter.
SPAWN = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
sys.stderr.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


def peak_kib(*args, stdin=None):
    """Runs and tells (status, peak resident memory in KiB) of that one process."""
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-c", SPAWN, "/bin/sh", "-c", 'exec "$0" "$@" >/dev/null 2>&1', TUNEWIRE, *args],
        stdin=stdin or subprocess.DEVNULL, capture_output=True, env=environment(), timeout=60, check=True)
    status, peak = done.stderr.split()
    return int(status), int(peak)


def main():
    sys.dont_write_bytecode = True
    unittest.main(verbosity=1)
