"""Loads that run out of source ports, and some that must not.

A range of 1000 ports makes 2 % twenty connections; whatever else a load needs is plenty.
"""

import socket

from pair import SERVER_ADDRESS
from wall_words import FIRST, KEPT, LAST, PORTS, TO, asked
from wall_world import Breaks, breaking, carried

# On a busy machine a reset on the heels of a close ends TIME_WAIT early, of a few in a hundred
# connections (RFC 1337); this key has the kernel ignore it.
RESTING = {**PORTS, "tcp_rfc1337": 1}
REUSED = {"ip_local_port_range": f"{FIRST} {FIRST + 399}", "tcp_rfc1337": 1, "tcp_tw_reuse": 1,
          "tcp_timestamps": 1}
NO_PORT = Breaks("source_ports", "EADDRNOTAVAIL", "connect")
NO_BIND = Breaks("source_ports", "EADDRINUSE", "bind")


# Source ports of connections that are kept.


def ports_of_one_target(world):
    space = world.space(**PORTS)
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT))
    yield breaking("one target", walls, NO_PORT, world.connect(space, most=1500))


def ports_just_enough(world):
    space = world.space(**PORTS)
    world.serve(space)
    walls = world.check(space, *asked(1000, *KEPT))
    yield carried("one target, as many as ports", walls, 1000, world.connect(space, most=1000))


def ports_reserved(world):
    reserved = f"8080,{FIRST + 100}-{FIRST + 199},{LAST}-{LAST + 500}"
    space = world.space(**PORTS, ip_local_reserved_ports=reserved)
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT))
    yield breaking("reserved ports inside", walls, NO_PORT, world.connect(space, most=1500))


def ports_of_two_targets(world):
    space = world.space(**PORTS)
    world.serve(space, addresses=["127.0.0.1", "127.0.0.2"])
    to = (TO, "127.0.0.2:9000")
    walls = world.check(space, *asked(3000, *KEPT, to=to))
    yield breaking("two targets", walls, NO_PORT, world.connect(space, to=to, most=3000))


def ports_of_ipv6(world):
    space = world.space(**PORTS)
    world.serve(space, addresses=["::1"])
    to = ("[::1]:9000",)
    walls = world.check(space, *asked(1500, *KEPT, to=to))
    yield breaking("IPv6", walls, NO_PORT, world.connect(space, to=to, most=1500))


def ports_of_a_bound_source(world):
    """Other sources' connections are in nobody's way."""
    space = world.space(**PORTS)
    world.serve(space)
    world.connect(space, most=300)
    walls = world.check(space, *asked(1500, *KEPT, "--bind", "127.0.0.5"))
    real = world.connect(space, sources=["127.0.0.5"], most=1500)
    yield breaking("a bound source", walls, NO_PORT, real)


def ports_of_the_chosen_source(world):
    """The same from the other side: what others hold by a bound source is in nobody's way."""
    space = world.space(**PORTS)
    world.serve(space)
    world.connect(space, sources=["127.0.0.5"], most=300)
    walls = world.check(space, *asked(1500, *KEPT))
    yield breaking("beside a bound source", walls, NO_PORT, world.connect(space, most=1500))


def ports_of_two_bound_sources(world):
    space = world.space(**PORTS)
    world.serve(space)
    sources = ["127.0.0.5", "127.0.0.6"]
    walls = world.check(space, *asked(3000, *KEPT, "--bind", sources[0], "--bind", sources[1]))
    real = world.connect(space, sources=sources, most=3000)
    yield breaking("two bound sources", walls, NO_PORT, real)


def ports_taken_by_bind(world):
    """One range for both targets."""
    space = world.space(**PORTS)
    world.serve(space, addresses=["127.0.0.1", "127.0.0.2"])
    to = (TO, "127.0.0.2:9000")
    walls = world.check(space, *asked(3000, *KEPT, "--bind", "127.0.0.5", "--bind-takes-port", to=to))
    real = world.connect(space, to=to, sources=["127.0.0.5"], bind_takes_port=True, most=3000)
    yield breaking("bind takes the port", walls, NO_BIND, real)


def ports_taken_by_bind_beside_others(world):
    """What the source has towards another target is missing here; what other sources have is not."""
    space = world.space(**PORTS)
    world.serve(space, addresses=["127.0.0.1", "127.0.0.2"])
    world.connect(space, sources=["127.0.0.5"], to=("127.0.0.2:9000",), most=200)
    world.connect(space, sources=["127.0.0.6"], most=150)
    walls = world.check(space, *asked(1500, *KEPT, "--bind", "127.0.0.5", "--bind-takes-port"))
    real = world.connect(space, sources=["127.0.0.5"], bind_takes_port=True, most=1500)
    yield breaking("bind takes the port, others there", walls, NO_BIND, real)


def ports_taken_by_bind_and_left(world):
    """In TIME_WAIT a port is lost to bind(2), whatever tcp_tw_reuse says."""
    space = world.space(**RESTING, tcp_tw_reuse=1)
    world.serve(space, does="answers")
    walls = world.check(space, *asked(1, "--rate", "800", "--bind", "127.0.0.5", "--bind-takes-port"))
    real = world.connect(space, sources=["127.0.0.5"], bind_takes_port=True, most=3000, rate=800,
                         closes="client")
    yield breaking("bind takes the port, TIME_WAIT", walls, NO_BIND, real)


def ports_in_use(world):
    """By connections to the target, by a listener and by a socket that is only bound."""
    space = world.space(**PORTS)
    world.serve(space, addresses=["127.0.0.1", "127.0.0.2"])
    world.serve(space, port=FIRST + 500, addresses=["127.0.0.3"])
    with space.inside():
        bound = world.enter_context(socket.socket())
    bound.bind(("127.0.0.4", FIRST + 501))
    world.connect(space, most=200)
    world.connect(space, most=150, to=("127.0.0.2:9000",))
    walls = world.check(space, *asked(1500, *KEPT))
    yield breaking("ports in use", walls, NO_PORT, world.connect(space, most=1500))


def ports_in_use_to_one_of_two(world):
    """A load that takes turns stops where the first of its targets has no port left."""
    space = world.space(**PORTS)
    world.serve(space, addresses=["127.0.0.1", "127.0.0.2"])
    world.connect(space, most=300)
    to = (TO, "127.0.0.2:9000")
    walls = world.check(space, *asked(3000, *KEPT, to=to))
    yield breaking("one of two targets in use", walls, NO_PORT, world.connect(space, to=to, most=3000))


# Source ports of connections that come and go.


def churn(world, space, most, rate, closes="client", to=TO, does="answers", **server):
    world.serve(server.get("of", space), does=does, addresses=[to.rpartition(":")[0]])
    asking = ["--rate", str(rate), "--closes-first", closes]
    if closes == "server" or "seconds" in server:
        asking += ["--duration", f"{server.get('seconds', most / rate)}s"]
    walls = world.check(space, *asked(1, *asking, to=(to,)))
    return walls, world.connect(space, to=(to,), most=most, rate=rate, closes=closes)


def time_wait(world):
    space = world.space(**RESTING, tcp_tw_reuse=0)
    walls, real = churn(world, space, 3000, 800)
    yield breaking("TIME_WAIT", walls, NO_PORT, real)


def time_wait_ends_in_time(world):
    """As many as there are ports, less the one at a time: then it is over."""
    space = world.space(**RESTING, tcp_tw_reuse=0)
    walls, real = churn(world, space, 999, 800, seconds=999 / 800)
    yield carried("TIME_WAIT, a short load", walls, 999, real)


def time_wait_of_before(world):
    """What an earlier load left is missing to a later one."""
    space = world.space(**RESTING, tcp_tw_reuse=0)
    world.serve(space, does="answers")
    world.connect(space, most=300, closes="client")
    walls = world.check(space, *asked(1500, *KEPT))
    yield breaking("TIME_WAIT of before", walls, NO_PORT, world.connect(space, most=1500))


def time_wait_of_the_server(world):
    """No port of the client is missing."""
    space = world.space(**RESTING, tcp_tw_reuse=0)
    walls, real = churn(world, space, 3000, 1000, closes="server", does="closes")
    yield carried("the server closes first", walls, 3000, real)


def time_wait_of_another_host(world):
    """tcp_tw_reuse 2 is of no use beyond loopback."""
    pair = world.pair(**RESTING, tcp_tw_reuse=2)
    walls, real = churn(world, pair.client, 3000, 800, to=f"{SERVER_ADDRESS}:9000", of=pair.server)
    yield breaking("TIME_WAIT, another host", walls, NO_PORT, real)


def time_wait_reused(world):
    """Slower than ports come back: each is used more than once. A second may be two on a kernel
    that counts in whole ones."""
    space = world.space(**REUSED)
    walls, real = churn(world, space, 640, 160)
    yield carried("reuse, a rate below", walls, 640, real)


def time_wait_reused_too_slowly(world):
    """All ports are gone before the first comes back, also where the machine is busy: a kernel that
    lets that time be chosen has them rest for longer than a second."""
    space = world.space(**REUSED)
    if space.has("net.ipv4.tcp_tw_reuse_delay"):
        space.write("net.ipv4.tcp_tw_reuse_delay", 20_000)
    walls, real = churn(world, space, 2000, 2000)
    yield breaking("reuse, a rate above", walls, NO_PORT, real)


def time_wait_not_reused_without_stamps(world):
    space = world.space(**RESTING, tcp_tw_reuse=1, tcp_timestamps=0)
    walls, real = churn(world, space, 3000, 800)
    yield breaking("reuse without time stamps", walls, NO_PORT, real)


def time_wait_forgotten(world):
    """What does not fit into the table leaves its port at once."""
    space = world.space(**RESTING, tcp_tw_reuse=0, tcp_max_tw_buckets=300)
    walls, real = churn(world, space, 3000, 1000)
    yield carried("TIME_WAIT table smaller than ports", walls, 3000, real)


def time_wait_forgotten_too_late(world):
    """A smaller rest of ports than the table holds."""
    space = world.space(**RESTING, tcp_tw_reuse=0, tcp_max_tw_buckets=300)
    world.serve(space, does="answers")
    world.connect(space, most=800)
    walls = world.check(space, *asked(1, "--rate", "800"))
    real = world.connect(space, most=3000, rate=800, closes="client")
    yield breaking("TIME_WAIT table larger than the rest", walls, NO_PORT, real)


# The first waits for ports to come back.
CELLS = [
    time_wait_reused,
    time_wait, time_wait_ends_in_time, time_wait_of_before, time_wait_of_the_server,
    time_wait_of_another_host, time_wait_reused_too_slowly,
    time_wait_not_reused_without_stamps, time_wait_forgotten, time_wait_forgotten_too_late,
    ports_of_one_target, ports_just_enough, ports_reserved, ports_of_two_targets,
    ports_of_ipv6, ports_of_a_bound_source, ports_of_the_chosen_source,
    ports_of_two_bound_sources, ports_taken_by_bind, ports_taken_by_bind_beside_others,
    ports_taken_by_bind_and_left, ports_in_use, ports_in_use_to_one_of_two,
]
