"""tunewire counters: what moved, in words and as JSON, and every wrong call."""

import json
import signal
import socket
import subprocess
import threading
import time
import unittest

import harness


class Traffic:
    """Datagrams and connections on loopback for as long as the block lasts."""

    def __enter__(self):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.go_on, daemon=True)
        self.thread.start()
        return self

    def go_on(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            while not self.stop.wait(0.01):
                with socket.create_connection(listener.getsockname()) as client:
                    server, _ = listener.accept()
                    with server:
                        client.sendall(b"x")
                        server.recv(1)

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(10)


class Overflowing(Traffic):
    """Handshakes at a listener whose accept queue is full."""

    def go_on(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            clients = []
            while not self.stop.wait(0.02):
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(listener.getsockname())
                clients = [*clients, client][-50:]
            for client in clients:
                client.close()


def read(*arguments, status=0):
    result = harness.run("counters", *arguments, "--json")
    assert result.status == status, result
    document = json.loads(result.out)
    harness.validate("counters", document)
    return document["result"]


class Counters(unittest.TestCase):
    def test_traffic(self):
        with Traffic():
            result = read("--for", "500ms")
        moved = {(one["group"], one["name"]): one for one in result["counters"]}
        accepted = moved["Tcp", "PassiveOpens"]
        self.assertGreater(accepted["change"], 3)
        self.assertAlmostEqual(accepted["per_s"], accepted["change"] / result["seconds"], delta=1)
        self.assertEqual((accepted["weight"], accepted["unit"]), ("traffic", "connections"))
        self.assertGreaterEqual(result["seconds"], 0.5)
        self.assertNotIn(("Tcp", "CurrEstab"), moved)
        self.assertTrue(result["softnet"])
        weights = [one["weight"] for one in result["counters"]]
        self.assertEqual(weights, sorted(weights, key=["trouble", "worth_a_look", "traffic"].index))

    def test_trouble(self):
        with Overflowing():
            result = harness.run("counters", "--for", "500ms")
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.out, r"\ATROUBLE  this host ")
        self.assertRegex(result.out, r"(?m)^  TcpExt ListenOverflows +\d+ handshakes +[\d.]+k?/s$")
        self.assertIn("an accept queue was full", result.out)
        self.assertIn("next: tunewire sockets\n", result.out)
        self.assertRegex(result.out, r"(?m)^  traffic: .* segments/s in")

    def test_all(self):
        with Traffic():
            some, everything = (harness.run("counters", "--for", "300ms", *more).out
                                for more in ((), ("--all",)))
        self.assertNotIn("Tcp PassiveOpens", some)
        self.assertRegex(everything, r"(?m)^  Tcp PassiveOpens +\d+ ")
        self.assertIn("begun by peers", everything)

    @harness.needs_root
    def test_a_namespace_of_its_own(self):
        with subprocess.Popen(["unshare", "-n", "sleep", "60"]) as space:
            try:
                time.sleep(0.3)
                with Traffic():
                    result = read("--netns", str(space.pid), "--for", "200ms")
                self.assertEqual([], [one for one in result["counters"] if one["group"] == "Tcp"])
            finally:
                space.kill()

    def test_a_stop_prints_what_there_is(self):
        with subprocess.Popen([harness.TUNEWIRE, "counters", "--for", "60s", "--json"],
                              stdout=subprocess.PIPE, env=harness.environment(), text=True) as process:
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        document = json.loads(out)
        harness.validate("counters", document)
        self.assertEqual(process.returncode, 130)
        self.assertTrue(document["result"]["partial"])

    def test_wrong_calls(self):
        for arguments, words in ((("--for", "5"), "   1 | 5\n     | ^"), (("--for", "1ms"), "from 50 ms to 1 h"),
                                 (("--root", "/tmp"), "--root has no counters"), (("now",), "one word too many")):
            with self.subTest(arguments):
                result = harness.run("counters", *arguments)
                self.assertEqual((result.status, result.out), (2, ""), result)
                self.assertIn(words, result.err)
                self.assertTrue(read(*arguments, status=2)["refused"])


if __name__ == "__main__":
    harness.main()
