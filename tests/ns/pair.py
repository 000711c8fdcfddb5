"""Two network namespaces joined by a veth pair: what an Ethernet of 1500 bytes does, on one host."""

from spaces import Space

CLIENT_ADDRESS, SERVER_ADDRESS = "10.9.0.1", "10.9.0.2"


class Pair:
    """`client` and `server` are the namespaces, each with one address."""

    def __init__(self, congestion="reno"):
        self.client = Space(congestion)
        self.server = Space(congestion)
        self.client.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0",
                       "netns", str(self.server.pid))
        for space, address in self.ends():
            # Duplicate address detection would keep the link-local address back for a second.
            space.write("net.ipv6.conf.eth0.accept_dad", 0)
            space.ip("addr", "add", f"{address}/24", "dev", "eth0")
            space.ip("link", "set", "eth0", "up")

    def ends(self):
        return (self.client, CLIENT_ADDRESS), (self.server, SERVER_ADDRESS)

    def close(self):
        self.client.close()
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
