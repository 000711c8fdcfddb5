"""What crossed a device, stamped by the kernel: an AF_PACKET capture of TCP over IPv4."""

import dataclasses
import socket
import struct
import threading

_ETH_P_ALL, _ETH_P_IP = 0x0003, 0x0800  # only the former sees what leaves
_SO_TIMESTAMPNS = 35
_LARGEST = 256  # headers are all that is looked at
_ROOM = 1 << 20


@dataclasses.dataclass(frozen=True)
class Segment:
    ns: int  # CLOCK_REALTIME when it left
    source_port: int
    target_port: int
    length: int  # of its payload


def _segment(packet, ns):
    header = (packet[0] & 15) * 4
    if packet[9] != socket.IPPROTO_TCP:
        return None
    total, tcp = int.from_bytes(packet[2:4], "big"), packet[header:]
    return Segment(ns, int.from_bytes(tcp[:2], "big"), int.from_bytes(tcp[2:4], "big"),
                   total - header - (tcp[12] >> 4) * 4)


class Capture:
    """Of what leaves `device` in the namespace, until `segments` is called."""

    def __init__(self, space, device="lo"):
        with space.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                         socket.htons(_ETH_P_ALL))
            self._socket.bind((device, _ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        self._socket.settimeout(0.05)
        self._found, self._over = [], threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        while True:
            try:
                packet, extra, _, address = self._socket.recvmsg(_LARGEST, 128)
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            if address[1] != _ETH_P_IP or address[2] != socket.PACKET_OUTGOING:
                continue
            seconds, ns = struct.unpack("qq", extra[0][2][:16])
            segment = _segment(packet, seconds * 10**9 + ns)
            if segment:
                self._found.append(segment)

    def segments(self):
        """All that were seen, in order, once nothing more comes."""
        self._over.set()
        self._thread.join()
        self._socket.close()
        return self._found
