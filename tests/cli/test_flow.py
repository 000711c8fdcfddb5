"""plan, apply, verify, rollback, history and recover over a tree of files, with their exit statuses."""

import os
import subprocess
import time
import unittest

import harness


class Plan(harness.TreeTest):
    def test_changes_nothing(self):
        before = self.values()
        result = self.ok("plan", self.web)
        self.assertEqual(self.values(), before)
        self.assertFalse(os.path.exists(os.path.join(self.root, "var")))
        self.assertIn("2 to change, 1 already right", result.out)
        self.assertTrue(result.out.endswith(f"next: tunewire apply {self.web} --confirm 60s --root {self.root}\n"), result)

    def test_exit_code_on_request(self):
        self.ok("plan", self.web, "--exit-code", status=1)
        self.ok("apply", self.web, "--yes")
        self.ok("plan", self.web, "--exit-code", status=0)

    def test_vector_shows_what_differs(self):
        out = self.ok("plan", self.web).out
        self.assertIn("4096 131072 [6291456]  ->  [16777216]", out)

    def test_missing_key_says_why(self):
        out = self.ok("plan", self.lacking).out
        self.assertIn("x net.ipv4.tcp_tw_recycle   missing", out)
        self.assertIn("removed in Linux 4.12", out)
        self.assertIn(f"{self.lacking}:7", out)
        self.assertIn("--skip-missing", out)

    def test_kernel_value_out_of_range(self):
        bad = self.profile("bad", harness.WEB.replace("[\"keep\", \"keep\", {\"at_least\": 16777216}]", "[4096, 100000, 90000]"))
        result = self.run_here("plan", bad)
        self.assertEqual(result.status, 2, result)
        self.assertIn(f"{bad}:7:", result.err)


class Apply(harness.TreeTest):
    def test_the_whole_way(self):
        before = self.values()
        applied = self.ok("apply", self.web, "--yes")
        tx = self.tx_of(applied)
        self.assertIn("APPLIED  web", applied.out)
        self.assertEqual(self.get("net/core/somaxconn").strip(), "8192")
        self.assertEqual(self.get("net/ipv4/tcp_rmem").split(), ["4096", "131072", "16777216"])

        self.assertIn("OK  web", self.ok("verify").out)
        self.assertIn("in force", self.ok("history").out)
        self.assertIn("somaxconn", self.ok("history", tx).out)

        again = self.ok("apply", self.web, "--yes")
        self.assertIn("NOTHING TO DO", again.out)

        self.put("net/ipv4/tcp_rmem", "1 2 3\n")
        drift = self.ok("verify", status=1)
        self.assertIn("DRIFT  web", drift.out)
        self.assertIn("x net.ipv4.tcp_rmem", drift.out)
        self.assertIn("exit 1.  next: tunewire apply", drift.out.replace("\n", "  "))

        kept = self.ok("rollback", status=4)
        self.assertIn("~ net.ipv4.tcp_rmem", kept.out)
        self.assertIn("--force", kept.out)
        self.assertEqual(self.get("net/core/somaxconn").strip(), "4096")
        self.assertEqual(self.get("net/ipv4/tcp_rmem").split(), ["1", "2", "3"])

        self.ok("rollback", tx, "--force")
        self.assertEqual(self.values(), before)
        self.assertIn("NOTHING TO DO", self.ok("rollback").out)

    def test_applying_twice_writes_nothing(self):
        self.ok("apply", self.web, "--yes")
        times = {key: os.stat(self.path(key)).st_mtime_ns for key in harness.KEYS}
        self.ok("apply", self.web, "--yes")
        self.assertEqual(times, {key: os.stat(self.path(key)).st_mtime_ns for key in harness.KEYS})

    def test_missing_key_refuses_all(self):
        before = self.values()
        result = self.run_here("apply", self.lacking, "--yes")
        self.assertEqual(result.status, 6, result)
        self.assertIn("nothing was changed.", result.err)
        self.assertEqual(self.values(), before)
        self.ok("apply", self.lacking, "--yes", "--skip-missing")
        self.assertEqual(self.get("net/core/somaxconn").strip(), "8192")
        self.ok("verify")

    def test_needs_yes_without_a_terminal(self):
        before = self.values()
        result = self.run_here("apply", self.web)
        self.assertEqual(result.status, 2, result)
        self.assertIn("--yes", result.err)
        self.assertEqual(self.values(), before)
        document = self.json("apply", self.web, status=2)
        self.assertEqual(document["errors"][0]["code"], "needs_yes")

    def test_failed_write_restores(self):
        before = self.values()
        os.chmod(self.path("net/ipv4/tcp_rmem"), 0o444)
        result = self.run_here("apply", self.web, "--yes")
        self.assertEqual(result.status, 6, result)
        self.assertEqual(self.values(), before)

    def test_verify_without_the_profile_file(self):
        self.ok("apply", self.web, "--yes")
        os.unlink(self.web)
        self.ok("verify")

    def test_from_standard_input(self):
        self.ok("apply", "-", "--yes", stdin=harness.WEB)
        self.ok("verify")
        self.ok("rollback")

    def test_switching_profiles_is_one_transaction(self):
        self.ok("apply", self.web, "--yes")
        other = self.profile("other", '{"format": 1, "name": "other", "summary": "x", '
                                      '"sysctl": {"net.ipv4.tcp_syn_retries": 4}}')
        self.ok("apply", other, "--yes")
        self.assertEqual(self.get("net/core/somaxconn").strip(), "4096")
        self.assertEqual(self.get("net/ipv4/tcp_syn_retries").strip(), "4")


class Busy(harness.TreeTest):
    def test_a_held_lock(self):
        self.ok("apply", self.web, "--yes")
        state = os.path.join(self.root, "var/lib/tunewire")
        holder = subprocess.Popen(["flock", "-x", os.path.join(state, "lock"), "sh", "-c", "echo held; exec sleep 60"],
                                  stdout=subprocess.PIPE)
        try:
            self.assertEqual(holder.stdout.readline(), b"held\n")
            before = self.values()
            for line in (("apply", self.web, "--yes"), ("rollback",), ("recover",)):
                result = self.run_here(*line)
                self.assertEqual(result.status, 5, result)
                self.assertIn("nothing was changed.", result.err)
            self.assertEqual(self.values(), before)
            self.ok("plan", self.web)
            self.ok("verify")
        finally:
            holder.kill()
            holder.wait()
            holder.stdout.close()

    def test_a_waiting_transaction(self):
        pending = self.ok("apply", self.web, "--yes", "--confirm", "1h")
        tx = self.tx_of(pending)
        self.assertIn(f"next: tunewire confirm {tx}", pending.out)
        result = self.run_here("apply", self.web, "--yes")
        self.assertEqual(result.status, 5, result)
        self.assertIn("confirm", result.err)
        self.assertIn("waits for confirm", self.ok("history").out)
        self.assertIn("CONFIRMED  web", self.ok("confirm", tx[:3]).out)
        self.ok("verify")
        self.ok("rollback")

    def test_rollback_of_a_waiting_one(self):
        before = self.values()
        self.ok("apply", self.web, "--yes", "--confirm", "1h")
        self.ok("rollback")
        self.assertEqual(self.values(), before)


class Deadline(harness.TreeTest):
    def wait_until(self, condition, patience=30.0):
        end = time.monotonic() + patience
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.1)

    def test_the_guard_puts_back(self):
        before = self.values()
        tx = self.tx_of(self.ok("apply", self.web, "--yes", "--confirm", "1s"))
        self.wait_until(lambda: self.values() == before)
        self.wait_until(lambda: "not kept, put back" in self.ok("history").out)
        late = self.run_here("confirm", tx)
        self.assertEqual(late.status, 3, late)
        self.assertIn("put back", late.err)
        self.assertNotIn("nothing was changed.", late.err)

    def test_the_guard_lets_a_confirmed_one_be(self):
        self.ok("apply", self.web, "--yes", "--confirm", "2s")
        self.ok("confirm")
        time.sleep(3)
        self.ok("verify")

    def test_recover_leaves_a_waiting_one(self):
        self.ok("apply", self.web, "--yes", "--confirm", "1h")
        self.assertIn("NOTHING TO DO", self.ok("recover").out)
        self.ok("rollback")


class Show(harness.TreeTest):
    def test_single_key_and_plain_lines(self):
        self.assertIn("4096", self.ok("show", "net.core.somaxconn").out)
        self.assertEqual(self.ok("show", "-q", "net.core.somaxconn").out, "net.core.somaxconn = 4096\n")
        self.assertEqual(self.ok("show", "-q", "net/ipv4/tcp_rmem").out, "net.ipv4.tcp_rmem = 4096 131072 6291456\n")

    def test_folder_and_glob_and_all(self):
        everything = self.ok("show", "-q", "net").out
        self.assertEqual(len(everything.splitlines()), len(harness.KEYS))
        self.assertEqual(self.ok("show", "-q", "net.*").out, everything)
        self.assertEqual(self.ok("show", "-q").out, everything)
        self.assertEqual(len(self.ok("show", "-q", "net.ipv4.tcp_*").out.splitlines()), 4)
        self.assertEqual(self.ok("show", "-q", "net.ipv4.conf.*.rp_filter").out,
                         "net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.lo.rp_filter = 0\n")

    def test_profile(self):
        out = self.ok("show", self.web).out
        self.assertIn("want >=8192", out)
        self.assertIn("caps every listen(2)", out)

    def test_known_but_absent(self):
        self.assertIn("removed in Linux 4.12", self.ok("show", "net.ipv4.tcp_tw_recycle").out)

    def test_mistyped(self):
        result = self.run_here("show", "net.core.somaxcon")
        self.assertEqual(result.status, 2, result)
        self.assertIn("net.core.somaxconn", result.err)
        self.assertEqual(self.run_here("show", "net.nothing.*").status, 2)

    def test_good_keys_are_shown_beside_bad_ones(self):
        result = self.run_here("show", "net.core.somaxconn", "net.core.somaxcon")
        self.assertEqual(result.status, 2, result)
        self.assertIn("4096", result.out)


class Explain(harness.TreeTest):
    def test_row(self):
        out = self.ok("explain", "net.core.somaxconn").out
        for word in ("value now", "4096", "range", "scope", "takes effect", "listen", "source"):
            self.assertIn(word, out)

    def test_short_name_and_all_interfaces(self):
        self.assertIn("net.ipv4.tcp_rmem\n", self.ok("explain", "tcp_rmem").out)
        self.assertIn("all 0, lo 0", self.ok("explain", "net.ipv4.conf.*.rp_filter").out)

    def test_unknown(self):
        result = self.run_here("explain", "net.core.somaxcon")
        self.assertEqual(result.status, 2, result)
        self.assertIn("did you mean net.core.somaxconn", result.err)
        self.assertEqual(self.run_here("explain", "net/../../etc/passwd").status, 2)


class Profiles(harness.TreeTest):
    def test_shipped_ones(self):
        names = self.ok("profiles", "-q").out.split()
        for name in ("base", "http-server", "load-generator", "web-benchmark", "asyncio-server", "bulk-throughput",
                     "low-latency", "many-connections"):
            self.assertIn(name, names)

    def test_an_earlier_folder_masks(self):
        folder = os.path.join(self.root, "etc/tunewire/profiles")
        os.makedirs(folder)
        with open(os.path.join(folder, "base.json"), "w", encoding="ascii") as file:
            file.write(harness.WEB.replace('"web"', '"base"'))
        out = self.ok("profiles").out
        self.assertIn(folder, out)
        self.assertIn("masks ", out)
        self.assertIn("1 already right", self.ok("plan", "base").out)

    def test_a_broken_one_is_named(self):
        folder = os.path.join(self.root, "etc/tunewire/profiles")
        os.makedirs(folder)
        with open(os.path.join(folder, "broken.json"), "w", encoding="ascii") as file:
            file.write("{")
        self.assertIn("unusable:", self.ok("profiles").out)


if __name__ == "__main__":
    harness.main()
