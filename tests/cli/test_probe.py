"""tunewire probe over loopback: the verdict, its exit status, its files, and every wrong call.

Lengths of stalls and of runs are bounded widely: two cores shared with whatever else runs."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness

NAGLE_ON_LO = ("--no-proof", "--count", "12")


def probe(*args, **more):
    return harness.run("probe", *args, **more)


def probe_json(test, *args, status, command="probe", words=("probe",)):
    result = harness.run(*words, *args, "--json")
    test.assertEqual(result.status, status, result)
    test.assertEqual(result.err, "")
    document = json.loads(result.out)
    harness.validate(command, document)
    return document


class Server:
    """A `probe serve` on a free port of loopback, ended by the test."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [harness.TUNEWIRE, "probe", "serve", "--port", "0", *args], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=harness.environment(), text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"LISTENING\s+(\S+)", line)[1]

    def finish(self, patience=20):
        try:
            return self.process.wait(patience)
        finally:
            self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Echo:
    """A server that sends back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while data := connection.recv(65536):
                    connection.sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


class Verdicts(unittest.TestCase):
    def test_the_default_answers_the_question(self):
        begin = time.monotonic()
        result = probe()
        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual(result.status, 1, result)
        self.assertRegex(result.out, r"\ASTALLS  \d.* round trips wait \d.*\n?.*Nagle \+ delayed ACK, confirmed")
        self.assertRegex(result.out, r"(?m)^proof: the same traffic")
        self.assertRegex(result.out, r"(?m)^  TCP_NODELAY ")
        self.assertRegex(result.out, r"held by Nagle")
        self.assertRegex(result.out, r"(?m)^fix:   ")
        self.assertTrue(result.out.endswith("exit 1.  next: tunewire probe --nodelay\n"), result.out)
        for line in result.out.splitlines():
            self.assertLessEqual(len(line), 80)
        self.assertEqual(result.err, "")

    def test_json(self):
        result = probe_json(self, "--count", "12", status=1)["result"]
        self.assertEqual(result["peer"], "loopback")
        self.assertEqual((result["partial"], result["one_host"]), (False, True))
        asked = result["runs"][0]
        self.assertEqual((asked["role"], asked["pattern"], asked["writer"], asked["nodelay"], asked["quickack"]),
                         ("asked", "two_writes", "client", False, "off"))
        self.assertEqual((asked["write_bytes"], asked["n"]), ([200, 1000], 12))
        self.assertEqual(sum(bucket["count"] for bucket in asked["histogram"]), 12)
        self.assertGreaterEqual(asked["stalls"]["count"], 6)
        self.assertGreater(asked["stalls"]["median_us"], 30_000)
        self.assertGreater(asked["attribution"]["delayed_ack_us"] + asked["attribution"]["nagle_us"], 20_000)
        verdict = result["verdict"]
        self.assertEqual((verdict["stall"], verdict["cause"], verdict["side"]), (True, "nagle_delayed_ack", "client"))
        self.assertIn("nodelay", [run["role"] for run in result["runs"]])
        self.assertIn("nodelay", [fix["id"] for fix in verdict["fixes"]])

    def test_nothing_stalls(self):
        for options in (("--nodelay",), ("--pattern", "writev"), ("--quickack", "always"), ("--pattern", "w1200 r100")):
            with self.subTest(options):
                result = probe_json(self, *options, "--no-proof", "--count", "300", status=0)["result"]
                self.assertFalse(result["verdict"]["stall"])

    def test_the_servers_writes(self):
        result = probe_json(self, *NAGLE_ON_LO, "--writer", "server", status=1)["result"]
        self.assertEqual((result["verdict"]["cause"], result["verdict"]["side"]), ("nagle_delayed_ack", "server"))

    def test_cork_left_open_is_not_nagles(self):
        result = probe_json(self, "--pattern", "cork_left_open", "--nodelay", "--no-proof", "--count", "6", status=1)["result"]
        self.assertEqual(result["verdict"]["cause"], "cork")

    def test_a_slow_server_is_no_stall(self):
        result = probe_json(self, "--pattern", "w100 r100", "--peer-think", "44ms", "--no-proof", "--count", "8", status=0)
        self.assertFalse(result["result"]["verdict"]["stall"])
        self.assertNotEqual(result["result"]["verdict"]["cause"], "nagle_delayed_ack")

    def test_verbose_and_quiet(self):
        loud = probe(*NAGLE_ON_LO, "-v")
        self.assertRegex(loud.out, r"(?m)^host:  client: Linux ")
        quiet = probe(*NAGLE_ON_LO, "-q")
        self.assertLessEqual(len(quiet.out.splitlines()), 2)
        self.assertEqual(quiet.status, 1)


class Gate(unittest.TestCase):
    def test_assertions_alone_decide(self):
        passed = probe(*NAGLE_ON_LO, "--assert", "p99<10s,stalls>=1")
        self.assertEqual(passed.status, 0, passed)
        self.assertRegex(passed.out, r"(?m)^ok p99<10s  it is ")
        failed = probe(*NAGLE_ON_LO, "--assert", "stalls=0,p50<10s")
        self.assertEqual(failed.status, 1, failed)
        self.assertRegex(failed.out, r"(?m)^x stalls=0  it is \d+$")
        self.assertRegex(failed.err, r"error: not so: stalls=0, it is \d+")

    def test_json_names_them(self):
        document = probe_json(self, "--nodelay", "--no-proof", "--count", "200", "--assert", "p50<1ns,rps>1", status=1)
        self.assertEqual([(one["assertion"], one["holds"]) for one in document["result"]["assertions"]],
                         [("p50<1ns", False), ("rps>1", True)])
        self.assertEqual([error["code"] for error in document["errors"]], ["assertion_failed"])


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_exchanges_distribution_and_page(self):
        with open(self.path("x.csv"), "w", encoding="ascii") as file:
            file.write("an earlier one")
        result = probe(*NAGLE_ON_LO, "--csv", self.path("x.csv"), "--cdf", self.path("x.cdf"), "--html", self.path("x.html"))
        self.assertEqual(result.status, 1, result)
        with open(self.path("x.csv"), encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["exchange"]) for row in rows], list(range(1, 13)))
        self.assertTrue(all(float(row["latency_us"]) > 0 for row in rows))
        self.assertGreaterEqual(sum(int(row["stalled"]) for row in rows), 6)
        with open(self.path("x.cdf"), encoding="ascii") as file:
            points = list(csv.DictReader(file))
        self.assertEqual(float(points[-1]["fraction"]), 1)
        with open(self.path("x.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn("<svg", page)
        self.assertNotIn("<script", page)
        self.assertNotRegex(page, r"(?:src|href)=.?https?:")
        self.assertEqual(sorted(os.listdir(self.folder)), ["x.cdf", "x.csv", "x.html"])

    def test_refused_before_anything_is_measured(self):
        begin = time.monotonic()
        nowhere = probe("--csv", self.path("none/x.csv"))
        self.assertNotEqual(nowhere.status, 0)
        device = probe("--html", "/dev/null")
        self.assertEqual(device.status, 2, device)
        self.assertIn("/dev/null", device.err)
        self.assertLess(time.monotonic() - begin, 4)


class Peer(unittest.TestCase):
    def test_two_programs(self):
        server = Server("--sessions", "1")
        self.addCleanup(server.close)
        result = probe_json(self, server.address, *NAGLE_ON_LO, status=1)["result"]
        self.assertEqual(result["peer"], server.address)
        self.assertEqual(result["verdict"]["cause"], "nagle_delayed_ack")
        self.assertEqual(server.finish(), 0)

    def test_serve_ends_on_interrupt(self):
        server = Server()
        self.addCleanup(server.close)
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.finish(), 0)

    def test_serve_json(self):
        process = subprocess.Popen([harness.TUNEWIRE, "probe", "serve", "--port", "0", "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=harness.environment(), text=True)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        document = json.loads(out)
        harness.validate("probe_serve", document)
        self.assertGreater(document["result"]["port"], 0)
        self.assertEqual((err, process.returncode), ("", 0))

    def test_echo(self):
        """It answers the first write at once, and with that acknowledges it: nothing waits."""
        echo = Echo()
        self.addCleanup(echo.close)
        result = probe_json(self, f"127.0.0.1:{echo.port}", "--echo", "--no-proof", "--count", "12", status=0)["result"]
        self.assertEqual((result["runs"][0]["n"], result["verdict"]["cause"]), (12, "none"))
        self.assertNotIn("server", result["runs"][0]["counters"])

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        refused = probe(f"127.0.0.1:{port}")
        self.assertNotIn(refused.status, (0, 1), refused)
        self.assertIn("error: ", refused.err)
        document = json.loads(probe(f"127.0.0.1:{port}", "--json").out)
        harness.validate("probe", document)
        self.assertEqual((document["result"]["runs"], document["errors"][0]["code"]), ([], "refused"))

    def test_a_name_with_no_address(self):
        result = probe("nonesuch.invalid:7411")
        self.assertEqual(result.status, 2, result)
        self.assertIn("nonesuch.invalid", result.err)

    def test_not_one_of_ours(self):
        """Something else answers, or nothing ever does: an error within the deadlines."""
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as listener:
                def serve(listener=listener, answer=answer):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(answer)
                        connection.settimeout(20)
                        try:
                            while connection.recv(1000):
                                pass
                        except OSError:
                            pass
                thread = threading.Thread(target=serve, daemon=True)
                thread.start()
                result = probe(f"127.0.0.1:{listener.getsockname()[1]}")
                self.assertNotIn(result.status, (0, 1), result)
                self.assertIn("error: ", result.err)
                thread.join(30)


class WrongCalls(unittest.TestCase):
    def refuse(self, *args, says):
        result = probe(*args)
        self.assertEqual(result.status, 2, result)
        self.assertEqual(result.out, "")
        self.assertIn(says, result.err)
        document = json.loads(probe(*args, "--json").out)
        harness.validate("probe", document)
        self.assertEqual(document["result"]["runs"], [])
        self.assertGreaterEqual(len(document["errors"]), 1)
        return result.err

    def test_each_says_what_is_wrong(self):
        self.refuse("--count", "0", says="--count 0")
        self.refuse("--write", "200,0", says="'0' is not a size")
        self.refuse("--write", "200,1048577", says="1 to 1048576")
        self.refuse("--mss", "10", says="88 to 32767")
        self.refuse("--gap", "5", says="--gap 5")
        self.refuse("--writer", "me", says="--writer me")
        self.refuse("10.0.0.9", says="which port?")
        self.refuse("::1", says="[::1]:7411")
        self.refuse("--echo", says="echo")
        self.refuse("--netns", "a,", says="not two namespaces")
        self.refuse("--peer-pattern", "r5 w100", says="writes 1200 bytes and the other side reads 5")
        self.refuse("--root", "/tmp", says="--root")

    def test_carets(self):
        self.assertRegex(self.refuse("--pattern", "two_write", says="did you mean two_writes"), r"(?m)^ +\| \^{9}")
        self.assertRegex(self.refuse("--pattern", "w200 w10x r100", says="'10x' is not a size"), r"(?m)^ +\|       \^\^\^")
        self.assertRegex(self.refuse("--assert", "stalls=0,p99<2", says="'2' is no value of p99"), r"(?m)^ +\|              \^")

    def test_no_such_namespace(self):
        for names in ("nonesuch", "nonesuch,other"):
            result = probe("--netns", names)
            self.assertIn(result.status, (2, 6), result)
            self.assertIn("nonesuch", result.err)

    def test_no_such_congestion_control(self):
        result = probe("--congestion", "nonesuch")
        self.assertNotIn(result.status, (0, 1), result)
        self.assertIn("nonesuch", result.err)


class Interrupt(unittest.TestCase):
    def test_partial_result(self):
        process = subprocess.Popen([harness.TUNEWIRE, "probe", "--count", "100000", "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=harness.environment(), text=True)
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, err)
        document = json.loads(out)
        harness.validate("probe", document)
        self.assertTrue(document["result"]["partial"])
        self.assertGreater(document["result"]["runs"][0]["n"], 0)

    def test_at_a_terminal(self):
        terminal = harness.Terminal("probe", "--count", "100000")
        terminal.wait_for("run 1 of ")
        terminal.interrupt()
        self.assertEqual(terminal.finish(), 130)
        screen = terminal.screen()
        self.assertIn(", partial", screen)
        self.assertNotIn("run 1 of ", screen)


class Sweep(unittest.TestCase):
    def test_the_edge_is_the_segment(self):
        document = probe_json(self, "--mss", "1448", "--most", "25s", status=1, command="probe_sweep", words=("probe", "sweep"))
        edges = {edge["axis"]: edge for edge in document["result"]["edges"]}
        self.assertIn("second_write", edges)
        self.assertLess(edges["second_write"]["stalls_up_to"], 1449)
        self.assertGreaterEqual(len(document["result"]["points"]), 4)
        self.assertRegex(document["result"]["host_hash"], r"\A[0-9a-f]{16}\Z")

    def test_nothing_stalls(self):
        result = harness.run("probe", "sweep", "--nodelay", "--mss", "1448", "--most", "15s")
        self.assertEqual(result.status, 0, result)
        self.assertTrue(result.out.startswith("FINE"), result.out)


if __name__ == "__main__":
    harness.main()
