"""On a terminal: the question, the countdown, Ctrl-C; and output that cannot be delivered."""

import os
import re
import signal
import subprocess
import time
import unittest

import harness
from harness import TUNEWIRE, Terminal


class Question(harness.TreeTest):
    def start(self, *args, **more):
        return Terminal("--root", self.root, "apply", self.web, *args, **more)

    def test_yes(self):
        terminal = self.start()
        terminal.wait_for("apply? [y/N] ")
        self.assertEqual(self.get("net/core/somaxconn"), "4096\n")
        terminal.send("y\n")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertIn("APPLIED  web", terminal.screen())
        self.assertEqual(self.get("net/core/somaxconn").strip(), "8192")

    def test_anything_else_is_no(self):
        for answer in ("\n", "n\n", "yep\n"):
            terminal = self.start()
            terminal.wait_for("apply? [y/N] ")
            terminal.send(answer)
            self.assertEqual(terminal.finish(), 0, terminal.output)
            self.assertIn("nothing was changed.", terminal.screen())
        self.assertEqual(self.get("net/core/somaxconn"), "4096\n")

    def test_end_of_input(self):
        terminal = self.start()
        terminal.wait_for("apply? [y/N] ")
        terminal.send("\x04")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertEqual(self.get("net/core/somaxconn"), "4096\n")

    def test_interrupted(self):
        terminal = self.start()
        terminal.wait_for("apply? [y/N] ")
        terminal.interrupt()
        self.assertEqual(terminal.finish(), 130, terminal.output)
        self.assertIn("nothing was changed.", terminal.screen())
        self.assertEqual(self.get("net/core/somaxconn"), "4096\n")

    def test_no_question_where_there_is_nothing_to_do(self):
        self.ok("apply", self.web, "--yes")
        terminal = self.start()
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertNotIn("apply?", terminal.output)

    def test_the_lock_is_held_while_asking(self):
        terminal = self.start()
        terminal.wait_for("apply? [y/N] ")
        self.assertEqual(self.run_here("apply", self.web, "--yes").status, 5)
        terminal.send("n\n")
        terminal.finish()


class Countdown(harness.TreeTest):
    def start(self, seconds, **more):
        terminal = Terminal("--root", self.root, "apply", self.web, "--yes", "--confirm", seconds, **more)
        terminal.wait_for(" s left")
        return terminal

    def test_enter_keeps_it(self):
        terminal = self.start("60s")
        terminal.send("\n")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertIn("CONFIRMED  web", terminal.screen())
        self.assertNotIn("s left", terminal.screen())
        self.ok("verify")

    def test_interrupt_puts_it_back(self):
        before = self.values()
        terminal = self.start("60s")
        terminal.interrupt()
        self.assertEqual(terminal.finish(), 130, terminal.output)
        self.assertIn("RESTORED  web", terminal.screen())
        self.assertEqual(self.values(), before)

    def test_terminate_puts_it_back(self):
        before = self.values()
        terminal = self.start("60s")
        os.kill(terminal.pid, signal.SIGTERM)
        self.assertEqual(terminal.finish(), 130, terminal.output)
        self.assertEqual(self.values(), before)

    def test_the_deadline_puts_it_back(self):
        before = self.values()
        terminal = self.start("2s")
        self.assertEqual(terminal.finish(), 3, terminal.output)
        self.assertIn("RESTORED  web", terminal.screen())
        self.assertIn("not confirmed", terminal.screen())
        self.assertEqual(self.values(), before)

    def test_confirmed_elsewhere(self):
        terminal = self.start("60s")
        self.ok("confirm")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertIn("CONFIRMED  web", terminal.screen())

    def test_rolled_back_elsewhere(self):
        terminal = self.start("60s")
        self.ok("rollback")
        self.assertEqual(terminal.finish(), 3, terminal.output)
        self.assertIn("rolled back elsewhere", terminal.screen())

    def test_end_of_input_leaves_it_waiting(self):
        terminal = self.start("60s")
        terminal.send("\x04")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertIn("tunewire confirm", terminal.screen())
        self.ok("confirm")

    def test_the_terminal_goes_away(self):
        before = self.values()
        terminal = self.start("3s")
        os.close(terminal.fd)
        os.waitpid(terminal.pid, 0)
        end = time.monotonic() + 30
        while self.values() != before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.values(), before)

    def test_killed_outright(self):
        before = self.values()
        terminal = self.start("3s")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.finish()
        self.assertNotEqual(self.values(), before)
        end = time.monotonic() + 30
        while self.values() != before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.values(), before)

    def test_narrow(self):
        terminal = self.start("60s", columns=60)
        terminal.send("\n")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        plain = re.sub(r"\x1b\[[0-9;]*[mA]", "", terminal.output)
        for line in plain.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            if "/" not in line:  # paths, and the commands that hold them, are never cut
                self.assertLessEqual(len(line), 60, line)

    def test_json_does_not_wait(self):
        terminal = Terminal("--root", self.root, "apply", self.web, "--yes", "--confirm", "60s", "--json")
        self.assertEqual(terminal.finish(), 0, terminal.output)
        self.assertIn('"outcome": "pending_confirm"', terminal.output)
        self.ok("rollback")


class Colors(harness.TreeTest):
    def test_auto(self):
        for env, painted in ((dict(TERM="xterm"), True), (dict(TERM="dumb"), False),
                             (dict(TERM="xterm", NO_COLOR="1"), False)):
            terminal = Terminal("--root", self.root, "plan", self.web, env=harness.environment(**env))
            terminal.finish()
            self.assertEqual("\x1b[" in terminal.output, painted, env)

    def test_width_is_the_terminal_s(self):
        narrow = Terminal("show", "net.ipv4.tcp_rmem", columns=60)
        narrow.finish()
        wide = Terminal("show", "net.ipv4.tcp_rmem", columns=200)
        wide.finish()
        self.assertLessEqual(max(map(len, narrow.screen().splitlines())), 60)
        self.assertLessEqual(max(map(len, wide.screen().splitlines())), 120)
        self.assertGreater(max(map(len, wide.screen().splitlines())), 60)


class Output(harness.TreeTest):
    """What cannot be printed changes nothing of what was done, nor of the exit status."""

    def start(self, *args, **more):
        return subprocess.run([TUNEWIRE, "--root", self.root, *args], stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=harness.environment(), timeout=60, check=False, **more)

    def test_closed(self):
        done = self.start("apply", self.web, "--yes", preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"error: write standard output", done.stderr)
        self.ok("verify")
        # Nothing of the report went into a file that took the closed descriptor's number.
        for folder, _, files in os.walk(os.path.join(self.root, "var")):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"APPLIED", file.read())

    def test_all_closed(self):
        done = subprocess.run([TUNEWIRE, "--root", self.root, "apply", self.web, "--yes"], env=harness.environment(),
                              preexec_fn=lambda: os.closerange(0, 3), timeout=60, check=False)
        self.assertEqual(done.returncode, 0)
        self.ok("verify")

    def test_full(self):
        with open("/dev/full", "wb") as full:
            done = self.start("verify", self.web, stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left on device", done.stderr)

    def test_a_reader_that_left(self):
        read, write = os.pipe()
        os.close(read)
        done = self.start("apply", self.web, "--yes", stdout=write)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.ok("verify")


class Guard(harness.TreeTest):
    """The guard itself, called as `apply --confirm` calls it."""

    def test_nothing_to_guard(self):
        self.ok("apply", self.web, "--yes")
        tx = self.json("history")["result"]["transactions"][0]["tx"]
        self.ok("recover", "--deadline", tx)
        self.ok("verify")

    def test_waits_for_the_lock(self):
        before = self.values()
        self.ok("apply", self.web, "--yes", "--confirm", "1s")
        lock = os.path.join(self.root, "var/lib/tunewire/lock")
        holder = subprocess.Popen(["flock", "-x", lock, "sh", "-c", "echo held; exec sleep 4"], stdout=subprocess.PIPE)
        self.assertEqual(holder.stdout.readline(), b"held\n")
        holder.wait()
        holder.stdout.close()
        end = time.monotonic() + 30
        while self.values() != before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.values(), before)


if __name__ == "__main__":
    harness.main()
