"""The live fix on real programs: what it brings, that nothing else is touched, and that all of it
goes back, however a run ends."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
import unittest

import fix_server
import namespace
from fix_server import TCP_DELACK_MAX_US, Client, Program
from namespace import NOBODY

# A look before, a look after, and what a busy machine adds.
PATIENCE_S = 60


def wait_until(condition):
    """Bounded; the caller asserts what it waited for."""
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


class FixCase(namespace.Case):
    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # bbr, where it is the host's default, paces what others send at once.
        namespace.write_key("net.ipv4.tcp_congestion_control", "reno")

    def program(self, *arguments, **more):
        program = Program(*arguments, **more)
        self.addCleanup(program.close)
        return program

    def client(self, port):
        client = Client(port)
        self.addCleanup(client.close)
        return client

    def stalled(self, mode="pieces"):
        """A server with one connection that has shown its trouble."""
        server = self.program(mode)
        client = self.client(server.port)
        self.assertTrue(wait_until(lambda: client.count >= 2), "no exchange")
        return server, client

    def fix(self, kind, *arguments, expect=0):
        return self.json("sockets", "--fix", kind, "--yes", *arguments, expect=expect)["result"]

    def undo(self, *arguments, expect=0):
        return self.json("sockets", "--undo", *arguments, expect=expect)["result"].get("undone", [])

    def start(self, *arguments):
        process = subprocess.Popen(self.command("sockets", *arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def records(self):
        folder = os.path.join(self.state, "sockets")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return [name for name in names if name != "lock"]

    def nodelay(self, program):
        return [options["nodelay"] for options in program.options()]


class Fix(FixCase):
    def test_nodelay_ends_the_stall_at_once_and_undo_brings_it_back(self):
        server, client = self.stalled()
        bystander, other = self.stalled()
        untouched = bystander.options()
        own = fix_server.options_of(client.end)
        before = client.rate(1)
        result = self.fix("nodelay", "--pid", str(server.pid))
        after = client.best_rate(4, 0.5)
        self.assertGreater(after, 100 * before, "exchanges a second after and before")
        self.assertEqual(self.nodelay(server), [0, 1])
        self.assertEqual(bystander.options(), untouched)
        self.assertEqual(fix_server.options_of(client.end), own)
        self.assertLess(other.rate(0.5), 100)

        [fixed] = result["fixed"]
        local = f"127.0.0.1:{server.port}"
        self.assertEqual((fixed["pid"], fixed["local"], fixed["option"]), (server.pid, local, "nodelay"))
        self.assertEqual((fixed["before"], fixed["after"], fixed["listener"]), (0, 1, False))
        self.assertLess(fixed["exchanges_per_s_before"], 100)
        self.assertGreater(fixed["exchanges_per_s_after"], 100 * fixed["exchanges_per_s_before"])
        self.assertGreater(fixed["held_share_before"], 0.5)
        self.assertLess(fixed["held_share_after"], 0.2)
        self.assertEqual(len(self.records()), 1)

        again = self.fix("nodelay", "--pid", str(server.pid))
        self.assertEqual((again["fixed"], again["fix"]["already"]), ([], 1))

        self.assertEqual([one["outcome"] for one in self.undo()], ["restored"])
        self.assertEqual(self.nodelay(server), [0, 0])
        self.assertLess(client.rate(1), 100)
        self.assertEqual((self.undo(), self.records()), ([], []))

    def test_a_listener_hands_it_on_to_later_connections(self):
        server, _ = self.stalled()
        port = str(server.port)
        result = self.fix("nodelay", "--pid", str(server.pid), "--port", port, "--listener")
        self.assertEqual(sorted(one["listener"] for one in result["fixed"]), [False, True])
        later = self.client(server.port)
        self.assertTrue(wait_until(lambda: later.count > 0))
        self.assertEqual(self.nodelay(server), [1, 1, 1])
        self.assertGreater(later.best_rate(4, 0.5), 1000)
        self.undo("--port", port)
        latest = self.client(server.port)
        self.assertTrue(wait_until(lambda: latest.count > 0))
        # What was accepted in between keeps what it inherited.
        self.assertEqual(self.nodelay(server), [0, 0, 1, 0])

    def test_by_port_both_ends_of_a_connection_are_meant(self):
        server = self.program("pieces")
        client = self.program("client", server.port)
        self.assertTrue(wait_until(lambda: client.ask("count") > 2))
        result = self.fix("nodelay", "--port", str(server.port))
        self.assertEqual({one["pid"] for one in result["fixed"]}, {server.pid, client.pid})

    def test_quickack_shortens_the_wait_on_the_receivers_side(self):
        server = self.program("pieces")
        client = self.program("client", server.port)
        self.assertTrue(wait_until(lambda: client.ask("count") > 2))
        default = client.options()[0]["delack_max_us"]
        if default is None:
            self.skipTest("TCP_DELACK_MAX_US came with Linux 6.15")
        [fixed] = self.fix("quickack", "--pid", str(client.pid))["fixed"]
        self.assertEqual((fixed["option"], fixed["before"]), ("delack_max_us", default))
        self.assertEqual(client.options()[0]["delack_max_us"], fixed["after"])
        # Two ticks instead of 40 ms and one or two: 12 against 44 ms.
        self.assertGreater(fixed["exchanges_per_s_after"], 1.5 * fixed["exchanges_per_s_before"])
        self.assertEqual([one["outcome"] for one in self.undo()], ["restored"])
        self.assertEqual(client.options()[0]["delack_max_us"], default)

    def test_a_value_that_the_program_sets_itself_is_kept(self):
        server = self.program("pieces")
        client = self.program("client", server.port)
        self.assertTrue(wait_until(lambda: client.ask("count") > 2))
        if client.options()[0]["delack_max_us"] is None:
            self.skipTest("TCP_DELACK_MAX_US came with Linux 6.15")
        self.fix("quickack", "--pid", str(client.pid))
        client.ask(f"set {TCP_DELACK_MAX_US} 100000")
        [kept] = self.undo(expect=4)
        self.assertEqual((kept["outcome"], kept["found"]), ("foreign", 100000))
        self.assertEqual(client.options()[0]["delack_max_us"], 100000)
        self.assertEqual(len(self.records()), 1)

    def test_uncork_lets_go_what_a_cork_holds(self):
        server, client = self.stalled("cork")
        before = client.rate(1)
        self.fix("uncork", "--pid", str(server.pid))
        self.assertGreater(client.best_rate(4, 0.5), 20 * before)
        self.assertEqual(server.options()[1]["cork"], 0)
        self.undo()
        self.assertEqual(server.options()[1]["cork"], 1)

    def test_uncork_pushes_what_msg_more_holds_for_a_time(self):
        server, client = self.stalled("more")
        before = client.rate(1)
        result = self.fix("uncork", "--pid", str(server.pid), "--for", "1s")
        self.assertEqual(result["fix"]["outcome"], "held_for_a_time")
        [fixed] = result["fixed"]
        self.assertFalse(fixed["lasting"])
        self.assertGreater(fixed["exchanges_per_s_after"], 3 * fixed["exchanges_per_s_before"])
        self.assertLess(client.rate(1), 3 * before + 10)
        self.assertEqual(self.records(), [])

    def test_a_socket_that_forks_share_is_touched_once(self):
        server, _ = self.stalled("prefork")
        result = self.fix("nodelay", "--port", str(server.port), "--command",
                          os.path.basename(os.path.realpath(sys.executable)))
        mine = [one for one in result["fixed"] if one["local"].endswith(f":{server.port}")]
        self.assertEqual(len(mine), 1)

    def test_refusals(self):
        server, _ = self.stalled()
        pid = str(server.pid)
        done = self.run_tool("sockets", "--fix", "nodelay", "--pid", pid, expect=2)
        self.assertIn("--yes", done.stderr)
        self.fix("nodelay", "--port", "1", expect=2)
        self.fix("nodelay", "--pid", "4194304", expect=2)
        self.fix("nodelay", "--pid", pid, "--listener", "--trial", "500ms", expect=2)
        self.assertEqual(self.nodelay(server), [0, 0])
        self.assertEqual(self.records(), [])


class Trial(FixCase):
    def test_the_option_is_proven_to_be_the_cause_and_all_goes_back(self):
        server, client = self.stalled()
        result = self.fix("nodelay", "--pid", str(server.pid), "--trial", "2s", expect=1)
        trial = result["trial"]
        self.assertEqual(trial["verdict"], "cause")
        rates = [phase["exchanges_per_s"] for phase in trial["phases"]]
        self.assertGreater(rates[1], 20 * max(rates[0], rates[2]))
        self.assertEqual(self.nodelay(server), [0, 0])
        self.assertLess(client.rate(0.5), 100)
        self.assertEqual(self.records(), [])

    def test_a_healthy_server_is_not_accused(self):
        server, _ = self.stalled("whole")
        result = self.fix("nodelay", "--pid", str(server.pid), "--trial", "1s")
        self.assertEqual(result["trial"]["verdict"], "no_difference")
        self.assertEqual(self.nodelay(server), [0, 0])

    def begin(self, server):
        """A long trial, seen to be in the middle of its second phase."""
        process = self.start("--fix", "nodelay", "--yes", "--pid", str(server.pid), "--trial", "3s")
        self.assertTrue(wait_until(lambda: self.nodelay(server)[-1:] == [1]), "never set")
        return process

    def test_an_interrupt_puts_everything_back(self):
        server, _ = self.stalled()
        process = self.begin(server)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 130)
        self.assertEqual((self.nodelay(server), self.records()), ([0, 0], []))

    def test_killed_in_the_middle_undo_puts_it_back(self):
        server, _ = self.stalled()
        process = self.begin(server)
        busy = self.json("sockets", "--fix", "uncork", "--yes", "--pid", str(server.pid), expect=None)
        self.assertTrue(busy["errors"] or not busy["result"]["fixed"])
        self.undo(expect=5)
        process.kill()
        process.wait(PATIENCE_S)
        self.assertEqual((self.nodelay(server), len(self.records())), ([0, 1], 1))
        self.assertEqual([one["outcome"] for one in self.undo("--pid", str(server.pid))], ["restored"])
        self.assertEqual((self.nodelay(server), self.records()), ([0, 0], []))

    def test_a_process_that_ends_meanwhile_leaves_nothing_behind(self):
        server, _ = self.stalled()
        process = self.begin(server)
        server.process.kill()
        self.assertIn(process.wait(PATIENCE_S), (0, 130))
        self.assertEqual(self.records(), [])


class Identity(FixCase):
    def test_a_socket_under_the_same_descriptor_is_another(self):
        server, _ = self.stalled()
        self.fix("nodelay", "--pid", str(server.pid))
        server.ask("replace")
        self.assertEqual([one["outcome"] for one in self.undo()], ["gone"])
        # The program had set it by itself.
        self.assertEqual(self.nodelay(server)[1], 1)
        self.assertEqual(self.records(), [])

    def test_a_process_that_has_ended(self):
        server, _ = self.stalled()
        self.fix("nodelay", "--pid", str(server.pid))
        server.process.kill()
        server.process.wait()
        self.assertEqual([one["outcome"] for one in self.undo()], ["gone"])


class Killed(FixCase):
    def test_before_any_call_that_matters(self):
        server, _ = self.stalled()
        # Netlink's own options come first; beyond the last call of a name the run ends by itself.
        calls = {"rename": 2, "fsync": 3, "unlink": 2, "pidfd_getfd": 5, "setsockopt": 5}
        for name, when in [(name, n + 1) for name, most in calls.items() for n in range(most)]:
            done = subprocess.run(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={when}",
                 *self.command("sockets", "--fix", "nodelay", "--yes", "--pid", str(server.pid))],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
            if b"ptrace" in done.stderr:
                self.skipTest("strace may not trace here")
            self.run_tool("sockets", "--undo")
            self.assertEqual((self.nodelay(server), self.records()), ([0, 0], []), (name, when))


class Asked(FixCase):
    def talk(self, server, answer):
        pid, terminal = pty.fork()
        if pid == 0:
            command = self.command("sockets", "--fix", "nodelay", "--pid", str(server.pid))
            os.execv(command[0], command)
        shown = b""
        for _ in range(600):
            ready, _, _ = select.select([terminal], [], [], 0.1)
            try:
                shown += os.read(terminal, 4096) if ready else b""
            except OSError:
                break
            if b"[y/N]" in shown and answer:
                os.write(terminal, answer)
                answer = b""
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return status, shown.decode()

    def test_yes_and_no(self):
        server, _ = self.stalled()
        status, shown = self.talk(server, b"n\n")
        self.assertEqual((status, self.nodelay(server)), (0, [0, 0]), shown)
        self.assertIn("nothing was changed.", shown)
        self.assertIn(f"127.0.0.1:{server.port}", shown)
        self.assertIn("TCP_NODELAY off", shown)
        status, shown = self.talk(server, b"y\n")
        self.assertEqual((status, self.nodelay(server)), (0, [0, 1]), shown)
        self.assertIn("FIXED", shown)


@unittest.skipUnless(namespace.KIND == "root", "another user needs root")
class OtherUser(FixCase):
    USER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")

    def command(self, *arguments):
        return [*self.USER, *super().command(*arguments)]

    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o777)

    def test_may_not_touch_what_is_not_theirs(self):
        server, _ = self.stalled()
        for choice in (["--pid", str(server.pid)], ["--port", str(server.port)]):
            done = self.json("sockets", "--fix", "nodelay", "--yes", *choice, expect=6)
            [error] = done["errors"]
            self.assertEqual(error["code"], "not_permitted")
            self.assertIn("CAP_SYS_PTRACE", error["hint"])
        self.assertEqual((self.nodelay(server), self.records()), ([0, 0], []))

    def test_may_touch_their_own(self):
        if os.path.exists("/proc/sys/kernel/yama/ptrace_scope"):
            if namespace.read_key("kernel.yama.ptrace_scope").strip() != "0":
                self.skipTest("kernel.yama.ptrace_scope keeps even one's own processes closed")
        server = self.program("pieces", wrapper=self.USER)
        client = self.client(server.port)
        self.assertTrue(wait_until(lambda: client.count >= 2))
        # The other end is root's: done in part, and said.
        root = self.program("client", server.port)
        self.assertTrue(wait_until(lambda: root.ask("count") > 2))
        result = self.fix("nodelay", "--port", str(server.port), expect=1)
        self.assertEqual({one["pid"] for one in result["fixed"]}, {server.pid})
        self.assertTrue(result["refused"])
        self.assertEqual(self.nodelay(root), [0])
        self.undo()
        self.assertEqual(self.nodelay(server), [0, 0, 0])


if __name__ == "__main__":
    namespace.main()
