"""Error texts and reports as people see them, asserted whole."""

import os
import unittest

import harness


class Carets(harness.TreeTest):
    """Profiles are read by a relative path, so that the texts hold no temporary folder."""

    def error(self, text, *options, columns="80"):
        path = self.profile("p", text)
        env = harness.environment(COLUMNS=columns)
        result = harness.run("--root", self.root, "plan", "./" + os.path.basename(path), *options, env=env,
                             cwd=self.root)
        self.assertEqual(result.status, 2, result)
        self.assertEqual(result.out, "")
        return result.err

    def test_out_of_range(self):
        text = ('{\n  "format": 1, "name": "p", "summary": "x",\n  "sysctl": {\n'
                '    "net.ipv4.tcp_syn_retries": 200\n  }\n}\n')
        error = self.error(text)
        lines = error.splitlines()
        self.assertTrue(lines[0].startswith("error: "), error)
        self.assertTrue(lines[0].endswith("./p.json:4:33"), error)
        self.assertEqual(lines[1], '   4 |     "net.ipv4.tcp_syn_retries": 200')
        self.assertEqual(lines[2][:40], "     |                                 ^^^"[:40])
        self.assertIn("1..127", error)

    def test_duplicate(self):
        error = self.error('{"format": 1, "name": "p", "summary": "x", "sysctl": {\n'
                           '  "net.core.somaxconn": 1,\n  "net.core.somaxconn": 2\n}}\n')
        self.assertIn("./p.json:3:3", error)
        self.assertIn("     |   ^^^^^^^^^^^^^^^^^^^^", error)

    def test_a_tab_does_not_move_the_caret(self):
        error = self.error('{"format": 1, "name": "p", "summary": "x", "sysctl": {\n'
                           '\t"net.core.somaxconn": 08\n}}\n')
        lines = error.splitlines()
        self.assertEqual(lines[1], '   2 |  "net.core.somaxconn": 08')
        self.assertEqual(lines[2].index("^"), lines[1].index("08"))

    def test_a_long_line_is_cut_around_the_caret(self):
        error = self.error('{"format": 1, "name": "p", "summary": "' + "s" * 300 + '", "sysctl": '
                           '{"net.core.somaxconn": 08}}')
        lines = error.splitlines()
        self.assertLessEqual(max(len(line) for line in lines), 80, error)
        self.assertEqual(lines[1][lines[2].index("^"):][:2], "08")

    def test_narrow(self):
        error = self.error('{"format": 1, "name": "p", "summary": "x", "sysctl": {\n'
                           '  "net.ipv4.tcp_syn_retries": 200\n}}\n', columns="60")
        self.assertLessEqual(max(len(line) for line in error.splitlines()), 60, error)

    def test_several_errors_in_order(self):
        error = self.error('{"format": 1, "name": "p", "summary": "x", "sysctl": {\n'
                           '  "net.core.somaxconn": 08,\n  "net.core.rmem_max": 1.5\n}}\n')
        self.assertGreaterEqual(error.count("error: "), 1)
        self.assertIn("./p.json:2:", error)


class Screens(harness.TreeTest):
    def test_plan_whole(self):
        result = harness.run("--root", ".", "plan", "./web.json", cwd=self.root)
        self.assertEqual(result.out, """\
PLAN  web -> tree .                  2 to change, 1 already right

  net.core.somaxconn  4096  ->  8192  effect: next listen()
    caps every listen(2)
  net.ipv4.tcp_rmem   4096 131072 [6291456]  ->  [16777216]  effect: new sockets

nothing changed.  next: tunewire apply ./web.json --confirm 60s --root .
""")

    def test_plan_verbose_whole(self):
        result = harness.run("--root", ".", "-v", "plan", "./web.json", cwd=self.root)
        self.assertEqual(result.out, """\
PLAN  web -> tree .                  2 to change, 1 already right

  net.core.somaxconn  4096  ->  8192  effect: next listen()
    caps every listen(2)
    from ./web.json:6; ip-sysctl.rst
  net.ipv4.tcp_rmem   4096 131072 [6291456]  ->  [16777216]  effect: new sockets
    from ./web.json:7

already right:
  net.ipv4.tcp_sack  1

nothing changed.  next: tunewire apply ./web.json --confirm 60s --root .
""")

    def test_apply_whole(self):
        result = harness.run("--root", ".", "apply", "./web.json", "--yes", "-q", cwd=self.root)
        tx = self.tx_of(result)
        self.assertEqual(result.out, f"APPLIED  web -> tree .               2 keys set (tx {tx})\n")

    def test_drift_whole(self):
        applied = harness.run("--root", ".", "apply", "./web.json", "--yes", cwd=self.root)
        tx = self.tx_of(applied)
        self.put("net/core/somaxconn", "77\n")
        result = harness.run("--root", ".", "verify", cwd=self.root)
        lines = result.out.splitlines()
        self.assertRegex(lines[0], rf"^DRIFT  web \(tx {tx}, \d{{4}}-\d\d-\d\d \d\d:\d\d\)  2 ok, 1 drifted$")
        self.assertEqual(lines[1:3], ["", "  x net.core.somaxconn                  want >= 8192   is 77"])
        self.assertEqual(lines[-1], f"next: tunewire apply {self.root}/web.json --root ."
                         if lines[-2] == "exit 1." else
                         f"exit 1.  next: tunewire apply {self.root}/web.json --root .")

    def test_ascii_in_the_c_locale_and_signs_elsewhere(self):
        ascii_only = harness.run("--root", self.root, "plan", self.lacking)
        self.assertTrue(ascii_only.out.isascii(), ascii_only)
        signs = harness.run("--root", self.root, "plan", self.lacking, env=harness.environment(LC_ALL="C.UTF-8"))
        self.assertIn("\u2192", signs.out)

    def test_color_is_never_the_only_signal(self):
        plain = harness.run("--root", self.root, "plan", self.lacking)
        painted = harness.run("--root", self.root, "plan", self.lacking, "--color", "always")
        self.assertIn("\x1b[", painted.out)
        self.assertNotIn("\x1b", plain.out)
        import re
        self.assertEqual(re.sub(r"\x1b\[[0-9;]*m", "", painted.out), plain.out)

    def test_sixty_columns(self):
        env = harness.environment(COLUMNS="60")
        self.run_here("apply", self.web, "--yes")
        for line in (("plan", "http-server"), ("plan", self.lacking), ("verify", "http-server"), ("history",),
                     ("show", "net"), ("explain", "tcp_rmem"), ("profiles",)):
            result = harness.run("--root", self.root, *line, env=env)
            for text in result.out.splitlines():
                if "/" in text or "next: " in text or "net." in text:
                    continue  # paths, commands and keys are never cut
                self.assertLessEqual(len(text), 60, (line, text))


if __name__ == "__main__":
    harness.main()
