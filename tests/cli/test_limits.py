"""Limits, files and the next boot over a tree: what every screen says, and that all of it goes back."""

import os
import unittest

import harness

WEB = """{
  "format": 1,
  "name": "web",
  "summary": "For tests",
  "sysctl": {
    "net.core.somaxconn": {"at_least": 8192, "why": "caps every listen(2)"},
    "net.ipv4.tcp_rmem": ["keep", "keep", {"at_least": 16777216}]
  },
  "limits": {
    "nofile": {
      "logins": {"*": {"soft": 65536, "hard": "unlimited"}, "root": 65536},
      "services": {"nginx.service": 65536, "gone.service": 4096},
      "running": {"nginx": 65536}
    }
  }
}
"""


class LimitsTest(harness.TreeTest):
    def setUp(self):
        super().setUp()
        self.web = self.profile("web", WEB.replace('"hard": "unlimited"', '"hard": 131072'))
        self.put("fs/nr_open", "1048576\n")
        self.write("etc/sysctl.d/10-ours-first.conf", "net.ipv4.tcp_sack = 1\n")
        self.write("etc/security/limits.conf", "# nothing yet\n* soft nofile 1024\n* hard nofile 4096\n")
        self.write("usr/lib/systemd/system/nginx.service", "[Service]\nExecStart=/usr/sbin/nginx\nLimitNOFILE=1024\n")
        self.write("etc/pam.d/login", "session required pam_limits.so\n")
        self.write("etc/pam.d/sshd", "session required pam_unix.so\n")

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="ascii") as file:
            return file.read()

    def everything(self):
        """Each file and folder below the root but the transactions' own: bytes and mode."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            if os.path.relpath(folder, self.root).startswith("var"):
                continue
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                about = os.path.relpath(path, self.root)
                if about.split("/")[0] == "var":
                    continue
                body = b""
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        body = file.read()
                found[about] = (os.lstat(path).st_mode, body)
        return found

    LOGINS = "etc/security/limits.d/60-tunewire-web.conf"
    UNIT = "etc/systemd/system/nginx.service.d/60-tunewire.conf"
    BOOT = "etc/sysctl.d/60-tunewire-web.conf"


class Plan(LimitsTest):
    def test_limits_stand_among_the_keys(self):
        before = self.everything()
        out = self.ok("plan", self.web).out
        self.assertEqual(self.everything(), before)
        self.assertIn("7 to change, 0 already right, 2 missing", " ".join(out.split()))
        self.assertRegex(out, r"nofile nginx\.service +1024 +-> +65536 +takes effect on restart\n")
        self.assertRegex(out, r"nofile \* \(logins\) +1024 \(hard 4096\) +-> +65536 \(hard 131072\)")
        self.assertRegex(out, r"nofile root \(logins\) +not set +-> +65536")
        self.assertIn("~ nofile gone.service   missing\n      no such unit on this host", out)
        self.assertIn("~ nofile nginx   missing\n      no such process runs\n", out)
        self.assertIn(os.path.join(self.root, self.LOGINS) + "\n    written: limits of logins\n", out)
        self.assertNotIn("shown only", out)
        self.assertNotIn(self.BOOT, out)

    def test_above_nr_open_has_a_caret(self):
        bad = self.profile("bad", '{"format": 1, "name": "bad", "summary": "x",\n'
                                  ' "limits": {"nofile": {"logins": {"*": 2000000}}}}\n')
        result = self.run_here("plan", bad)
        self.assertEqual(result.status, 2, result)
        self.assertIn(f"{bad}:2:", result.err)
        self.assertIn("^^^^^^^", result.err)
        self.assertIn("above fs.nr_open (1048576)", " ".join(result.err.split()))
        document = self.json("plan", bad, status=2)
        self.assertEqual(document["errors"][0]["code"], "invalid_limit")
        self.assertEqual(self.run_here("apply", bad, "--yes").status, 2)

    def test_persist_names_the_conflict(self):
        self.write("etc/sysctl.d/99-zz-old.conf", "# old\n\nnet.ipv4.tcp_rmem = 4096 87380 6291456\n")
        out = self.ok("plan", self.web, "--persist").out
        self.assertIn("1 conflict", out)
        self.assertIn("CONFLICT  /etc/sysctl.d/99-zz-old.conf:3 sets net.ipv4.tcp_rmem after us: the new value "
                      "would be lost at the next boot.", out.replace("\n          ", " "))
        self.assertIn("apply " + self.web + " --persist --confirm 60s", out)

    def test_persist_names_both_loaders_where_they_disagree(self):
        self.write("etc/sysctl.conf", "net.core.somaxconn = 128\n")
        out = " ".join(self.ok("plan", self.web, "--persist").out.split())
        self.assertIn("the loaders disagree: with sysctl --system /etc/sysctl.conf:1 sets 128 after us, "
                      "systemd-sysctl keeps 8192 (/etc/sysctl.d/60-tunewire-web.conf:", out)

    def test_json(self):
        result = self.json("plan", self.web, "--persist")["result"]
        limits = {(one["target"], one["subject"]): one for one in result["limits"]}
        service = limits["services", "nginx.service"]
        self.assertEqual((service["item"], service["want_soft"], service["want_hard"], service["is_soft"],
                          service["is_hard"], service["status"], service["takes_effect"]),
                         ("nofile", 65536, 65536, 1024, 1024, "set", "restart nginx.service"))
        self.assertTrue(service["source"].endswith("/nginx.service:3"), service)
        self.assertNotIn("is_soft", limits["logins", "root"])
        self.assertEqual(limits["running", "nginx"]["status"], "missing")
        self.assertEqual({os.path.relpath(one["path"], self.root): one["status"] for one in result["files"]},
                         {self.LOGINS: "set", self.UNIT: "set", self.BOOT: "set"})
        self.assertEqual({(one["key"], one["loader"], one["verdict"]) for one in result["boot"]},
                         {(key, loader, "kept") for key in ("net.core.somaxconn", "net.ipv4.tcp_rmem")
                          for loader in ("systemd_sysctl", "procps")})
        self.assertEqual((result["not_in_effect"], result["persisted"]), ([], True))

    def test_unlimited_is_a_word(self):
        stack = self.profile("stack", '{"format": 1, "name": "stack", "summary": "x", '
                                      '"limits": {"memlock": {"services": {"nginx.service": "unlimited"}}}}')
        limit, = self.json("plan", stack)["result"]["limits"]
        self.assertEqual((limit["want_soft"], limit["want_hard"]), ("unlimited", "unlimited"))


class TheWholeWay(LimitsTest):
    def test_back_to_the_last_byte(self):
        before = self.everything()
        applied = self.ok("apply", self.web, "--persist", "--yes")
        self.assertIn("2 keys and 3 files set", applied.out)
        self.assertIn("restart nginx.service to take effect\n", applied.out)
        self.assertIn("limits do not reach logins by sshd", applied.out)
        self.assertIn("        session required pam_limits.so\n", applied.out)
        self.assertEqual(self.read("etc/pam.d/sshd"), "session required pam_unix.so\n")
        self.assertIn("* hard nofile 131072\n", self.read(self.LOGINS))
        self.assertIn("LimitNOFILE=65536:65536\n", self.read(self.UNIT))
        self.assertIn("net.core.somaxconn = 8192\n", self.read(self.BOOT).replace("/", "."))

        again = self.ok("apply", self.web, "--persist", "--yes")
        self.assertIn("NOTHING TO DO", again.out)
        self.ok("plan", self.web, "--persist", "--exit-code")
        verified = self.ok("verify").out
        self.assertIn("OK  web", verified)
        self.assertNotIn("next boot does not", verified)
        self.assertIn("sshd", verified)

        row, = self.json("history")["result"]["transactions"]
        self.assertEqual((row["keys"], row["limits"], row["files"]), (2, 0, 3))
        undone = self.json("rollback")["result"]
        self.assertEqual(sorted(item["kind"] for item in undone["restored_items"]),
                         ["file", "file", "file", "sysctl", "sysctl"])
        self.assertEqual(self.everything(), before)

    def test_a_changed_file_is_drift_and_is_kept(self):
        before = self.everything()
        self.ok("apply", self.web, "--persist", "--yes")
        self.write(self.UNIT, "[Service]\nLimitNOFILE=99\n")
        out = self.ok("verify", status=1).out
        self.assertIn("DRIFT", out)
        self.assertIn(f"x {os.path.join(self.root, self.UNIT)}\n      changed since transaction", out)
        self.assertRegex(" ".join(out.split()), r"x nofile nginx\.service want 65536 is 99 set by \S+60-tunewire.conf:2")
        kept = self.json("rollback", status=4)["result"]
        self.assertEqual([(one["key"], one["kind"]) for one in kept["kept_foreign"]],
                         [(os.path.join(self.root, self.UNIT), "file")])
        self.ok("rollback", kept["tx"], "--force")
        self.assertEqual(self.everything(), before)

    def test_a_later_line_of_limits_conf_is_named(self):
        self.ok("apply", self.web, "--yes")
        self.write("etc/security/limits.d/90-old.conf", "\n* hard nofile 2048\n")
        out = " ".join(self.ok("verify", status=1).out.split())
        self.assertIn("x nofile * (logins) want 65536 (hard 131072) is 65536 (hard 2048)", out)
        self.assertIn("/etc/security/limits.d/90-old.conf:2", out)
        limits = {one["subject"]: one for one in self.json("verify", status=1)["result"]["limits"]}
        self.assertEqual((limits["*"]["is_hard"], limits["*"]["status"]), (2048, "set"))

    def test_confirm_writes_the_files(self):
        before = self.everything()
        pending = self.ok("apply", self.web, "--persist", "--yes", "--confirm", "1h").out
        self.assertIn("written once confirmed", pending)
        self.assertIn("once confirmed, restart nginx.service to take effect", pending)
        for path in (self.LOGINS, self.UNIT, self.BOOT):
            self.assertFalse(os.path.exists(os.path.join(self.root, path)), path)
        confirmed = self.ok("confirm").out
        self.assertIn("2 keys stay\n  wrote 3 files\n", confirmed)
        for path in (self.LOGINS, self.UNIT, self.BOOT):
            self.assertIn(f"    {os.path.join(self.root, path)}\n", confirmed)
            self.assertTrue(os.path.exists(os.path.join(self.root, path)), path)
        self.ok("verify")
        self.ok("rollback")
        self.assertEqual(self.everything(), before)

    def test_confirm_in_json(self):
        pending = self.json("apply", self.web, "--yes", "--confirm", "1h")["result"]
        self.assertEqual(len(pending["waiting"]), 2)
        self.assertEqual(pending["restart"], ["nginx.service"])
        self.assertEqual({one["service"]: one["state"] for one in pending["pam"]
                          if one["service"] in ("login", "sshd")}, {"login": "applied", "sshd": "missing"})
        self.assertEqual(self.json("confirm")["result"]["files"], pending["waiting"])

    def test_an_unreadable_file_refuses_before_anything(self):
        os.makedirs(os.path.join(self.root, self.LOGINS))
        before = self.everything()
        result = self.run_here("apply", self.web, "--yes")
        self.assertNotEqual(result.status, 0, result)
        self.assertIn("nothing was changed.", result.err)
        self.assertEqual(self.everything(), before)
        self.assertIn("not looked at: ", self.ok("plan", self.web).out)


class NextBoot(LimitsTest):
    def test_not_persisted_is_one_quiet_line(self):
        self.ok("apply", self.web, "--yes")
        out = self.ok("verify").out
        self.assertIn("the next boot does not bring this profile", out)
        self.assertEqual(self.json("verify")["result"]["boot"], [])

    def test_a_later_file_is_named(self):
        self.ok("apply", self.web, "--persist", "--yes")
        self.write("etc/sysctl.d/99-x.conf", "# theirs\nnet.core.somaxconn = 128\n")
        out = self.ok("verify", status=1).out
        self.assertIn("AT RISK  web", out)
        self.assertRegex(out, r"~ net\.core\.somaxconn +live ok, lost at boot\n"
                              r" +/etc/sysctl\.d/99-x\.conf:2 sets 128 after us: remove that line\n")
        result = self.json("verify", status=1)["result"]
        self.assertEqual((result["in_force"], result["clean"]), (True, False))
        lost = [one for one in result["boot"] if one["verdict"] == "lost"]
        self.assertEqual([(one["key"], one["loader"], one["value"]) for one in lost],
                         [("net.core.somaxconn", loader, "128") for loader in ("systemd_sysctl", "procps")])
        for one in lost:
            self.assertEqual(one["winner"], {"file": "/etc/sysctl.d/99-x.conf", "line": 2})
            self.assertEqual(one["losers"][0]["file"], "/etc/sysctl.d/60-tunewire-web.conf")
        os.unlink(os.path.join(self.root, "etc/sysctl.d/99-x.conf"))
        self.ok("verify")

    def test_a_removed_file_is_drift(self):
        self.ok("apply", self.web, "--persist", "--yes")
        os.unlink(os.path.join(self.root, self.BOOT))
        self.assertIn("removed since transaction", self.ok("verify", status=1).out)


class Narrow(LimitsTest):
    def test_sixty_columns(self):
        self.write("etc/sysctl.d/99-x.conf", "net.core.somaxconn = 128\n")
        env = harness.environment(COLUMNS="60")
        screens = [self.ok("plan", self.web, "--persist", env=env).out,
                   self.ok("apply", self.web, "--persist", "--yes", env=env).out,
                   self.ok("verify", status=1, env=env).out, self.ok("history", env=env).out,
                   self.ok("rollback", env=env).out]
        for line in "".join(screens).splitlines():
            # A path or a command stands whole, so that it can be copied.
            if self.root not in line:
                self.assertLessEqual(len(line), 60, line)
        for screen in screens:
            self.assertTrue(screen.isascii(), screen)


if __name__ == "__main__":
    harness.main()
