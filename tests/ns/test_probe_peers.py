"""The probe against ends that are processes of their own, on the real kernel: a `probe serve` that is
stopped for 40 ms now and then, and echo servers that are slow, or write in two."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import unittest

import cell
import namespace
from spaces import Space

PORT = 7411
STOP_S = 0.040
HERE = os.path.dirname(os.path.abspath(__file__))


def listens(space):
    """Whether something in the namespace listens on PORT."""
    with space.inside(), open("/proc/thread-self/net/tcp", encoding="ascii") as file:
        return any(f":{PORT:04X} 00000000:0000 0A" in line for line in file)


@contextlib.contextmanager
def server(space, *command):
    with space.inside():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not listens(space) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


def stop_now_and_then(pid, client):
    """Until the client ends, or ten seconds are over."""
    for _ in range(50):
        try:
            client.wait(0.16)
            return
        except subprocess.TimeoutExpired:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOP_S)
            os.kill(pid, signal.SIGCONT)


class Peers(unittest.TestCase):
    def setUp(self):
        self.space = Space()
        self.addCleanup(self.space.close)

    def start(self, *words):
        command = [namespace.TUNEWIRE, "probe", "--json", *words]
        with self.space.inside():
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def finish(self, process):
        out, err = process.communicate(timeout=cell.PATIENCE_S)
        document = json.loads(out)
        self.assertIn("runs", document.get("result", {}), f"{out}{err}")
        return document["result"]

    def probe(self, *words):
        return self.finish(self.start(*words))

    def told(self, result):
        run = {key: value for key, value in result["runs"][0].items() if key != "histogram"}
        return json.dumps({"verdict": result["verdict"], "run": run})


class StoppedTest(Peers):
    """A stop of 40 ms looks like a delayed ACK, by its length."""

    def stopped(self, which):
        with server(self.space, namespace.TUNEWIRE, "probe", "serve") as serving:
            # Nearly always within an exchange, so that a stop of either end falls into one.
            client = self.start(f"127.0.0.1:{PORT}", "--pattern", "one_write", "--peer-think", "4ms",
                                "--count", "500", "--no-proof")
            stop_now_and_then(serving.pid if which == "server" else client.pid, client)
            return self.finish(client)

    def hold(self, which):
        # A busy machine stops either end by itself; it does not do so three times running.
        for _ in range(3):
            result = self.stopped(which)
            if result["verdict"]["side"] == which:
                break
        told = self.told(result)
        self.assertGreater(result["runs"][0]["stalls"]["count"], 2, told)
        self.assertIn(result["verdict"]["cause"], ("scheduling", "application"), told)
        self.assertEqual(result["verdict"]["side"], which, told)

    def test_server(self):
        self.hold("server")

    def test_client(self):
        self.hold("client")


class ServedTest(Peers):
    def test_a_peer_sees_what_both_ends_here_see(self):
        with server(self.space, namespace.TUNEWIRE, "probe", "serve"):
            for writer, nodelay, stall in (("client", [], True), ("server", [], True),
                                           ("both", [], True), ("both", ["--nodelay"], False)):
                with self.subTest(writer, nodelay=nodelay):
                    result = self.probe(f"127.0.0.1:{PORT}", "--writer", writer, "--count", "20",
                                        "--no-proof", *nodelay)
                    verdict, told = result["verdict"], self.told(result)
                    self.assertEqual(verdict["stall"], stall, told)
                    if stall:
                        self.assertEqual(verdict["cause"], "nagle_delayed_ack", told)
                        self.assertEqual(verdict["side"], writer, told)


class EchoTest(Peers):
    def echo(self, way, size, *words):
        with server(self.space, sys.executable, "-B", os.path.join(HERE, "echo.py"), "127.0.0.1",
                    str(PORT), str(size), way):
            result = self.probe(f"127.0.0.1:{PORT}", "--echo", *words)
        return result["verdict"], self.told(result)

    def test_two_writes(self):
        verdict, told = self.echo("plain", 1200, "--write", "200,1000", "--count", "20", "--no-proof")
        self.assertTrue(verdict["stall"], told)
        self.assertEqual(("nagle_delayed_ack", "client"), (verdict["cause"], verdict["side"]), told)

    def test_one_write(self):
        verdict, told = self.echo("plain", 1200, "--write", "1200", "--count", "50", "--no-proof")
        self.assertFalse(verdict["stall"], told)

    def test_a_slow_server_is_never_nagle(self):
        for more in ((), ("--no-proof",)):
            with self.subTest(more):
                verdict, told = self.echo("slow", 1200, "--write", "1200", "--count", "20", *more)
                self.assertTrue(verdict["stall"], told)
                self.assertIn(verdict["cause"], ("application", "unknown"), told)
                self.assertNotEqual(verdict["side"], "client", told)

    def test_a_server_that_writes_in_two_is_found_by_quickack(self):
        verdict, told = self.echo("halves", 1200, "--write", "1200", "--count", "20")
        self.assertTrue(verdict["stall"], told)
        self.assertEqual(("nagle_delayed_ack", "server"), (verdict["cause"], verdict["side"]), told)


if __name__ == "__main__":
    namespace.main(cell.kinds())
