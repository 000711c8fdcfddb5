"""Includes point down only, in this tree; and the rules that say so catch every kind of mistake."""

import os
import pathlib
import tempfile
import unittest

import floors

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))


def verdict(path, include):
    """What the rules say of a tree that holds one file with one #include."""
    return verdict_on_line(path, f"#include {include}")


def verdict_on_line(path, line):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(f"// A file.\n{line}\n", encoding="utf-8")
        return floors.check(folder)


class ThisTree(unittest.TestCase):
    def test_every_arrow_points_down(self):
        self.assertEqual([], floors.check(ROOT))

    def test_the_tree_was_read(self):
        files = list(floors.source_files(ROOT))
        self.assertGreater(len(files), 20)
        self.assertGreater(sum(1 for file in files for _ in floors.includes(file)), 50)


class Mistakes(unittest.TestCase):
    def refused(self, path, include, part):
        problems = verdict(path, include)
        self.assertEqual(1, len(problems), f"{path} with {include}: {problems}")
        self.assertTrue(problems[0].startswith(f"{path}:2: "), problems[0])
        self.assertIn(part, problems[0])

    def allowed(self, path, include):
        self.assertEqual([], verdict(path, include))

    def test_arrows(self):
        order = ["base", "catalog", "profile", "latency", "host", "tune", "report", "cli"]
        for high in range(len(order)):
            for low in range(high):
                below, above = order[low], order[high]
                self.allowed(f"src/{above}/a.cpp", f'"tunewire/{below}/b.h"')
                self.allowed(f"src/{above}/a.cpp", f'"{below}/b.h"')
                self.refused(f"src/{below}/a.cpp", f'"tunewire/{above}/b.h"', "points up")
                self.refused(f"src/{below}/a.cpp", f'"{above}/b.h"', "points up")
                self.refused(f"include/tunewire/{below}/a.h", f'"tunewire/{above}/b.h"', "points up")

    def test_features_do_not_see_each_other(self):
        features = ["tune", "probe", "http", "sockets", "check"]
        for one in features:
            self.allowed(f"src/{one}/a.cpp", f'"{one}/b.h"')
            self.allowed("src/cli/a.cpp", f'"tunewire/{one}/b.h"')
            for other in features:
                if one != other:
                    self.refused(f"src/{one}/a.cpp", f'"tunewire/{other}/b.h"', "do not see")

    def test_spelling(self):
        self.refused("src/tune/a.cpp", '"b.h"', "not spelled")
        self.refused("src/tune/a.cpp", '"../cli/b.h"', "not spelled")
        self.refused("include/tunewire/tune/a.h", '"base/b.h"', "private")
        self.assertEqual(["src/odd/a.cpp:1: odd is no floor"], verdict("src/odd/a.cpp", "<string>"))
        self.refused("src/base/a.cpp", '  "cli/b.h"', "points up")

    def test_public_headers(self):
        for name in ("<linux/tcp.h>", "<netlink/netlink.h>", "<nlohmann/json.hpp>", "<CLI/CLI.hpp>"):
            self.refused("include/tunewire/host/a.h", name, "public header")
        self.refused("include/tunewire/base/a.h", "<unistd.h>", "public header")
        self.refused("include/tunewire/base/a.h", "<fmt/core.h>", "public header")
        self.allowed("include/tunewire/base/a.h", "<tl/expected.hpp>")
        self.allowed("include/tunewire/host/a.h", "<string>")

    def test_libraries(self):
        self.refused("src/report/a.h", "<nlohmann/json.hpp>", "header")
        self.allowed("src/report/a.cpp", "<nlohmann/json.hpp>")
        self.refused("src/tune/a.cpp", "<CLI/CLI.hpp>", "src/cli")
        self.refused("src/cli/a.h", "<CLI/CLI.hpp>", "src/cli")
        self.allowed("src/cli/a.cpp", "<CLI/CLI.hpp>")
        self.refused("src/tune/a.cpp", "<fmt/format.h>", "base/format.h")

    def test_system_calls(self):
        for name in ("<unistd.h>", "<fcntl.h>", "<sys/socket.h>", "<linux/tcp.h>", "<netlink/msg.h>"):
            self.allowed("src/host/a.cpp", name)
            self.allowed("src/probe/wire.cpp", name)
            for path in ("src/tune/a.cpp", "src/probe/a.cpp", "src/report/a.cpp", "src/base/a.cpp"):
                self.refused(path, name, "src/host")

    def test_the_outside_world(self):
        for floor in ("base", "catalog", "profile", "latency"):
            self.refused(f"src/{floor}/a.cpp", "<fstream>", "pure")
            self.refused(f"src/{floor}/a.cpp", "<ctime>", "pure")
        self.refused("src/tune/a.cpp", "<filesystem>", "src/host")
        self.refused("src/tune/a.cpp", "<iostream>", "src/host")
        self.refused("src/cli/a.cpp", "<fstream>", "src/host")
        self.refused("src/report/a.cpp", "<filesystem>", "src/host")
        self.allowed("src/cli/a.cpp", "<filesystem>")
        self.allowed("src/tune/a.cpp", "<fnmatch.h>")
        self.refused("include/tunewire/tune/a.h", "<fnmatch.h>", "public header")
        self.allowed("src/report/a.cpp", "<iostream>")
        self.allowed("src/host/a.cpp", "<thread>")

    def test_who_opens_the_real_system(self):
        line = "  auto files = LinuxFiles();"
        for path in ("src/tune/a.cpp", "src/cli/a.cpp", "src/report/a.cpp"):
            problems = verdict_on_line(path, line)
            self.assertEqual([f"{path}:2: LinuxFiles() stands in src/cli/main.cpp and in tests"], problems)
            self.assertEqual([], verdict_on_line(path, f"  // {line}"))
        self.assertEqual([], verdict_on_line("src/cli/main.cpp", line))
        self.assertEqual([], verdict_on_line("src/host/a.cpp", line))


if __name__ == "__main__":
    unittest.main()
