"""What `tunewire check` says of a load's first wall, against the load itself, run until it breaks.

Every cell makes a limit in namespaces of its own, asks there, and then opens connections until a
call fails: the resource, the errno and the call must be those that were said, and the number of
connections within 2 %. Among them are loads that break nothing, which must be told so.
"""

import unittest

import namespace
import wall_cells
import wall_world


class Walls(unittest.TestCase):
    def test_each(self):
        wall_world.hold(self, wall_cells.CELLS)


if __name__ == "__main__":
    namespace.main()
