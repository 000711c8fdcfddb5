"""tunewire diff: what is told, how it ends, and which files are refused."""

import itertools
import json
import os
import pathlib
import tempfile
import unittest

import harness

HOSTS = sorted(pathlib.Path(harness.SOURCE_DIR, "tests/fixtures/hosts").iterdir())


class DiffTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def snapshot(self, *arguments):
        result = harness.run("snapshot", *arguments)
        self.assertEqual(result.status, 0, result)
        return result.out

    def diff(self, *arguments, status=0, **more):
        result = harness.run("diff", *arguments, **more)
        self.assertEqual(result.status, status, result)
        return result

    def json(self, *arguments, status=0, **more):
        document = json.loads(self.diff(*arguments, "--json", status=status, **more).out)
        harness.validate("diff", document)
        return document


class Hosts(DiffTest):
    def test_a_host_with_itself(self):
        for host in HOSTS:
            with self.subTest(host.name):
                text = self.snapshot("--root", str(host))
                a, b = self.file("a.json", text), self.file("b.json", text)
                out = self.diff(a, b).out
                self.assertRegex(out, r"\AALIKE  ")
                self.assertIn("no difference", out)
                self.assertTrue(self.json(a, b)["result"]["same_hash"])

    def test_every_two_hosts(self):
        files = [self.file(f"{host.name}.json", self.snapshot("--root", str(host))) for host in HOSTS]
        for a, b in itertools.permutations(files, 2):
            with self.subTest(a=a, b=b):
                result = self.json(a, b, status=1)["result"]
                self.assertFalse(result["same_hash"])
                bearings = [one["bearing"] for one in result["differences"]]
                self.assertEqual(bearings, sorted(bearings))
                self.assertIn("measurement", bearings)
                count = bearings.count("measurement")
                out = self.diff(a, b, status=1).out
                self.assertIn(f"{count} of {len(bearings)} differences can change a measurement", out)
                back = self.json(b, a, status=1)["result"]["differences"]
                self.assertEqual({(one["name"], one.get("before"), one.get("after")) for one in back},
                                 {(one["name"], one.get("after"), one.get("before"))
                                  for one in result["differences"]})

    def test_a_file_with_a_tree_and_with_this_host(self):
        a = self.file("a.json", self.snapshot("--root", str(HOSTS[0])))
        result = self.json(a, "--root", str(HOSTS[1]), status=1)["result"]
        self.assertEqual(result["after"]["name"], f"tree {HOSTS[1]}")
        self.diff(a, "--root", str(HOSTS[0]))
        now = self.json(a, status=1)["result"]
        self.assertEqual((now["before"]["name"], now["after"]["name"]), (a, "this host"))
        self.assertEqual(now["after"]["kernel"], os.uname().release)

    def test_this_host_now_and_then(self):
        a = self.file("a.json", self.snapshot())
        result = self.json(a)["result"]
        self.assertEqual(result["before"]["hash"], result["after"]["hash"])
        self.assertEqual([one for one in result["differences"] if one["bearing"] == "measurement"], [])
        self.assertIn("moves by itself", self.diff(a, "-v").out)
        self.assertNotIn("moves by itself", self.diff(a).out)

    def test_standard_input(self):
        text = self.snapshot("--root", str(HOSTS[0]))
        a = self.file("a.json", self.snapshot("--root", str(HOSTS[1])))
        self.assertEqual(self.json("-", a, stdin=text, status=1)["result"]["before"]["name"], "<stdin>")
        self.assertEqual(self.json(a, "-", stdin=text, status=1)["result"]["after"]["name"], "<stdin>")
        self.diff("-", "--root", str(HOSTS[0]), stdin=text)

    def test_quiet_is_the_verdict(self):
        a = self.file("a.json", self.snapshot("--root", str(HOSTS[0])))
        b = self.file("b.json", self.snapshot("--root", str(HOSTS[1])))
        self.assertLessEqual(self.diff("-q", a, a).out.count("\n"), 2)
        self.assertTrue(self.diff("-q", a, b, status=1).out.startswith("DIFFERENT  "))


class Trees(harness.TreeTest):
    """One tree, changed: what the change is called."""

    def take(self, name):
        result = self.run_here("snapshot")
        self.assertEqual(result.status, 0, result)
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(result.out)
        return path

    def test_a_setting(self):
        a = self.take("a.json")
        self.put("net/core/somaxconn", "128\n")
        result = self.json("diff", a, status=1)["result"]
        self.assertEqual(len(result["differences"]), 1)
        one = result["differences"][0]
        self.assertEqual((one["name"], one["before"], one["after"], one["bearing"]),
                         ("tunables.net.core.somaxconn", "4096", "128", "measurement"))
        out = self.ok("diff", a, status=1).out
        self.assertIn("1 of 1 difference can change a measurement", out)
        self.assertIn("  net.core.somaxconn  4096  ->  128\n", out)

    def test_how_a_value_is_written_is_no_difference(self):
        a = self.take("a.json")
        self.put("net/ipv4/tcp_rmem", "4096 131072   6291456\n")
        self.assertTrue(self.json("diff", a)["result"]["same_hash"])

    def test_a_setting_that_is_gone(self):
        a = self.take("a.json")
        os.remove(self.path("net/ipv4/tcp_sack"))
        one = self.json("diff", a, status=1)["result"]["differences"][0]
        self.assertEqual((one["name"], one["before"]), ("tunables.net.ipv4.tcp_sack", "1"))
        self.assertNotIn("after", one)
        self.assertNotIn("unknown", one)

    def test_what_is_logged_does_not_matter(self):
        self.put("net/ipv4/conf/all/log_martians", "0\n")
        a = self.take("a.json")
        self.put("net/ipv4/conf/all/log_martians", "1\n")
        out = self.ok("diff", a).out
        self.assertIn("none of 1 difference can change a measurement", out)
        self.assertIn("1 other cannot", out)
        self.assertIn("log_martians", self.ok("diff", a, "-v").out)


class Refusals(DiffTest):
    def refused(self, text, code, *words):
        path = self.file("bad.json", text)
        good = self.file("good.json", self.snapshot("--root", str(HOSTS[0])))
        for arguments in ((path, good), (good, path), (path,)):
            with self.subTest(arguments=arguments):
                document = self.json(*arguments, status=2)
                self.assertTrue(document["result"]["refused"])
                self.assertEqual([error["code"] for error in document["errors"]], [code])
                self.assertTrue(document["errors"][0]["where"].startswith(path + ":"))
        err = self.diff(path, good, status=2).err
        for word in words:
            self.assertIn(word, err)
        self.assertNotIn("\x1b", err)

    def test_an_edited_one(self):
        text = self.snapshot("--root", str(HOSTS[0]))
        at = text.index('"kernel.release": "') + len('"kernel.release": "')
        self.refused(text[:at] + "9" + text[at + 1:], "edited", "was edited", "take it again")

    def test_another_format(self):
        text = self.snapshot("--root", str(HOSTS[0]))
        self.refused(text.replace('"format": 1', '"format": 2', 1), "newer_format", "format 2", ":2:13")

    def test_a_result_of_json(self):
        self.refused(self.snapshot("--root", str(HOSTS[0]), "--json"), "invalid_snapshot", "without --json")

    def test_what_is_no_snapshot(self):
        self.refused("", "syntax")
        self.refused("{", "syntax")
        self.refused("[1, 2]", "invalid_snapshot", "tunewire snapshot -o FILE")
        self.refused("{}", "invalid_snapshot")
        self.refused('{"format": 1, "surprise": 2}', "unknown_field")
        self.refused(b"\xff\xfe", "syntax")
        self.refused('{"format": 1.5}', "not_an_integer")
        self.refused('{"format": 1, "format": 1}', "duplicate_key")
        self.refused("[" * 1000, "too_deep")

    def test_escape_sequences(self):
        text = self.snapshot("--root", str(HOSTS[0]))
        self.refused(text.replace('"cpu.online": "', '"cpu.online": "\\u001b[2J', 1), "invalid_snapshot")

    def test_too_large(self):
        path = self.file("large.json", b" " * (33 << 20))
        self.assertEqual(self.json(path, status=2)["errors"][0]["code"], "too_large")

    def test_what_cannot_be_read(self):
        for path in (self.dir, os.path.join(self.dir, "none"), "/dev/zero"):
            with self.subTest(path):
                self.assertTrue(self.json(path, status=2)["result"]["refused"])

    def test_usage(self):
        a = self.file("a.json", self.snapshot("--root", str(HOSTS[0])))
        for arguments in ((), (a, a, a), ("-", "-"), (a, a, "--root", str(HOSTS[0])), (a, a, "--netns", "1")):
            with self.subTest(arguments=arguments):
                result = self.diff(*arguments, status=2)
                self.assertEqual(result.out, "")
                self.assertIn("error: ", result.err)
                self.json(*arguments, status=2)


if __name__ == "__main__":
    harness.main()
