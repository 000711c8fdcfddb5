"""Holds the source ports that are said to be left against those that connect(2) really gets, and a
calibration against what the kernel counts of it."""

import contextlib
import errno
import json
import os
import re
import socket
import subprocess
import unittest

import namespace

DUMP = os.path.join(os.path.dirname(os.environ["TUNEWIRE_TESTS"]), "load_facts_dump")
FIRST, LAST = 40000, 40099
RESERVED = 10
SERVER = ("127.0.0.1", 9000)
BOUND_ONLY_SHOWN = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= (6, 8)


def dump(*arguments):
    done = subprocess.run([DUMP, *arguments], capture_output=True, text=True, check=True, timeout=30)
    return json.loads(done.stdout)


def ports(*arguments):
    seen = dump("ports", *arguments)
    return seen["in_use"], seen["time_wait"], seen["bound"]


def listener(address, family=socket.AF_INET):
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(address)
    one.listen(4096)
    return one


class SourcePorts(namespace.Case):
    KEYS = ("net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.tcp_tw_reuse")

    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        namespace.write_key("net.ipv4.ip_local_port_range", f"{FIRST} {LAST}")
        namespace.write_key("net.ipv4.ip_local_reserved_ports", f"80,{FIRST + 20}-{FIRST + 29}")
        namespace.write_key("net.ipv4.tcp_tw_reuse", "0")
        self.held = contextlib.ExitStack()
        self.addCleanup(self.held.close)
        self.server = self.hold(listener(SERVER))

    def hold(self, one):
        # Nothing is left in TIME_WAIT for the next test.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return self.held.enter_context(one)

    def connect(self, to=SERVER, family=socket.AF_INET, source=None):
        one = socket.socket(family, socket.SOCK_STREAM)
        if source:
            one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            one.bind((source, 0))
        try:
            one.connect(to)
        except OSError:
            one.close()
            raise
        return self.hold(one)

    def connect_all(self, **options):
        """How many more connections there can be."""
        for count in range(LAST - FIRST + 2):
            try:
                self.connect(**options)
            except OSError as error:
                self.assertEqual(error.errno, errno.EADDRNOTAVAIL)
                return count
        self.fail("no end")

    def left(self, seen):
        return LAST - FIRST + 1 - RESERVED - seen[0] - seen[2]

    def test_nothing(self):
        seen = ports("127.0.0.1:9000")
        self.assertEqual(seen, (0, 0, 0))
        self.assertEqual(self.connect_all(), self.left(seen))
        self.assertEqual(ports("127.0.0.1:9000"), (90, 0, 0))

    def test_other_destinations_do_not_count(self):
        self.hold(listener(("127.0.0.1", 9001)))
        for _ in range(5):
            self.connect(to=("127.0.0.1", 9001))
        self.assertEqual(ports("127.0.0.1:9000"), (0, 0, 0))
        self.assertEqual(ports("127.0.0.1:9001"), (5, 0, 0))
        self.assertEqual(self.connect_all(), 90)

    def test_listeners_and_bound_ports(self):
        self.hold(listener(("127.0.0.2", FIRST + 1)))
        self.hold(listener(("127.0.0.3", FIRST + 1)))
        self.hold(listener(("::1", FIRST + 3), socket.AF_INET6))
        self.hold(listener(("127.0.0.1", FIRST + 22)))  # reserved: never chosen anyhow
        self.hold(socket.socket()).bind(("127.0.0.1", FIRST + 5))
        seen = ports("127.0.0.1:9000")
        self.assertEqual(seen, (0, 0, 3 if BOUND_ONLY_SHOWN else 2))
        self.assertEqual(self.connect_all(), 87)

    def test_all_at_once(self):
        # An address of its own: what is left in TIME_WAIT is in no other test's way.
        address = ("127.0.0.7", 9000)
        server = self.hold(listener(address))
        self.hold(listener(("127.0.0.2", FIRST + 1)))
        for _ in range(4):
            self.connect(to=address)
            self.hold(server.accept()[0])
        for _ in range(3):
            client = socket.create_connection(address)
            other = server.accept()[0]
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
            client.close()
            other.close()
        seen = ports("127.0.0.7:9000")
        self.assertEqual(seen, (7, 3, 1))
        self.assertEqual(self.connect_all(to=address), self.left(seen))

    def test_mapped(self):
        """IPv6 sockets that talk IPv4 take IPv4's ports."""
        for _ in range(3):
            self.connect(to=("::ffff:127.0.0.1", 9000), family=socket.AF_INET6)
        self.assertEqual(ports("127.0.0.1:9000"), (3, 0, 0))
        self.assertEqual(ports("[::ffff:127.0.0.1]:9000"), (3, 0, 0))
        self.assertEqual(self.connect_all(), 87)

    def test_ipv6(self):
        self.hold(listener(("::1", 9000), socket.AF_INET6))
        for _ in range(2):
            self.connect(to=("::1", 9000), family=socket.AF_INET6)
        self.assertEqual(ports("[::1]:9000"), (2, 0, 0))
        self.assertEqual(ports("127.0.0.1:9000"), (0, 0, 0))

    def test_sources(self):
        for _ in range(4):
            self.connect(source="127.0.0.5")
        self.connect()
        # Without a source it is the kernel's choice that counts.
        self.assertEqual(ports("127.0.0.1:9000"), (1, 0, 0))
        self.assertEqual(ports("127.0.0.1:9000", "127.0.0.5"), (4, 0, 0))
        self.assertEqual(ports("127.0.0.1:9000", "127.0.0.1", "127.0.0.5"), (5, 0, 0))
        self.assertEqual(ports("127.0.0.1:9000", "127.0.0.9"), (0, 0, 0))
        self.assertEqual(self.connect_all(source="127.0.0.5"), 86)


def tcp_counter(name):
    with open("/proc/self/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(values[names.index(name)])


def time_wait():
    with open("/proc/self/net/sockstat", encoding="ascii") as file:
        return int(re.search(r"^TCP:.* tw (\d+)", file.read(), re.MULTILINE)[1])


class Calibration(unittest.TestCase):
    def test_bounded(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        before, waiting = tcp_counter("ActiveOpens"), time_wait()
        seen = dump("calibrate", "400")
        self.assertGreater(seen["connections_per_s"], 500)
        self.assertGreater(seen["exchanges_per_s"], seen["connections_per_s"])
        self.assertGreater(seen["bytes_per_s"], 1e6)
        # The two ends of kept connections and of the single one that is timed come on top.
        self.assertLessEqual(tcp_counter("ActiveOpens") - before, 2000 + 8 + 8 + 8 + 1)
        self.assertGreater(tcp_counter("ActiveOpens") - before, 10)
        self.assertLessEqual(time_wait(), waiting + 2)

    def test_no_loopback(self):
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "set", "lo", "up"], check=True)
        seen = dump("calibrate", "100")
        self.assertEqual(seen["error"], "no_loopback")
        self.assertIn("127.0.0.1", seen["message"])


if __name__ == "__main__":
    namespace.main()
