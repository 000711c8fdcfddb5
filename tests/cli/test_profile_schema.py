#!/usr/bin/python3
"""The JSON Schema that editors complete profiles with: it takes every shipped profile and refuses
what the program refuses by form."""

import copy
import json
import os
import pathlib
import unittest

import jsonschema

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PROFILES = sorted((SOURCE / "profiles").glob("*.json"))

GOOD = {
    "format": 1,
    "name": "t",
    "include": ["base", "./site.json"],
    "sysctl": {
        "net.core.somaxconn": {"at_least": 8192, "why": "w", "source": "s", "optional": True},
        "net.ipv4.ip_local_port_range": "1024 65535",
        "net.ipv4.tcp_rmem": ["keep", 131072, {"at_least": "5% of ram"}],
        "net.ipv4.conf.eth*.rp_filter": {"value": ["keep"]},
    },
    "limits": {
        "nofile": {
            "logins": {"*": 1, "@web": {"soft": 1, "hard": 2, "why": "w"}},
            "services": {"nginx.service": 5},
            "running": {"1234": 5, "nginx": 5},
        },
        "memlock": {"services": {"x.service": "unlimited"}},
        "nice": {"logins": {"*": 30}},
    },
}

# Where, and what to put there; None takes it out.
BAD = [
    (["format"], 2),
    (["format"], None),
    (["name"], None),
    (["name"], "../x"),
    (["name"], "a b"),
    (["summary"], "two\nlines"),
    (["sumary"], "x"),
    (["include"], "base"),
    (["include"], ["-"]),
    (["include"], [5]),
    (["sysctl"], []),
    (["sysctl", "net.core.some conn"], 1),
    (["sysctl", "net.core.somaxconn"], True),
    (["sysctl", "net.core.somaxconn"], 1.5),
    (["sysctl", "net.core.somaxconn"], None),
    (["sysctl", "net.core.somaxconn"], {}),
    (["sysctl", "net.core.somaxconn"], {"value": 1, "at_least": 1}),
    (["sysctl", "net.core.somaxconn"], {"at_leest": 1}),
    (["sysctl", "net.core.somaxconn"], {"at_least": "010"}),
    (["sysctl", "net.core.somaxconn"], {"at_least": "91% of ram"}),
    (["sysctl", "net.core.somaxconn"], {"at_least": [1]}),
    (["sysctl", "net.core.somaxconn"], {"value": 1, "optional": 1}),
    (["sysctl", "net.core.somaxconn"], "1\n2"),
    (["sysctl", "net.ipv4.tcp_rmem"], []),
    (["sysctl", "net.ipv4.tcp_rmem"], ["keep keep"]),
    (["sysctl", "net.ipv4.tcp_rmem"], [{"at_least": 1, "at_most": 2}]),
    (["sysctl", "net.ipv4.tcp_rmem"], [{"at_least": 1, "why": "w"}]),
    (["limits", "nofiles"], {}),
    (["limits", "priority"], {}),
    (["limits", "nofile"], 5),
    (["limits", "nofile", "login"], {}),
    (["limits", "nofile", "logins"], {"*": -1}),
    (["limits", "nofile", "logins"], {"*": "unlimited"}),
    (["limits", "nofile", "logins"], {"*": {"soft": 1}}),
    (["limits", "nofile", "logins"], {"a b": 1}),
    (["limits", "nofile", "services"], {"nginx": 1}),
    (["limits", "nofile", "services"], {"../x.service": 1}),
    (["limits", "nofile", "running"], {"a/b": 1}),
    (["limits", "nice", "logins"], {"*": 100}),
    (["limits", "memlock", "services"], {"x.service": "lots"}),
]


def without_comments(text):
    """Drops // comments outside strings."""
    kept, in_string, at = [], False, 0
    while at < len(text):
        char = text[at]
        if in_string and char == "\\":
            kept.append(text[at : at + 2])
            at += 2
            continue
        if char == '"':
            in_string = not in_string
        if not in_string and text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        kept.append(char)
        at += 1
    return "".join(kept)


def changed(where, value):
    profile = copy.deepcopy(GOOD)
    place = profile
    for name in where[:-1]:
        place = place[name]
    if value is None and where[-1] in ("format", "name"):
        del place[where[-1]]
    else:
        place[where[-1]] = value
    return profile


class ProfileSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        schema = json.loads((SOURCE / "schema" / "profile.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def test_every_shipped_profile_is_valid(self):
        self.assertEqual(len(PROFILES), 8)
        for path in PROFILES:
            with self.subTest(path.name):
                profile = json.loads(without_comments(path.read_text()))
                self.assertEqual([e.message for e in self.validator.iter_errors(profile)], [])
                self.assertEqual(path.stem, profile["name"])

    def test_every_shape_of_a_value_is_valid(self):
        self.assertEqual([e.message for e in self.validator.iter_errors(GOOD)], [])

    def test_wrong_forms_are_refused(self):
        for where, value in BAD:
            with self.subTest(where=where, value=value):
                self.assertFalse(self.validator.is_valid(changed(where, value)))


if __name__ == "__main__":
    unittest.main()
