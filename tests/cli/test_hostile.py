"""Profiles made to hurt: a clear error, exit 2, little memory."""

import os
import unittest

import harness

MOST_KIB = 16 * 1024


def wrapped(settings):
    return '{"format": 1, "name": "x", "summary": "x", "sysctl": {' + settings + "}}"


class Hostile(harness.TreeTest):
    def refused(self, text, *words):
        path = self.profile("hostile", "")
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        for command in ("plan", "apply"):
            result = self.run_here(command, path)
            self.assertEqual(result.status, 2, repr(result)[:2000])
            self.assertTrue(result.err.startswith("error: "), result.err[:500])
            self.assertLess(len(result.err), 20000)
            for line in result.err.splitlines():
                self.assertLessEqual(len(line), 200)
            for word in words:
                self.assertIn(word, result.err)
        status, peak = harness.peak_kib("--root", self.root, "plan", path)
        self.assertEqual(status, 2)
        self.assertLessEqual(peak, MOST_KIB)

    def test_a_million_levels(self):
        self.refused("[" * 1_000_000)
        self.refused('{"a":' * 1_000_000)
        self.refused("[" * 500_000 + "]" * 500_000)

    def test_many_duplicate_keys(self):
        self.refused(wrapped(",".join(['"net.core.somaxconn":1'] * 30_000)), "is there twice")
        self.refused(wrapped(",".join(['"a":1'] * 100_000)))

    def test_a_long_number(self):
        self.refused(wrapped('"net.core.somaxconn": ' + "9" * 65536))

    def test_a_long_string(self):
        self.refused(wrapped('"' + "k" * 900_000 + '": 1'))

    def test_too_large(self):
        self.refused(" " * (2 * 1024 * 1024), "larger than")

    def test_binary(self):
        self.refused(bytes(range(256)) * 100)

    def test_names_that_climb_out(self):
        for name in ("net/../../etc/passwd", "../../etc/passwd", "/etc/passwd", "net.core.", ".net", "net..core",
                     "n" * 300, "net.core.so\\u0000maxconn", "net.core.so\\nmaxconn", "kernel.core_pattern",
                     "kernel.modprobe", "vm.nonesuch"):
            self.refused(wrapped(f'"{name}": 1'))

    def test_values_that_are_no_values(self):
        for value in ("007", "0x10", "1e3", "1.5", "-0", "true", "null", "[]", "{}", '"8192 1"', '"a\\nb"',
                      "99999999999999999999", '{"at_least": 1, "at_most": 0}', '{"at_leats": 1}'):
            self.refused(wrapped(f'"net.core.somaxconn": {value}'))

    def test_includes_in_a_circle(self):
        folder = os.path.join(self.root, "etc/tunewire/profiles")
        os.makedirs(folder)
        for name, other in (("a", "b"), ("b", "a")):
            with open(os.path.join(folder, name + ".json"), "w", encoding="ascii") as file:
                file.write(f'{{"format": 1, "name": "{name}", "summary": "x", "include": ["{other}"]}}')
        result = self.run_here("plan", "a")
        self.assertEqual(result.status, 2, result)

    def test_no_such_control_bytes_on_the_terminal(self):
        path = self.profile("esc", '{"format": 1, "name": "x", "summary": "x", "sysctl": {"net.\x1b[31m": 1}}')
        result = self.run_here("plan", path)
        self.assertEqual(result.status, 2, result)
        self.assertNotIn("\x1b", result.err)

    def test_a_pipe_and_a_device(self):
        pipe = os.path.join(self.root, "pipe.json")
        os.mkfifo(pipe)
        self.assertEqual(self.run_here("plan", pipe).status, 2)
        self.assertEqual(self.run_here("plan", "/dev/zero").status, 2)
        with open("/dev/zero", "rb") as zero:
            status, peak = harness.peak_kib("--root", self.root, "plan", "-", stdin=zero)
        self.assertEqual(status, 2)
        self.assertLessEqual(peak, MOST_KIB)


class Memory(harness.TreeTest):
    def test_ordinary_commands_are_small(self):
        for line in (("plan", "http-server"), ("show",), ("profiles",), ("--help",)):
            _, peak = harness.peak_kib("--root", self.root, *line)
            self.assertLessEqual(peak, 10 * 1024, line)
        _, peak = harness.peak_kib("show", "net")
        self.assertLessEqual(peak, 10 * 1024)


if __name__ == "__main__":
    harness.main()
