"""Servers that do not stall, real and labelled: `tunewire http` never says that they do."""

import os

import http_world
import namespace
from http_cases import FINE, Verdicts


class Healthy(Verdicts):
    def test_fine(self):
        self.labelled("fine", FINE)

    def test_two_writes_with_nodelay(self):
        self.labelled("two_writes_nodelay", FINE)

    def test_chunks_with_nodelay(self):
        self.labelled("chunks_nodelay", FINE)

    def test_stdlib_with_nodelay(self):
        self.labelled("stdlib_nodelay", FINE)

    def test_stdlib_buffered(self):
        self.labelled("stdlib_buffered", FINE)

    def test_thinks_short(self):
        self.labelled("thinks_short", FINE)

    def test_closes_every_connection(self):
        result = self.labelled("closes", FINE)
        self.assertGreater(self.mode(result, "keep_alive")["reconnects"], 0)

    def test_closes_at_random(self):
        result = self.labelled("closes_at_random", FINE)
        self.assertGreater(self.mode(result, "keep_alive")["reconnects"], 0)

    def test_nginx(self):
        with http_world.nginx(self.dir, 'return 200 "hello";') as port:
            self.judge(port, FINE)

    def test_lighttpd(self):
        with open(os.path.join(self.dir, "index.html"), "w", encoding="ascii") as file:
            file.write("hello" * 100)
        with http_world.lighttpd(self.dir) as port:
            result = self.ask(port, expect=0)
            self.assertFalse(result["verdict"]["stall"])

    def test_no_false_stall_in_twenty_runs(self):
        with http_world.labelled("fine") as one, http_world.labelled("two_writes_nodelay") as two:
            for turn in range(10):
                for port in (one, two):
                    with self.subTest(turn=turn, port=port):
                        self.judge(port, FINE)


if __name__ == "__main__":
    # The verdicts need no rights: once is enough, and nginx serves as whoever starts it.
    namespace.main(("root",) if os.getuid() == 0 else ("user",))
