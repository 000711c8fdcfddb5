"""./dev reads debian/control and installs what is missing, against commands that only pretend."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
NEEDED = ("sh", "dirname", "awk", "grep", "cat", "mkdir", "env", "touch")

CONTROL = """\
Source: x
# A comment.
Build-Depends: alpha (>= 3.25), beta [linux-any],
# One between.
 gamma | delta (>= 1),
 epsilon <!nocheck>,
 zeta (>= 2) <!nocheck>,

Package: omega
Depends: psi
"""


class Pretended:
    """A copy of dev beside a control file, and a PATH on which only pretended tools change anything."""

    def __init__(self, folder, installed, uid, sudo):
        self.top = pathlib.Path(folder)
        (self.top / "debian").mkdir()
        (self.top / "debian/control").write_text(CONTROL, encoding="utf-8")
        shutil.copy(ROOT / "dev", self.top / "dev")
        (self.top / "tests").mkdir()
        (self.top / "tests/reachable").write_text('#!/bin/sh\nexec "$@"\n', encoding="ascii")
        (self.top / "tests/reachable").chmod(0o755)
        self.bin = self.top / "bin"
        self.bin.mkdir()
        for tool in NEEDED:
            (self.bin / tool).symlink_to(shutil.which(tool))
        names = "|".join(installed) or "none"
        self.tool("dpkg-query", f'for last; do :; done\ncase $last in {names}) echo installed ;; *) exit 1 ;; esac')
        self.tool("id", f"echo {uid}")
        self.tool("apt-get", 'echo "$DEBIAN_FRONTEND apt-get $*" >>"$LOG"')
        self.tool("cmake", 'echo "cmake $*" >>"$LOG"')
        self.tool("ninja", 'echo "ninja $*" >>"$LOG"')
        self.tool("ctest", 'echo "ctest $*" >>"$LOG"')
        if sudo:
            self.tool("sudo", 'echo "sudo" >>"$LOG"\nexec "$@"')

    def tool(self, name, body):
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def dev(self, *arguments, **environment):
        log = self.top / "log"
        log.write_text("", encoding="utf-8")
        done = subprocess.run(
            [str(self.top / "dev"), *arguments],
            env={"PATH": str(self.bin), "LOG": str(log), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, log.read_text(encoding="utf-8").splitlines()


class Dev(unittest.TestCase):
    def pretend(self, installed, uid=0, sudo=False):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Pretended(folder.name, installed, uid, sudo)

    def test_a_build_needs_only_what_is_not_for_tests(self):
        done, log = self.pretend([]).dev("build")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(" apt-get update", log[0])
        install = "apt-get install -y --no-install-recommends alpha beta gamma"
        self.assertEqual(f"noninteractive {install}", log[1])
        self.assertIn(f"apt-get update && DEBIAN_FRONTEND=noninteractive {install}\n", done.stderr)
        self.assertEqual("", done.stdout)

    def test_tests_need_all(self):
        done, log = self.pretend(["beta", "zeta"]).dev("test", "-R", "ns")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(log[1].endswith("recommends alpha gamma epsilon"), log)
        self.assertTrue(log[-1].startswith("ctest "), log)
        self.assertTrue(log[-1].endswith(" -R ns"), log)

    def test_nothing_missing_touches_no_network(self):
        done, log = self.pretend(["alpha", "beta", "gamma"]).dev("build")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([], [line for line in log if "apt-get" in line])

    def test_without_root_and_sudo_it_prints_the_line_and_stops(self):
        done, log = self.pretend(["alpha"], uid=1000).dev("run", "--", "plan", "x")
        self.assertEqual(2, done.returncode)
        self.assertEqual([], log)
        self.assertEqual(
            "apt-get update && DEBIAN_FRONTEND=noninteractive "
            "apt-get install -y --no-install-recommends beta gamma",
            done.stderr.splitlines()[-1],
        )

    def test_sudo_where_there_is_one(self):
        done, log = self.pretend(["alpha", "beta"], uid=1000, sudo=True).dev("build")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("sudo", log[0])
        self.assertIn("noninteractive apt-get install -y --no-install-recommends gamma", log)
        self.assertIn("running: sudo sh -c 'apt-get update &&", done.stderr)

    def test_a_failed_install_stops(self):
        pretended = self.pretend([])
        pretended.tool("apt-get", "exit 100")
        done, log = pretended.dev("build")
        self.assertEqual(2, done.returncode)
        self.assertEqual([], log)

    def test_a_failed_build_stops(self):
        pretended = self.pretend(["alpha", "beta", "gamma", "epsilon", "zeta"])
        pretended.tool("ninja", "echo wrong; exit 1")
        done, log = pretended.dev("test")
        self.assertEqual(1, done.returncode)
        self.assertIn("wrong", done.stderr)
        self.assertEqual([], [line for line in log if line.startswith("ctest")])

    def test_ci_makes_warnings_errors(self):
        pretended = self.pretend(["alpha", "beta", "gamma"])
        self.assertIn("-DTUNEWIRE_WERROR=ON", " ".join(pretended.dev("build", CI="true")[1]))
        self.assertIn("-DTUNEWIRE_WERROR=OFF", " ".join(pretended.dev("build")[1]))

    def test_usage(self):
        pretended = self.pretend([])
        for arguments in ([], ["help"], ["--help"]):
            done, log = pretended.dev(*arguments)
            self.assertEqual(0, done.returncode)
            self.assertIn("./dev run -- plan http-server", done.stdout)
            self.assertEqual([], log)
        self.assertEqual(2, pretended.dev("frobnicate")[0].returncode)


if __name__ == "__main__":
    unittest.main()
