"""The tests' own networks do what they promise: a relay with a round-trip time that loses the
packets it is told to, a veth pair with an Ethernet's segments, and nothing left of either."""

import os
import socket
import subprocess
import time
import unittest

import namespace
import pair
import relay

LENGTH = 300


def connect(net, port=4000):
    """(client's socket, server's socket) over the network, with Nagle off."""
    with net.server.inside():
        listener = socket.create_server((relay.SERVER_ADDRESS, port))
    with net.client.inside():
        client = socket.create_connection((relay.SERVER_ADDRESS, port), timeout=10)
    server, _ = listener.accept()
    listener.close()
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.settimeout(10)
    return client, server


def receive(end, size):
    data = b""
    while len(data) < size:
        piece = end.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def exchange_ms(client, server):
    begin = time.monotonic()
    client.sendall(bytes(LENGTH))
    receive(server, LENGTH)
    server.sendall(bytes(LENGTH))
    receive(client, LENGTH)
    return (time.monotonic() - begin) * 1e3


def exists(pid):
    return os.path.exists(f"/proc/{pid}")


def segment_size(end):
    return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)


@unittest.skipUnless(relay.tun_possible(), "this user may not open /dev/net/tun")
class RelayTest(unittest.TestCase):
    def test_gives_the_round_trip_time(self):
        for rtt in (0, 20, 250):
            with self.subTest(rtt), relay.Relay(rtt_ms=rtt) as net:
                client, server = connect(net)
                with client, server:
                    took = sorted(exchange_ms(client, server) for _ in range(5))
                self.assertGreaterEqual(took[0], rtt)
                # A packet is late by what two Python processes and a busy machine add.
                self.assertLess(took[2], rtt + 15)

    def test_loses_what_it_should_and_nothing_else(self):
        drop = relay.Drop(relay.TO_SERVER, LENGTH, (3,))
        with relay.Relay(rtt_ms=2, drops=[drop]) as net:
            client, server = connect(net)
            with client, server:
                took = [exchange_ms(client, server) for _ in range(5)]
            self.assertEqual([3], [n + 1 for n, ms in enumerate(took) if ms > 150], took)
            self.assertEqual(1, net.client.counter("TCPLossProbes"))
            self.assertEqual([1, 0], net.close()["dropped"])

    def test_counts_each_direction_by_itself(self):
        drop = relay.Drop(relay.TO_CLIENT, LENGTH, (2,))
        with relay.Relay(drops=[drop]) as net:
            client, server = connect(net)
            with client, server:
                took = [exchange_ms(client, server) for _ in range(4)]
            self.assertEqual([2], [n + 1 for n, ms in enumerate(took) if ms > 150], took)
            self.assertEqual([0, 1], net.close()["dropped"])

    def test_has_an_ethernets_segments(self):
        with relay.Relay() as net:
            client, server = connect(net)
            with client, server:
                self.assertEqual(1448, segment_size(client))

    def test_leaves_nothing_behind(self):
        net = relay.Relay(rtt_ms=1)
        pids = [net.client.pid, net.server.pid, net._process.pid]
        self.assertTrue(all(map(exists, pids)))
        net.close()
        self.assertFalse(any(map(exists, pids)))


class PairTest(unittest.TestCase):
    def test_has_an_ethernets_segments(self):
        with pair.Pair() as net:
            client, server = connect(net)
            with client, server:
                exchange_ms(client, server)
                self.assertEqual(1448, segment_size(client))
            self.assertEqual("reno", net.client.read("net.ipv4.tcp_congestion_control"))

    def test_a_value_is_one_namespaces_own(self):
        with pair.Pair() as net:
            net.server.write("net.ipv4.tcp_pingpong_thresh", 7)
            self.assertEqual("1", net.client.read("net.ipv4.tcp_pingpong_thresh"))
            self.assertEqual("7", net.server.read("net.ipv4.tcp_pingpong_thresh"))

    def test_leaves_nothing_behind(self):
        net = pair.Pair()
        pids = [net.client.pid, net.server.pid]
        net.close()
        self.assertFalse(any(map(exists, pids)))

    def test_a_namespace_ends_with_the_test_that_made_it(self):
        script = ("import os, sys; sys.path.insert(0, sys.argv[1]); import spaces; "
                  "print(spaces.Space().pid, flush=True); os._exit(9)")
        made = subprocess.run([os.sys.executable, "-B", "-c", script, os.path.dirname(__file__)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(9, made.returncode, made.stderr)
        end = time.monotonic() + 10
        while exists(made.stdout.strip()) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertFalse(exists(made.stdout.strip()))


if __name__ == "__main__":
    namespace.main()
