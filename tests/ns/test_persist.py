"""Keys, limits and files together, in a network and mount namespace with an /etc of its own."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import unittest

import namespace
from namespace import fields, write_key

CLONE_NEWNS = 0x20000
SOMAXCONN = "net.core.somaxconn"


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def own_mounts(scratch):
    """A mount namespace with a copy of /etc, and without a way to the host-wide keys."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("--make-rprivate", "/")
    etc = os.path.join(scratch, "etc")
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    mount("--bind", etc, "/etc")
    for folder in ("fs", "vm", "kernel"):
        path = f"/proc/sys/{folder}"
        mount("--bind", path, path)
        mount("-o", "remount,bind,ro", path)


def tree(folder):
    """Every file below a folder with its bytes, mode and owner; links with their target."""
    found = {}
    for path, folders, names in os.walk(folder):
        for name in folders + names:
            whole = os.path.join(path, name)
            status = os.lstat(whole)
            content = None
            if os.path.islink(whole):
                content = os.readlink(whole)
            elif os.path.isfile(whole):
                with open(whole, "rb") as file:
                    content = file.read()
            found[whole] = (status.st_mode, status.st_uid, status.st_gid, content)
    return found


class PersistTest(namespace.Case):
    KEYS = (SOMAXCONN, "net.ipv4.ip_local_port_range", "net.ipv4.tcp_max_syn_backlog")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scratch = namespace.tempfile.mkdtemp(prefix="tunewire-etc-")
        own_mounts(cls.scratch)

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["umount", "/etc"], check=False)
        shutil.rmtree(cls.scratch, ignore_errors=True)

    def setUp(self):
        super().setUp()
        # What an earlier case left where it failed.
        for folder in ("/etc/sysctl.d", "/etc/security/limits.d"):
            for name in os.listdir(folder):
                if name.startswith(("60-tunewire", "99-x")):
                    os.unlink(os.path.join(folder, name))
        self.etc = tree("/etc")

    def assert_etc(self, before):
        now = tree("/etc")
        changed = {path: (before.get(path), now.get(path)) for path in before.keys() | now.keys()
                   if before.get(path) != now.get(path)}
        self.assertEqual(changed, {})

    def listener(self, backlog):
        """A process of its own that listens, and the port it listens on."""
        program = ("import socket,sys,time\n"
                   "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(int(sys.argv[1]))\n"
                   "print(s.getsockname()[1], flush=True); sys.stdin.read()\n")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        process = subprocess.Popen([sys.executable, "-c", program, str(backlog)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        return process, int(process.stdout.readline())

    def test_web_benchmark_persisted(self):
        write_key(SOMAXCONN, "4096")
        before = self.values()
        self.saved = before
        old, port = self.listener(60000)

        applied = self.json("apply", "--yes", "--persist", "--skip-missing", "web-benchmark")
        self.assertEqual(applied["result"]["outcome"], "applied")
        self.assertEqual(fields(SOMAXCONN), ["8192"])
        with open("/etc/sysctl.d/60-tunewire-web-benchmark.conf", encoding="utf-8") as file:
            self.assertIn("net.core.somaxconn = 8192\n", file.read())
        with open("/etc/security/limits.d/60-tunewire-web-benchmark.conf", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("* hard nofile 1048576\n", text)
        self.assertIn("root soft nofile 1048576\n", text)

        # The listener got what somaxconn was when it called listen: cut from 60000 to 4096.
        verify = self.json("verify", expect=1)["result"]
        cut = [f for f in verify["not_in_effect"] if f["key"] == SOMAXCONN]
        self.assertEqual([(f["pid"], f["is"], f["want"]) for f in cut], [(old.pid, "4096", "8192")])
        self.assertIn(str(port), cut[0]["socket"])
        self.assertIn(str(old.pid), self.run_tool("verify", expect=1).stdout)
        old.stdin.close()
        old.wait()
        self.run_tool("verify")

        with open("/etc/sysctl.d/99-x.conf", "w", encoding="utf-8") as file:
            file.write("# somebody else's\nnet.core.somaxconn = 1000\n")
        lost = self.json("verify", expect=1)["result"]["boot"]
        winners = {(b["loader"], b["value"], b["winner"]["file"], b["winner"]["line"])
                   for b in lost if b["key"] == SOMAXCONN}
        self.assertEqual(winners, {("systemd_sysctl", "1000", "/etc/sysctl.d/99-x.conf", 2),
                                   ("procps", "1000", "/etc/sysctl.d/99-x.conf", 2)})
        self.assertIn("/etc/sysctl.d/99-x.conf:2", self.run_tool("verify", expect=1).stdout)
        self.assertIn("/etc/sysctl.d/99-x.conf:2",
                      self.run_tool("plan", "--persist", "web-benchmark").stdout)
        os.unlink("/etc/sysctl.d/99-x.conf")
        self.run_tool("verify")

        self.run_tool("rollback")
        self.assertEqual(self.values(), before)
        self.assert_etc(self.etc)

    def test_the_boot_brings_what_was_persisted(self):
        profile = self.profile("boots", {SOMAXCONN: 7777})
        self.run_tool("apply", "--yes", "--persist", profile)
        write_key(SOMAXCONN, "100")
        subprocess.run(["/lib/systemd/systemd-sysctl", "/etc/sysctl.d/60-tunewire-boots.conf"],
                       check=True)
        self.assertEqual(fields(SOMAXCONN), ["7777"])
        write_key(SOMAXCONN, "100")
        subprocess.run(["sysctl", "-qp", "/etc/sysctl.d/60-tunewire-boots.conf"], check=True)
        self.assertEqual(fields(SOMAXCONN), ["7777"])
        self.run_tool("rollback")
        self.assert_etc(self.etc)

    def test_with_confirm_files_come_with_the_confirmation(self):
        profile = self.profile("later", {SOMAXCONN: 7777},
                               limits={"nofile": {"logins": {"bob": 4096}}})
        tx = self.json("apply", "--yes", "--persist", "--confirm", "60s", profile)["result"]["tx"]
        self.assertEqual(fields(SOMAXCONN), ["7777"])
        self.assert_etc(self.etc)
        self.run_tool("confirm", tx)
        self.assertTrue(os.path.exists("/etc/sysctl.d/60-tunewire-later.conf"))
        self.assertTrue(os.path.exists("/etc/security/limits.d/60-tunewire-later.conf"))
        self.run_tool("rollback")
        self.assert_etc(self.etc)

    def test_limits_of_a_running_process_and_of_its_unit(self):
        os.makedirs("/etc/systemd/system", exist_ok=True)
        unit = "/etc/systemd/system/tunewire-test.service"
        with open(unit, "w", encoding="utf-8") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        self.addCleanup(os.unlink, unit)
        etc = tree("/etc")
        process, _ = self.listener(10)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (512, 4096))
        profile = self.profile("limits", {}, limits={"nofile": {
            "running": {str(process.pid): {"soft": 2048, "hard": 4096}},
            "services": {"tunewire-test.service": {"soft": 2048, "hard": 4096}}}})
        self.run_tool("apply", "--yes", profile)
        self.assertEqual(resource.prlimit(process.pid, resource.RLIMIT_NOFILE), (2048, 4096))
        drop_in = "/etc/systemd/system/tunewire-test.service.d/60-tunewire.conf"
        with open(drop_in, encoding="utf-8") as file:
            self.assertIn("[Service]\nLimitNOFILE=2048:4096\n", file.read())
        self.run_tool("verify")
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (100, 4096))
        self.run_tool("verify", expect=1)
        kept = self.json("rollback", expect=4)["result"]["kept_foreign"]
        self.assertEqual(len(kept), 1)
        self.assertEqual(resource.prlimit(process.pid, resource.RLIMIT_NOFILE), (100, 4096))
        self.assert_etc(etc)

    def test_nofile_above_nr_open_is_refused(self):
        with open("/proc/sys/fs/nr_open", encoding="ascii") as file:
            nr_open = int(file.read())
        profile = self.profile("much", {}, limits={"nofile": {"logins": {"*": nr_open + 1}}})
        done = self.run_tool("apply", "--yes", profile, expect=2)
        self.assertIn("fs.nr_open", done.stderr)
        self.assert_etc(self.etc)

    def test_a_read_only_etc_leaves_everything_as_it_was(self):
        before = self.values()
        mount("-o", "remount,bind,ro", "/etc")
        self.addCleanup(mount, "-o", "remount,bind,rw", "/etc")
        done = self.json("apply", "--yes", "--persist", self.profile("ro", {SOMAXCONN: 7777}),
                         expect=3)
        self.assertEqual(done["result"]["outcome"], "restored")
        self.assertEqual(self.values(), before)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    namespace.main(kinds=("root",))
