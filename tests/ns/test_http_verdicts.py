"""Real servers of labelled behaviour, and what `tunewire http` says of each: cause, side, confidence.

A stall of the server's own making must be found and confirmed; a server that is slow must never be
called one that stalls. Bounds are those of kernel timers (40 ms, 200 ms), not of this machine's speed.
"""

import os
import subprocess

import http_world
import namespace
from http_cases import CORK, FINE, NAGLE, SLOW, Verdicts


class Stalls(Verdicts):
    def test_two_writes(self):
        result = self.labelled("two_writes", NAGLE)
        stalls = self.mode(result, "keep_alive")["stalls"]
        self.assertEqual(stalls["kind"], "delayed_ack")
        # 40 ms and one or two ticks; a busy machine adds some.
        self.assertGreater(stalls["median_us"], 39_000)
        self.assertLess(stalls["median_us"], 70_000)
        self.assertGreater(stalls["fraction"], 0.8)
        self.assertLess(self.mode(result, "new_connection")["p50_us"], 20_000)
        self.assertLess(self.mode(result, "keep_alive", "quickack_always")["p50_us"], 20_000)

    def test_stdlib(self):
        self.labelled("stdlib", NAGLE)

    def test_chunks(self):
        self.labelled("chunks", NAGLE)

    def test_thinks_and_holds(self):
        self.labelled("thinks_and_holds", NAGLE)

    def test_proxy_that_stalls_over_one_that_does_not(self):
        self.labelled("proxy", NAGLE)

    def test_corks_and_forgets(self):
        result = self.labelled("corks", CORK)
        self.assertGreater(self.mode(result, "keep_alive")["p50_us"], 199_000)

    def test_every_third(self):
        namespace.write_key("net.ipv4.tcp_pingpong_thresh", "3")
        self.addCleanup(namespace.write_key, "net.ipv4.tcp_pingpong_thresh", "1")
        result = self.labelled("two_writes", NAGLE)
        run = self.mode(result, "keep_alive")
        self.assertLess(run["stalls"]["fraction"], 0.5)
        self.assertLess(run["p50_us"], 20_000)

    def test_nginx_without_nodelay_before_an_unbuffered_upstream(self):
        with http_world.labelled("two_writes_nodelay") as behind:
            body = (f"tcp_nodelay off; location / {{ proxy_pass http://127.0.0.1:{behind}; "
                    "proxy_buffering off; proxy_http_version 1.1; }")
            with http_world.nginx(self.dir, body) as port:
                self.judge(port, NAGLE)


class Slow(Verdicts):
    def test_thinks(self):
        self.labelled("thinks", SLOW)

    def test_slow_body_is_not_nagle(self):
        result = self.labelled("slow_body", SLOW)
        self.assertTrue(any("behind it" in line for line in result["verdict"]["warnings"]))

    def test_thinks_as_long_as_the_minimum_rto(self):
        self.labelled("thinks_long", SLOW)

    def test_proxy_over_one_that_stalls(self):
        self.labelled("proxy_over_stall", SLOW)


class Broken(Verdicts):
    def test_one_byte_a_second(self):
        result = self.labelled("trickles", ("unknown", "none", None, False), "--timeout", "300ms",
                               size=20)
        self.assertGreater(self.mode(result, "keep_alive")["errors"]["timeout"], 0)

    def test_what_is_no_http(self):
        result = self.labelled("rude", ("unknown", "none", None, False))
        self.assertGreater(self.mode(result, "keep_alive")["errors"]["bad_status_line"], 0)


class EthernetMss(Verdicts):
    """Bodies on both sides of the MSS: a full segment is never held back, a remainder may be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["ip", "link", "set", "lo", "mtu", "1500"], check=True)

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["ip", "link", "set", "lo", "mtu", "65536"], check=True)

    def test_below_the_mss(self):
        self.labelled("two_writes", NAGLE, size=1000)

    def test_exactly_the_mss(self):
        self.labelled("two_writes", FINE, size=1448)

    def test_two_segments(self):
        self.labelled("two_writes", FINE, size=2896)


if __name__ == "__main__":
    # The verdicts need no rights: once is enough, and nginx serves as whoever starts it.
    namespace.main(("root",) if os.getuid() == 0 else ("user",))
