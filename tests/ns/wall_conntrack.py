"""Connection tracking in a network namespace: a rule that switches it on, and a table nearly full.

Both by nfnetlink(7) itself, so that neither nft(8) nor conntrack(8) has to be installed.
"""

import errno
import os
import socket
import struct

NETLINK_NETFILTER = 12
NESTED = 0x8000
REQUEST, ACK, CREATE, EXCLUSIVE = 1, 4, 0x400, 0x200
NFTABLES, CTNETLINK = 10, 1
INET, IPV4 = 1, 2
CT_NEW = CTNETLINK << 8
# IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED: what is not assured makes room for the next one.
ASSURED = 2 | 4 | 8
MOST = 600_000  # filled in a few seconds
AT_ONCE = 200  # entries in one message: the kernel works through them before send(2) returns


class Unsupported(Exception):
    """This kernel has not what it takes; the text says what."""


def _attribute(kind, payload):
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + bytes(-length % 4)


def _nested(kind, *attributes):
    return _attribute(kind | NESTED, b"".join(attributes))


def _text(kind, text):
    return _attribute(kind, text.encode() + b"\0")


def _number(kind, number):
    return _attribute(kind, struct.pack(">I", number))


def _message(kind, flags, family, body, resource=0):
    head = struct.pack("=BB", family, 0) + struct.pack(">H", resource)
    return struct.pack("=IHHII", 16 + len(head) + len(body), kind, flags, 0, 0) + head + body


def _open():
    try:
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    except OSError as error:
        raise Unsupported(f"no nfnetlink: {error}") from error
    one.bind((0, 0))
    one.settimeout(10)
    return one


def _answers(one, count):
    """Error numbers of `count` messages that asked to be acknowledged."""
    numbers = []
    while len(numbers) < count:
        data = one.recv(1 << 16)
        while len(data) >= 16:
            length, kind = struct.unpack_from("=IH", data)
            if kind == 2:  # NLMSG_ERROR
                numbers.append(-struct.unpack_from("=i", data, 16)[0])
            data = data[(length + 3) & ~3:]
    return numbers


def _expect(one, count, what):
    for number in _answers(one, count):
        if number:
            raise Unsupported(f"{what}: {errno.errorcode.get(number, number)}")


def track():
    """A rule that asks for a connection's state: from now on each has an entry."""
    flags = REQUEST | ACK | CREATE
    table = _text(1, "walls")
    hook = _nested(4, _number(1, 3), _number(2, 0))  # NF_INET_LOCAL_OUT, priority 0
    chain = _text(1, "walls") + _text(3, "out") + hook + _text(7, "filter")
    state = _nested(1, _text(1, "ct"), _nested(2, _number(1, 1), _number(2, 0)))
    rule = _text(1, "walls") + _text(2, "out") + _nested(4, state)
    batch = b"".join([
        _message(0x10, REQUEST, 0, b"", NFTABLES),  # NFNL_MSG_BATCH_BEGIN
        _message(NFTABLES << 8 | 0, flags, INET, table),
        _message(NFTABLES << 8 | 3, flags, INET, chain),
        _message(NFTABLES << 8 | 6, flags, INET, rule),
        _message(0x11, REQUEST, 0, b"", NFTABLES)])
    with _open() as one:
        one.send(batch)
        _expect(one, 3, "no rule by nf_tables that reads a connection's state")


def _tuple(kind, source, destination, source_port, destination_port):
    addresses = _nested(1, _attribute(1, source), _attribute(2, destination))
    ports = _nested(2, _attribute(1, bytes([socket.IPPROTO_TCP])),
                    _attribute(2, struct.pack(">H", source_port)),
                    _attribute(3, struct.pack(">H", destination_port)))
    return _nested(kind, addresses, ports)


def _entry(index, flags):
    """An established connection between documentation's addresses: nobody else's."""
    near, far = bytes([192, 0, 2, 1]), bytes([198, 51, 100, index // 60000])
    port = 1000 + index % 60000
    established = _nested(4, _nested(1, _attribute(1, b"\3")))  # TCP_CONNTRACK_ESTABLISHED
    body = b"".join([_tuple(1, near, far, port, 80), _tuple(2, far, near, 80, port),
                     _number(3, ASSURED), established, _number(7, 3600)])
    return _message(CT_NEW, flags, IPV4, body)


class _Pattern:
    """Messages of AT_ONCE entries, in which only addresses and ports change: building each anew takes
    longer than the kernel does."""

    def __init__(self):
        # The last asks for an acknowledgement; what fails is answered whether asked for or not.
        quiet = REQUEST | CREATE | EXCLUSIVE
        parts = [_entry(0, quiet)] * (AT_ONCE - 1) + [_entry(0, quiet | ACK)]
        self.size = len(parts[0])
        self.bytes = bytearray(b"".join(parts))
        other = _entry(60001, quiet)
        changing = [at for at in range(self.size) if other[at] != parts[0][at]]
        # Far address's last byte, port's last byte (1000 and 1001 differ there alone), twice each.
        self.fars = [at for at in changing if other[at] == 1]
        self.ports = [at - 1 for at in changing if other[at] != 1]

    def of(self, first):
        for place in range(AT_ONCE):
            index, start = first + place, place * self.size
            for at in self.fars:
                self.bytes[start + at] = index // 60000
            for at in self.ports:
                struct.pack_into(">H", self.bytes, start + at, 1000 + index % 60000)
        return self.bytes


def fill(entries):
    """Adds so many entries that stay."""
    pattern = _Pattern()
    whole = entries // AT_ONCE * AT_ONCE
    with _open() as one:
        for first in range(0, whole, AT_ONCE):
            one.send(pattern.of(first))
            _expect(one, 1, "no entries by ctnetlink")
        for index in range(whole, entries):
            one.send(_entry(index, REQUEST | CREATE | EXCLUSIVE | ACK))
            _expect(one, 1, "no entries by ctnetlink")


def _number_of(name):
    with open(f"/proc/sys/net/netfilter/nf_conntrack_{name}", encoding="ascii") as file:
        return int(file.read())


def loaded():
    return os.path.exists("/proc/sys/net/netfilter/nf_conntrack_count")


def used():
    return _number_of("count")


def fill_up_to(left):
    """Tracks what comes, and leaves room for so many connections."""
    if not loaded():
        raise Unsupported("this kernel has none, or its module is not loaded")
    most = _number_of("max")
    if not left < most <= MOST:
        raise Unsupported(f"nf_conntrack_max is {most}")
    track()
    fill(most - used() - left)
