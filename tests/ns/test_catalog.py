"""Holds every row of the catalog against the kernel that runs here.

The host's own namespace is only read. In namespaces made for the test every key that may be written
there is written: both ends of its range, one step beyond each, and values that show how the kernel
rounds and which other keys it changes along.
"""

import fnmatch
import json
import os
import re
import resource
import subprocess
import unittest

import namespace

DUMP = os.path.join(os.path.dirname(os.environ["TUNEWIRE_TESTS"]), "catalog_dump")
ROOT = "/proc/sys/"
RELEASE = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
INTERFACE = "twcat0"
# Every key below these must have a row.
COMPLETE = ("net.core.", "net.ipv4.tcp_", "net.ipv4.udp_", "net.ipv4.ip_", "net.unix.")
# Keys that have no row: another protocol's timers, names of log modules, a switch without a way
# back that a namespace shares with the host.
LEFT_OUT = re.compile(r"net\.netfilter\.(nf_conntrack_sctp_|nf_log|nf_hooks_lwtunnel)")
# The kernel does not show these to namespaces of unprivileged users.
HIDDEN_FROM_USERS = re.compile(r"net\.core\.xfrm_|net\.ipv[46]\.neigh\.|net\.ipv6\.route\.")
# Takes only groups that the user namespace maps.
NOT_FOR_USERS = ("net.ipv4.ping_group_range",)
# Bounds that another key sets: where the other one has to be first.
PARTNERS = {
    "net.ipv4.ip_unprivileged_port_start": [("net.ipv4.ip_local_port_range", "65535 65535")],
    "net.ipv4.ip_local_port_range": [("net.ipv4.ip_unprivileged_port_start", "0")],
}
for stem in ("net.ipv4.ipfrag", "net.ipv6.ip6frag", "net.netfilter.nf_conntrack_frag6"):
    PARTNERS[stem + "_low_thresh"] = [(stem + "_high_thresh", "4294967296")]
    PARTNERS[stem + "_high_thresh"] = [(stem + "_low_thresh", "0")]


def load_rows():
    dump = subprocess.run([DUMP], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in dump.stdout.splitlines()]


ROWS = load_rows()
EXACT = {row["key"] for row in ROWS}


def path_of(key):
    return ROOT + key.replace(".", "/")


def read(key):
    """The raw value; None where reading is refused, as for a secret that was never set."""
    try:
        with open(path_of(key), "rb", 0) as file:
            return file.read(65536).decode("ascii")
    except OSError:
        return None


def write(key, text):
    """One write(2); the errno, 0 where it was accepted whole."""
    descriptor = os.open(path_of(key), os.O_WRONLY)
    try:
        data = text.encode("ascii")
        return 0 if os.write(descriptor, data) == len(data) else -1
    except OSError as error:
        return error.errno
    finally:
        os.close(descriptor)


def exists(key):
    return os.path.exists(path_of(key))


def walk(top="net"):
    for folder, _, names in os.walk(ROOT + top):
        for name in names:
            yield os.path.join(folder, name)[len(ROOT):].replace("/", ".")


class Tree:
    """All net keys of this namespace, kept open: a thousand reads take a few milliseconds."""

    def __init__(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        readable = (key for key in walk() if read(key) is not None)
        self.files = {key: os.open(path_of(key), os.O_RDONLY) for key in readable}

    def read(self):
        return {key: os.pread(file, 4096, 0) for key, file in self.files.items()}

    def close(self):
        for file in self.files.values():
            os.close(file)


def matches(pattern, key):
    return pattern.count(".") == key.count(".") and fnmatch.fnmatchcase(key, pattern)


def has_row(key):
    parts = key.split(".")
    starred = (".".join(parts[:i] + ["*"] + parts[i + 1:]) for i in range(len(parts)))
    return key in EXACT or any(pattern in EXACT for pattern in starred)


def subjects(row):
    """The keys that a row speaks of here."""
    if "*" not in row["key"]:
        return [row["key"]]
    keys = [row["key"].replace("*", name) for name in (INTERFACE, "lo", "all")]
    return [keys[0]] + [key for key in keys[1:] if exists(key) and key not in EXACT]


def release_of(version):
    return tuple(int(part) for part in version.split("."))[:2]


def module_is_here(module):
    return any(row["module"] == module and exists(key) for row in ROWS for key in subjects(row)
               if row["access"] != "write_only")


def is_integer(row):
    return all(field["type"] == "integer" for field in row["fields"])


SHAPES = {
    "integer": r"-?\d+",
    "text": r"\S+",
    "words": r"\S+",
    "port_list": r"\d+(-\d+)?(,\d+(-\d+)?)*",
    "cpu_mask": r"[0-9a-f]+(,[0-9a-f]{8})*",
}


class CatalogCase(unittest.TestCase):
    maxDiff = None

    def check_value(self, row, key):
        raw = read(key)
        if raw is None:
            self.assertEqual([field["type"] for field in row["fields"]], ["text"], key)
            return
        words = raw.split()
        kinds = [field["type"] for field in row["fields"]]
        if kinds in (["words"], ["port_list"]):
            kinds = kinds * len(words)
        self.assertEqual(len(words), len(kinds), f"{key} reads {raw!r}")
        for word, kind in zip(words, kinds):
            self.assertRegex(word, f"^{SHAPES[kind]}$", f"{key} is no {kind}")
        if row["access"] == "read_write" and row["standing"] == "live" and is_integer(row):
            self.check_range(row, key, words)

    def check_range(self, row, key, words):
        """What the kernel starts with is a value that a profile may ask for."""
        if key.startswith("vm.dirty") or key == "vm.overcommit_kbytes":
            return  # 0 says here that the other key of the pair counts
        if key == "net.ipv4.ping_group_range" or key.startswith("kernel.shm"):
            return  # "1 0" is the empty set; more than int64 holds
        if key == "net.ipv6.conf.lo.mtu":
            return  # loopback alone may have one byte more than any other interface
        for word, field in zip(words, row["fields"]):
            self.assertLessEqual(field["min"], int(word), key)
            self.assertGreaterEqual(field["max"], int(word), key)

    def check_absence(self, row, key):
        newer = row["since"] != "" and release_of(row["since"]) > RELEASE
        unloaded = row["module"] != "" and not module_is_here(row["module"])
        hidden = namespace.KIND == "user" and HIDDEN_FROM_USERS.match(key)
        self.assertTrue(newer or unloaded or hidden, f"{key} is absent, and its row does not say why")


class Host(CatalogCase):
    """In the namespace that the test was started in; reads only."""

    def setUp(self):
        if not exists("net.core.netdev_max_backlog"):
            self.skipTest("this is not the host's first network namespace")

    def test_every_row_reads_as_it_says(self):
        for row in ROWS:
            for key in subjects(row):
                if INTERFACE in key:
                    continue
                with self.subTest(key=key):
                    self.check_row(row, key)

    def check_row(self, row, key):
        if row["standing"] == "removed":
            self.assertEqual(exists(key), release_of(row["until"]) > RELEASE)
        elif not exists(key):
            self.check_absence(row, key)
        elif row["access"] != "write_only":
            self.check_value(row, key)

    def test_every_key_has_a_row(self):
        keys = [key for key in walk() if key.startswith(COMPLETE)]
        self.assertGreater(len(keys), 100)
        self.assertEqual([key for key in keys if not has_row(key)], [])

    def test_every_other_net_key_has_a_row(self):
        if RELEASE > (6, 18):
            self.skipTest("a kernel newer than the catalog may have more keys")
        keys = [key for key in walk() if not LEFT_OUT.match(key)]
        self.assertEqual([key for key in keys if not has_row(key)], [])


class Child(CatalogCase):
    """In a network namespace of its own: reads everything, writes what belongs to it."""

    @classmethod
    def setUpClass(cls):
        subprocess.run(["ip", "link", "add", INTERFACE, "type", "veth", "peer", "name", "twcat1"],
                       check=True)
        for name in (INTERFACE, "lo"):  # the largest size of a row is the largest of each
            subprocess.run(["ip", "link", "set", name, "mtu", "65535", "up"], check=True)

    def each_present(self, check):
        for row in ROWS:
            if row["standing"] == "removed" or row["scope"] == "host":
                continue
            for key in subjects(row):
                if exists(key):
                    with self.subTest(key=key):
                        check(row, key)

    def each_writable(self, check):
        """Only keys that belong to this namespace: a host-wide key is never written."""
        def guarded(row, key):
            if row["scope"] != "namespace" or row["access"] != "read_write":
                return
            if namespace.KIND == "user" and key in NOT_FOR_USERS:
                return
            before = {name: read(name) for name in self.touched(row, key)}
            self.prepare(key)
            try:
                check(row, key)
            finally:
                self.put_back(before)

        self.each_present(guarded)

    def each_number(self, check):
        self.each_writable(lambda row, key: is_integer(row) and check(row, key))

    def touched(self, row, key):
        keys = [key] + [name for name, _ in PARTNERS.get(key, [])]
        for pattern in row["coupled"]:
            keys += [name for name in walk() if matches(pattern, name)]
        return list(dict.fromkeys(keys))

    def prepare(self, key):
        for name, value in PARTNERS.get(key, []):
            self.assertEqual(write(name, value), 0, name)

    def put_back(self, before):
        for _ in range(2):  # two keys may bound one another
            for key, raw in before.items():
                if raw is not None and read(key) != raw:
                    write(key, raw.strip() or "\n")
        after = {key: read(key) for key in before if before[key] is not None}
        self.assertEqual(after, {key: raw for key, raw in before.items() if raw is not None})

    def test_scope_and_access(self):
        for row in ROWS:
            for key in subjects(row):
                with self.subTest(key=key):
                    self.check_scope(row, key)

    def check_scope(self, row, key):
        if row["standing"] == "removed":
            self.assertEqual(exists(key), release_of(row["until"]) > RELEASE)
            return
        if row["scope"] == "host":
            self.assertFalse(exists(key), "a host-wide key shows in a child namespace")
            return
        if not exists(key):
            self.check_absence(row, key)
            return
        mode = os.stat(path_of(key)).st_mode
        can_write = row["access"] != "read_only" and row["scope"] != "host_read_only"
        self.assertEqual(bool(mode & 0o200), can_write, oct(mode))
        self.assertEqual(bool(mode & 0o400), row["access"] != "write_only", oct(mode))

    def test_type_and_arity(self):
        self.each_present(lambda row, key: row["access"] == "write_only"
                          or self.check_value(row, key))

    def test_both_ends_of_the_range(self):
        def check(row, key):
            for index, field in enumerate(row["fields"]):
                self.check_accepted(row, key, index, field["min"])
                self.check_accepted(row, key, index, field["max"])

        self.each_number(check)

    def test_one_past_each_end(self):
        def check(row, key):
            for index, field in enumerate(row["fields"]):
                self.check_beyond(row, key, index, field["min"] - 1, field["below"])
                self.check_beyond(row, key, index, field["max"] + 1, field["above"])

        self.each_number(check)

    def check_beyond(self, row, key, index, value, said):
        if said == "accepted":
            self.check_accepted(row, key, index, value)
            return
        vector = self.vector(row, key, index, value)
        error = write(key, " ".join(map(str, vector)))
        if said == "refused":
            self.assertNotEqual(error, 0, f"{vector} was not refused")
        else:
            self.assertEqual(error, 0, f"{vector} was refused")
            self.assertNotEqual(read(key).split(), [str(value) for value in vector])

    def vector(self, row, key, index, value):
        """What is there now with one field replaced, the others pushed so that they ascend."""
        vector = [int(word) for word in read(key).split()]
        vector[index] = value
        if row["ascending"]:
            vector[:index] = [min(other, value) for other in vector[:index]]
            vector[index + 1:] = [max(other, value) for other in vector[index + 1:]]
        if key == "net.ipv4.ping_group_range":
            vector = [value, value]
        return vector

    def check_accepted(self, row, key, index, value):
        vector = self.vector(row, key, index, value)
        self.assertEqual(write(key, " ".join(map(str, vector))), 0, f"{vector} was refused")
        stored = int(read(key).split()[index])
        if row["rounding"] == "none":
            self.assertEqual(stored, value)
        else:
            self.assertLess(abs(stored - value), 10, "no jiffy is longer than 10 ms")

    def test_rounding(self):
        def check(row, key):
            low, high = row["fields"][0]["min"], row["fields"][0]["max"]
            wanted = [v for v in (1003, 1001, 1002, 1005, 1007) if low <= v <= high]
            if len(row["fields"]) != 1 or not wanted:
                return
            stored = [self.stored(key, value) for value in wanted]
            if row["rounding"] == "none":
                self.assertEqual(stored, wanted)
            elif not re.match(r"net.ipv6.*[.]retrans_time$", key):  # in ticks: nothing to round
                self.assertNotEqual(stored, wanted)

        self.each_number(check)

    def stored(self, key, value):
        self.assertEqual(write(key, str(value)), 0, value)
        return int(read(key))

    def test_order_of_fields(self):
        """Where the row sets no order the kernel takes any."""
        def check(row, key):
            if len(row["fields"]) > 1 and not row["ascending"]:
                self.assertEqual(write(key, "9 8"), 0, "refused")

        self.each_number(check)

    def test_words_and_lists(self):
        self.each_writable(lambda row, key: is_integer(row) or self.check_text(row, key))

    def check_text(self, row, key):
        field = row["fields"][0]
        if field["type"] == "port_list":
            self.assertEqual(write(key, "80,81,90,7"), 0)
            self.assertEqual(read(key), "7,80-81,90\n")
            self.assertEqual(write(key, str(field["max"])), 0)
            self.assertNotEqual(write(key, str(field["max"] + 1)), 0)
            return
        if read(key) is not None:
            self.assertEqual(write(key, read(key)), 0, "its own value is refused")
        self.assertNotEqual(write(key, "no-such-thing"), 0)

    def test_coupled_keys(self):
        """A write changes what the row names, and nothing else in the namespace."""
        namespace_tree = Tree()
        self.addCleanup(namespace_tree.close)

        def check(row, key):
            if len(row["fields"]) != 1:
                return
            before = namespace_tree.read()
            changed = set()
            for end in ("min", "max"):
                write(key, str(row["fields"][0][end]))
                now = namespace_tree.read()
                changed |= {name for name in before if now[name] != before[name]}
            changed -= {key, "net.netfilter.nf_conntrack_count"}
            alien = [n for n in changed if not any(matches(p, n) for p in row["coupled"])]
            self.assertEqual(alien, [], "changed along, and the row does not say so")
            if row["coupled"]:
                self.assertNotEqual(changed, set(), "the row names keys that nothing changed")

        self.each_number(check)


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Child if namespace.KIND else Host)


if __name__ == "__main__":
    namespace.main_with_host()
