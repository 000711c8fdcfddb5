"""A small server of labelled behaviour for tests of `tunewire sockets`:

  sockets_server.py KIND   prints its port and serves until its standard input ends

two_writes   answers each request in two writes (Nagle holds the second)
one_write    answers each request in one
no_accept    listens with a backlog of 1 and never accepts
group        two listening sockets that share a port (SO_REUSEPORT)
evil_name    one_write, in a process whose name holds escape bytes

The process is called tw-KIND.
"""

import ctypes
import os
import socket
import sys
import threading

PR_SET_NAME = 15


def serve(listener, pieces):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection, pieces), daemon=True).start()


def talk(connection, pieces):
    with connection:
        try:
            while connection.recv(4096):
                for piece in pieces:
                    connection.sendall(piece)
        except OSError:
            pass


def listen(backlog=128, port=0, reuse=False):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(backlog)
    return listener


def main(kind):
    name = b"\x1b[31mevil\n\x07" if kind == "evil_name" else f"tw-{kind}".encode()
    ctypes.CDLL(None).prctl(PR_SET_NAME, name, 0, 0, 0)
    listener = listen(1 if kind == "no_accept" else 128, reuse=kind == "group")
    port = listener.getsockname()[1]
    second = listen(port=port, reuse=True) if kind == "group" else None
    if kind in ("two_writes", "one_write", "evil_name"):
        pieces = [b"h" * 100, b"b" * 1000] if kind == "two_writes" else [b"x" * 1100]
        threading.Thread(target=serve, args=(listener, pieces), daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()
    del second
    os._exit(0)


main(sys.argv[1])
