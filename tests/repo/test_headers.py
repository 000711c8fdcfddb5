"""Every public header compiles by itself, with nothing but the standard library and tl/expected."""

import concurrent.futures
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
COMPILE = ["c++", "-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def compile_alone(include_line):
    """The compiler's complaints about a file that holds only this; twice, so that guards are seen."""
    done = subprocess.run(
        COMPILE + ["-I", str(ROOT / "include"), "-fsyntax-only", "-x", "c++", "-"],
        input=f"{include_line}\n{include_line}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr or f"status {done.returncode}"


class Headers(unittest.TestCase):
    def test_each_alone(self):
        headers = sorted((ROOT / "include").rglob("*.h"))
        self.assertGreater(len(headers), 15)
        lines = [f'#include "{header.relative_to(ROOT / "include")}"' for header in headers]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for line, complaints in zip(lines, pool.map(compile_alone, lines)):
                with self.subTest(line):
                    self.assertEqual("", complaints)

    def test_a_bad_one_is_noticed(self):
        self.assertIn("error", compile_alone("struct Twice {};"))
        self.assertIn("error", compile_alone("inline std::string f();"))


if __name__ == "__main__":
    unittest.main()
