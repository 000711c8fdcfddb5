"""The probe's scripts on bare Python sockets: what the kernel does to them, whatever the product says.

Run as a program it is one end: `plain.py '{"end": "server", ...}'`.
"""

import array
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import termios
import time

TCP_CORK, TCP_QUICKACK, TCP_NODELAY, TCP_CONGESTION, TCP_MAXSEG = 3, 12, 1, 13, 2
_PORT = 4100
_PATIENCE_S = 20


def parse(script):
    """[(verb, sizes or seconds)] of "w200 m100 v10,20 r100 s5ms cork uncork nodelay nagle a"."""
    steps = []
    for word in script.split():
        sleep = re.fullmatch(r"s(\d+)(us|ms)", word)
        sized = re.fullmatch(r"([wmvr])([\d,]+)", word)
        if sleep:
            steps.append(("s", int(sleep[1]) / (1e6 if sleep[2] == "us" else 1e3)))
        elif sized:
            steps.append((sized[1], [int(size) for size in sized[2].split(",")]))
        elif word in ("cork", "uncork", "nodelay", "nagle", "a"):
            steps.append((word, None))
        else:
            raise ValueError(word)
    return steps


def answering(script):
    """The other end of a script: reads all that is written before every read, then writes that."""
    words, unread = [], 0
    for verb, value in parse(script):
        if verb in "wmv":
            unread += sum(value)
        elif verb == "r":
            words += [f"r{unread}"] if unread else []
            words += [f"w{value[0]}"]
            unread = 0
    return " ".join(words + ([f"r{unread}"] if unread else []))


def _set(end, option, value):
    end.setsockopt(socket.IPPROTO_TCP, option, value)


def _await_ack(end):
    unsent = array.array("i", [1])
    while unsent[0]:
        fcntl.ioctl(end.fileno(), termios.TIOCOUTQ, unsent)
        time.sleep(0.0002)


def _read(end, size, quickack):
    while size:
        piece = end.recv(size)
        if not piece:
            raise EOFError
        size -= len(piece)
        if quickack == "always":
            _set(end, TCP_QUICKACK, 1)


def _perform(end, steps, quickack):
    for verb, value in steps:
        if verb == "w":
            end.sendall(bytes(value[0]))
        elif verb == "m":
            end.send(bytes(value[0]), socket.MSG_MORE)
        elif verb == "v":
            end.sendmsg([bytes(size) for size in value])
        elif verb == "r":
            _read(end, value[0], quickack)
        elif verb == "s":
            time.sleep(value)
        elif verb == "a":
            _await_ack(end)
        else:
            _set(end, TCP_CORK if "cork" in verb else TCP_NODELAY, int(verb in ("cork", "nodelay")))


def _prepare(end, options):
    end.settimeout(_PATIENCE_S)
    if options.get("nodelay"):
        _set(end, TCP_NODELAY, 1)
    if options.get("quickack", "off") != "off":
        _set(end, TCP_QUICKACK, 1)


def _serve(task):
    listener = socket.create_server((task["address"], _PORT))
    if task["mss"]:
        _set(listener, TCP_MAXSEG, task["mss"])
    print(flush=True)
    end, _ = listener.accept()
    _prepare(end, task)
    steps = parse(task["script"])
    try:
        while True:
            _perform(end, steps, task["quickack"])
    except (EOFError, ConnectionError):
        pass


def _drive(task):
    end = socket.socket()
    if task["mss"]:
        _set(end, TCP_MAXSEG, task["mss"])
    _prepare(end, task)
    end.connect((task["address"], _PORT))
    steps = parse(task["script"])
    took = []
    for _ in range(task["count"]):
        begin = time.monotonic_ns()
        _perform(end, steps, task["quickack"])
        took.append((time.monotonic_ns() - begin) // 1000)
        time.sleep(task["think_s"])
    print(json.dumps(took))


def _start(space, task):
    with space.inside():
        return subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), json.dumps(task)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def run(client_space, server_space, address, client, count, server=None, client_options=None,
        server_options=None, mss=0, think_s=0.0, began=None):
    """Microseconds of each exchange, in order. Options: {"nodelay": bool, "quickack": "off" |
    "once" | "always"}; `began` is called with the server's pid once the client runs."""
    common = {"address": address, "mss": mss, "count": count, "think_s": think_s, "quickack": "off"}
    serving = _start(server_space, {**common, **(server_options or {}), "end": "server",
                                    "script": server or answering(client)})
    serving.stdout.readline()
    driving = _start(client_space, {**common, **(client_options or {}), "end": "client",
                                    "script": client})
    if began:
        began(serving.pid)
    out, _ = driving.communicate(timeout=120)
    serving.stdout.close()
    serving.wait()
    return json.loads(out)


if __name__ == "__main__":
    _task = json.loads(sys.argv[1])
    (_serve if _task["end"] == "server" else _drive)(_task)
