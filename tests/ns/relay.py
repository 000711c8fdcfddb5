"""Two network namespaces joined by a small relay between two TUN devices, which gives the path a
round-trip time and loses the packets it is told to. Needs /dev/net/tun.

Run as a program it is the relay itself: its input ends, it prints what it did, it ends.
"""

import contextlib
import dataclasses
import fcntl
import heapq
import json
import os
import select
import struct
import subprocess
import sys
import time

CLIENT_ADDRESS, SERVER_ADDRESS = "10.9.0.1", "10.9.0.2"
TO_SERVER, TO_CLIENT = 0, 1
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_LARGEST = 65536
_TCP = 6


@dataclasses.dataclass(frozen=True)
class Drop:
    """Loses TCP packets that carry `length` bytes, by their place among those seen for the first
    time in that direction (from 1): a retransmission is never counted and never lost."""

    direction: int
    length: int
    places: tuple


def tun_possible():
    return os.access("/dev/net/tun", os.R_OK | os.W_OK)


def _open_tun(space, address):
    with space.inside():
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"tun0", _IFF_TUN | _IFF_NO_PI))
    space.write("net.ipv6.conf.tun0.disable_ipv6", 1)
    space.ip("addr", "add", f"{address}/24", "dev", "tun0")
    space.ip("link", "set", "tun0", "mtu", "1500", "up")
    return device


class Relay:
    """`client` and `server` are the namespaces. `close` returns what the relay did:
    {"passed": [to server, to client], "dropped": [...]}."""

    def __init__(self, rtt_ms=0.0, drops=(), congestion="reno"):
        from spaces import Space  # not needed by the relay itself
        self.client = Space(congestion)
        self.server = Space(congestion)
        devices = [_open_tun(self.client, CLIENT_ADDRESS), _open_tun(self.server, SERVER_ADDRESS)]
        task = {"devices": devices, "one_way_ns": int(rtt_ms * 1e6 / 2),
                "drops": [dataclasses.astuple(drop) for drop in drops]}
        self._process = subprocess.Popen(
            [sys.executable, "-B", os.path.abspath(__file__), json.dumps(task)], pass_fds=devices,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for device in devices:
            os.close(device)
        self._process.stdout.readline()
        self._did = None

    def close(self):
        if self._did is None:
            self._process.stdin.close()
            self._did = json.loads(self._process.stdout.read())
            self._process.stdout.close()
            self._process.wait()
            self.client.close()
            self.server.close()
        return self._did

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _tcp_part(packet):
    """(connection and sequence number, payload length) of a TCP packet over IPv4, else None."""
    if packet[0] >> 4 != 4 or packet[9] != _TCP:
        return None
    header = (packet[0] & 15) * 4
    total = int.from_bytes(packet[2:4], "big")
    length = total - header - (packet[header + 12] >> 4) * 4
    return (packet[12:20], packet[header:header + 8]), length


class _Way:
    """One direction: when its packets are due, and which are lost."""

    def __init__(self, target, drops):
        self.target = target
        self.drops = {length: set(places) for length, places in drops}
        self.seen = {length: 0 for length in self.drops}
        self.sequences = set()
        self.passed = self.dropped = 0

    def loses(self, packet):
        part = _tcp_part(packet)
        if part is None or part[1] not in self.drops or part[0] in self.sequences:
            return False
        identity, length = part
        self.sequences.add(identity)
        self.seen[length] += 1
        return self.seen[length] in self.drops[length]

    def send(self, packet):
        try:
            os.write(self.target, packet)
            self.passed += 1
        except OSError:  # the device is down or full: a network loses packets
            self.dropped += 1


def _read_all(device):
    while True:
        try:
            yield os.read(device, _LARGEST)
        except BlockingIOError:
            return


def _hurry():
    """A network does not wait for a CPU. Only root may; the others' round trips vary more."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def _relay(task):
    _hurry()
    client, server = task["devices"]
    ways = [_Way(target, [(length, places) for which, length, places in task["drops"]
                          if which == direction])
            for direction, target in ((TO_SERVER, server), (TO_CLIENT, client))]
    of_device = {client: ways[TO_SERVER], server: ways[TO_CLIENT]}
    waiting, order = [], 0
    print(flush=True)
    while True:
        patience = max(0, waiting[0][0] - time.monotonic_ns()) / 1e9 if waiting else None
        ready, _, _ = select.select([0, *of_device], [], [], patience)
        if 0 in ready:
            return {"passed": [way.passed for way in ways], "dropped": [way.dropped for way in ways]}
        now = time.monotonic_ns()
        for device in ready:
            for packet in _read_all(device):
                if of_device[device].loses(packet):
                    of_device[device].dropped += 1
                    continue
                order += 1
                heapq.heappush(waiting, (now + task["one_way_ns"], order, of_device[device], packet))
        while waiting and waiting[0][0] <= time.monotonic_ns():
            _, _, way, packet = heapq.heappop(waiting)
            way.send(packet)


if __name__ == "__main__":
    print(json.dumps(_relay(json.loads(sys.argv[1]))))
