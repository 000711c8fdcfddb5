"""What a test of `tunewire http` expects of a server: cause, side, confidence, and whether it stalls."""

import subprocess

import http_world
import namespace

NAGLE = ("nagle_delayed_ack", "server", "confirmed", True)
FINE = ("none", "none", None, False)
SLOW = ("slow_server", "server", None, False)
CORK = ("cork", "server", "likely", True)


class Verdicts(namespace.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        namespace.write_key("net.ipv4.tcp_congestion_control", "reno")

    def ask(self, port, *more, expect=None):
        done = self.json("http", f"http://127.0.0.1:{port}/", *more, expect=expect)
        return done["result"]

    def judge(self, port, expected, *more):
        cause, side, confidence, stall = expected
        status = 3 if cause == "unknown" else 1 if stall else 0
        result = self.ask(port, *more, expect=status)
        verdict = result["verdict"]
        shown = {key: verdict[key] for key in ("cause", "side", "confidence", "stall", "sentence")}
        self.assertEqual((verdict["cause"], verdict["side"], verdict["stall"]),
                         (cause, side, stall), shown)
        if confidence:
            self.assertEqual(verdict["confidence"], confidence, shown)
        return result

    def labelled(self, kind, expected, *more, size=1000):
        with http_world.labelled(kind, size) as port:
            return self.judge(port, expected, *more)

    def mode(self, result, mode, change="none"):
        return next(run for run in result["modes"]
                    if run["mode"] == mode and run["change"] == change)
