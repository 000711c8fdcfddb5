"""tunewire snapshot and diff in namespaces of the test's own: what is changed there is named, what is not
changed leaves the hash alone, and http and probe carry the hash of the side that measured."""

import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

import jsonschema
from pair import Pair
from spaces import Space

TUNEWIRE = os.environ["TUNEWIRE"]
SCHEMAS = pathlib.Path(os.environ["SOURCE_DIR"], "schema")
NOBODY = 65534


def run(*arguments, status=0, **more):
    done = subprocess.run([TUNEWIRE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, **more)
    assert done.returncode == status, done
    return done.stdout


def result_of(command, *arguments, status=0):
    document = json.loads(run(command, *arguments, "--json", status=status))
    schema = json.loads((SCHEMAS / f"{command}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    return document["result"]


class SnapshotTest(unittest.TestCase):
    def setUp(self):
        self.space = Space()
        self.addCleanup(self.space.close)
        folder = tempfile.TemporaryDirectory(prefix="tunewire-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def take(self, name="before.json"):
        path = os.path.join(self.dir, name)
        run("snapshot", "--netns", str(self.space.pid), "-o", path)
        return path

    def hash(self):
        return result_of("snapshot", "--netns", str(self.space.pid))["hash"]

    def differences(self, before, status):
        """Without those of the whole machine, which others may change meanwhile."""
        result = result_of("diff", before, "--netns", str(self.space.pid), status=status)
        return {one["name"]: (one.get("before"), one.get("after"), one["bearing"])
                for one in result["differences"]}


class Changes(SnapshotTest):
    def test_nothing_changed(self):
        before = self.take()
        self.assertEqual(self.differences(before, 0), {})
        self.assertEqual(self.hash(), self.hash())

    def test_a_setting(self):
        self.space.write("net.core.somaxconn", 4096)
        before, was = self.take(), self.hash()
        self.space.write("net.core.somaxconn", 128)
        self.assertEqual(self.differences(before, 1),
                         {"tunables.net.core.somaxconn": ("4096", "128", "measurement")})
        self.assertNotEqual(self.hash(), was)
        out = run("diff", before, "--netns", str(self.space.pid), status=1)
        self.assertTrue(out.startswith("DIFFERENT  "), out)
        self.assertIn("net.core.somaxconn  4096", out)
        self.space.write("net.core.somaxconn", 4096)
        self.assertEqual(self.hash(), was)
        self.assertEqual(self.differences(before, 0), {})

    def test_every_setting_of_the_namespace_that_matters(self):
        """Whatever is written is in the hash, and out of it again."""
        was = self.hash()
        for key, value in {"net.ipv4.tcp_rmem": "4096 8192 16384", "net.ipv4.tcp_sack": 0,
                           "net.ipv4.tcp_ecn": 1,
                           "net.ipv4.ip_local_port_range": "2000 3000", "net.ipv4.conf.lo.rp_filter": 2, "net.ipv4.conf.all.rp_filter": 2,
                           "net.ipv4.tcp_notsent_lowat": 16384}.items():
            with self.subTest(key):
                before = self.space.read(key)
                self.space.write(key, value)
                self.assertNotEqual(self.hash(), was)
                self.space.write(key, before)
                self.assertEqual(self.hash(), was)

    def test_what_is_logged(self):
        before, was = self.take(), self.hash()
        self.space.write("net.ipv4.conf.all.log_martians", 1)
        self.assertEqual(self.differences(before, 0),
                         {"tunables.net.ipv4.conf.all.log_martians": ("0", "1", "none")})
        self.assertEqual(self.hash(), was)


class Links(SnapshotTest):
    def setUp(self):
        super().setUp()
        self.pair("one", "two")

    def pair(self, one, other):
        self.space.ip("link", "add", one, "type", "veth", "peer", "name", other)
        for name in (one, other):
            self.space.ip("link", "set", name, "up")

    def test_mtu_and_queueing_discipline(self):
        before = self.take()
        self.space.ip("link", "set", "one", "mtu", "1400")
        names = self.differences(before, 1)
        self.assertEqual(names["nic.one.mtu"], ("1500", "1400", "measurement"))
        self.assertEqual({name for name in names if not name.startswith("tunables.net.ipv6.conf.one.")}, {"nic.one.mtu"})

    def test_names_and_addresses_do_not_count(self):
        was = self.hash()
        self.space.ip("addr", "add", "192.0.2.1/24", "dev", "one")
        self.assertEqual(self.hash(), was)
        self.space.ip("link", "set", "one", "down")
        self.space.ip("link", "set", "one", "name", "three")
        self.space.ip("link", "set", "three", "address", "02:00:00:00:00:01")
        self.space.ip("link", "set", "three", "up")
        self.assertEqual(self.hash(), was)

    def test_one_more_alike_does_not_count(self):
        before, was = self.take(), self.hash()
        self.pair("five", "six")
        self.assertEqual(self.hash(), was)
        bearing = [name for name, one in self.differences(before, 0).items() if one[2] == "measurement"]
        self.assertEqual(bearing, [])

    def test_a_kind_that_is_gone_is_one_difference(self):
        before = self.take()
        self.space.ip("link", "del", "one")
        bearing = {name: one for name, one in self.differences(before, 1).items() if one[2] == "measurement"}
        self.assertEqual(bearing, {"nic.veth": ("one, two", None, "measurement")})

    def test_an_interface_that_is_down(self):
        was = self.hash()
        self.space.ip("link", "add", "idle", "type", "veth", "peer", "name", "idler")
        self.space.ip("link", "set", "idle", "mtu", "9000")
        self.assertEqual(self.hash(), was)

    def test_a_metric_of_a_route(self):
        self.space.ip("addr", "add", "192.0.2.1/24", "dev", "one")
        self.space.ip("route", "add", "default", "via", "192.0.2.2")
        before = self.take()
        self.space.ip("route", "change", "default", "via", "192.0.2.2", "initcwnd", "40", "rto_min", "50ms")
        self.assertEqual(self.differences(before, 1),
                         {"route.default.initcwnd": (None, "40", "measurement"),
                          "route.default.rto_min_ms": (None, "50", "measurement")})


class Users(SnapshotTest):
    def test_an_ordinary_user_gets_the_same_hash(self):
        def inside(**more):
            with self.space.inside():
                return json.loads(run("snapshot", **more))

        user = inside(user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual(user["hash"], inside()["hash"])

    def test_a_user_namespace_of_ones_own(self):
        done = subprocess.run(["unshare", "-Urn", TUNEWIRE, "snapshot"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("tunables.net.core.somaxconn", json.loads(done.stdout)["stable"])


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Measurements(SnapshotTest):
    def load(self, port, name):
        path = os.path.join(self.dir, name)
        text = run("http", f"http://127.0.0.1:{port}/", "-n", "200", "-c", "2", "--no-proof", "--json",
                   "--netns", str(self.space.pid))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path, json.loads(text)["result"]

    def test_http_and_its_comparison(self):
        with self.space.inside():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        before, first = self.load(port, "a.json")
        again, second = self.load(port, "b.json")
        self.assertEqual(first["host_hash"], self.hash())
        self.assertEqual(second["host_hash"], first["host_hash"])
        self.space.write("net.core.somaxconn", 77)
        after, third = self.load(port, "c.json")
        self.assertEqual(third["host_hash"], self.hash())
        self.assertNotIn("tunewire diff", run("http", "--compare", before, again))
        self.assertNotIn("warnings", result_of("http", "--compare", before, again)["compare"])
        out = run("http", "--compare", before, after)
        self.assertIn("warning: taken on hosts or settings that differ", out)
        compared = result_of("http", "--compare", before, after)["compare"]
        self.assertEqual(len(compared["warnings"]), 1)
        self.assertEqual(compared["after"]["host_hash"], third["host_hash"])
        self.assertNotIn("warnings", result_of("http", "--compare", before, self.without_hash(after))["compare"])

    def without_hash(self, path):
        """As an earlier version wrote it."""
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        del document["result"]["host_hash"]
        old = os.path.join(self.dir, "old.json")
        with open(old, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return old

    def test_probe_in_one_namespace_and_in_two(self):
        traffic = ("probe", "--pattern", "w10 r10", "--count", "20", "--no-proof", "--json")
        one = json.loads(run(*traffic, "--netns", str(self.space.pid)))["result"]
        self.assertEqual(one["host_hash"], self.hash())
        with Pair() as net:
            net.server.write("net.core.somaxconn", 77)
            two = json.loads(run(*traffic, "--netns", f"{net.client.pid},{net.server.pid}"))
            client = result_of("snapshot", "--netns", str(net.client.pid))["hash"]
            self.assertNotEqual(client, result_of("snapshot", "--netns", str(net.server.pid))["hash"])
        self.assertEqual(two["result"]["host_hash"], client)


if __name__ == "__main__":
    unittest.main()
