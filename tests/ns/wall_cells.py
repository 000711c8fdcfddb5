"""Loads that must be told of their first wall, and then really meet it.

A range of 1000 source ports makes 2 % twenty connections; whatever else a load needs is plenty.
"""

import socket

import wall_conntrack
from control_group import Group, Unsupported
from pair import SERVER_ADDRESS
from wall_world import Breaks, breaking, carried, note

FIRST, LAST = 40000, 40999
PORTS = {"ip_local_port_range": f"{FIRST} {LAST}"}
# On a busy machine a reset on the heels of a close ends TIME_WAIT early, of a few in a hundred
# connections (RFC 1337); this key has the kernel ignore it.
RESTING = {**PORTS, "tcp_rfc1337": 1}
REUSED = {"ip_local_port_range": f"{FIRST} {FIRST + 399}", "tcp_rfc1337": 1, "tcp_tw_reuse": 1,
          "tcp_timestamps": 1}
KEPT = ("--keepalive",)
TO = "127.0.0.1:9000"
# A user who has nothing else running.
AS_STRANGER = ("setpriv", "--reuid=61234", "--regid=61234", "--clear-groups")
# Gives up after the second SYN: three seconds instead of two minutes.
HASTY = {"tcp_syn_retries": 1}

NO_PORT = Breaks("source_ports", "EADDRNOTAVAIL", "connect")
NO_BIND = Breaks("source_ports", "EADDRINUSE", "bind")
NO_ACCEPT = Breaks("accept_backlog", "ETIMEDOUT", "connect")


def asked(connections, *more, to=(TO,)):
    targets = [word for one in to for word in ("--to", one)]
    return "--connections", str(connections), *targets, *more


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
    """All ports are gone before the first comes back."""
    space = world.space(**REUSED)
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


# Descriptors.


NOFILE = 1024
BESIDE = 6  # what check leaves for a program of one thread


def descriptors_of_a_client(world):
    space = world.space()
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT), nofile=NOFILE)
    real = world.connect(space, nofile=NOFILE, most=1500)
    yield breaking("descriptors of a client", walls, Breaks("descriptors", "EMFILE", "socket"), real)


def descriptors_just_enough(world):
    space = world.space()
    world.serve(space)
    most = NOFILE - BESIDE
    walls = world.check(space, *asked(most, *KEPT), nofile=NOFILE)
    real = world.connect(space, nofile=NOFILE, most=most)
    yield carried("descriptors, just enough", walls, most, real)


def descriptors_of_a_server(world):
    space = world.space()
    server = world.serve(space, nofile=NOFILE)
    walls = world.check(space, "--listen", "9000", "--connections", "1500", *KEPT, nofile=NOFILE)
    world.connect(space, most=1500)
    yield breaking("descriptors of a server", walls, Breaks("descriptors", "EMFILE", "accept"),
                   server.end())


def descriptors_before_ports(world):
    """Two walls, and the nearer one is said to be the first."""
    space = world.space(**PORTS)
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT), nofile=512)
    if [one["resource"] for one in walls[:2]] != ["descriptors", "source_ports"]:
        raise AssertionError(f"the second wall: {walls[:2]}")
    real = world.connect(space, nofile=512, most=1500)
    yield breaking("descriptors before ports", walls, Breaks("descriptors", "EMFILE", "socket"), real)


# Queues of a listener.


def accept_queue(world):
    """The listener is there, and asleep."""
    space = world.space(**HASTY)
    world.serve(space, does="sleeps", backlog=100)
    walls = world.check(space, *asked(300, *KEPT))
    real = world.connect(space, most=300)
    yield breaking("accept queue", walls, NO_ACCEPT, real)
    if space.counter("ListenOverflows") == 0:
        raise AssertionError("the kernel counted no overflow of the queue")


def accept_queue_just_enough(world):
    space = world.space(**HASTY)
    world.serve(space, does="sleeps", backlog=100)
    walls = world.check(space, *asked(101, *KEPT))
    yield carried("accept queue, just enough", walls, 101, world.connect(space, most=101))


def accept_queue_partly_taken(world):
    space = world.space(**HASTY)
    world.serve(space, does="sleeps", backlog=150)
    world.connect(space, most=50)
    walls = world.check(space, *asked(300, *KEPT))
    yield breaking("accept queue, partly taken", walls, NO_ACCEPT, world.connect(space, most=300))


def accept_queues_of_two_targets(world):
    """A listener each, the second with the shorter queue, and a third of nobody's."""
    space = world.space(**HASTY)
    for address, backlog in (("127.0.0.1", 200), ("127.0.0.2", 100), ("127.0.0.3", 5)):
        world.serve(space, does="sleeps", backlog=backlog, addresses=[address])
    to = (TO, "127.0.0.2:9000")
    walls = world.check(space, *asked(600, *KEPT, to=to))
    real = world.connect(space, to=to, most=600)
    yield breaking("accept queues of two targets", walls, NO_ACCEPT, real)


def accept_queue_of_a_plan(world):
    """No listener yet: what it will ask for is cut by somaxconn. Resetting on overflow resets only
    handshakes that are under way."""
    space = world.space(**HASTY, tcp_abort_on_overflow=1)
    space.write("net.core.somaxconn", 200)
    walls = world.check(space, "--listen", "9000", "--backlog", "500", "--connections", "400", *KEPT)
    world.serve(space, does="sleeps", backlog=500)
    real = world.connect(space, most=400)
    yield breaking("accept queue, cut by somaxconn", walls, NO_ACCEPT, real)


def syn_backlog(world):
    """Handshakes that are never ended, as many as the load has, and one client more."""
    pair = world.pair(**HASTY)
    pair.server.write("net.ipv4.tcp_syncookies", 0)
    pair.server.write("net.ipv4.tcp_max_syn_backlog", 400)
    # Answers to this address come back to the server itself, which throws them away.
    pair.client.ip("addr", "add", "10.9.1.1/32", "dev", "lo")
    pair.server.ip("route", "add", "10.9.1.1/32", "dev", "lo")
    world.serve(pair.server, addresses=[SERVER_ADDRESS])
    walls = world.check(pair.server, "--listen", "9000", "--connections", "600", *KEPT)
    to = [(SERVER_ADDRESS, 9000)]
    world.load("handshakes", pair.client, source="10.9.1.1", to=to, most=600).says()
    with pair.server.inside(), open("/proc/thread-self/net/tcp", encoding="ascii") as file:
        under_way = sum(line.split()[3] == "03" for line in file)  # TCP_SYN_RECV
    real = world.connect(pair.client, to=(f"{SERVER_ADDRESS}:9000",), most=1)
    yield breaking("SYN backlog", walls, Breaks("syn_backlog", "ETIMEDOUT", "connect"),
                   {**real, "made": under_way})


def syn_backlog_with_cookies(world):
    """Nobody is turned away."""
    pair = world.pair(**HASTY)
    pair.server.write("net.ipv4.tcp_syncookies", 1)
    pair.server.write("net.core.somaxconn", 100)
    pair.client.ip("addr", "add", "10.9.1.1/32", "dev", "lo")
    pair.server.ip("route", "add", "10.9.1.1/32", "dev", "lo")
    world.serve(pair.server, addresses=[SERVER_ADDRESS])
    walls = [one for one in world.check(pair.server, "--listen", "9000", "--connections", "600", *KEPT)
             if one["resource"] == "syn_backlog"]
    to = [(SERVER_ADDRESS, 9000)]
    world.load("handshakes", pair.client, source="10.9.1.1", to=to, most=600).says()
    real = world.connect(pair.client, to=(f"{SERVER_ADDRESS}:9000",), most=50)
    yield carried("SYN backlog, cookies", walls, 50, real)


# The table of tracked connections.


LEFT = 1000


def conntrack(world):
    """The table is the whole host's in size, and each namespace's in use: filled up to a rest."""
    space = world.space(**HASTY)
    world.serve(space)
    with space.inside():
        try:
            wall_conntrack.fill_up_to(LEFT)
        except wall_conntrack.Unsupported as why:
            note(f"no conntrack table to fill: {why}")
            yield nothing_said(world, space)
            return
    walls = world.check(space, *asked(1500, *KEPT))
    real = world.connect(space, most=1500)
    yield breaking("conntrack table", walls, Breaks("conntrack", "ETIMEDOUT", "connect"), real)


def nothing_said(world, space):
    """Without a table there is no such wall; with one that nobody is seen to use it is unknown."""
    walls = {one["resource"]: one for one in world.check(space, *asked(100_000_000, *KEPT))}
    there, loaded = walls.get("conntrack"), wall_conntrack.loaded()
    if (there is None) == loaded or (there and not there.get("unknown")):
        raise AssertionError(f"conntrack, loaded {loaded}: {there}")
    return carried("conntrack, none to fill", [], 100, world.connect(space, most=100))


def conntrack_not_known_to_be_used(world):
    """No rule is seen: a table that were too small is said to be unknown."""
    space = world.space()
    world.serve(space)
    yield nothing_said(world, space)


# Threads: the program's first among them.


NO_THREAD = Breaks("threads", "EAGAIN", "clone")


def threads_of_a_user(world):
    """Nobody else has that number, so nothing else of the user runs."""
    space = world.space()
    wrapper = (*AS_STRANGER, "prlimit", "--nproc=150:150")
    walls = world.check(space, *asked(10, *KEPT, "--threads", "300"), wrapper=wrapper)
    real = world.load("threads", space, wrapper=wrapper, most=300).says()
    yield breaking("threads of a user", walls, NO_THREAD, real)


def threads_of_a_control_group(world):
    space = world.space()
    try:
        wrapper = world.enter_context(Group("pids.max", 150)).wrapper
    except Unsupported as why:
        note(f"threads_of_a_control_group is not tried: {why}")
        return
    walls = world.check(space, *asked(10, *KEPT, "--threads", "300"), wrapper=wrapper)
    real = world.load("threads", space, wrapper=wrapper, most=300).says()
    yield breaking("threads of a control group", walls, NO_THREAD, real)




# What only root can set up.
OF_ROOT = [threads_of_a_user, threads_of_a_control_group]
OF_ANYONE = [
    # Those that wait for the kernel's timers begin first.
    conntrack, time_wait_reused, syn_backlog, accept_queue, accept_queue_of_a_plan,
    accept_queue_partly_taken, accept_queues_of_two_targets,
    accept_queue_just_enough, syn_backlog_with_cookies,
    time_wait, time_wait_ends_in_time, time_wait_of_before, time_wait_of_the_server,
    time_wait_of_another_host, time_wait_reused_too_slowly, time_wait_not_reused_without_stamps,
    time_wait_forgotten, time_wait_forgotten_too_late, conntrack_not_known_to_be_used,
    ports_of_one_target, ports_just_enough, ports_reserved, ports_of_two_targets, ports_of_ipv6,
    ports_of_a_bound_source, ports_of_the_chosen_source, ports_of_two_bound_sources,
    ports_taken_by_bind, ports_taken_by_bind_beside_others, ports_taken_by_bind_and_left,
    ports_in_use, ports_in_use_to_one_of_two,
    descriptors_of_a_client, descriptors_just_enough, descriptors_of_a_server,
    descriptors_before_ports,
]
