"""The manual and the README say what the program does: options, commands, profiles, the promise."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PROGRAM = os.environ.get("TUNEWIRE", str(ROOT / "build/tunewire"))
MANUAL = (ROOT / "man/tunewire.8").read_text(encoding="utf-8")
FORMAT = (ROOT / "man/tunewire-profile.5").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])")


def help_of(*command):
    done = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} --help: status {done.returncode}: {done.stderr}"
    return done.stdout


def section(text, name):
    found = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    assert found, f"no section {name}"
    return found[1]


def top_items(text):
    """The words of the outermost list's items: '.It Cm plan Ar PROFILE' gives 'plan', '.It Cm probe serve Op ...'
    gives 'probe serve'."""
    depth, items = 0, []
    for line in text.splitlines():
        depth += line.startswith(".Bl ") - line.startswith(".El")
        if depth == 1 and line.startswith(".It Cm "):
            items.append(re.match(r"\.It Cm (\S+(?: [a-z]+)?)", line)[1])
    return items


def words(text):
    return " ".join(text.split())


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = top_items(section(MANUAL, "COMMANDS"))
        cls.helps = {command: help_of(*command.split()) for command in cls.commands}
        cls.helps[""] = help_of()
        cls.documented = set(re.findall(r"Fl -([a-z][a-z-]*)", MANUAL))

    def test_commands(self):
        self.assertGreaterEqual(len(self.commands), 10)
        for command in self.commands:
            with self.subTest(command):
                self.assertRegex(self.helps[""], rf"(?m)^\s+{command}\b")
                self.assertRegex(section(MANUAL, "SYNOPSIS"), rf"(?m)^\.Cm {command}$")

    def test_every_listed_command_is_in_the_manual(self):
        listing = re.search(r"(?ms)^commands:?\n(.*?)(?:\n\n|\Z)", self.helps[""], re.I)
        self.assertIsNotNone(listing, self.helps[""])
        listed = re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)?)  ", listing[1])
        self.assertEqual(sorted(set(self.commands)), sorted(set(listed)))

    def test_every_option_is_in_the_manual(self):
        for command, text in self.helps.items():
            for option in OPTION.findall(text):
                with self.subTest(command=command, option=option):
                    self.assertIn(option, self.documented)

    def test_the_manual_has_no_other_options(self):
        offered = {option for text in self.helps.values() for option in OPTION.findall(text)}
        self.assertEqual(set(), self.documented - offered)

    def test_options_stand_with_their_command(self):
        """An option that only some commands take is described under those, or in OPTIONS."""
        described = {}
        body, current = section(MANUAL, "COMMANDS"), None
        for line in body.splitlines():
            item = re.match(r"\.It Cm (\w+(?: [a-z]+)?)", line)
            current = item[1] if item else current
            for option in re.findall(r"^\.It .*?Fl -([a-z-]+)", line):
                described.setdefault(current, set()).add(option)
        for command, options in described.items():
            for option in options:
                with self.subTest(command=command, option=option):
                    self.assertIn(f"--{option}", self.helps[command])

    def test_exit_statuses(self):
        statuses = re.findall(r"(?m)^\.It (\d+)$", section(MANUAL, "EXIT STATUS"))
        self.assertEqual(["0", "1", "2", "3", "4", "5", "6", "130"], statuses)


class Texts(unittest.TestCase):
    def test_the_promise_is_the_same_everywhere(self):
        quoted = re.search(r"(?m)^> Nothing is written.*(?:\n>.*)*", README)
        self.assertIsNotNone(quoted)
        promise = words(re.sub(r"(?m)^> ?", "", quoted[0]))
        self.assertTrue(promise.endswith("and it shows how."), promise)
        self.assertIn(promise, words(MANUAL))

    def test_shipped_profiles(self):
        shipped = sorted(path.stem for path in (ROOT / "profiles").glob("*.json"))
        self.assertEqual(shipped, sorted(top_items(section(FORMAT, "DESCRIPTION")) + top_items(section(FORMAT, "FILES"))))
        for name in shipped:
            self.assertIn(f"`{name}`", README)

    def test_readme_paths_exist(self):
        for path in re.findall(r"\]\(([^)#:]+)\)", README):
            with self.subTest(path):
                self.assertTrue((ROOT / path).exists())


if __name__ == "__main__":
    unittest.main()
