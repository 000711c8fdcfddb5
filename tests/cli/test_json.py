"""Every command's --json, in success and in refusal, held against its schema."""

import json
import os
import unittest

import jsonschema

import harness

COMMANDS = ("profiles", "show", "explain", "plan", "apply", "confirm", "rollback", "recover", "verify",
            "history", "lint", "import")
PROBES = ("probe", "probe_serve", "probe_sweep", "http", "check")  # driven by tests of their own


class Schemas(unittest.TestCase):
    def test_each_command_has_a_valid_one(self):
        for command in (*COMMANDS, *PROBES, "error"):
            jsonschema.Draft202012Validator.check_schema(harness.schema_of(command))

    def test_they_refuse_what_is_wrong(self):
        # Were they empty, every other test here would pass.
        for command in (*COMMANDS, *PROBES, "error"):
            with self.assertRaises(jsonschema.ValidationError):
                harness.validate(command, {"schema": f"tunewire.{command}/1"})


class Success(harness.TreeTest):
    def test_plan(self):
        document = self.json("plan", self.web)
        result = document["result"]
        self.assertEqual(result["profile"], "web")
        self.assertEqual(result["summary"], {"set": 2, "already": 1, "missing": 0, "read_only": 0, "invalid": 0})
        changes = {change["key"]: change for change in result["changes"]}
        somaxconn = changes["net.core.somaxconn"]
        self.assertEqual((somaxconn["before"], somaxconn["after"], somaxconn["status"]), ("4096", "8192", "set"))
        self.assertEqual(somaxconn["origin"]["file"], self.web)
        self.assertEqual(somaxconn["origin"]["line"], 6)
        self.assertEqual(somaxconn["takes_effect"], "next_listen")
        self.assertEqual(somaxconn["why"], "caps every listen(2)")
        self.assertEqual(changes["net.ipv4.tcp_rmem"]["after"], "4096 131072 16777216")
        self.assertEqual(document["errors"], [])

    def test_plan_of_missing_keys(self):
        changes = self.json("plan", self.lacking)["result"]["changes"]
        missing = [change for change in changes if change["status"] == "missing"]
        self.assertEqual([change["key"] for change in missing], ["net.ipv4.tcp_tw_recycle"])
        self.assertNotIn("before", missing[0])
        self.assertIn("4.12", missing[0]["reason"])

    def test_the_whole_way(self):
        applied = self.json("apply", self.web, "--yes")["result"]
        self.assertEqual(applied["outcome"], "applied")
        self.assertEqual({change["key"]: change["stored"] for change in applied["changes"]},
                         {"net.core.somaxconn": "8192", "net.ipv4.tcp_rmem": "4096 131072 16777216"})
        self.assertEqual(self.json("apply", self.web, "--yes")["result"]["outcome"], "nothing_to_do")

        verified = self.json("verify")["result"]
        self.assertEqual((verified["in_force"], verified["drift"], verified["tx"]), (True, [], applied["tx"]))

        self.put("net/core/somaxconn", "77\n")
        drifted = self.json("verify", status=1)["result"]
        self.assertEqual(drifted["in_force"], False)
        self.assertEqual([(one["key"], one["want"], one["is"]) for one in drifted["drift"]],
                         [("net.core.somaxconn", ">= 8192", "77")])

        rows = self.json("history")["result"]["transactions"]
        self.assertEqual([(row["tx"], row["state"], row["keys"], row["in_force"]) for row in rows],
                         [(applied["tx"], "committed", 2, True)])
        items = self.json("history", applied["tx"])["result"]["transactions"][0]["items"]
        self.assertIn("net.core.somaxconn", [item["key"] for item in items])

        kept = self.json("rollback", status=4)["result"]
        self.assertEqual(kept["outcome"], "kept_foreign")
        self.assertEqual(kept["restored"], ["net.ipv4.tcp_rmem"])
        self.assertEqual(kept["kept_foreign"], [{"key": "net.core.somaxconn", "kind": "sysctl", "expected": "8192", "found": "77"}])
        self.assertEqual([item["kind"] for item in kept["restored_items"]], ["sysctl"])

        forced = self.json("rollback", applied["tx"], "--force")["result"]
        self.assertEqual(forced["outcome"], "restored")
        self.assertEqual(self.json("rollback")["result"]["outcome"], "nothing_to_do")
        self.assertEqual(self.json("recover")["result"]["outcome"], "nothing_to_do")

    def test_confirm(self):
        pending = self.json("apply", self.web, "--yes", "--confirm", "90s")["result"]
        self.assertEqual((pending["outcome"], pending["confirm_within_s"]), ("pending_confirm", 90))
        busy = self.json("apply", self.web, "--yes", status=5)
        self.assertEqual((busy["result"]["outcome"], busy["errors"][0]["code"]), ("refused", "awaits_confirm"))
        confirmed = self.json("confirm")["result"]
        self.assertEqual(confirmed, {"tx": pending["tx"], "profile": "web", "confirmed": True})

    def test_recover_after_a_crash(self):
        before = self.values()
        applied = self.json("apply", self.web, "--yes")["result"]
        # A crash in the middle is a journal whose last record is missing.
        with open(applied["journal"], "rb") as file:
            text = file.read()
        at = text.index(b'"committed"')
        start = text.rindex(b"\n", 0, at) + 1
        with open(applied["journal"], "r+b") as file:
            file.seek(start)
            file.write(b"\0" * (len(text) - start))
        refused = self.json("apply", self.web, "--yes", status=5)
        self.assertEqual(refused["errors"][0]["code"], "unfinished_transaction")
        self.assertEqual(self.json("rollback", status=5)["result"]["outcome"], "refused")
        recovered = self.json("recover")["result"]
        self.assertEqual(recovered["outcome"], "restored")
        self.assertEqual(sorted(recovered["restored"]), ["net.core.somaxconn", "net.ipv4.tcp_rmem"])
        self.assertEqual(recovered["tx"], applied["tx"])
        self.assertEqual(self.values(), before)

    def test_damaged_journal(self):
        applied = self.json("apply", self.web, "--yes")["result"]
        with open(applied["journal"], "r+b") as file:
            file.write(b"garbage")
        document = self.json("history")
        self.assertEqual(document["result"]["transactions"], [])
        self.assertEqual([one["file"] for one in document["result"]["damaged"]], [applied["journal"]])

    def test_show_and_explain(self):
        settings = self.json("show", "net.core.somaxconn")["result"]["settings"]
        self.assertEqual(settings[0]["value"], "4096")
        self.assertEqual(settings[0]["scope"], "namespace")
        self.assertEqual(settings[0]["takes_effect"], "next_listen")
        self.assertEqual(len(self.json("show")["result"]["settings"]), len(harness.KEYS))
        wanted = self.json("show", self.web)["result"]["settings"]
        self.assertEqual({one["key"]: one["want"] for one in wanted}["net.core.somaxconn"], ">=8192")
        row = self.json("explain", "tcp_rmem")["result"]["settings"][0]
        self.assertEqual([field["name"] for field in row["fields"]], ["min", "default", "max"])
        gone = self.json("explain", "net.ipv4.tcp_tw_recycle")["result"]["settings"][0]
        self.assertEqual((gone["standing"], "value" in gone), ("removed", False))

    def test_profiles(self):
        result = self.json("profiles")["result"]
        self.assertIn("http-server", [row["name"] for row in result["profiles"]])

    def test_host(self):
        result = json.loads(harness.run("explain", "tcp_rmem", "--json").out)
        harness.validate("explain", result)
        self.assertEqual(result["host"]["kernel"], os.uname().release)
        self.assertEqual(result["host"]["netns"], os.stat("/proc/self/ns/net").st_ino)


class Refusal(harness.TreeTest):
    def test_no_such_profile(self):
        for command, *options in (("plan",), ("apply", "--yes"), ("verify",)):
            document = self.json(command, "nonesuch", *options, status=2)
            self.assertEqual(document["errors"][0]["code"], "no_such_profile")
            self.assertEqual(document["result"]["profile"], "nonesuch")

    def test_invalid_profile_has_places(self):
        bad = self.profile("bad", '{\n  "format": 1, "name": "bad", "summary": "x",\n'
                                  '  "sysctl": {"net.ipv4.tcp_syn_retries": 200, "net.core.somaxconn": "08"}\n}\n')
        document = self.json("plan", bad, status=2)
        self.assertEqual([error["where"].rsplit(":", 2)[0] for error in document["errors"]], [bad, bad])
        self.assertEqual(document["errors"][0]["where"], f"{bad}:3:42")

    def test_missing_keys(self):
        document = self.json("apply", self.lacking, "--yes", status=6)
        self.assertEqual(document["result"]["outcome"], "refused")
        self.assertEqual(document["errors"][0]["code"], "missing_key")

    def test_nothing_there(self):
        self.assertEqual(self.json("verify", status=2)["errors"][0]["code"], "nothing_in_force")
        self.assertEqual(self.json("confirm", status=2)["result"], {"confirmed": False})
        self.assertEqual(self.json("history", "abcdef", status=2)["errors"][0]["code"], "no_such_transaction")
        self.assertEqual(self.json("rollback", "abcdef", status=2)["result"]["outcome"], "refused")
        self.assertEqual(self.json("show", "net.core.nonesuch", status=2)["errors"][0]["code"], "unknown_key")
        self.assertEqual(self.json("explain", "net.core.nonesuch", status=2)["result"]["settings"], [])

    @harness.needs_root
    def test_not_permitted(self):
        os.chmod(self.root, 0o755)
        document = self.json("apply", self.web, "--yes", status=6, user=harness.NOBODY)
        self.assertEqual(document["errors"][0]["code"], "not_permitted")
        for command in ("rollback", "recover", "confirm"):
            self.json(command, status=6, user=harness.NOBODY)

    def test_no_such_tree(self):
        for command in COMMANDS:
            names = [self.web] if command in ("plan", "apply") else ["tcp_rmem"] if command == "explain" else []
            result = harness.run(command, *names, "--json", "--root", self.root + "/nowhere")
            harness.validate(command, json.loads(result.out))
            self.assertEqual(result.status, 0 if command == "profiles" else 2, result)


if __name__ == "__main__":
    harness.main()
