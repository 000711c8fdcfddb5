"""Loads that run out of descriptors, of room in a queue or a table, or of threads, and some that do
not.
"""

import wall_conntrack
from control_group import Group, Unsupported
from pair import SERVER_ADDRESS
from wall_words import KEPT, PORTS, TO, asked
from wall_world import Breaks, breaking, carried, note

# A user who has nothing else running.
AS_STRANGER = ("setpriv", "--reuid=61234", "--regid=61234", "--clear-groups")
# Gives up after the second SYN: three seconds instead of two minutes.
HASTY = {"tcp_syn_retries": 1}

NO_ACCEPT = Breaks("accept_backlog", "ETIMEDOUT", "connect")
NO_SYN = Breaks("syn_backlog", "ETIMEDOUT", "connect")
NO_ENTRY = Breaks("conntrack", "ETIMEDOUT", "connect")
NO_SOCKET = Breaks("descriptors", "EMFILE", "socket")
NO_ACCEPTED = Breaks("descriptors", "EMFILE", "accept")


# Descriptors.


NOFILE = 1024
BESIDE = 6  # what check leaves for a program of one thread


def descriptors_of_a_client(world):
    space = world.space()
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT), nofile=NOFILE)
    real = world.connect(space, nofile=NOFILE, most=1500)
    yield breaking("descriptors of a client", walls, NO_SOCKET, real)


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
    yield breaking("descriptors of a server", walls, NO_ACCEPTED, server.end())


def descriptors_before_ports(world):
    """Two walls, and the nearer one is said to be the first."""
    space = world.space(**PORTS)
    world.serve(space)
    walls = world.check(space, *asked(1500, *KEPT), nofile=512)
    if [one["resource"] for one in walls[:2]] != ["descriptors", "source_ports"]:
        raise AssertionError(f"the second wall: {walls[:2]}")
    real = world.connect(space, nofile=512, most=1500)
    yield breaking("descriptors before ports", walls, NO_SOCKET, real)


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
    yield breaking("SYN backlog", walls, NO_SYN, {**real, "made": under_way})


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
    yield breaking("conntrack table", walls, NO_ENTRY, real)


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


# Those that wait for the kernel's timers begin first.
CELLS = [
    conntrack, syn_backlog, accept_queue, accept_queue_of_a_plan, accept_queue_partly_taken,
    accept_queues_of_two_targets, descriptors_of_a_client, descriptors_just_enough,
    descriptors_of_a_server, descriptors_before_ports, accept_queue_just_enough,
    syn_backlog_with_cookies, conntrack_not_known_to_be_used,
]
# What only root can set up.
OF_ROOT = [
    threads_of_a_user, threads_of_a_control_group,
]
