"""Runs a test script inside network namespaces of its own, as root and as an ordinary user.

A script calls `namespace.main()`. Started plainly it starts itself again under unshare(1), once for
each kind of user; the started copies run the test cases against the real kernel. Where no namespace
may be made the kind is skipped, and where CI=true that is a failure.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TUNEWIRE = os.environ["TUNEWIRE"]
KIND = os.environ.get("TUNEWIRE_NAMESPACE", "")
NOBODY = 65534


def read_key(name):
    with open("/proc/sys/" + name.replace(".", "/"), encoding="ascii") as file:
        return file.read()


def write_key(name, text):
    with open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
        file.write(text)


def fields(name):
    return read_key(name).split()


class Case(unittest.TestCase):
    """A test case with a clean directory and every value that it names put back afterwards."""

    KEYS = ()

    @classmethod
    def setUpClass(cls):
        # `python3 -m unittest` skips main(): what the cases write would be the host's own.
        if not KIND:
            raise RuntimeError(f"run the script itself: {cls.__module__}.py makes its namespaces")
        super().setUpClass()

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tunewire-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.state = os.path.join(self.dir, "state")
        self.saved = {key: read_key(key) for key in self.KEYS}
        self.addCleanup(self.put_back)

    def put_back(self):
        for key, text in self.saved.items():
            if read_key(key) != text:
                write_key(key, text if text.strip() else "\n")

    def values(self):
        return {key: read_key(key) for key in self.KEYS}

    def profile(self, name, sysctl, **more):
        path = os.path.join(self.dir, name + ".json")
        content = {"format": 1, "name": name, "summary": "for a test", "sysctl": sysctl, **more}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
        os.chmod(path, 0o644)
        return path

    def command(self, *arguments):
        return [TUNEWIRE, "--state-dir", self.state, *arguments]

    def run_tool(self, *arguments, expect=0, **options):
        done = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False, **options)
        if expect is not None:
            self.assertEqual(done.returncode, expect,
                             f"{arguments}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def json(self, *arguments, expect=0):
        done = self.run_tool("--json", *arguments, expect=expect)
        return json.loads(done.stdout)

    def temp_files(self):
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.state)
                for name in names if "tmp" in name]


def _wrappers():
    if os.getuid() == 0:
        yield "root", ["unshare", "-n"]
        yield "user", ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                       "unshare", "-Urn"]
    else:
        yield "user", ["unshare", "-Urn"]


def main_with_host():
    """The cases of the host itself first, then those of namespaces."""
    if not KIND:
        print("--- on the host", file=sys.stderr, flush=True)
        if not unittest.main(exit=False).result.wasSuccessful():
            sys.exit(1)
    main()


def main(kinds=("root", "user")):
    if KIND:
        unittest.main()
        return
    failed = False
    for kind, wrapper in _wrappers():
        if kind not in kinds:
            continue
        if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
            print(f"{kind}: no network namespace may be made here", file=sys.stderr)
            failed = failed or os.environ.get("CI") == "true"
            continue
        print(f"--- as {kind}", file=sys.stderr, flush=True)
        env = {**os.environ, "TUNEWIRE_NAMESPACE": kind, "TMPDIR": "/tmp"}
        done = subprocess.run([*wrapper, sys.executable, "-B", *sys.argv], env=env, check=False)
        failed = failed or done.returncode != 0
    sys.exit(1 if failed else 0)
