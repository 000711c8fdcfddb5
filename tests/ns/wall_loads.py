"""Loads that are run until they break, each a process of its own.

    wall_loads.py serve|connect|handshakes|threads '{"port": 9000, ...}'

`serve` prints "ready" once it listens and, when its standard input ends, what it accepted; `connect`
prints what it opened when it cannot go on, or has all it was asked for, and with "hold" keeps that
until its standard input ends. What broke is an object: how many connections there were, the call
that failed and its errno, and the seconds from the first call. Nothing else is printed.
"""

import errno
import json
import os
import select
import socket
import struct
import sys
import time

BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, include/uapi/linux/in.h
RESET = struct.pack("ii", 1, 0)
PATIENCE_S = 40  # nothing here takes longer, however the kernel behaves


class Broken(Exception):
    """A call that failed."""

    def __init__(self, operation, error):
        super().__init__(operation)
        self.operation = operation
        self.errno = errno.errorcode.get(error.errno, str(error.errno))


def attempt(operation, call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        raise Broken(operation, error) from error


def say(**what):
    print(json.dumps(what), flush=True)


def wait_for_the_end():
    sys.stdin.buffer.read()


class Server:
    """`does`: "keeps" what it accepts, "answers" the client's end with its own, "closes" first, or
    "sleeps" and accepts nothing."""

    def __init__(self, wish):
        self.does = wish.get("does", "keeps")
        self.accepted = 0
        self.broken = None
        self.held = {}
        self.listeners = {}
        self.epoll = select.epoll()
        self.epoll.register(0, select.EPOLLIN)
        for address in wish.get("addresses", ["127.0.0.1"]):
            one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, wish["port"]))
            one.listen(wish.get("backlog", 4096))
            one.setblocking(False)
            self.listeners[one.fileno()] = one
            if self.does != "sleeps":
                self.epoll.register(one, select.EPOLLIN)

    def accept(self, listener):
        while self.broken is None:
            try:
                one = listener.accept()[0]
            except BlockingIOError:
                return
            except OSError as error:
                # The connection stays in the queue, and the listener readable.
                self.broken = Broken("accept", error)
                self.epoll.unregister(listener)
                return
            self.accepted += 1
            if self.does == "closes":
                one.close()
                continue
            self.held[one.fileno()] = one
            if self.does == "answers":
                self.epoll.register(one, select.EPOLLIN)

    def serve(self):
        say(ready=True)
        while True:
            for descriptor, _ in self.epoll.poll():
                if descriptor == 0:
                    return
                if descriptor in self.listeners:
                    self.accept(self.listeners[descriptor])
                else:
                    self.held.pop(descriptor).close()


def run_server(wish):
    server = Server(wish)
    server.serve()
    broken = server.broken
    say(made=server.accepted, errno=broken and broken.errno, operation=broken and broken.operation)


class Client:
    """Opens connections, one after the other, to each destination from each source in turn.

    `closes`: nobody (they are kept), "client" (at once) or "server" (and the client after it).
    With a `rate` none begins before its time; what was missed is not caught up.
    """

    def __init__(self, wish):
        self.to = [tuple(one) for one in wish["to"]]
        self.sources = wish.get("sources", [])
        self.takes_port = wish.get("bind_takes_port", False)
        self.most = wish["most"]
        self.interval = 1 / wish["rate"] if wish.get("rate") else 0
        self.closes = wish.get("closes")
        self.held = []
        self.epoll = select.epoll()  # what an event loop has open

    def open(self, index):
        to = self.to[index % len(self.to)]
        family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
        one = attempt("socket", socket.socket, family)
        try:
            if self.sources:
                if not self.takes_port:
                    one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
                source = self.sources[index // len(self.to) % len(self.sources)]
                attempt("bind", one.bind, (source, 0))
            attempt("connect", one.connect, to)
        except Broken:
            one.close()
            raise
        return one

    def use(self, one):
        if self.closes is None:
            self.held.append(one)
            return
        if self.closes == "server":
            one.recv(1)
        one.close()

    def run(self):
        begin = due = time.monotonic()
        made, broken = 0, None
        while made < self.most and time.monotonic() < begin + PATIENCE_S:
            if self.interval:
                time.sleep(max(0, due - time.monotonic()))
                due = max(due + self.interval, time.monotonic())
            try:
                self.use(self.open(made))
            except Broken as failed:
                broken = failed
                break
            made += 1
        return {"made": made, "errno": broken and broken.errno,
                "operation": broken and broken.operation, "seconds": time.monotonic() - begin}


def run_client(wish):
    client = Client(wish)
    say(**client.run())
    if wish.get("hold"):
        wait_for_the_end()


def run_handshakes(wish):
    """Connects that are begun from an address whose answers never arrive: `most` at once."""
    held = []
    for _ in range(wish["most"]):
        one = socket.socket()
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        one.bind((wish["source"], 0))
        one.connect_ex(tuple(wish["to"][0]))
        held.append(one)
    say(made=len(held))
    wait_for_the_end()


def run_threads(wish):
    """Children count as threads do, and unlike Python's threads say why there is none."""
    begin = time.monotonic()
    children, broken = [], None
    while len(children) + 1 < wish["most"]:  # the program's own is one
        try:
            child = attempt("clone", os.fork)
        except Broken as failed:
            broken = failed
            break
        if child == 0:
            wait_for_the_end()  # the standard input is everybody's
            os._exit(0)
        children.append(child)
    say(made=len(children) + 1, errno=broken and broken.errno,
        operation=broken and broken.operation, seconds=time.monotonic() - begin)
    wait_for_the_end()
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    {"serve": run_server, "connect": run_client, "handshakes": run_handshakes,
     "threads": run_threads}[sys.argv[1]](json.loads(sys.argv[2]))
    # Thousands of descriptors are the kernel's to close.
    os._exit(0)
