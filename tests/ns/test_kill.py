"""Killed before any of its system calls, tunewire leaves a host that recover makes whole."""

import collections
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import namespace
from namespace import fields

SYSCTL = {
    "net.ipv4.ip_forward": 1,
    "net.ipv4.conf.lo.forwarding": 0,
    "net.core.somaxconn": 8192,
    "net.ipv4.tcp_rmem": "8192 262144 16777216",
    "net.ipv4.ip_local_reserved_ports": "8080",
}
CALL = re.compile(r"^(?:\[pid +\d+\] )?([a-z_0-9]+)\(")
# strace cannot inject into the call that starts the program, and a call without return has no kill
# before it that differs from the end itself.
NOT_INJECTABLE = {"execve", "exit_group", "exit"}


def system_calls(command):
    """The calls of one run of the main process, in order, as (name, how many of that name so far)."""
    done = subprocess.run(["strace", "-qq", "-o", "/dev/stderr", *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=120, check=False)
    seen = collections.Counter()
    calls = []
    for line in done.stderr.splitlines():
        match = CALL.match(line)
        if not match:
            continue
        name = match.group(1)
        seen[name] += 1
        if name not in NOT_INJECTABLE:
            calls.append((name, seen[name]))
    return done.returncode, calls


def kill_before(name, when, command):
    return subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={when}", *command],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False).returncode


class KillTest(namespace.Case):
    KEYS = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding",
            "net.ipv4.conf.default.forwarding", "net.ipv4.conf.lo.forwarding",
            "net.ipv4.conf.all.accept_redirects", "net.core.somaxconn", "net.ipv4.tcp_rmem",
            "net.ipv4.ip_local_reserved_ports")

    def sweep(self, prepare, command, before, after):
        """Kills `command` before every call; afterwards recover must end at `before` or `after`."""
        prepare()
        status, calls = system_calls(command)
        self.assertEqual(status, 0)
        self.assertGreater(len(calls), 60)
        killed = 0
        ends = collections.Counter()
        for name, when in calls:
            self.put_back()
            shutil.rmtree(self.state, ignore_errors=True)
            prepare()
            killed += kill_before(name, when, command) != 0
            self.run_tool("recover")
            where = f"killed before {name} number {when}"
            self.assertEqual(self.temp_files(), [], where)
            values = self.values()
            self.assertIn(values, (before, after), where)
            ends["before" if values == before else "after"] += 1
        # The run differs by a few calls from time to time; most kills must have hit.
        self.assertGreater(killed, len(calls) * 0.8)
        return ends

    def test_a_kill_before_every_call_of_apply(self):
        profile = self.profile("sweep", SYSCTL)
        before = self.values()
        command = self.command("apply", "--yes", profile)
        self.run_tool("apply", "--yes", profile)
        after = self.values()
        self.assertNotEqual(before, after)
        self.run_tool("rollback")
        self.assertEqual(self.values(), before)
        shutil.rmtree(self.state)
        ends = self.sweep(lambda: None, command, before, after)
        self.assertGreater(ends["before"], 0)

    def test_a_kill_before_every_call_of_rollback(self):
        profile = self.profile("sweep", SYSCTL)
        before = self.values()
        self.run_tool("apply", "--yes", profile)
        after = self.values()
        shutil.rmtree(self.state)
        self.put_back()
        ends = self.sweep(lambda: self.run_tool("apply", "--yes", profile),
                          self.command("rollback"), before, after)
        self.assertGreater(ends["before"], 0)
        self.assertGreater(ends["after"], 0)

    def test_two_applies_at_once(self):
        one = self.profile("one", {"net.core.somaxconn": 8192})
        two = self.profile("two", {"net.core.somaxconn": 16384})
        # The first is held up while it makes its journal durable, lock in hand; the folder of the
        # lock is there before, so that it is not that one's fsync.
        os.makedirs(self.state, exist_ok=True)
        first = subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:delay_enter=3s:when=1",
             *self.command("apply", "--yes", one)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            status = None
            while time.monotonic() < deadline and first.poll() is None:
                if not os.path.exists(os.path.join(self.state, "tx")):
                    time.sleep(0.02)
                    continue
                status = self.run_tool("apply", "--yes", two, expect=None).returncode
                break
        finally:
            self.assertEqual(first.wait(timeout=60), 0)
        self.assertEqual(status, 5)
        self.assertEqual(fields("net.core.somaxconn"), ["8192"])


class DeadlineTest(namespace.Case):
    KEYS = ("net.core.somaxconn", "net.ipv4.tcp_fin_timeout")

    def wait_until_back(self, before):
        # The deadline is 1 s away. A loaded machine may be late: what matters is that somebody
        # comes at all, though everything that was started is dead.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.values() != before:
            time.sleep(0.05)
        self.assertEqual(self.values(), before)

    def test_kill_9_of_the_whole_session_under_confirm(self):
        before = self.values()
        profile = self.profile("web", {"net.core.somaxconn": 8192, "net.ipv4.tcp_fin_timeout": 20})
        shell = subprocess.Popen(
            ["sh", "-c", '"$@"; sleep 60', "sh", *self.command("apply", "--yes", "--confirm", "1s",
                                                               profile)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.values() == before:
            time.sleep(0.005)
        self.assertNotEqual(self.values(), before)
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait(timeout=10)
        self.wait_until_back(before)
        self.assertIn("restored", self.run_tool("history", "--json").stdout)

    def test_too_late_to_confirm(self):
        before = self.values()
        tx = self.json("apply", "--yes", "--confirm", "1s",
                       self.profile("web", {"net.core.somaxconn": 8192}))["result"]["tx"]
        self.wait_until_back(before)
        self.run_tool("confirm", tx, expect=3)

    def test_the_guard_dies_too_and_the_next_command_finishes(self):
        before = self.values()
        profile = self.profile("web", {"net.core.somaxconn": 8192})
        # Only the guard of this very state directory: nothing else may be ended.
        self.run_tool("apply", "--yes", "--confirm", "1s", profile)
        for pid in self.guards():
            os.kill(pid, signal.SIGKILL)
        time.sleep(1.5)
        self.assertNotEqual(self.values(), before)
        self.run_tool("recover")
        self.assertEqual(self.values(), before)

    def guards(self):
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    arguments = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if self.state in arguments and int(name) != os.getpid():
                found.append(int(name))
        self.assertEqual(len(found), 1, found)
        return found


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    namespace.main()
