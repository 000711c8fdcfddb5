"""The probe's main matrix on the real kernel: tables of cells, each with its cause, side and length."""

import unittest

import cell
import cells_matrix
import namespace


class MatrixTest(unittest.TestCase):
    def test_main_matrix(self):
        cell.hold(self, cells_matrix.cells())


if __name__ == "__main__":
    namespace.main(cell.kinds())
