"""What cells of several files ask check for."""

KEPT = ("--keepalive",)
TO = "127.0.0.1:9000"
FIRST, LAST = 40000, 40999
PORTS = {"ip_local_port_range": f"{FIRST} {LAST}"}


def asked(connections, *more, to=(TO,)):
    """A client's load."""
    targets = [word for one in to for word in ("--to", one)]
    return "--connections", str(connections), *targets, *more
