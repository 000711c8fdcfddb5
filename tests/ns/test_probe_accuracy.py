"""The probe's figures against a capture of the same run, stamped by the kernel.

Both look at the same exchanges: from the first segment that leaves to the last one of the answer. What
the capture cannot see is the way from the wire into the program, tens of microseconds.
"""

import csv
import json
import os
import statistics
import subprocess
import tempfile
import unittest

import cell
import namespace
from capture import Capture
from spaces import Space

COUNT = 40
WITHIN_US = 200
FIRST, SECOND, REPLY = 201, 1003, 105  # lengths that nothing else on the path has


class AccuracyTest(unittest.TestCase):
    def measure(self, *words):
        """(rows of --csv, the JSON's result, the capture's segments)"""
        with Space() as space, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "exchanges.csv")
            capture = Capture(space)
            try:
                with space.inside():
                    done = subprocess.run(
                        [namespace.TUNEWIRE, "probe", "--json", "--csv", path, "--no-proof",
                         "--count", str(COUNT), *words], stdin=subprocess.DEVNULL,
                        capture_output=True, text=True, timeout=cell.PATIENCE_S, check=False)
            finally:
                segments = capture.segments()
            with open(path, encoding="ascii", newline="") as file:
                rows = list(csv.DictReader(file))
        return rows, json.loads(done.stdout)["result"], segments

    def exchanges(self, segments):
        """[(hold between the writes, whole exchange)] in microseconds, of the run's connections."""
        found, begun, second = [], None, None
        for segment in segments:
            if segment.length == FIRST:
                begun = segment.ns
            elif segment.length == SECOND and begun:
                second = segment.ns
            elif segment.length == REPLY and second:
                found.append(((second - begun) / 1e3, (segment.ns - begun) / 1e3))
                begun = second = None
        return found

    def check(self, *words):
        rows, result, segments = self.measure(*words)
        seen = self.exchanges(segments)
        self.assertGreaterEqual(len(seen), COUNT)
        self.assertGreaterEqual(len(rows), COUNT)
        ours = [float(row["latency_us"]) for row in rows[:COUNT]]
        apart = [abs(mine - whole) for mine, (_, whole) in zip(ours, seen)]
        self.assertLess(statistics.median(apart), WITHIN_US, apart)
        return result, seen

    def test_length_of_a_stall(self):
        result, seen = self.check("--write", f"{FIRST},{SECOND}", "--reply", str(REPLY))
        run = result["runs"][0]
        stalled = [whole for _, whole in seen[:COUNT] if whole > 20000]
        self.assertEqual(run["stalls"]["count"], len(stalled))
        self.assertLess(abs(run["stalls"]["median_us"] - statistics.median(stalled)), WITHIN_US)

    def test_attribution_of_a_stall(self):
        """The stamped block comes after the counted one; its stalls are as long as the segments say."""
        result, seen = self.check("--write", f"{FIRST},{SECOND}", "--reply", str(REPLY))
        attribution = result["runs"][0]["attribution"]
        held = [hold for hold, _ in seen[COUNT:] if hold > 20000]
        self.assertGreater(len(held), 2)
        ours = attribution["nagle_us"] + attribution["delayed_ack_us"]
        self.assertLess(abs(ours - statistics.mean(held)), WITHIN_US)

    def test_length_of_an_exchange_without_stall(self):
        result, _ = self.check("--write", f"{FIRST},{SECOND}", "--reply", str(REPLY), "--nodelay")
        self.assertFalse(result["verdict"]["stall"], result["verdict"])


if __name__ == "__main__":
    namespace.main(cell.kinds())
