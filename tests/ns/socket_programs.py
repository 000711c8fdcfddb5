"""Programs whose sockets behave as labelled, each a process of its own.

    socket_programs.py serve|connect|flood '{"behaviour": "answers", ...}'

`serve` prints the port that it listens on, `connect` the port that it connected to, both once they
have begun; they end with their standard input. What the members of the JSON object mean is said
where they are read; all have a default.
"""

import json
import os
import random
import resource
import socket
import struct
import sys
import threading
import time

TCP_NODELAY, TCP_CORK, TCP_QUICKACK = 1, 3, 12
TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_CONGESTION = 4, 5, 6, 13
SO_MAX_PACING_RATE = 47
REQUEST, REPLY = 50, 200
CHUNK = 65536


def tcp(end, option, value):
    end.setsockopt(socket.IPPROTO_TCP, option, value)


def before(end, wish):
    """Options that must be set before the handshake: the window's scale follows from the buffer."""
    if wish.get("rcvbuf"):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wish["rcvbuf"])
    if wish.get("sndbuf"):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, wish["sndbuf"])
    if wish.get("congestion"):
        tcp(end, TCP_CONGESTION, wish["congestion"].encode())
    if wish.get("pacing"):
        end.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, wish["pacing"])


def after(end, wish):
    if "nodelay" in wish:
        tcp(end, TCP_NODELAY, wish["nodelay"])
    if wish.get("cork"):
        tcp(end, TCP_CORK, 1)
    if wish.get("keepalive"):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in zip((TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT), wish["keepalive"]):
            tcp(end, option, seconds)


def pause(wish):
    """`pause`: seconds between two messages, or the least and the most of them."""
    time_s = wish.get("pause", 0)
    if isinstance(time_s, list):
        time_s = random.uniform(*time_s)
    if time_s:
        time.sleep(time_s)


def receive(end, size, wish):
    got = 0
    while got < size:
        # Quick mode is left by the kernel on its own: it has to be asked for again.
        if wish.get("quickack"):
            tcp(end, TCP_QUICKACK, 1)
        piece = end.recv(size - got)
        if not piece:
            raise EOFError
        got += len(piece)


def say(end, size, wish):
    """A message in `pieces` writes, `between` them a pause; `more` leaves MSG_MORE on its end."""
    count = wish.get("pieces", 1)
    for turn in range(count):
        if turn and wish.get("between"):
            time.sleep(wish["between"])
        end.sendall(bytes(size // count), socket.MSG_MORE if wish.get("more") else 0)


def asks(end, wish):
    while True:
        say(end, wish.get("request", REQUEST), wish)
        receive(end, wish.get("reply", REPLY), wish)
        pause(wish)


def answers(end, wish):
    """`think`: seconds of work before each answer."""
    while True:
        receive(end, wish.get("request", REQUEST), wish)
        if wish.get("think"):
            time.sleep(wish["think"])
        say(end, wish.get("reply", REPLY), wish)


def streams(end, wish):
    """Writes `chunk` bytes again and again, `total` in all where that is said."""
    left = wish.get("total")
    while left is None or left > 0:
        piece = wish.get("chunk", CHUNK) if left is None else min(left, wish.get("chunk", CHUNK))
        end.sendall(bytes(piece))
        left = None if left is None else left - piece
        pause(wish)
    time.sleep(3600)


def reads(end, wish):
    while end.recv(wish.get("chunk", CHUNK)):
        pause(wish)


def sleeps(_end, _wish):
    time.sleep(3600)


def types(end, wish):
    """A terminal session's side: keys (or a line of output) now and then, each way by itself."""
    threading.Thread(target=quietly, args=(reads, end, {}), daemon=True).start()
    while True:
        end.sendall(bytes(random.choice((1, 1, 1, 36, wish.get("line", 80)))))
        pause(wish)


def leaves(end, _wish):
    end.close()


def sends_once(end, wish):
    """Waits to be told ("go" on standard input), then writes once."""
    GO.wait()
    streams(end, {**wish, "total": REPLY})


GO = threading.Event()
BEHAVIOURS = {behaviour.__name__: behaviour for behaviour in (
    asks, answers, streams, reads, sleeps, types, leaves, sends_once)}
KEPT = []


def quietly(behaviour, end, wish):
    """`closes`: when it is done. Whoever does not closes nothing, ever."""
    try:
        behaviour(end, wish)
    except (OSError, EOFError):
        pass
    if wish.get("closes"):
        end.close()


def run(end, wish):
    """Whoever only holds or ends a connection needs no thread."""
    behaviour = BEHAVIOURS[wish.get("behaviour", "sleeps")]
    KEPT.append(end)
    if behaviour is leaves:
        end.close()
    elif behaviour is not sleeps:
        threading.Thread(target=quietly, args=(behaviour, end, wish), daemon=True).start()


def serve(wish):
    """`accepts` false: the backlog fills. `listener_nodelay`: handed on to what is accepted."""
    listener = socket.socket()
    before(listener, wish)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if wish.get("listener_nodelay"):
        tcp(listener, TCP_NODELAY, 1)
    listener.bind((wish.get("address", "127.0.0.1"), 0))
    listener.listen(wish.get("backlog", 512))
    KEPT.append(listener)

    def accept():
        while True:
            end, _ = listener.accept()
            after(end, wish)
            run(end, wish)
    if wish.get("accepts", True):
        threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def come_and_go(wish, where):
    """One connection after the other, closed here: each leaves a port in TIME_WAIT."""
    for _ in range(wish["count"]):
        with socket.create_connection(where):
            pass


def visit(wish, where):
    """A new connection for every exchange, for ever; the server closes first."""
    while True:
        with socket.create_connection(where) as end:
            end.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            while end.recv(CHUNK):
                pass
        pause(wish)


def visit_kept(wish, where):
    """Asks over one kept connection; the answer ends with `reply` bytes of body, x all of it."""
    with socket.create_connection(where) as end:
        while True:
            end.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            text = b""
            while text.count(b"x", text.find(b"\r\n\r\n")) < wish.get("reply", 1000):
                text += end.recv(CHUNK)


def knock(wish, where):
    """Clients that come every `pause` seconds and wait to be let in."""
    for _ in range(wish.get("count", 200)):
        end = socket.socket()
        end.setblocking(False)
        end.connect_ex(where)
        KEPT.append(end)
        pause(wish)


MANNERS = {"come_and_go": come_and_go, "visit": visit, "visit_kept": visit_kept, "knock": knock}


def connect(wish):
    """`count` connections, all of them made before anything is said on one."""
    where = (wish.get("address", "127.0.0.1"), wish["port"])
    if wish.get("manner") == "come_and_go":
        come_and_go(wish, where)
    elif wish.get("manner"):
        manner = MANNERS[wish["manner"]]
        threading.Thread(target=quietly, args=(lambda end, _: manner(wish, end), where, {}),
                         daemon=True).start()
    else:
        ends = []
        for _ in range(wish.get("count", 1)):
            end = socket.socket()
            before(end, wish)
            end.connect(where)
            after(end, wish)
            ends.append(end)
        for end in ends:
            run(end, wish)
    return where[1]


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, target, source_port, port):
    """With its IP header, whose length, number and checksum the kernel fills in."""
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0)
    ip += socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack(">HHIIBBHHH", source_port, port, 1, 0, 5 << 4, 2, 64000, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack(">BBH", 0, 6, len(head))
    return ip + head[:16] + struct.pack(">H", checksum(pseudo + head)) + head[18:]


def flood(wish):
    """SYNs of clients that are not there, `count` every `pause` seconds."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def run_flood():
        for number in range(100_000):
            packet = syn(wish["source"], wish["address"], 1024 + number % 60000, wish["port"])
            raw.sendto(packet, (wish["address"], 0))
            if number % wish["count"] == 0:
                pause(wish)
    threading.Thread(target=run_flood, daemon=True).start()
    return wish["port"]


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    print({"serve": serve, "connect": connect, "flood": flood}[sys.argv[1]](
        json.loads(sys.argv[2])), flush=True)
    for line in sys.stdin:
        if line.strip() == "go":
            GO.set()
    os._exit(0)


if __name__ == "__main__":
    main()
