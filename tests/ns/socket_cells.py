"""Labelled trouble: each cell makes it with real programs and says who must be accused of what.

"confirmed" stands where the label gives the program all it needs to prove it.
"""

import time

from pair import SERVER_ADDRESS
from socket_world import Accused, Watch, usual_congestion

OPTIONS = ("--all", "--options", "--for", "1s")
LONGER = ("--all", "--for", "1500ms")


def show_up(seconds=0.3):
    """The trouble's own time to show."""
    time.sleep(seconds)


# Stalls.

def nagle_held_http_server(world):
    space = world.space()
    server = world.http_server(space, "two_writes")
    world.connect(space, server.port, manner="visit_kept")
    show_up()
    yield Watch(space, (Accused("held_by_nagle", server, "confirmed"),), arguments=OPTIONS)
    yield Watch(space, (Accused("held_by_nagle", server, "likely"),),
                arguments=("--port", str(server.port), "--for", "1s"))


def client_in_two_pieces(world):
    space = world.space()
    server = world.serve(space, behaviour="answers")
    client = world.connect(space, server.port, behaviour="asks", pieces=2)
    show_up()
    yield Watch(space, (Accused("held_by_nagle", client, "confirmed"),), arguments=OPTIONS)
    yield Watch(space, arguments=("--pid", str(server.pid), "--for", "1s"),
                accused=(Accused("ack_delayed_here", server, "likely"),))


def we_answer_late(world):
    """Only the receiver is here; the writer that Nagle holds is on another host."""
    pair = world.pair()
    server = world.serve(pair.server, behaviour="answers", address=SERVER_ADDRESS, pieces=2)
    client = world.connect(pair.client, server.port, behaviour="asks", address=SERVER_ADDRESS)
    show_up()
    yield Watch(pair.client, (Accused("ack_delayed_here", client, "likely"),))
    yield Watch(pair.server, (Accused("held_by_nagle", server, "confirmed"),), arguments=OPTIONS)


def cork_left_on(world):
    space = world.space()
    server = world.serve(space, behaviour="answers", cork=True)
    world.connect(space, server.port, behaviour="asks")
    show_up()
    yield Watch(space, (Accused("corked", server, "confirmed"),), arguments=OPTIONS)
    yield Watch(space, (Accused("corked", server, "confirmed"),))


def more_left_open(world):
    space = world.space()
    server = world.serve(space, behaviour="answers", more=True, nodelay=1)
    world.connect(space, server.port, behaviour="asks")
    show_up()
    yield Watch(space, (Accused("corked", server, "confirmed"),))


def listener_says_nodelay(world):
    space = world.space()
    server = world.serve(space, behaviour="answers", listener_nodelay=True, nodelay=0, pieces=2)
    world.connect(space, server.port, behaviour="asks")
    show_up()
    yield Watch(space, arguments=OPTIONS,
                accused=(Accused("nodelay_missing", server, "confirmed"),
                         Accused("held_by_nagle", server, "confirmed")))


# Readers and writers.

def reader_that_sleeps(world):
    space = world.space()
    reader = world.serve(space, behaviour="sleeps")
    writer = world.connect(space, reader.port, behaviour="streams")
    show_up(0.5)
    yield Watch(space, arguments=LONGER,
                accused=(Accused("reader_not_reading", reader, "confirmed"),
                         Accused("writer_blocked", writer, "confirmed", "bad")))
    yield Watch(space, (Accused("writer_blocked", writer, "confirmed"),),
                arguments=("--pid", str(writer.pid), "--for", "1s"))


def window_closed(world):
    """The writer has room left and waits all the same."""
    space = world.space()
    reader = world.serve(space, behaviour="sleeps", rcvbuf=8192)
    writer = world.connect(space, reader.port, behaviour="streams", total=40_000)
    show_up(0.5)
    yield Watch(space, arguments=LONGER,
                accused=(Accused("peer_window_zero", writer, "confirmed", "bad"),
                         Accused("reader_not_reading", reader, "confirmed")))


def reader_too_slow(world):
    space = world.space()
    reader = world.serve(space, behaviour="reads", rcvbuf=8192, chunk=4096, pause=0.3)
    writer = world.connect(space, reader.port, behaviour="streams")
    show_up(0.5)
    yield Watch(space, (Accused("reader_slow", reader),), arguments=("--all", "--for", "2s"),
                may=(("writer_blocked", writer), ("peer_window_zero", writer)))


def small_window(world):
    relay = world.relay(rtt_ms=20)
    sender = world.serve(relay.server, behaviour="streams", address=SERVER_ADDRESS)
    reader = world.connect(relay.client, sender.port, behaviour="reads", address=SERVER_ADDRESS,
                           rcvbuf=8192)
    show_up()
    yield Watch(relay.server, (Accused("receive_window_limited", sender, "confirmed"),))
    yield Watch(relay.client, (Accused("small_receive_buffer", reader, "likely"),),
                arguments=LONGER)


def small_send_buffer(world):
    relay = world.relay(rtt_ms=20)
    # The kernel's own counter begins only with a segment sent while the writer waits: here, with one
    # buffer's worth a round trip, never.
    sender = world.serve(relay.server, behaviour="streams", address=SERVER_ADDRESS, sndbuf=8192)
    world.connect(relay.client, sender.port, behaviour="reads", address=SERVER_ADDRESS)
    show_up()
    # Only the options tell a buffer that was set from one that has not grown yet.
    yield Watch(relay.server, (Accused("send_buffer_limited", sender, "likely"),),
                arguments=("--pid", str(sender.pid), "--options", "--for", "1500ms"))
    yield Watch(relay.client)


def buffer_cut_to_rmem_max(world):
    space = world.space()
    reader = world.serve(space, behaviour="reads", rcvbuf=1 << 30)
    world.connect(space, reader.port, behaviour="streams")
    show_up()
    yield Watch(space, (Accused("buffer_clamped", reader, "likely"),), arguments=OPTIONS)


# Beginnings and ends.

def full_accept_queue(world):
    space = world.space()
    server = world.serve(space, accepts=False, backlog=4)
    world.connect(space, server.port, count=5)
    yield Watch(space, (Accused("accept_queue_full", server, "confirmed", "bad"),))
    knocker = world.connect(space, server.port, manner="knock", pause=0.03)
    show_up()
    yield Watch(space, (Accused("accept_queue_full", server, "confirmed", "bad"),
                        Accused("accept_queue_overflow", server, "confirmed", "bad")))
    # Of the clients alone: whose queue it is that is full is not looked at.
    yield Watch(space, (Accused("connect_unanswered", knocker, "confirmed"),),
                arguments=("--pid", str(knocker.pid), "--for", "1s"),
                may=(("accept_queue_overflow", None),))


def syns_of_nobody(world):
    pair = world.pair()
    server = world.serve(pair.server, address=SERVER_ADDRESS, backlog=32)
    world.flood(pair.client, server.port, address=SERVER_ADDRESS, source="10.9.0.77", count=20,
                pause=0.02)
    show_up()
    yield Watch(pair.server, (Accused("syn_backlog", server, "confirmed"),))


def close_wait_leak(world):
    """1100 at once: the other side's FIN-WAIT-2 pile is the same trouble seen from there."""
    space = world.space()
    server = world.serve(space, behaviour="sleeps", backlog=4096)
    world.connect(space, server.port, behaviour="leaves", count=1100)
    show_up(1.6)
    yield Watch(space, (Accused("close_wait_leak", server, "confirmed", "bad"),
                        Accused("fin_wait_pile", None, "likely")))
    yield Watch(space, (Accused("close_wait_leak", server, "confirmed", "bad"),),
                may=(("fin_wait_pile", None),),
                arguments=("--pid", str(server.pid), "--for", "500ms"))


def ports_run_out(world):
    space = world.space()
    space.write("net.ipv4.ip_local_port_range", "40000 40499")
    server = world.serve(space, behaviour="sleeps")
    client = world.connect(space, server.port, behaviour="sleeps", count=460)
    yield Watch(space, (Accused("source_ports", client, "confirmed", "bad"),))


def ports_in_time_wait(world):
    pair = world.pair()
    pair.client.write("net.ipv4.ip_local_port_range", "40000 40499")
    server = world.serve(pair.server, behaviour="reads", address=SERVER_ADDRESS, closes=True)
    world.connect(pair.client, server.port, manner="come_and_go", count=400, address=SERVER_ADDRESS)
    yield Watch(pair.client, (Accused("source_ports", None, "confirmed"),))
    yield Watch(pair.server)


def too_much_time_wait(world):
    space = world.space()
    space.write("net.ipv4.tcp_max_tw_buckets", 20)
    server = world.serve(space, behaviour="reads", closes=True)
    world.connect(space, server.port, manner="come_and_go", count=40)
    yield Watch(space, (Accused("time_wait_overflow", None),))


# The path.

def collapse_after_idle(world):
    relay = world.relay(rtt_ms=20)
    sender = world.serve(relay.server, behaviour="streams", address=SERVER_ADDRESS, chunk=200_000,
                         pause=0.6)
    world.connect(relay.client, sender.port, behaviour="reads", address=SERVER_ADDRESS)
    show_up(1)
    yield Watch(relay.server, (Accused("idle_collapse", sender, "confirmed"),),
                arguments=("--all", "--for", "2s"))
    yield Watch(relay.client)


def losses(world):
    from relay import TO_CLIENT, Drop
    relay = world.relay(rtt_ms=10, drops=(Drop(TO_CLIENT, 1448, tuple(range(20, 40_000, 20))),))
    sender = world.serve(relay.server, behaviour="streams", address=SERVER_ADDRESS)
    world.connect(relay.client, sender.port, behaviour="reads", address=SERVER_ADDRESS)
    show_up()
    yield Watch(relay.server, (Accused("retransmissions", sender, "confirmed"),),
                arguments=("--port", str(sender.port), "--for", "1500ms"))
    yield Watch(relay.client)


def peer_that_is_gone(world):
    """Its address goes, and nothing says so: keep-alive, data and new connections meet silence."""
    pair = world.pair()
    server = world.serve(pair.server, behaviour="sleeps", address=SERVER_ADDRESS)
    pinger = world.connect(pair.client, server.port, address=SERVER_ADDRESS, behaviour="sleeps",
                           keepalive=(1, 1, 9))
    sender = world.connect(pair.client, server.port, address=SERVER_ADDRESS, behaviour="sends_once")
    idle = world.connect(pair.client, server.port, address=SERVER_ADDRESS, behaviour="sleeps")
    pair.server.ip("addr", "flush", "dev", "eth0")
    sender.tell("go")
    comer = world.connect(pair.client, server.port, address=SERVER_ADDRESS, manner="knock", count=1)
    show_up(3.5)
    yield Watch(pair.client, (Accused("keepalive_unanswered", pinger, "confirmed"),
                              Accused("peer_silent", sender, "confirmed", "bad"),
                              Accused("connect_unanswered", comer, "confirmed")))
    yield Watch(pair.client, arguments=("--pid", str(idle.pid), "--for", "500ms"))


# What is worth knowing and nobody's fault.

def another_congestion_control(world):
    space = world.space()
    server = world.serve(space, behaviour="answers", congestion=usual_congestion())
    world.connect(space, server.port, behaviour="asks", pause=0.05)
    show_up()
    yield Watch(space, (Accused("congestion_control_differs", server, "confirmed", "info"),))


def paced_by_itself(world):
    space = world.space()
    sender = world.serve(space, behaviour="streams", pacing=400_000)
    world.connect(space, sender.port, behaviour="reads")
    show_up()
    yield Watch(space, (Accused("pacing_limited", sender, None, "info"),), arguments=LONGER)


STALLS = (nagle_held_http_server, client_in_two_pieces, we_answer_late, cork_left_on,
          more_left_open, listener_says_nodelay)
QUEUES = (reader_that_sleeps, window_closed, reader_too_slow, buffer_cut_to_rmem_max,
          full_accept_queue, syns_of_nobody)
ENDS = (close_wait_leak, ports_run_out, ports_in_time_wait, too_much_time_wait, peer_that_is_gone)
PATHS = (small_window, small_send_buffer, collapse_after_idle, losses)
NOTES = (another_congestion_control, paced_by_itself)
