"""plan, apply, verify, rollback, confirm and recover against the real kernel in a namespace."""

import os
import subprocess
import unittest

import namespace
from namespace import fields, write_key

SOMAXCONN = "net.core.somaxconn"
RMEM = "net.ipv4.tcp_rmem"
PORTS = "net.ipv4.ip_local_port_range"
FORWARD = "net.ipv4.ip_forward"
LO_FORWARD = "net.ipv4.conf.lo.forwarding"
REDIRECTS = "net.ipv4.conf.all.accept_redirects"
DEFAULT_FORWARD = "net.ipv4.conf.default.forwarding"
RESERVED = "net.ipv4.ip_local_reserved_ports"
FIN = "net.ipv4.tcp_fin_timeout"

WEB = {
    SOMAXCONN: {"at_least": 8192, "why": "caps every listen(2) backlog"},
    RMEM: ["keep", "keep", {"at_least": 134217728}],
    PORTS: "1024 65535",
}


class TuneTest(namespace.Case):
    KEYS = (FORWARD, LO_FORWARD, DEFAULT_FORWARD, REDIRECTS, SOMAXCONN, RMEM, PORTS, RESERVED, FIN)

    def test_the_whole_way(self):
        before = self.values()
        web = self.profile("web", WEB)

        plan = self.json("plan", web)["result"]
        self.assertEqual(plan["summary"]["set"], 3)
        self.assertEqual({c["key"]: c["status"] for c in plan["changes"]},
                         {SOMAXCONN: "set", RMEM: "set", PORTS: "set"})
        self.assertEqual(plan["rehearsal"]["accepted"], 3)
        self.assertEqual(self.values(), before)
        self.run_tool("plan", "--exit-code", web, expect=1)

        applied = self.json("apply", "--yes", web)["result"]
        self.assertEqual(applied["outcome"], "applied")
        self.assertEqual(fields(SOMAXCONN), ["8192"])
        self.assertEqual(fields(RMEM)[2], "134217728")
        self.assertEqual(fields(PORTS), ["1024", "65535"])

        self.assertEqual(self.json("apply", "--yes", web)["result"]["outcome"], "nothing_to_do")
        self.run_tool("verify")
        self.run_tool("verify", web)

        subprocess.run(["sysctl", "-qw", f"{SOMAXCONN}=999"], check=True)
        verify = self.json("verify", expect=1)["result"]
        self.assertEqual([(d["key"], d["is"]) for d in verify["drift"]], [(SOMAXCONN, "999")])

        undone = self.json("rollback", expect=4)["result"]
        self.assertEqual(undone["outcome"], "kept_foreign")
        self.assertEqual([(k["key"], k["expected"], k["found"]) for k in undone["kept_foreign"]],
                         [(SOMAXCONN, "8192", "999")])
        self.assertEqual(fields(SOMAXCONN), ["999"])
        self.assertEqual(self.values()[PORTS], before[PORTS])
        self.assertEqual(self.values()[RMEM], before[RMEM])
        self.json("rollback", applied["tx"], "--force")
        self.assertEqual(self.values(), before)

    def test_forwarding_and_all_it_drags_along(self):
        write_key(LO_FORWARD, "0")
        before = self.values()
        router = self.profile("router", {FORWARD: 1, LO_FORWARD: 0})
        self.run_tool("apply", "--yes", router)
        self.assertEqual(fields(FORWARD), ["1"])
        self.assertEqual(fields(LO_FORWARD), ["0"])
        self.assertEqual(fields(DEFAULT_FORWARD), ["1"])
        self.run_tool("verify")
        self.run_tool("rollback")
        self.assertEqual(self.values(), before)

    def test_an_interface_pinned_to_another_value_comes_back(self):
        write_key(FORWARD, "0")
        write_key(LO_FORWARD, "1")
        before = self.values()
        self.run_tool("apply", "--yes", self.profile("router", {FORWARD: 1}))
        self.run_tool("rollback")
        self.assertEqual(self.values(), before)

    def test_switching_is_one_diff(self):
        before = self.values()
        self.run_tool("apply", "--yes", self.profile("web", WEB))
        self.run_tool("apply", "--yes", self.profile("other", {SOMAXCONN: 8192, FIN: 20}))
        self.assertEqual(fields(SOMAXCONN), ["8192"])
        self.assertEqual(fields(FIN), ["20"])
        self.assertEqual(self.values()[PORTS], before[PORTS])
        self.run_tool("rollback")
        self.assertEqual(fields(PORTS), ["1024", "65535"])
        self.run_tool("rollback")
        self.assertEqual(self.values(), before)

    def test_globs_reach_every_interface_there_is(self):
        profile = self.profile("glob", {"net.ipv4.conf.*.forwarding": 1})
        changes = self.json("plan", profile)["result"]["changes"]
        keys = {change["key"] for change in changes}
        self.assertIn(LO_FORWARD, keys)
        self.assertIn(DEFAULT_FORWARD, keys)

    def test_an_empty_value_comes_back_empty(self):
        write_key(RESERVED, "\n")
        self.run_tool("apply", "--yes", self.profile("reserve", {RESERVED: "8080,8081,8082"}))
        self.assertEqual(fields(RESERVED), ["8080-8082"])
        self.run_tool("verify")
        self.run_tool("rollback")
        self.assertEqual(fields(RESERVED), [])

    def test_what_the_kernel_refuses_is_found_before_anything_is_written(self):
        before = self.values()
        profile = self.profile("bad", {SOMAXCONN: 9000, "net.ipv4.tcp_available_ulp": "x y"})
        self.run_tool("apply", "--yes", profile, expect=6)
        # Both ends are within the catalog's range; only the kernel knows the ports to be reserved.
        profile = self.profile("bad", {SOMAXCONN: 9000, PORTS: ["keep", 1024]})
        plan = self.json("plan", profile, expect=2)
        self.assertEqual(plan["result"]["summary"]["invalid"], 1)
        self.run_tool("apply", "--yes", profile, expect=2)
        self.assertEqual(self.values(), before)

    def test_what_the_kernel_refuses_only_when_written_is_taken_back(self):
        before = self.values()
        profile = self.profile("bad", {SOMAXCONN: 9000, FIN: 20,
                                       "net.ipv4.tcp_congestion_control": "nosuchalgorithm"})
        done = self.json("apply", "--yes", profile, expect=3)
        self.assertEqual(done["result"]["outcome"], "restored")
        self.assertEqual(self.values(), before)
        self.run_tool("recover")
        self.assertEqual(self.values(), before)

    def test_missing_keys_are_explained_and_can_be_skipped(self):
        profile = self.profile("missing", {"net.ipv4.tcp_tw_recycle": 0, FIN: 20,
                                           "net.core.netdev_max_backlog": 2000})
        changes = {c["key"]: c for c in self.json("plan", profile)["result"]["changes"]}
        self.assertIn("4.12", changes["net.ipv4.tcp_tw_recycle"]["reason"])
        self.assertIn("namespace", changes["net.core.netdev_max_backlog"]["reason"])
        self.run_tool("apply", "--yes", profile, expect=6)
        self.assertNotEqual(fields(FIN), ["20"])
        self.run_tool("apply", "--yes", "--skip-missing", profile)
        self.assertEqual(fields(FIN), ["20"])
        self.run_tool("verify")
        self.run_tool("rollback")

    def test_read_only_keys_are_named(self):
        profile = self.profile("ro", {"net.core.rmem_max": {"at_least": 2000000000}})
        change = self.json("plan", profile)["result"]["changes"][0]
        self.assertEqual(change["status"], "read_only")
        self.run_tool("apply", "--yes", profile, expect=6)

    def test_confirm_in_time_keeps_and_nothing_to_confirm_is_said(self):
        self.run_tool("confirm", expect=2)
        web = self.profile("web", WEB)
        tx = self.json("apply", "--yes", "--confirm", "60s", web)["result"]
        self.assertEqual(tx["outcome"], "pending_confirm")
        self.run_tool("apply", "--yes", self.profile("x", {FIN: 20}), expect=5)
        self.run_tool("confirm", tx["tx"])
        self.run_tool("verify")
        self.run_tool("rollback")

    def test_recover_has_nothing_to_do_on_a_sound_host(self):
        result = self.json("recover")
        self.assertEqual(result["result"]["outcome"], "nothing_to_do")

    def test_history_tells_what_was(self):
        self.run_tool("apply", "--yes", self.profile("web", WEB))
        self.run_tool("rollback")
        transactions = self.json("history")["result"]["transactions"]
        self.assertEqual([(t["profile"], t["state"], t["keys"]) for t in transactions],
                         [("web", "rolled_back", 3)])

    def test_hostile_key_names_open_nothing_outside(self):
        for name in ("net/../../etc/passwd", "net/core/../../../etc/passwd", "net..core", "/etc/passwd",
                     "net.core.somaxconn\n", "x" * 300, "net.core." + "y" * 300):
            self.run_tool("explain", name, expect=2)
            self.run_tool("plan", self.profile("hostile", {name: 1}), expect=2)


@unittest.skipUnless(os.environ.get("TUNEWIRE_NAMESPACE") == "root", "switches to another user")
class UnprivilegedTest(namespace.Case):
    KEYS = (FIN,)

    def as_nobody(self, *arguments, expect):
        os.chmod(self.dir, 0o755)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", namespace.TUNEWIRE,
             *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def test_plan_and_verify_need_no_rights(self):
        profile = self.profile("web", {FIN: 20})
        self.assertIn("tcp_fin_timeout", self.as_nobody("plan", profile, expect=0).stdout)
        self.as_nobody("verify", profile, expect=1)

    def test_apply_says_first_what_it_may_not_do(self):
        before = self.values()
        profile = self.profile("web", {FIN: 20})
        done = self.as_nobody("apply", "--yes", profile, expect=6)
        self.assertIn("tcp_fin_timeout", done.stderr)
        self.assertEqual(self.values(), before)


if __name__ == "__main__":
    namespace.main()
