"""tunewire trial on the real kernel: what is worse shows, what is equal does not, the host stays as it is."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import jsonschema

TUNEWIRE = os.environ["TUNEWIRE"]
SCHEMA = pathlib.Path(os.environ["SOURCE_DIR"], "schema", "trial.schema.json")

CRAMPED = """{
  "format": 1, "name": "cramped", "summary": "Buffers of one page",
  "sysctl": {
    "net.ipv4.tcp_rmem": [4096, 4096, 4096],
    "net.ipv4.tcp_wmem": [4096, 4096, 4096],
    "net.core.netdev_max_backlog": 12345,
    "fs.file-max": {"at_least": 4096}
  },
  "limits": {"nofile": {"logins": {"*": 4096}}}
}
"""

# Keys that plain traffic never meets.
IDLE = """{
  "format": 1, "name": "idle", "summary": "Nothing that matters here",
  "sysctl": {"net.ipv4.tcp_keepalive_probes": 7, "net.ipv4.tcp_fin_timeout": 44}
}
"""


class Trial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.chmod(self.dir, 0o755)

    def profile(self, text):
        path = os.path.join(self.dir, "profile.json")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def trial(self, text, *arguments, user=None, status=0):
        done = subprocess.run([TUNEWIRE, "trial", self.profile(text), "--json", *arguments], user=user,
                              extra_groups=[] if user else None, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, status, done)
        document = json.loads(done.stdout)
        jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
        return document["result"]

    def measure(self, result, name):
        return next(each for each in result["measures"] if each["id"] == name)

    def fates(self, result):
        return {key["key"]: key["fate"] for key in result["keys"]}

    def test_buffers_of_one_page_slow_a_bulk_flow_down(self):
        before = self.settings()
        result = self.trial(CRAMPED, "--for", "4s")
        bulk = self.measure(result, "bulk_bytes_per_s")
        self.assertEqual(bulk["outcome"], "worse", bulk)
        self.assertLess(bulk["ratio"], 0.7)
        self.assertLess(bulk["ratio_interval"][0], bulk["ratio"])
        self.assertEqual(self.fates(result), {
            "net.ipv4.tcp_rmem": "tried", "net.ipv4.tcp_wmem": "tried",
            "net.core.netdev_max_backlog": "host_wide", "fs.file-max": "already"})
        self.assertEqual(result["limits"], ["nofile of *"])
        self.assertEqual(result["failures"], [])
        self.assertGreaterEqual(result["pairs"], 12)
        self.assertEqual(self.settings(), before)

    def test_what_does_not_matter_makes_no_difference(self):
        result = self.trial(IDLE, "--for", "4s")
        outcomes = [each["outcome"] for each in result["measures"]]
        # Seven intervals of 99 %: one may miss by chance, on a busy machine.
        self.assertGreaterEqual(outcomes.count("no_difference"), 6, result)

    def test_an_ordinary_user_may_try_too(self):
        user = 65534 if os.geteuid() == 0 else None
        result = self.trial(CRAMPED, "--for", "3s", user=user)
        self.assertEqual(self.fates(result)["net.ipv4.tcp_rmem"], "tried")
        self.assertGreater(self.measure(result, "exchanges_per_s")["without"], 0)

    def test_nothing_to_try_is_said_at_once(self):
        value = pathlib.Path("/proc/sys/net/ipv4/tcp_fin_timeout").read_text(encoding="ascii").strip()
        same = IDLE.replace("44", value).replace('"net.ipv4.tcp_keepalive_probes": 7, ', "")
        result = self.trial(same)
        self.assertEqual(self.fates(result), {"net.ipv4.tcp_fin_timeout": "already"})
        self.assertEqual(result["measures"], [])
        tried = self.trial(same, "--against", "defaults", "--for", "3s")
        self.assertEqual(self.fates(tried), {"net.ipv4.tcp_fin_timeout": "tried"})
        self.assertEqual(len(tried["measures"]), 7)

    def settings(self):
        keys = ["net/ipv4/tcp_rmem", "net/ipv4/tcp_wmem", "net/core/netdev_max_backlog", "fs/file-max"]
        return [pathlib.Path("/proc/sys", key).read_text(encoding="ascii") for key in keys]


if __name__ == "__main__":
    unittest.main()
