"""lint and import on a tree of files: what is said, what is written, and how they end."""

import json
import os
import unittest

import harness


class SettingsTest(harness.TreeTest):
    def file(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path


class Lint(SettingsTest):
    def test_a_clean_file(self):
        path = self.file("a.conf", "net.core.somaxconn = 8192\n")
        self.assertIn("no finding", self.ok("lint", path).out)
        result = self.json("lint", path)["result"]
        self.assertEqual((result["files"], result["findings"]), ([path], []))

    def test_findings_have_places_and_end_with_one(self):
        path = self.file("a.conf", "# old\nnet.ipv4.tcp_tw_recycle = 1\nnet.core.somaxconn = 010\n")
        out = self.ok("lint", path, status=1).out
        self.assertIn("2 errors", out.splitlines()[0])
        self.assertIn(f"{path}:2:1  error  removed-key", out)
        result = self.json("lint", path, status=1)["result"]
        self.assertEqual([(one["rule"], one["line"], one["column"]) for one in result["findings"]],
                         [("removed-key", 2, 1), ("octal-number", 3, 22)])
        self.assertEqual(result["summary"], {"errors": 2, "warnings": 0, "notes": 0})

    def test_several_files_and_formats(self):
        conf = self.file("a.conf", "net.ipv4.tcp_rmem = 4096 9131072 6291456\n")
        limits = self.file("limits.d/a.conf", "* soft nofile 2\n* hard nofile 1\nroot - nofile 1\n")
        tuned = self.file("t/tuned.conf", "[main]\ninclude=t\n[sysctl]\nnet.core.somaxconn=>2048\n")
        result = self.json("lint", conf, limits, tuned, status=1)["result"]
        self.assertEqual({(one["file"], one["rule"]) for one in result["findings"]},
                         {(conf, "inverted-vector"), (limits, "soft-above-hard"), (tuned, "self-include")})

    def test_keys_of_the_tree_count(self):
        path = self.file("a.conf", "net.ipv4.conf.eth7.rp_filter = 1\n")
        rules = [one["rule"] for one in self.json("lint", path, status=1)["result"]["findings"]]
        self.assertEqual(rules, ["missing-key"])

    def test_standard_input(self):
        result = self.run_here("lint", "-", stdin="net.core.somaxconn = 4k\n")
        self.assertEqual(result.status, 1)
        self.assertIn("<stdin>:1:22  error  not-a-number", result.out)

    def test_what_cannot_be_read(self):
        good = self.file("a.conf", "net.core.somaxconn = 010\n")
        binary = self.file("b.conf", b"net\0core\n")
        document = self.json("lint", good, binary, self.root + "/none", self.root, status=2)
        self.assertEqual([error["code"] for error in document["errors"]],
                         ["binary_file", "no_such_file", "not_a_file"])
        self.assertEqual(len(document["result"]["findings"]), 1)

    def test_control_bytes_stay_inside(self):
        path = self.file("a.conf", "net.core.somaxconn = \x1b[31m1\n" + "# text\n" * 20 + "\x1b[2Jx\n")
        out = self.ok("lint", path, status=1).out
        self.assertNotIn("\x1b", out)
        self.assertIn("\\x1b[31m1", out)

    def test_which_file(self):
        result = harness.run("lint")
        self.assertEqual(result.status, 2)
        self.assertIn("lint: which file?", result.err)


class Import(SettingsTest):
    def test_to_standard_output(self):
        path = self.file("99-web.conf", "net.core.somaxconn = 8192\nnet.ipv4.tcp_tw_recycle = 1\n")
        result = self.ok("import", path)
        profile = json.loads(result.out)
        self.assertEqual((profile["format"], profile["name"]), (1, "99-web"))
        self.assertEqual(profile["sysctl"]["net.core.somaxconn"], {"value": 8192, "source": f"{path}:1"})
        self.assertIn(f"{path}:2  net.ipv4.tcp_tw_recycle", result.err)

    def test_a_file_that_plan_and_apply_take(self):
        path = self.file("a.conf", "net.ipv4.tcp_rmem = 8192\n-net.core.nonesuch = 1\nnet.core.somaxconn=0x10\n")
        out = os.path.join(self.root, "new.json")
        said = self.ok("import", path, "-o", out, "--name", "site").out
        self.assertIn("IMPORTED", said)
        self.assertIn("tunewire plan ", said)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o644)
        changes = {one["key"]: one.get("after") for one in self.json("plan", out)["result"]["changes"]}
        self.assertEqual(changes["net.ipv4.tcp_rmem"], "8192 131072 6291456")
        self.assertEqual(changes["net.core.somaxconn"], "16")
        self.ok("apply", out, "--yes", "--skip-missing")
        self.assertEqual(self.get("net/ipv4/tcp_rmem").split(), ["8192", "131072", "6291456"])

    def test_no_file_is_overwritten(self):
        path = self.file("a.conf", "net.core.somaxconn = 8192\n")
        out = self.file("new.json", "mine")
        refused = self.run_here("import", path, "-o", out)
        self.assertNotEqual(refused.status, 0)
        self.assertIn("new files only", refused.err)
        with open(out, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_json(self):
        path = self.file("a.conf", "net.core.somaxconn = 8192\nnet.core.rmem_max = 16M\n")
        result = self.json("import", path)["result"]
        self.assertEqual((result["settings"], result["limits"], result["files"]), (1, 0, [path]))
        self.assertEqual(json.loads(result["profile"])["name"], result["name"])
        self.assertEqual(result["not_carried"], [{"file": path, "line": 2, "what": "net.core.rmem_max",
                                                  "why": "the kernel refuses 16M"}])

    def test_a_dump_by_standard_input(self):
        result = self.run_here("import", "-", stdin="net.core.somaxconn = 4096\nkernel.ostype = Linux\n")
        self.assertEqual(result.status, 0, result)
        self.assertEqual(json.loads(result.out)["name"], "imported")
        self.assertIn("kernel.ostype", result.err)

    def test_tuned_from_the_tree(self):
        self.file("usr/lib/tuned/base/tuned.conf", "[sysctl]\nnet.core.somaxconn=>2048\n")
        path = self.file("etc/tuned/web/tuned.conf", "[main]\ninclude=base\n[sysctl]\nnet.ipv4.tcp_sack=1\n")
        profile = json.loads(self.ok("import", path).out)
        self.assertEqual(profile["sysctl"]["net.core.somaxconn"]["at_least"], 2048)

    def test_refusals(self):
        for text, name, code in (("", "a.conf", "nothing_to_import"), (b"\0", "b.conf", "binary_file"),
                                 ("{}", "c.json", "already_a_profile"),
                                 ("[main]\ninclude=d\n", "d/tuned.conf", "include_cycle")):
            document = self.json("import", self.file(name, text), status=2)
            self.assertEqual([error["code"] for error in document["errors"]], [code])
        document = self.json("import", self.file("e.conf", "vm.swappiness=1\n"), "--name", "../x", status=2)
        self.assertNotIn("written", document["result"])

    def test_read_only_folder(self):
        path = self.file("a.conf", "net.core.somaxconn = 8192\n")
        os.chmod(self.root, 0o755)
        result = self.run_here("import", path, "-o", os.path.join(self.root, "n.json"), user=harness.NOBODY)
        self.assertEqual(result.status, 6, result)
        self.assertFalse(os.path.exists(os.path.join(self.root, "n.json")))


if __name__ == "__main__":
    harness.main()
