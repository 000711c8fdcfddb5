"""Healthy programs under load: nobody is to be accused, however often one looks."""

import os
import pathlib
import shutil
import time

from http_world import NGINX, PATH
from namespace import TUNEWIRE
from pair import SERVER_ADDRESS
from socket_world import Watch, usual_congestion

RUNS = int(os.environ.get("TUNEWIRE_HEALTHY_RUNS", "2"))
PLAIN = ("--all", "--for", "800ms")
OPTIONS = ("--all", "--options", "--for", "800ms")


def healthy(space, arguments=PLAIN):
    time.sleep(0.2)
    return Watch(space, arguments=arguments, runs=RUNS)


def found(program):
    path = shutil.which(program, path=PATH)
    if path is None:
        raise RuntimeError(f"{program} is not installed (debian/control lists it)")
    return path


def nginx(world, space, body):
    """nginx with a port of the space's own choosing."""
    folder = pathlib.Path(world.state)
    config = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(NGINX.format(folder=folder, port=8080, body=body, user=user))
    world.load(space, found("nginx"), "-c", str(config), "-p", str(folder))
    time.sleep(0.4)
    return 8080


def nginx_under_load(world):
    space = world.space()
    port = nginx(world, space, 'return 200 "hello";')
    world.load(space, found("wrk"), "-t1", "-c32", "-d600s", f"http://127.0.0.1:{port}/")
    yield healthy(space)
    yield healthy(space, OPTIONS)


def nginx_with_files(world):
    space = world.space(usual_congestion())
    port = nginx(world, space, f"root {world.state}; sendfile on; tcp_nopush on;")
    (pathlib.Path(world.state) / "large").write_bytes(bytes(100_000))
    os.chmod(world.state, 0o755)
    world.load(space, found("wrk"), "-t1", "-c8", "-d600s", f"http://127.0.0.1:{port}/large")
    yield healthy(space, OPTIONS)


def bulk(world):
    space = world.space()
    reader = world.serve(space, behaviour="reads")
    world.connect(space, reader.port, behaviour="streams")
    yield healthy(space)


def bulk_over_a_network(world):
    pair = world.pair(usual_congestion())
    sender = world.serve(pair.server, behaviour="streams", address=SERVER_ADDRESS)
    world.connect(pair.client, sender.port, behaviour="reads", address=SERVER_ADDRESS, count=2)
    yield healthy(pair.server)
    yield healthy(pair.client)


def typing(world):
    pair = world.pair()
    server = world.serve(pair.server, behaviour="types", address=SERVER_ADDRESS, nodelay=1,
                         pause=[0.05, 0.2], line=200)
    world.connect(pair.client, server.port, behaviour="types", address=SERVER_ADDRESS, nodelay=1,
                  pause=[0.05, 0.2], count=3)
    yield healthy(pair.server)
    yield healthy(pair.client)


def idle_pool(world):
    space = world.space()
    server = world.serve(space, behaviour="answers")
    world.connect(space, server.port, behaviour="sleeps", count=200, keepalive=(60, 60, 5))
    yield healthy(space, OPTIONS)


def load_of_our_own(world):
    space = world.space()
    server = world.http_server(space, "fine")
    # Load alone: the proof behind it writes a request in two pieces on purpose, and is found out.
    world.load(space, TUNEWIRE, "--json", "http", f"http://127.0.0.1:{server.port}/", "-c", "20",
               "-z", "600s", "--no-proof")
    yield healthy(space)


def services(world):
    """Questions and answers with NODELAY, without it in one write each, and one that thinks."""
    space = world.space()
    for wish in ({"nodelay": 1}, {}, {"think": 0.04}, {"nodelay": 1, "pieces": 2},
                 {"think": 0.005, "reply": 20_000}):
        server = world.serve(space, behaviour="answers", **wish)
        world.connect(space, server.port, behaviour="asks", count=2, reply=wish.get("reply", 200),
                      pause=[0.0, 0.004])
    yield healthy(space)
    yield healthy(space, OPTIONS)


def quick_echo(world):
    space = world.space()
    server = world.serve(space, behaviour="answers", quickack=True)
    world.connect(space, server.port, behaviour="asks", quickack=True, count=2)
    yield healthy(space)


def far_away(world):
    """30 ms there and back: every answer takes that long, and nobody could make it shorter."""
    relay = world.relay(rtt_ms=30)
    for wish in ({"nodelay": 1}, {}, {"reply": 10_000}):
        server = world.serve(relay.server, behaviour="answers", address=SERVER_ADDRESS, **wish)
        world.connect(relay.client, server.port, behaviour="asks", address=SERVER_ADDRESS, count=2,
                      reply=wish.get("reply", 200))
    yield healthy(relay.server)
    yield healthy(relay.client)


def nginx_before_another(world):
    space = world.space()
    behind = world.http_server(space, "two_writes_nodelay")
    port = nginx(world, space, f"location / {{ proxy_pass http://127.0.0.1:{behind.port}; "
                               "proxy_http_version 1.1; proxy_set_header Connection keep-alive; }")
    world.load(space, found("wrk"), "-t1", "-c8", "-d600s", f"http://127.0.0.1:{port}/")
    yield healthy(space)


def slow_body(world):
    """The same 44 ms as Nagle's, and none of it is Nagle's or a delayed ACK's doing."""
    space = world.space()
    server = world.serve(space, behaviour="answers", nodelay=1, pieces=2, between=0.044)
    world.connect(space, server.port, behaviour="asks", count=2)
    yield healthy(space)


def log_stream(world):
    """Small writes that nobody answers are what Nagle's algorithm was made for."""
    pair = world.pair()
    reader = world.serve(pair.server, behaviour="reads", address=SERVER_ADDRESS)
    world.connect(pair.client, reader.port, behaviour="streams", address=SERVER_ADDRESS, chunk=120,
                  pause=[0.0, 0.002])
    yield healthy(pair.client)
    yield healthy(pair.server)


def connection_a_request(world):
    space = world.space()
    server = world.http_server(space, "closes")
    world.connect(space, server.port, manner="visit", pause=0.002)
    yield healthy(space)


CELLS = (nginx_under_load, nginx_with_files, bulk, bulk_over_a_network, typing, idle_pool,
         load_of_our_own, services, quick_echo, nginx_before_another, slow_body, log_stream,
         connection_a_request)
FAR = (far_away,)
