"""HTTP servers of labelled behaviour, each a process of its own on a loopback port of the caller's
namespace:  http_servers.py KIND [BYTES]  prints the port and serves until its standard input ends.

Sockets are plain where the writes are the point; `stdlib*` are Python's own http.server.
"""

import http.server
import os
import random
import socket
import sys
import threading
import time

HEAD = "HTTP/1.1 200 OK\r\nServer: labelled\r\nContent-Type: text/plain\r\n"


def set_option(connection, option, value):
    connection.setsockopt(socket.IPPROTO_TCP, option, value)


def head(length, more=""):
    return f"{HEAD}Content-Length: {length}\r\n{more}\r\n".encode()


class Plain:
    """Answers every request with a body of `size` bytes; subclasses say how it is written."""

    nodelay = False

    def __init__(self, size):
        self.size = size
        self.body = b"x" * size

    def answer(self, connection):
        connection.sendall(head(self.size) + self.body)

    def accepted(self, connection):
        set_option(connection, socket.TCP_NODELAY, 1 if self.nodelay else 0)

    def goes_on(self):
        return True

    def talk(self, connection):
        self.accepted(connection)
        pending = b""
        while self.goes_on():
            while b"\r\n\r\n" not in pending:
                more = connection.recv(65536)
                if not more:
                    return
                pending += more
            request, _, pending = pending.partition(b"\r\n\r\n")
            self.answer(connection)
            if b"connection: close" in request.lower():
                return

    def serve_one(self, connection):
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass

    def serve(self):
        with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
            print(listener.getsockname()[1], flush=True)
            end_with_input()
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self.serve_one, args=(connection,), daemon=True).start()


class TwoWrites(Plain):
    pause = 0

    def answer(self, connection):
        connection.sendall(head(self.size))
        if self.pause:
            time.sleep(self.pause)
        connection.sendall(self.body)


class TwoWritesNoDelay(TwoWrites):
    nodelay = True


class SlowBody(TwoWritesNoDelay):
    pause = 0.044


class Thinks(Plain):
    think = 0.040

    def answer(self, connection):
        time.sleep(self.think)
        super().answer(connection)


class ThinksShort(Thinks):
    think = 0.005


class ThinksLong(Thinks):
    think = 0.204


class ThinksAndHolds(TwoWrites):
    def answer(self, connection):
        time.sleep(0.050)
        super().answer(connection)


class Chunks(Plain):
    def answer(self, connection):
        connection.sendall((HEAD + "Transfer-Encoding: chunked\r\n\r\n").encode())
        for _ in range(20):
            connection.sendall(b"64\r\n" + b"x" * 100 + b"\r\n")
        connection.sendall(b"0\r\n\r\n")


class ChunksNoDelay(Chunks):
    nodelay = True


class Corks(Plain):
    """Corks, writes, and forgets to take the cork off."""

    def accepted(self, connection):
        set_option(connection, socket.TCP_CORK, 1)


class Closes(Plain):
    def answer(self, connection):
        connection.sendall(head(self.size, "Connection: close\r\n") + self.body)

    def talk(self, connection):
        connection.recv(65536)
        self.answer(connection)


class ClosesAtRandom(Plain):
    """Keeps the connection, says so, and closes one in ten between two answers."""

    def __init__(self, size):
        super().__init__(size)
        self.random = random.Random(7)

    def goes_on(self):
        return self.random.random() > 0.1


class Trickles(Plain):
    def answer(self, connection):
        connection.sendall(head(self.size))
        for _ in range(self.size):
            time.sleep(1)
            connection.sendall(b"x")


class Rude(Plain):
    def answer(self, connection):
        connection.sendall(b"\x00\xffSPAM 20x0 what\r\n\r\n" + b"y" * 100)


class Proxy(Plain):
    """Asks an upstream of its own over one kept connection, then answers in one write or two."""

    upstream = Plain
    two_writes = True
    nodelay = False

    def __init__(self, size):
        super().__init__(size)
        self.port = None
        behind = self.upstream(size)

        def run():
            with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
                self.port = listener.getsockname()[1]
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=behind.serve_one, args=(connection,),
                                     daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        while self.port is None:
            time.sleep(0.01)

    def talk(self, connection):
        with socket.create_connection(("127.0.0.1", self.port)) as behind:
            behind.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            set_option(connection, socket.TCP_NODELAY, 1 if self.nodelay else 0)
            request = connection.recv(65536)
            while request:
                behind.sendall(b"GET / HTTP/1.1\r\nHost: behind\r\n\r\n")
                want = len(head(self.size)) + self.size
                answer = b""
                while len(answer) < want:
                    answer += behind.recv(65536)
                first, _, rest = answer.partition(b"\r\n\r\n")
                if self.two_writes:
                    connection.sendall(first + b"\r\n\r\n")
                    connection.sendall(rest)
                else:
                    connection.sendall(answer)
                if b"connection: close" in request.lower():
                    return
                request = connection.recv(65536)


class ProxyOverStall(Proxy):
    upstream = TwoWrites
    two_writes = False
    nodelay = True


class Stdlib(http.server.BaseHTTPRequestHandler):
    """As in http.server: HTTP/1.1, the head flushed by end_headers, the body written after it."""

    protocol_version = "HTTP/1.1"
    size = 1000

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        self.wfile.write(b"x" * self.size)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # the client had enough
            pass


class StdlibNoDelay(Stdlib):
    disable_nagle_algorithm = True


class StdlibBuffered(Stdlib):
    wbufsize = -1


KINDS = {
    "fine": Plain, "two_writes": TwoWrites, "two_writes_nodelay": TwoWritesNoDelay,
    "slow_body": SlowBody, "thinks": Thinks, "thinks_short": ThinksShort,
    "thinks_long": ThinksLong, "thinks_and_holds": ThinksAndHolds, "chunks": Chunks,
    "chunks_nodelay": ChunksNoDelay, "corks": Corks, "closes": Closes,
    "closes_at_random": ClosesAtRandom, "trickles": Trickles, "rude": Rude, "proxy": Proxy,
    "proxy_over_stall": ProxyOverStall,
}
STDLIB = {"stdlib": Stdlib, "stdlib_nodelay": StdlibNoDelay, "stdlib_buffered": StdlibBuffered}


def end_with_input():
    def wait():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def main(kind, size):
    if kind in KINDS:
        KINDS[kind](size).serve()
        return
    handler = STDLIB[kind]
    handler.size = size
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(server.server_address[1], flush=True)
        end_with_input()
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
