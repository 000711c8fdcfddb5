"""tests/reachable lets an ordinary user into a private checkout, and changes nothing outside."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class Reachable(unittest.TestCase):
    def seen_by_nobody(self, outer_mode, own_mode):
        """What an ordinary user reads in a checkout below a folder, both of these modes."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            outer = pathlib.Path(folder, "outer")
            checkout = outer / "between" / "checkout"
            (checkout / "tests").mkdir(parents=True)
            shutil.copy(ROOT / "tests/reachable", checkout / "tests/reachable")
            (checkout / "file").write_text("seen", encoding="ascii")
            outer.chmod(outer_mode)
            checkout.chmod(own_mode)
            command = [str(checkout / "tests/reachable"), *AS_NOBODY, "cat", str(checkout / "file")]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(outer_mode, outer.stat().st_mode & 0o777)
            self.assertEqual(own_mode, checkout.stat().st_mode & 0o777)
            self.assertNotIn(folder, pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8"))
        return done.stdout, done.returncode

    def test_every_way_of_being_private(self):
        for outer_mode in (0o755, 0o700):
            for own_mode in (0o755, 0o700):
                with self.subTest(outer=oct(outer_mode), own=oct(own_mode)):
                    self.assertEqual(("seen", 0), self.seen_by_nobody(outer_mode, own_mode))

    def test_the_status_is_the_commands(self):
        done = subprocess.run([ROOT / "tests/reachable", "sh", "-c", "exit 7"], check=False)
        self.assertEqual(7, done.returncode)


if __name__ == "__main__":
    unittest.main()
