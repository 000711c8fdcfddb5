"""Echo servers of other people's making: `echo.py ADDRESS PORT SIZE WAY` answers each SIZE bytes.

plain: in one write. slow: in one write, 44 ms later. halves: in two writes, the first a small one.
"""

import socket
import sys
import time


def answer(end, data, way):
    if way == "slow":
        time.sleep(0.044)
    if way == "halves":
        end.sendall(data[:100])
        data = data[100:]
    end.sendall(data)


def serve(address, port, size, way):
    with socket.create_server((address, port)) as listener:
        while True:
            end, _ = listener.accept()
            with end:
                talk(end, size, way)


def talk(end, size, way):
    data = b""
    try:
        while piece := end.recv(65536):
            data += piece
            while len(data) >= size:
                answer(end, data[:size], way)
                data = data[size:]
    except ConnectionError:
        pass


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
