"""Real programs with labelled trouble, and healthy ones under load: `tunewire sockets` names every
trouble with the right rule and process, and accuses nobody else."""

import os
import unittest

import namespace
import relay
import socket_cells
import socket_healthy
import socket_world


class Trouble(unittest.TestCase):
    def test_stalls(self):
        socket_world.hold(self, socket_cells.STALLS)

    def test_readers_writers_and_queues(self):
        socket_world.hold(self, socket_cells.QUEUES)

    def test_beginnings_and_ends(self):
        socket_world.hold(self, socket_cells.ENDS)

    @unittest.skipUnless(relay.tun_possible(), "this user may not open /dev/net/tun")
    def test_paths(self):
        socket_world.hold(self, socket_cells.PATHS)

    def test_what_is_nobodys_fault(self):
        socket_world.hold(self, socket_cells.NOTES)


class Healthy(unittest.TestCase):
    def test_nobody_is_accused(self):
        socket_world.hold(self, socket_healthy.CELLS)


if __name__ == "__main__":
    # The verdicts need no rights over one's own programs: once is enough.
    namespace.main(("root",) if os.getuid() == 0 else ("user",))
