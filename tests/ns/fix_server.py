"""A program with trouble of its own making, which tells on wish what its sockets are set to.

`fix_server.py MODE`: serves the port that the kernel gives it, says which, and answers lines on its
standard input: "options" with every socket's options, "count" with the answers so far, "set N V"
sets TCP option N of every connection. `fix_server.py client PORT [COUNT]` asks for ever.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

TCP_NODELAY, TCP_CORK, TCP_QUICKACK, TCP_DELACK_MAX_US = 1, 3, 12, 46
REQUEST, REPLY = 50, 200
PATIENCE_S = 30


def _option(end, number):
    try:
        return end.getsockopt(socket.IPPROTO_TCP, number)
    except OSError:
        return None


def options_of(end):
    return {"nodelay": _option(end, TCP_NODELAY), "cork": _option(end, TCP_CORK),
            "delack_max_us": _option(end, TCP_DELACK_MAX_US),
            "keepalive": end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)}


def _reply(end, mode):
    if mode == "pieces":
        end.send(bytes(REPLY // 2))
        end.send(bytes(REPLY // 2))
    elif mode == "more":
        end.send(bytes(REPLY), socket.MSG_MORE)
    else:
        end.send(bytes(REPLY))


def _serve(end, mode, counts):
    if mode == "cork":
        end.setsockopt(socket.IPPROTO_TCP, TCP_CORK, 1)
    try:
        while end.recv(REQUEST, socket.MSG_WAITALL):
            _reply(end, mode)
            counts[0] += 1
    except OSError:
        pass


def exchange(end):
    end.sendall(bytes(REQUEST))
    if len(end.recv(REPLY, socket.MSG_WAITALL)) != REPLY:
        raise EOFError


def _client(port, counts, ends):
    end = socket.create_connection(("127.0.0.1", port))
    ends.append(end)
    while True:
        exchange(end)
        counts[0] += 1


def _listen(mode, counts, ends):
    listener = socket.create_server(("127.0.0.1", 0))
    ends.append(listener)
    if mode == "prefork":
        _prefork(listener, counts, ends)
        return listener

    def accept():
        while True:
            end, _ = listener.accept()
            ends.append(end)
            threading.Thread(target=_serve, args=(end, mode, counts), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return listener


def _prefork(listener, counts, ends):
    """The first connection is held by a fork, too."""
    def accept():
        end, _ = listener.accept()
        ends.append(end)
        if os.fork() == 0:
            time.sleep(PATIENCE_S)
            os._exit(0)
        _serve(end, "pieces", counts)
    threading.Thread(target=accept, daemon=True).start()


def _obey(line, counts, ends):
    words = line.split()
    if words[0] == "options":
        return [options_of(end) for end in ends if end.fileno() >= 0]
    if words[0] == "count":
        return counts[0]
    if words[0] == "set":
        for end in ends[1:] or ends:
            end.setsockopt(socket.IPPROTO_TCP, int(words[1]), int(words[2]))
    elif words[0] == "replace":
        # Another socket where the first connection was: same descriptor, set by the program itself.
        number = ends[1].fileno()
        other = socket.create_connection(ends[0].getsockname())
        other.setsockopt(socket.IPPROTO_TCP, TCP_NODELAY, 1)
        os.dup2(other.fileno(), number)
    return "done"


def main():
    mode = sys.argv[1]
    counts, ends = [0], []
    if mode == "client":
        threading.Thread(target=_client, args=(int(sys.argv[2]), counts, ends), daemon=True).start()
        port = int(sys.argv[2])
    else:
        port = _listen(mode, counts, ends).getsockname()[1]
    print(port, flush=True)
    for line in sys.stdin:
        print(json.dumps(_obey(line, counts, ends)), flush=True)
    os._exit(0)


class Program:
    """One of these programs, run by a test; it ends with its standard input."""

    def __init__(self, *arguments, wrapper=()):
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-B", os.path.abspath(__file__), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def options(self):
        return self.ask("options")

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait(timeout=PATIENCE_S)
        self.process.stdout.close()


class Client:
    """The test's own end: one connection, exchanges in a thread, counted."""

    def __init__(self, port):
        self.end = socket.create_connection(("127.0.0.1", port))
        self.count = 0
        self.stop = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stop:
                exchange(self.end)
                self.count += 1
        except (OSError, EOFError):
            pass

    def rate(self, seconds):
        """Exchanges a second."""
        begin, count = time.monotonic(), self.count
        time.sleep(seconds)
        return (self.count - count) / (time.monotonic() - begin)

    def best_rate(self, windows, seconds):
        """Of several windows: another program on the machine may take one for itself."""
        return max(self.rate(seconds) for _ in range(windows))

    def close(self):
        self.stop = True
        # No FIN behind unread bytes: the server must not be told by a reset.
        self.end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        try:
            self.end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join(timeout=5)
        self.end.close()


if __name__ == "__main__":
    main()
