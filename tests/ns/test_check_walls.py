"""What `tunewire check` says of a load's first wall, against the load itself, run until it breaks.

Every cell makes a limit in namespaces of its own, asks there, and then opens connections until a
call fails: the resource, the errno and the call must be those that were said, and the number of
connections within 2 %. Among them are loads that break nothing, which must be told so.
"""

import unittest

import namespace
import wall_cells
import wall_port_cells
import wall_words
import wall_world


class Walls(unittest.TestCase):
    def test_each(self):
        cells = wall_cells.OF_ROOT if namespace.KIND == "root" else []
        wall_world.hold(self, [*wall_cells.CELLS, *wall_port_cells.CELLS, *cells])

    def test_memory_of_tcp_is_the_hosts(self):
        """tcp_mem is not to be seen in a namespace: what is not known is not guessed."""
        with wall_world.World() as world:
            space = world.space()
            walls = world.check(space, *wall_words.asked(100_000, "--keepalive", "--message", "64000"))
        memory = {one["resource"]: one for one in walls}["tcp_memory"]
        self.assertIn("net.ipv4.tcp_mem", memory["unknown"])
        self.assertNotIn("enough", memory)


if __name__ == "__main__":
    namespace.main()
