"""Habits a tool can check: lengths, formatting, shell and man pages."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
LONGEST_FILE = 400


def sources(*folders):
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".h", ".cpp")
    ]


def line_count(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


class Lengths(unittest.TestCase):
    def test_no_source_file_is_long(self):
        long = {
            str(path.relative_to(ROOT)): line_count(path)
            for path in sources("src", "include")
            if line_count(path) > LONGEST_FILE
        }
        self.assertEqual({}, long, f"more than {LONGEST_FILE} lines: split by what it does")

    def test_dev_stays_short(self):
        self.assertLess(line_count(ROOT / "dev"), 120)

    def test_headers_say_what_they_hold(self):
        bare = [
            str(path.relative_to(ROOT))
            for path in sources("src", "include")
            if path.suffix == ".h"
            and not path.read_text(encoding="utf-8").startswith("//")
        ]
        self.assertEqual([], bare, "the first line says what lives in the file")


class Shell(unittest.TestCase):
    def scripts(self):
        for path in [ROOT / "dev", ROOT / "tests/reachable", *sorted((ROOT / ".ci").iterdir()), *ROOT.glob("**/*.sh")]:
            if path.is_file() and "build" not in path.relative_to(ROOT).parts[0]:
                yield path

    def test_shellcheck(self):
        for path in self.scripts():
            with self.subTest(path.name):
                status, complaints = run("shellcheck", "-s", "sh", str(path))
                self.assertEqual((0, ""), (status, complaints))

    def test_executable_and_posix(self):
        for path in self.scripts():
            with self.subTest(path.name):
                self.assertTrue(os.access(path, os.X_OK))
                self.assertTrue(path.read_text(encoding="utf-8").startswith("#!/bin/sh\n"))


class ManPages(unittest.TestCase):
    def test_mandoc_is_content(self):
        pages = sorted((ROOT / "man").glob("*.[0-9]"))
        self.assertGreaterEqual(len(pages), 2)
        for page in pages:
            with self.subTest(page.name):
                status, complaints = run("mandoc", "-T", "lint", "-W", "warning", str(page))
                self.assertEqual((0, ""), (status, complaints))

    def test_mandoc_would_complain(self):
        with tempfile.NamedTemporaryFile("w", suffix=".8") as page:
            page.write(".Dd today\n.Dt X 8\n.Sh NAME\n")
            page.flush()
            self.assertNotEqual(0, run("mandoc", "-T", "lint", "-W", "warning", page.name)[0])


class Format(unittest.TestCase):
    def test_clang_format(self):
        files = [str(path) for path in sources("src", "include", "tests")]
        status, complaints = run("clang-format", "--dry-run", "-Werror", *files)
        self.assertEqual(0, status, f"./dev format puts this right:\n{complaints[:2000]}")


if __name__ == "__main__":
    unittest.main()
