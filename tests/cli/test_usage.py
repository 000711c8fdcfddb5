"""The command line itself: help, flags before and after, mistakes, exit statuses of refusals."""

import json
import os
import unittest

import harness
from harness import run

COMMANDS = ("profiles", "show", "explain", "plan", "apply", "confirm", "rollback", "recover", "verify",
            "history", "lint", "import")


class Help(unittest.TestCase):
    def test_examples_come_first(self):
        result = run("--help")
        self.assertEqual(result.status, 0)
        self.assertTrue(result.out.startswith("Examples:\n  tunewire plan http-server"), result)
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", result.out)

    def test_every_command_has_help_of_its_own(self):
        for command in COMMANDS:
            for line in ((command, "--help"), ("--help", command), (command, "-h")):
                result = run(*line)
                self.assertEqual(result.status, 0, result)
                self.assertTrue(result.out.startswith(f"Examples:\n  tunewire {command}"), result)
                self.assertIn(f"\nUsage: tunewire {command}", result.out)
                self.assertIn("--state-dir DIR", result.out)

    def test_help_fits_eighty_columns(self):
        for line in (("--help",), *((command, "--help") for command in COMMANDS)):
            for text in run(*line).out.splitlines():
                self.assertLessEqual(len(text), 80, text)

    def test_help_needs_no_arguments_and_beats_mistakes_in_them(self):
        self.assertEqual(run("plan", "--help").status, 0)
        self.assertEqual(run("apply", "--confirm", "nonsense", "--help").status, 0)

    def test_hidden_option_is_not_shown(self):
        self.assertNotIn("--deadline", run("recover", "--help").out)

    def test_version(self):
        result = run("--version")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.out, r"^tunewire \d+\.\d+\.\d+\n$")


class Mistakes(unittest.TestCase):
    def refused(self, *args, message, hint=None):
        result = run(*args)
        self.assertEqual(result.status, 2, result)
        self.assertEqual(result.out, "")
        self.assertIn("error: " + message, result.err)
        if hint:
            self.assertIn(hint, " ".join(result.err.split()))

    def test_no_command(self):
        self.refused(message="which command?", hint="tunewire --help")

    def test_mistyped_command(self):
        self.refused("pln", "http-server", message="no command 'pln'", hint="did you mean plan?")
        self.refused("rolback", message="no command 'rolback'", hint="did you mean rollback?")

    def test_nothing_like_it(self):
        self.refused("qqqqqqqq", message="no command 'qqqqqqqq'", hint="tunewire --help")

    def test_mistyped_option(self):
        self.refused("plan", "--jsn", "x", message="no option '--jsn'", hint="did you mean --json?")
        self.refused("apply", "x", "--confrim=60s", message="no option '--confrim=60s'", hint="--confirm")
        self.refused("--jsn", message="no option '--jsn'", hint="--json")

    def test_option_of_another_command(self):
        self.refused("plan", "base", "--force", message="no option '--force'")

    def test_missing_argument(self):
        self.refused("plan", message="plan: which profile?", hint="tunewire profiles")
        self.refused("apply", "--yes", message="apply: which profile?")
        self.refused("explain", message="explain: which key?")

    def test_one_word_too_many(self):
        self.refused("recover", "now", message="recover: one word too many: 'now'")
        self.refused("history", "a", "b", message="history: one word too many: 'b'")

    def test_option_without_its_value(self):
        self.refused("plan", "base", "--netns", message="--netns")

    def test_bad_duration(self):
        for text in ("60", "1x", "-5s", "", "99999999999h"):
            result = run("apply", "base", f"--confirm={text}")
            self.assertEqual(result.status, 2, result)
        self.refused("apply", "base", "--confirm", "10ms", message="--confirm 10ms: between 1s and 24h")
        self.refused("apply", "base", "--confirm", "25h", message="--confirm 25h: between 1s and 24h")

    def test_bad_color(self):
        self.refused("profiles", "--color", "pink", message="--color pink", hint="auto, always or never")

    def test_contradictions(self):
        self.refused("profiles", "-q", "-v", message="-q and -v")
        self.refused("profiles", "--netns", "a", "--root", "/", message="--netns and --root")

    def test_control_bytes_do_not_reach_the_terminal(self):
        result = run("\x1b[31mplan")
        self.assertEqual(result.status, 2)
        self.assertNotIn("\x1b", result.err)
        self.assertIn("\\x1b[31mplan", result.err)

    def test_mistakes_in_json(self):
        for args, schema in ((("pln", "--json"), "error"), (("--json",), "error"),
                             (("plan", "--json", "--nope"), "plan"), (("--json", "apply"), "apply"),
                             (("rollback", "--json", "a", "b"), "rollback")):
            result = run(*args)
            self.assertEqual(result.status, 2, result)
            self.assertEqual(result.err, "")
            document = json.loads(result.out)
            harness.validate(schema, document)
            self.assertEqual(len(document["errors"]), 1)


class Places(harness.TreeTest):
    """Flags stand before or after the command word, and words like commands are plain words."""

    def test_before_and_after(self):
        lines = (("--root", self.root, "--json", "plan", self.web), ("plan", self.web, "--root", self.root, "--json"),
                 ("--json", "plan", "--root=" + self.root, self.web))
        results = [json.loads(run(*line).out)["result"] for line in lines]
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[1], results[2])
        self.assertEqual(results[0]["summary"]["set"], 2)

    def test_a_profile_may_be_called_like_a_command(self):
        folder = os.path.join(self.root, "etc/tunewire/profiles")
        os.makedirs(folder)
        with open(os.path.join(folder, "apply.json"), "w", encoding="ascii") as file:
            file.write(harness.WEB.replace('"web"', '"apply"'))
        self.assertIn("PLAN  apply", self.ok("plan", "apply").out)

    def test_a_name_behind_a_double_dash(self):
        self.assertEqual(run("--root", self.root, "plan", "--", "-x").status, 2)

    def test_quiet_is_one_line(self):
        self.assertEqual(len(self.ok("plan", self.web, "-q").out.splitlines()), 1)


class Refusals(harness.TreeTest):
    def test_no_such_profile(self):
        result = self.run_here("plan", "htpp-server")
        self.assertEqual(result.status, 2, result)
        self.assertIn("no profile 'htpp-server'", result.err)
        self.assertIn("did you mean http-server", result.err)
        result = self.run_here("plan", "web.json")
        self.assertIn("a path needs a slash: ./web.json", result.err)

    def test_no_such_file(self):
        self.assertEqual(self.run_here("plan", "./nowhere/x.json").status, 2)

    def test_a_folder_is_no_profile(self):
        self.assertEqual(self.run_here("plan", self.root + "/").status, 2)

    def test_no_such_tree(self):
        result = run("--root", self.root + "/nowhere", "plan", self.web)
        self.assertEqual(result.status, 2, result)

    def test_no_such_namespace(self):
        result = run("--netns", "no-such-namespace-here", "plan", self.web)
        self.assertIn(result.status, (2, 6), result)
        self.assertIn("no-such-namespace-here", result.err)

    def test_nothing_in_force(self):
        result = self.run_here("verify")
        self.assertEqual(result.status, 2, result)
        self.assertIn("no profile is in force here", result.err)
        self.assertEqual(self.run_here("confirm").status, 2)
        self.assertEqual(self.run_here("history", "abcdef").status, 2)
        self.assertEqual(self.run_here("rollback", "abcdef").status, 2)

    def test_a_file_that_others_may_write(self):
        os.chmod(self.web, 0o666)
        result = self.run_here("apply", self.web, "--yes")
        self.assertEqual(result.status, 2, result)
        self.assertIn("chmod go-w", result.err)

    @harness.needs_root
    def test_a_file_owned_by_a_stranger(self):
        os.chown(self.web, 12345, 12345)
        self.assertEqual(self.run_here("plan", self.web).status, 2)

    def test_standard_input(self):
        result = self.ok("plan", "-", stdin=harness.WEB)
        self.assertIn("PLAN  web", result.out)

    def test_closed_standard_input(self):
        result = run("--root", self.root, "plan", "-", stdin=None, preexec_fn=lambda: os.close(0))
        self.assertEqual(result.status, 3, result)

    @harness.needs_root
    def test_unprivileged_apply_says_so_first(self):
        os.chmod(self.root, 0o755)
        before = self.values()
        result = self.run_here("apply", self.web, user=harness.NOBODY)
        self.assertEqual(result.status, 6, result)
        self.assertIn("may not write", result.err)
        self.assertIn("nothing was changed.", result.err)
        self.assertFalse(os.path.exists(os.path.join(self.root, "var")))
        self.assertEqual(self.values(), before)

    @harness.needs_root
    def test_unprivileged_reading(self):
        os.chmod(self.root, 0o755)
        self.ok("apply", self.web, "--yes")
        for line in (("plan", self.web), ("show", "net"), ("explain", "tcp_rmem"), ("history",), ("verify",),
                     ("profiles",)):
            result = self.run_here(*line, user=harness.NOBODY)
            self.assertEqual(result.status, 0, result)


if __name__ == "__main__":
    harness.main()
