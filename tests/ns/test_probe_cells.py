"""The probe on the real kernel: sizes, thresholds, think times, slow programs, paths with delay and
loss. The main matrix is in test_probe_matrix.py."""

import unittest

import cell
import cells_full
import cells_paths
import cells_timing
import namespace
import relay


class CellsTest(unittest.TestCase):
    def test_sizes_and_times(self):
        cell.hold(self, cells_timing.cells())

    @unittest.skipIf(cell.PLAIN, "only the program varies and compares")
    def test_whole_runs(self):
        cell.hold(self, cells_full.cells())

    @unittest.skipUnless(relay.tun_possible(), "this user may not open /dev/net/tun")
    def test_paths(self):
        cell.hold(self, cells_paths.cells())


if __name__ == "__main__":
    namespace.main(cell.kinds())
