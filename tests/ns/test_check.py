"""tunewire check in network namespaces of its own: small ranges and queues are walls there, the profile
of --fix moves them, and what is not there is unknown. As root and as an ordinary user."""

import json
import os
import pathlib
import resource
import socket
import subprocess
import unittest

import jsonschema
import namespace

SCHEMA = json.loads(pathlib.Path(os.environ["SOURCE_DIR"], "schema", "check.schema.json")
                    .read_text(encoding="utf-8"))
RANGE = "net.ipv4.ip_local_port_range"
RESERVED = "net.ipv4.ip_local_reserved_ports"
SOMAXCONN = "net.core.somaxconn"
SERVER = ("127.0.0.1", 9000)
TO = ("--to", "127.0.0.1:9000")


def limited(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Check(namespace.Case):
    KEYS = (RANGE, RESERVED, SOMAXCONN)

    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def check(self, *arguments, **options):
        done = self.run_tool("check", *arguments, "--json", expect=None, **options)
        document = json.loads(done.stdout)
        jsonschema.validate(document, SCHEMA)
        result = document["result"]
        self.assertEqual(document["errors"], [])
        self.assertEqual(done.returncode, 0 if result["verdict"] == "ready" else 1, done)
        return result

    def wall(self, name, *arguments, **options):
        result = self.check(*arguments, **options)
        return next(wall for wall in result["walls"] if wall["resource"] == name)

    def listen(self, backlog=4096):
        server = socket.create_server(SERVER, backlog=backlog)
        self.addCleanup(server.close)
        return server

    def apply_settings(self, *arguments):
        """The sysctl part of what --fix prints, which a plan of it must take as it is."""
        fix = self.run_tool("check", *arguments, "--fix", expect=None)
        self.assertIn("NOT READY", fix.stderr)
        plan = subprocess.run(self.command("plan", "-"), input=fix.stdout, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(plan.returncode, 0, plan)
        text = fix.stdout[fix.stdout.index("{"):]
        settings = json.loads(text)["sysctl"]
        for key in settings:
            self.assertTrue(key.startswith("net."), key)
        # Settings that other conditions of this host ask for are not this test's to make.
        mine = {key: value for key, value in settings.items() if key in self.KEYS}
        path = self.profile("ready", mine)
        self.run_tool("apply", path, "--yes")
        return mine

    def test_source_ports(self):
        namespace.write_key(RANGE, "40000 40099")
        namespace.write_key(RESERVED, "40010-40019")
        self.listen()
        load = (*TO, "--connections", "500")
        ports = self.wall("source_ports", *load)
        self.assertEqual((ports["enough"], ports["have"], ports["at_connections"]), (False, 90, 90))
        self.assertEqual((ports["errno"], ports["operation"]), ("EADDRNOTAVAIL", "connect"))
        self.assertEqual(self.check(*load)["verdict"], "not_ready")
        # Those in use are gone, and each target has its own.
        held = [socket.create_connection(SERVER) for _ in range(20)]
        self.assertEqual(self.wall("source_ports", *load)["have"], 70)
        self.assertEqual(self.wall("source_ports", "--to", "127.0.0.2:9000", "--connections", "500")["have"], 90)
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            one.close()
        self.assertIn(RANGE, self.apply_settings(*load))
        self.assertEqual(namespace.fields(RANGE), ["1024", "65535"])
        ports = self.wall("source_ports", *load)
        self.assertTrue(ports["enough"], ports)
        self.assertGreater(ports["have"], 64000)

    def test_accept_queue(self):
        namespace.write_key(SOMAXCONN, "16")
        load = ("--listen", "9000", "--backlog", "4096", "--connections", "500")
        queue = self.wall("accept_backlog", *load)
        self.assertEqual((queue["enough"], queue["have"], queue["at_connections"]), (False, 17, 17))
        self.assertIn(SOMAXCONN, self.apply_settings(*load))
        self.assertTrue(self.wall("accept_backlog", *load)["enough"])

    def test_the_queue_of_the_listener_there(self):
        self.listen(backlog=7)
        queue = self.wall("accept_backlog", *TO, "--connections", "500")
        self.assertEqual((queue["enough"], queue["have"]), (False, 8))
        self.assertIn("of port 9000", queue["formula"])

    def test_descriptors(self):
        load = (*TO, "--connections", "500")
        files = self.wall("descriptors", *load, preexec_fn=limited(200, 1000))
        self.assertEqual((files["enough"], files["have"], files["errno"]), (False, 200, "EMFILE"))
        self.assertEqual(files["at_connections"], 194)
        self.assertTrue(self.wall("descriptors", *load, preexec_fn=limited(1000, 1000))["enough"])
        logins = self.check(*load, preexec_fn=limited(200, 1000))["profile"]["limits"]["nofile"]["logins"]
        self.assertGreaterEqual(logins["root"], 506)

    def test_another_namespace(self):
        namespace.write_key(RANGE, "40000 40099")
        with subprocess.Popen(["unshare", "-n", "sh", "-c", "echo '50000 50009' > /proc/sys/net/ipv4/"
                               "ip_local_port_range; ip link set lo up; echo; exec cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            load = (*TO, "--connections", "50")
            self.assertEqual(self.wall("source_ports", *load)["have"], 100)
            there = self.wall("source_ports", *load, "--netns", str(other.pid))
            self.assertEqual((there["have"], there["enough"]), (10, False))
            other.stdin.close()

    def test_no_loopback(self):
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        result = self.check("--to", "10.9.9.9:80", "--connections", "10", "--rate", "10")
        self.assertNotIn("calibration", result)
        self.assertIn("127.0.0.1", result["calibration_missing"])
        cpu = next(wall for wall in result["walls"] if wall["resource"] == "cpu")
        self.assertEqual(cpu["unknown"], result["calibration_missing"])
        route = next(one for one in result["checks"] if one["id"] == "route_to_target")
        self.assertEqual(route["state"], "bad")
        self.assertIn("no route to 10.9.9.9:80", route["have"])
        self.assertEqual(result["verdict"], "not_ready")

    def test_a_route_to_the_target(self):
        subprocess.run("ip link add check0 type veth peer name check1 && ip address add 10.9.9.1/24 dev check0"
                       " && ip link set check0 up && ip link set check1 up", shell=True, check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "check0"], check=False)
        checks = {one["id"]: one for one in self.check("--to", "10.9.9.9:80")["checks"]}
        self.assertEqual(checks["route_to_target"]["have"], "check0, 10.9.9.0/24")
        # An own address is reached through loopback, whatever card it is on.
        checks = {one["id"]: one for one in self.check("--to", "10.9.9.1:80")["checks"]}
        self.assertEqual(checks["nic_rings"]["have"], "not used")
        done = self.run_tool("check", "--interface", "check7", expect=2)
        self.assertIn("check0", done.stderr)

    def test_source_addresses(self):
        load = (*TO, "--connections", "10", "--bind")
        self.assertNotIn("source_address", [wall["resource"] for wall in self.check(*load, "127.0.0.7")["walls"]])
        result = self.check(*load, "127.0.0.7", "--bind", "10.1.2.3")
        wall = result["walls"][0]
        self.assertEqual((wall["resource"], wall["errno"], wall["at_connections"]),
                         ("source_address", "EADDRNOTAVAIL", 1))
        self.assertEqual(result["sentence"], "this host can open 1 of the 10 connections you asked for")
        # A local route is as good as an address.
        subprocess.run(["ip", "route", "add", "local", "10.1.2.0/24", "dev", "lo"], check=True)
        self.addCleanup(subprocess.run, ["ip", "route", "del", "local", "10.1.2.0/24", "dev", "lo"], check=True)
        self.assertNotEqual(self.check(*load, "10.1.2.3")["walls"][0]["resource"], "source_address")

    def test_nothing_is_written(self):
        before = self.values()
        self.run_tool("check", *TO, "--connections", "900M", "--fix", expect=1)
        self.assertEqual(self.values(), before)
        self.assertFalse(os.path.exists(self.state))


if __name__ == "__main__":
    namespace.main()
