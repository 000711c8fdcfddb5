"""tunewire snapshot: what stands in the file, where it goes, and what is refused."""

import json
import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

import harness

HOSTS = pathlib.Path(harness.SOURCE_DIR, "tests/fixtures/hosts")


class SnapshotTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.chmod(self.dir, 0o755)

    def path(self, name):
        return os.path.join(self.dir, name)

    def take(self, *arguments, **more):
        result = harness.run("snapshot", *arguments, **more)
        self.assertEqual((result.status, result.err), (0, ""), result)
        return result.out

    def file(self, *arguments, **more):
        return json.loads(self.take(*arguments, **more))

    def json(self, *arguments, status=0, **more):
        result = harness.run("snapshot", *arguments, "--json", **more)
        self.assertEqual(result.status, status, result)
        document = json.loads(result.out)
        harness.validate("snapshot", document)
        return document


class ThisHost(SnapshotTest):
    def test_standard_output_is_the_file(self):
        document = self.file()
        self.assertEqual(list(document), ["format", "hash", "checksum", "taken", "tool", "stable", "fleeting"])
        self.assertEqual(document["format"], 1)
        self.assertRegex(document["hash"], r"\A[0-9a-f]{16}\Z")
        self.assertRegex(document["taken"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        self.assertEqual(list(document["stable"]), sorted(document["stable"]))
        self.assertEqual(document["stable"]["kernel.release"], os.uname().release)

    def test_values_are_the_kernels(self):
        stable = self.file()["stable"]
        for key in ("net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_congestion_control", "fs.nr_open"):
            path = pathlib.Path("/proc/sys", *key.split("."))
            self.assertEqual(stable["tunables." + key], " ".join(path.read_text().split()), key)

    def test_the_hash_stays(self):
        self.assertEqual(self.file()["hash"], self.file()["hash"])

    @harness.needs_root
    def test_an_ordinary_user_gets_the_same_hash(self):
        """With a cgroup and limits that are inherited, as here, nothing that counts is root's alone."""
        user = self.file(user=harness.NOBODY)
        root = self.file()
        self.assertEqual(user["hash"], root["hash"])
        self.assertEqual({name for name in root["stable"] if name not in user["stable"]} -
                         {"tunables.net.core.bpf_jit_harden", "tunables.net.core.bpf_jit_kallsyms",
                          "tunables.net.core.bpf_jit_limit", "virtualisation.container"}, set())

    def test_limits_of_this_process_count(self):
        hash_before = self.file()["hash"]
        limited = subprocess.run(["sh", "-c", 'ulimit -n 64; exec "$0" snapshot', harness.TUNEWIRE],
                                 capture_output=True, text=True, env=harness.environment(), check=True)
        document = json.loads(limited.stdout)
        self.assertEqual(document["stable"]["limits.nofile.soft"], "64")
        self.assertNotEqual(document["hash"], hash_before)

    def test_no_secret_is_told(self):
        names = [*self.file()["stable"], *self.file()["fleeting"]]
        for word in ("fastopen_key", "rss_key", "stable_secret"):
            self.assertEqual([name for name in names if word in name], [])

    def test_json(self):
        document = self.json()
        result = document["result"]
        self.assertFalse(result["refused"])
        self.assertEqual(result["hash"], self.file()["hash"])
        self.assertNotIn("written", result)
        for name in result["unknown"]:
            self.assertNotIn(name, result["stable"])
            self.assertIn("unknown." + name, result["fleeting"])


class Written(SnapshotTest):
    def test_a_new_file_and_a_summary(self):
        out = self.take("-o", self.path("host.json"))
        with open(self.path("host.json"), encoding="utf-8") as file:
            document = json.load(file)
        lines = out.splitlines()
        self.assertRegex(lines[0], rf"\ASNAPSHOT  this host +hash {document['hash']}\Z")
        self.assertIn(f"{len(document['stable'])} that stay", out)
        self.assertEqual(lines[-1], f"next: tunewire diff {self.path('host.json')}")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("host.json")).st_mode), 0o644)

    def test_quiet_and_verbose(self):
        self.assertEqual(len(self.take("-q", "-o", self.path("q.json")).splitlines()), 1)
        self.take("-v", "-o", self.path("v.json"))

    def test_json_says_what_was_written(self):
        result = self.json("-o", self.path("host.json"))["result"]
        self.assertEqual(result["written"], self.path("host.json"))
        with open(self.path("host.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["hash"], result["hash"])

    def test_an_existing_file_is_kept(self):
        with open(self.path("host.json"), "w", encoding="ascii") as file:
            file.write("mine")
        result = harness.run("snapshot", "-o", self.path("host.json"))
        self.assertEqual(result.status, 3, result)
        self.assertIn("File exists", result.err)
        self.assertIn("new files only", result.err)
        with open(self.path("host.json"), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")
        document = self.json("-o", self.path("host.json"), status=3)
        self.assertTrue(document["result"]["refused"])

    def test_a_dash_is_standard_output(self):
        result = subprocess.run([harness.TUNEWIRE, "snapshot", "-o", "-"], cwd=self.path(""), check=False,
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(len(json.loads(result.stdout)["hash"]), 16)
        self.assertEqual(os.listdir(self.path("")), [])

    def test_only_a_file_that_is_there_asks_for_a_new_name(self):
        result = harness.run("snapshot", "-o", self.path("nowhere/host.json"))
        self.assertEqual(result.status, 2, result)
        self.assertNotIn("new files only", result.err)

    def test_a_link_is_not_followed(self):
        os.symlink(self.path("target"), self.path("host.json"))
        self.assertNotEqual(harness.run("snapshot", "-o", self.path("host.json")).status, 0)
        self.assertFalse(os.path.exists(self.path("target")))

    def test_a_folder_that_is_not_there(self):
        result = harness.run("snapshot", "-o", self.path("no/host.json"))
        self.assertEqual(result.status, 2, result)
        self.assertEqual(os.listdir(self.dir), [])


class Trees(SnapshotTest):
    def test_every_captured_host(self):
        hashes = set()
        for host in sorted(HOSTS.iterdir()):
            with self.subTest(host.name):
                document = self.file("--root", str(host))
                hashes.add(document["hash"])
                self.assertEqual(document["hash"], self.file("--root", str(host))["hash"])
                self.assertIn("nic", [name.removeprefix("unknown.") for name in document["fleeting"]])
        self.assertEqual(len(hashes), len(list(HOSTS.iterdir())))

    def test_a_tree_that_is_not_there(self):
        result = harness.run("snapshot", "--root", self.path("none"))
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(result.out, "")

    def test_a_namespace_that_is_not_there(self):
        document = self.json("--netns", "no-such-namespace", status=2)
        self.assertTrue(document["result"]["refused"])


if __name__ == "__main__":
    harness.main()
