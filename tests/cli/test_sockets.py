"""tunewire sockets against small servers of loopback: who is named, what is refused, what files and
terminals get. What each rule says of many programs is tested in tests/ns."""

import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import harness

SERVER = pathlib.Path(__file__).parent / "sockets_server.py"


class Client:
    """Asks again and again, as a keep-alive client does, until it is ended."""

    def __init__(self, port, size=1100):
        self.size = size
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        try:
            while not self.stop.is_set():
                self.connection.sendall(b"q" * 50)
                got = 0
                while got < self.size:
                    piece = self.connection.recv(65536)
                    if not piece:
                        return
                    got += len(piece)
        except OSError:
            pass

    def end(self):
        self.stop.set()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.connection.close()


class Served(unittest.TestCase):
    """A server of one kind; self.pid and self.port are its."""

    kind = "one_write"
    clients = 1

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.server = subprocess.Popen([sys.executable, "-B", str(SERVER), self.kind],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_server)
        self.pid = str(self.server.pid)
        self.port = int(self.server.stdout.readline())
        for _ in range(self.clients):
            client = Client(self.port)
            self.addCleanup(client.end)

    def end_server(self):
        self.server.stdin.close()
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def json(self, *arguments, status=0, **more):
        result = harness.run("sockets", *arguments, "--json", **more)
        self.assertEqual(result.status, status, result)
        document = json.loads(result.out)
        harness.validate("sockets", document)
        return document["result"]


class Stalling(Served):
    kind = "two_writes"
    clients = 2

    def stall(self, result):
        found = [one for one in result["findings"] if one["rule"] == "held_by_nagle"]
        self.assertEqual(1, len(found), result["findings"])
        return found[0]

    def test_the_process_and_the_rule(self):
        result = self.json("--pid", self.pid, status=1)
        stall = self.stall(result)
        self.assertEqual((stall["pid"], stall["fix"], stall["connections"]), (int(self.pid), "nodelay", 2))
        self.assertTrue(stall["local"].endswith(f":{self.port}"))
        self.assertGreater(stall["evidence"]["held_looks"], 0)
        self.assertEqual(result["connections"], 2)
        self.assertEqual(result["options"], [])
        self.assertFalse(result["partial"])

    def test_the_screen(self):
        result = harness.run("sockets", "--port", str(self.port), "--for", "2s")
        self.assertEqual(result.status, 1, result)
        self.assertRegex(result.out, r"\A(HELD BACK|WARNING)  port \d+ ")
        for words in (f"(pid {self.pid}", "held_by_nagle", "do: ", "and 1 more like it",
                      f"next: tunewire sockets --fix nodelay --pid {self.pid} --trial 5s"):
            self.assertIn(words, result.out)
        self.assertEqual(result.err, "")

    def test_options_are_the_proof(self):
        result = self.json("--pid", self.pid, "--options", status=1)
        self.assertEqual(self.stall(result)["confidence"], "confirmed")
        connections = [one for one in result["options"] if "remote" in one]
        self.assertEqual([one["nodelay"] for one in connections], [False, False])
        self.assertTrue(all(one["pid"] == int(self.pid) for one in connections))
        self.assertIn("rcvbuf_bytes", connections[0])
        screen = harness.run("sockets", "--pid", self.pid, "--options", "--for", "500ms").out
        self.assertRegex(screen, r"(?m)^options:$")
        self.assertIn("nodelay off, cork off", screen)

    def test_kept_looks_say_the_same(self):
        kept = self.path("looks.tws")
        live = self.json("--pid", self.pid, "--record", kept, status=1)
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o600)
        self.assertEqual(os.listdir(self.dir), ["looks.tws"])
        replayed = self.json("--replay", kept, status=1)
        self.assertTrue(replayed["replayed"])
        same = ("rule", "pid", "connections", "severity", "confidence", "local", "remote")
        self.assertEqual([[one.get(key) for key in same] for one in live["findings"]],
                         [[one.get(key) for key in same] for one in replayed["findings"]])
        self.assertEqual(replayed["looks"], live["looks"])
        verbose = harness.run("sockets", "--replay", kept, "-v")
        self.assertRegex(verbose.out, r"\A(HELD BACK|WARNING)  tw-two_writes \(pid ")
        self.assertGreater(self.json("--replay", kept, "--all", status=1)["connections"], 2)
        for words in ("connections:\n", "looks:\n", " sockets\n", "means: ", "reads: "):
            self.assertIn(words, verbose.out)
        self.assertNotIn("next: tunewire sockets --fix", verbose.out)
        none = harness.run("sockets", "--replay", kept, "--pid", "1", "--command", "nobody")
        self.assertEqual(none.status, 2, none)

    def test_the_fix_is_reached(self):
        state = self.path("state")
        fixed = self.json("--fix", "nodelay", "--pid", self.pid, "--yes", "--state-dir", state)
        self.assertEqual(sorted({(one["before"], one["after"]) for one in fixed["fixed"]}), [(0, 1)])
        undone = self.json("--undo", "--yes", "--state-dir", state)
        self.assertEqual({one["outcome"] for one in undone["undone"]}, {"restored"})


class Fine(Served):
    def test_ok(self):
        result = harness.run("sockets", "--pid", self.pid, "--for", "1s")
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.out, r"\AOK  tw-one_write \(pid \d+\) +none of 1 connection in ")
        self.assertNotIn("next:", result.out)
        self.assertEqual([], self.json("--pid", self.pid, "--for", "500ms")["findings"])

    def test_peer(self):
        for peer, count in (("127.0.0.1", 1), ("127.0.0.0/8", 1), ("10.0.0.0/8", 0),
                            (f"127.0.0.1:{self.port}", 0)):
            with self.subTest(peer):
                result = self.json("--pid", self.pid, "--peer", peer, "--for", "100ms")
                self.assertEqual(result["connections"], count)

    def test_by_name(self):
        for arguments in (("--command", "tw-one_write"), ("--command", "tw-one_write", "--pid", self.pid)):
            result = self.json(*arguments, "--port", str(self.port), "--for", "100ms")
            self.assertEqual(result["connections"], 1)
        wrong = harness.run("sockets", "--command", "tw-one_writ")
        self.assertIn("did you mean tw-one_write?", wrong.err)

    def test_a_stop_prints_what_there_is(self):
        with subprocess.Popen([harness.TUNEWIRE, "sockets", "--pid", self.pid, "--for", "60s", "--json"],
                              stdout=subprocess.PIPE, env=harness.environment(), text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        document = json.loads(out)
        harness.validate("sockets", document)
        self.assertEqual(process.returncode, 130)
        self.assertTrue(document["result"]["partial"])
        self.assertGreater(document["result"]["looks"], 0)

    def test_watching_needs_a_terminal(self):
        result = harness.run("sockets", "--watch", "--pid", self.pid)
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("error: --watch draws on a terminal", result.err)
        self.assertIn("hint: ", result.err)
        dumb = harness.Terminal("sockets", "--watch", env=harness.environment(TERM="dumb"))
        self.assertEqual(dumb.finish(), 2)

    def test_watching(self):
        terminal = harness.Terminal("sockets", "--watch", "--pid", self.pid, "--for", "300ms")
        terminal.wait_for("\x1b[J")
        terminal.wait_for("OK")
        self.assertRegex(terminal.output, r"\x1b\[\d+A\r\x1b\[J")
        terminal.interrupt()
        self.assertEqual(terminal.finish(), 0, terminal.output)
        shown = re.split(r"\x1b\[J", terminal.output)
        # Each picture is drawn over as many rows as the one before has taken.
        for before, after in zip(shown, shown[1:]):
            rows = int(re.search(r"\x1b\[(\d+)A\r\Z", before)[1])
            drawn = re.sub(r"\x1b\[\d+A\r\Z", "", before)
            self.assertEqual(drawn.replace("^C", "").count("\n"), rows, repr(before))
            self.assertIn("(pid ", after)

    def test_watching_ends_with_its_terminal(self):
        terminal = harness.Terminal("sockets", "--watch", "--pid", self.pid, "--for", "100ms")
        terminal.wait_for("OK")
        os.close(terminal.fd)
        end = time.monotonic() + 20
        ended = 0
        while ended == 0 and time.monotonic() < end:
            ended, _ = os.waitpid(terminal.pid, os.WNOHANG)
            time.sleep(0.05)
        if ended == 0:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)
        self.assertEqual(ended, terminal.pid)


class Crowded(Served):
    clients = 10

    def test_a_small_screen(self):
        terminal = harness.Terminal("sockets", "--watch", "-v", "--color", "never", "--pid", self.pid,
                                    "--for", "500ms")
        terminal.wait_for("more lines")
        terminal.wait_for("\x1b[J")
        terminal.interrupt()
        terminal.finish()
        first = terminal.output.split("\x1b")[0]
        self.assertLessEqual(first.count("\n"), 23)


class Named(Served):
    kind = "evil_name"

    def test_a_hostile_name(self):
        for more in ((), ("-v",), ("--listeners",), ("--options",)):
            result = harness.run("sockets", "--pid", self.pid, "--for", "100ms", *more)
            self.assertIn(result.status, (0, 1), result)
            self.assertIn(r"\x1b[31mevil\x0a\x07", result.out)
            self.assertNotRegex(result.out, "[\x00-\x09\x0b-\x1f\x7f]")
        self.json("--pid", self.pid, "--for", "100ms", "--listeners")


class Listening(Served):
    clients = 0

    def row(self, result):
        rows = [one for one in result["listeners"] if one["local"] == f"127.0.0.1:{self.port}"]
        self.assertEqual(len(rows), 1, result["listeners"])
        return rows[0]


class Quiet(Listening):
    def test_listener(self):
        row = self.row(self.json("--listeners", "--for", "200ms"))
        self.assertEqual((row["backlog"], row["queue"], row["sockets"], row["pid"], row["drops"]),
                         (128, 0, 1, int(self.pid), 0))
        self.assertFalse(row["at_somaxconn"])
        screen = harness.run("sockets", "--listeners", "--pid", self.pid, "--for", "100ms")
        self.assertEqual(screen.status, 0, screen)
        self.assertRegex(screen.out, rf"(?m)^  127\.0\.0\.1:{self.port} +0/128 +0 +0  \S+ \(pid {self.pid}")

    def test_without_connections(self):
        result = harness.run("sockets", "--pid", self.pid, "--for", "100ms")
        self.assertRegex(result.out, r"\AOK  tw-one_write \(pid \d+\) +no connection in ")


class Full(Listening):
    kind = "no_accept"

    def test_queue_and_drops(self):
        waiting = []
        for _ in range(8):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", self.port))
            waiting.append(client)
            self.addCleanup(client.close)
        time.sleep(0.2)
        result = self.json("--listeners", "--for", "3s", status=1)
        row = self.row(result)
        self.assertEqual((row["queue"], row["backlog"]), (2, 1))
        self.assertGreater(row["full_looks"], 0)
        self.assertGreater(row["drops"], 0)
        self.assertIn("accept_queue_full", {one["rule"] for one in result["findings"]})
        screen = harness.run("sockets", "--listeners", "--port", str(self.port))
        self.assertEqual(screen.status, 1, screen)
        self.assertRegex(screen.out, r"\AHELD BACK  port \d+ +1 of 1 listener in ")
        self.assertRegex(screen.out, r"full in \d+ of \d+ looks, 2 at most")


class Group(Listening):
    kind = "group"

    def test_reuseport_group(self):
        row = self.row(self.json("--listeners", "--for", "100ms"))
        self.assertEqual(row["sockets"], 2)
        screen = harness.run("sockets", "--listeners", "--port", str(self.port), "--for", "100ms")
        self.assertIn("2 sockets share this address (reuseport)", screen.out)


class Wrong(unittest.TestCase):
    def refused(self, *arguments, status=2):
        result = harness.run("sockets", *arguments)
        self.assertEqual((result.status, result.out), (status, ""), result)
        document = json.loads(harness.run("sockets", *arguments, "--json").out)
        harness.validate("sockets", document)
        self.assertTrue(document["errors"])
        return result.err

    def test_carets(self):
        for arguments, line, carets in (
                (("--peer", "10.0.0.9:http"), "10.0.0.9:http", "         ^^^^"),
                (("--peer", "10.0.0/8"), "10.0.0/8", "^^^^^^"),
                (("--peer", "10.0.0.0/33"), "10.0.0.0/33", "         ^^"),
                (("--peer", "[::1"), "[::1", "^"),
                (("--peer", "[::1]80"), "[::1]80", "     ^^"),
                (("--pid", "12,x7"), "12,x7", "   ^^"),
                (("--pid", "0"), "0", "^"),
                (("--port", "65536"), "65536", "^^^^^"),
                (("--for", "3"), "3", "^"),
                (("--for", "2h"), "2h", "^^"),
                (("--fix", "nodelai", "--pid", "1"), "nodelai", "^^^^^^^")):
            with self.subTest(arguments):
                err = self.refused(*arguments)
                self.assertIn(f"   1 | {line}\n     | {carets}", err)

    def test_together(self):
        for arguments, words in (
                (("--all", "--pid", "1"), "--all and --pid exclude each other"),
                (("--fix", "nodelay"), "which sockets shall --fix touch?"),
                (("--fix", "nodelay", "--pid", "1", "--listeners"), "--listener fixes listening sockets"),
                (("--fix", "nodelay", "--undo", "--pid", "1"), "exclude each other"),
                (("--trial", "1s"), "--trial belongs to --fix"),
                (("--listener",), "--listener belongs to --fix"),
                (("--yes",), "--yes belongs to --fix and --undo"),
                (("--replay", "x", "--for", "1s"), "--replay and --for exclude each other"),
                (("--replay", "x", "--watch"), "--replay and --watch exclude each other"),
                (("--watch", "--record", "x"), "--watch and --record exclude each other"),
                (("--root", "/tmp"), "--root has no sockets"),
                (("--pids", "1"), "did you mean --pid?"),
                (("--pid", "4194303"), "no process has the number 4194303"),
                (("--command", "no-such-program"), "no process is called 'no-such-program'"),
                (("--unit", "no-such.service"), "no process runs in unit 'no-such.service'")):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*arguments))

    def test_watch_and_json(self):
        result = harness.run("sockets", "--watch", "--json")
        self.assertEqual(result.status, 2)
        document = json.loads(result.out)
        harness.validate("sockets", document)
        self.assertIn("--watch and --json", document["errors"][0]["message"])

    def test_no_recording(self):
        self.refused("--replay", "/no/such/file")
        with tempfile.NamedTemporaryFile() as file:
            for content in (b"", b"no recording", b"\0" * 5000):
                file.seek(0)
                file.truncate()
                file.write(content)
                file.flush()
                self.refused("--replay", file.name)

    def test_where_no_file_can_be(self):
        err = self.refused("--record", "/no/such/folder/looks.tws", "--for", "100ms")
        self.assertIn("/no/such/folder", err)

    def test_help_begins_with_examples(self):
        for command in ("sockets", "counters"):
            out = harness.run(command, "--help").out
            self.assertRegex(out, rf"\AExamples:\n  tunewire {command} ")


@harness.needs_root
class OtherUsers(Served):
    """What an ordinary user gets; the server is root's."""

    def test_anothers_process_is_refused(self):
        result = harness.run("sockets", "--pid", self.pid, user=harness.NOBODY)
        self.assertEqual((result.status, result.out), (6, ""), result)
        self.assertIn("not shown to this user", result.err)
        refused = harness.run("sockets", "--pid", self.pid, "--json", user=harness.NOBODY)
        self.assertEqual(refused.status, 6)
        harness.validate("sockets", json.loads(refused.out))

    def test_the_rest_works(self):
        result = self.json("--port", str(self.port), "--for", "500ms", "--options",
                           user=harness.NOBODY)
        self.assertEqual(result["connections"], 2)
        self.assertGreater(result["unreadable_processes"], 0)
        self.assertEqual(result["options"], [])
        screen = harness.run("sockets", "--port", str(self.port), "--for", "100ms", "--options",
                             user=harness.NOBODY)
        said = " ".join(screen.out.split())
        self.assertIn("not seen: ", said)
        self.assertIn("CAP_SYS_PTRACE", said)
        self.assertIn("needs a debugger's rights", said)

    def test_own_sockets(self):
        own = subprocess.Popen([sys.executable, "-B", str(SERVER), "two_writes"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               user=harness.NOBODY, group=harness.NOBODY, extra_groups=[])
        try:
            client = Client(int(own.stdout.readline()))
            result = self.json("--pid", str(own.pid), "--for", "2s", status=1, user=harness.NOBODY)
            self.assertEqual(result["findings"][0]["pid"], own.pid)
            client.end()
        finally:
            own.stdin.close()
            own.kill()
            own.wait()
            own.stdout.close()


if __name__ == "__main__":
    harness.main()
