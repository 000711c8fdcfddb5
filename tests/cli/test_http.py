"""tunewire http against a small server of loopback: the verdict, its files, load, and every wrong call.

What it says of many kinds of servers is tested in tests/ns/test_http_verdicts.py."""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import harness

SERVERS = pathlib.Path(__file__).parents[1] / "ns" / "http_servers.py"


class Served(unittest.TestCase):
    """A test with a server of one kind behind self.url, and a folder of its own."""

    kind = "fine"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.server = subprocess.Popen([sys.executable, "-B", str(SERVERS), self.kind, "1000"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_server)
        self.url = f"http://127.0.0.1:{self.server.stdout.readline().strip()}/"

    def end_server(self):
        self.server.stdin.close()
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def json(self, *arguments, status=0):
        result = harness.run("http", *arguments, "--json")
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.err, "")
        document = json.loads(result.out)
        harness.validate("http", document)
        return document["result"]


class Load(Served):
    def test_exactly_as_many_requests_as_asked(self):
        result = self.json(self.url, "-n", "1000", "-c", "7", "-t", "2")
        run = result["modes"][0]
        self.assertEqual((run["requests"], run["ok"], run["change"]), (1000, 1000, "as_asked"))
        self.assertEqual(run["statuses"], {"200": 1000})
        self.assertEqual(run["errors"], {})
        self.assertEqual(sum(bucket["count"] for bucket in run["histogram"]), 1000)

    def test_a_connection_per_request(self):
        run = self.json(self.url, "-n", "50", "--no-keepalive")["modes"][0]
        self.assertEqual((run["mode"], run["ok"], run["connects"]), ("new_connection", 50, 50))

    def test_open_loop(self):
        run = self.json(self.url, "--rate", "200", "-z", "1s", "-c", "4")["modes"][0]
        # 200 are due; a busy machine may not get to the last ones.
        self.assertGreater(run["requests"], 150)
        self.assertLessEqual(run["requests"], 201)
        self.assertIn("p99_us", run["corrected"])

    def test_files(self):
        names = [self.path(name) for name in ("p.csv", "s.csv", "page.html")]
        result = harness.run("http", self.url, "-n", "200", "--csv", names[0], "--samples",
                             names[1], "--html", names[2])
        self.assertEqual(result.status, 0, result)
        with open(names[0], newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        times = [float(row["latency_us"]) for row in rows]
        self.assertEqual(times, sorted(times))
        with open(names[1], newline="", encoding="utf-8") as file:
            self.assertEqual(sum(1 for row in csv.DictReader(file) if row["status"] == "200"), 200)
        page = pathlib.Path(names[2]).read_text(encoding="utf-8")
        self.assertIn("Content-Security-Policy", page)
        self.assertNotIn("<script", page)
        self.assertLess(len(page), 200 * 1024)

    def test_watching_the_server(self):
        result = self.json(self.url, "-z", "2500ms", "--watch-pid", str(self.server.pid))
        samples = result["server"]["samples"]
        self.assertGreaterEqual(len(samples), 1)
        self.assertGreater(samples[0]["rss_bytes"], 1 << 20)
        self.assertGreater(result["client"]["max_rss_bytes"], 1 << 20)

    def test_a_stop_prints_what_there_is(self):
        with subprocess.Popen([harness.TUNEWIRE, "http", self.url, "-z", "60s", "--json"],
                              stdout=subprocess.PIPE, env=harness.environment(),
                              text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        document = json.loads(out)
        harness.validate("http", document)
        self.assertEqual(process.returncode, 130)
        self.assertTrue(document["result"]["partial"])
        self.assertGreater(document["result"]["modes"][0]["ok"], 0)


class Compared(Served):
    def saved(self, name, *arguments):
        result = harness.run("http", self.url, *arguments, "--json")
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(result.out)
        return self.path(name)

    def test_two_results(self):
        before = self.saved("a.json", "-n", "300")
        after = self.saved("b.json", "-n", "300", "--no-keepalive")
        page = self.path("compare.html")
        compare = self.json("--compare", before, after, "--html", page)["compare"]
        self.assertEqual([entry["n"] for entry in (compare["before"], compare["after"])], [300, 300])
        median = next(entry for entry in compare["changes"] if entry["quantile"] == 0.5)
        self.assertLessEqual(median["low_ns"], median["change_ns"])
        self.assertLessEqual(median["change_ns"], median["high_ns"])
        self.assertTrue(os.path.getsize(page) > 1000)
        same = harness.run("http", "--compare", before, before)
        self.assertRegex(same.out, r"\ASAME ")

    def test_another_host_is_warned_of(self):
        before = self.saved("a.json", "-n", "300")
        page = self.path("compare.html")
        warning = "taken on hosts or settings that differ"
        self.assertNotIn(warning, harness.run("http", "--compare", before, before, "--html", page).out)
        self.assertNotIn(warning, pathlib.Path(page).read_text(encoding="utf-8"))
        other = json.loads(pathlib.Path(before).read_text(encoding="utf-8"))
        other["result"]["host_hash"] = "0" * 16
        after = self.path("other.json")
        pathlib.Path(after).write_text(json.dumps(other), encoding="utf-8")
        self.assertIn(warning, harness.run("http", "--compare", before, after, "--html", page).out)
        self.assertIn(warning, pathlib.Path(page).read_text(encoding="utf-8"))
        self.assertTrue(self.json("--compare", before, after)["compare"]["warnings"])

    def test_what_is_no_result(self):
        for text in ("", "{}", "[" * 100_000, '{"schema": "tunewire.http/1", "result": {"modes": [7]}}',
                     '{"schema": "tunewire.plan/1"}'):
            with self.subTest(text[:20]):
                path = self.path("bad.json")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                result = harness.run("http", "--compare", path, path)
                self.assertEqual(result.status, 2, result)
                self.assertIn("bad.json", result.err)


class Stalling(Served):
    kind = "two_writes"

    def test_the_screen(self):
        result = harness.run("http", self.url)
        self.assertEqual(result.status, 1, result)
        self.assertRegex(result.out, r"\ASTALLS ")
        for words in ("x slower than new connections", "the server's Nagle, confirmed",
                      "our ACKs at once", "of nothing", "fix:", "TCP_NODELAY", "exit 1."):
            self.assertIn(words, result.out)
        self.assertLessEqual(max(len(line) for line in result.out.splitlines()), 80)

    def test_a_load_asks_why_by_itself(self):
        result = self.json(self.url, "-n", "30", "-c", "3", status=1)
        self.assertEqual(result["verdict"]["cause"], "nagle_delayed_ack")
        alone = self.json(self.url, "-n", "30", "-c", "3", "--no-proof")
        self.assertEqual((alone["verdict"]["cause"], alone["verdict"]["stall"]), ("unknown", False))


class WrongCalls(unittest.TestCase):
    def refused(self, *arguments, status, words):
        result = harness.run("http", *arguments)
        self.assertEqual(result.status, status, result)
        self.assertRegex(result.err, words)
        self.assertEqual(result.out, "")

    def test_addresses(self):
        self.refused(status=2, words="which URL")
        self.refused("https://localhost/", status=6, words="https")
        self.refused("http://", status=2, words="(?i)host")
        self.refused("http://localhost:99999/", status=2, words="99999")
        self.refused("http://no-such-host.invalid/", status=2, words="no-such-host.invalid")
        self.refused("http://127.0.0.1:1/", status=3, words="nobody listens")

    def test_numbers(self):
        for option, value in (("-n", "0"), ("-c", "0"), ("-c", "1.5"), ("-t", "x"), ("-z", "10"),
                              ("--rate", "-1"), ("--timeout", "0s"), ("--mss", "3")):
            with self.subTest(option=option, value=value):
                self.refused("http://localhost/", option, value, status=2, words=re.escape(option))

    def test_what_would_smuggle_a_request(self):
        self.refused("http://localhost/", "-H", "X: a\r\nHost: b", status=2, words="(?i)header|field")
        self.refused("http://localhost/", "--method", "GET /x", status=2, words="(?i)method")

    def test_files(self):
        self.refused("http://127.0.0.1:1/", "--data", "/no/such/file", status=2, words="/no/such/file")
        self.refused("http://127.0.0.1:1/", "--html", "/dev/null", status=2, words="/dev/null")


if __name__ == "__main__":
    unittest.main()
