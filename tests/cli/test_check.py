"""tunewire check: every wrong call, the JSON against its schema, captured hosts, and what --fix prints.

What it says of live namespaces is tested in tests/ns/test_check.py."""

import json
import os
import pathlib
import re
import tempfile
import unittest

import harness

HOSTS = pathlib.Path(harness.SOURCE_DIR, "tests", "fixtures", "hosts")
# Neither the processor nor, with --root, the host this runs on takes part.
LOAD = ("--connections", "200k", "--rate", "50k", "--no-calibration")


def check(*arguments, **more):
    return harness.run("check", *arguments, **more)


class Checked(unittest.TestCase):
    def json(self, *arguments, status=None, **more):
        result = check(*arguments, "--json", **more)
        self.assertEqual(result.err, "")
        document = json.loads(result.out)
        harness.validate("check", document)
        found = document["result"]
        self.assertEqual(document["errors"], [])
        self.assertFalse(found["refused"])
        self.assertEqual(result.status, 0 if found["verdict"] == "ready" else 1, result)
        if status is not None:
            self.assertEqual(result.status, status, result)
        return found

    def wall(self, result, resource):
        return next(wall for wall in result["walls"] if wall["resource"] == resource)

    def state(self, result, name):
        return next(one for one in result["checks"] if one["id"] == name)["state"]


class WrongCalls(unittest.TestCase):
    def refused(self, *arguments, message, hint):
        result = check(*arguments)
        self.assertEqual(result.status, 2, result)
        self.assertEqual(result.out, "")
        said = " ".join(result.err.split())
        self.assertIn("error: " + message, said)
        self.assertIn(hint, said)
        found = check(*arguments, "--json")
        self.assertEqual((found.status, found.err), (2, ""))
        document = json.loads(found.out)
        harness.validate("check", document)
        self.assertTrue(document["result"]["refused"])
        self.assertEqual(len(document["errors"]), 1)

    def test_values(self):
        whole = "not a whole number of that"
        for arguments, message, hint in (
                (("--connections", "0"), whole, "from 1 to"),
                (("--connections", "many"), whole, "such as 500, 20k or 1M"),
                (("--connections", "2.5"), whole, "from 1 to"),
                (("--connections", "-3"), whole, "from 1 to"),
                (("--connections", "1e9"), whole, "from 1 to"),
                (("--connections", "inf"), whole, "from 1 to"),
                (("--connections", "200K"), whole, "20k"),
                (("--connections", ""), whole, "from 1 to"),
                (("--rate", "0"), "not a rate", "50k/s"),
                (("--rate", "fast"), "not a rate", "50k/s"),
                (("--rate", "50k/min"), "not a rate", "50k/s"),
                (("--rate", "1", "--duration", "10"), "not a duration", "500ms"),
                (("--rate", "1", "--duration", "0s"), "out of range", "from 1 ms to 720 h"),
                (("--rate", "1", "--message", "0"), "not a size", "16K"),
                (("--rate", "1", "--message", "10GB"), "not a size", "16K"),
                (("--rate", "1", "--rtt", "80"), "not a duration", "a unit"),
                (("--rate", "1", "--rtt", "2min"), "out of range", "60 s"),
                (("--rtt", "80ms", "--bandwidth", "10GB/s"), "not a bandwidth", "10Gbit/s"),
                (("--rtt", "80ms", "--bandwidth", "0"), "not a bandwidth", "10Gbit/s"),
                (("--rate", "1", "--threads", "0"), whole, "from 1 to"),
                (("--rate", "1", "--listen", "0"), whole, "from 1 to 65535"),
                (("--rate", "1", "--listen", "70000"), whole, "from 1 to 65535"),
                (("--rate", "1", "--listen", "80", "--backlog", "0"), whole, "from 1 to"),
                (("--rate", "1", "--closes-first", "both"), "no such end", "client or server"),
                (("--rate", "1", "--bind", "localhost"), "no IPv4 or IPv6 address", "10.0.0.9"),
                (("--rate", "1", "--bind", "127.0.0.1", "--bind", "127.0.0.1"), "given twice", "once"),
                (("--to", "10.0.0.9"), "--to '10.0.0.9' is no address: the port is missing", "HOST:PORT"),
                (("--to", "10.0.0.9:0"), "--to '10.0.0.9:0' is no address", "HOST:PORT"),
                (("--to", "::1"), "--to '::1' is no address", "HOST:PORT"),
                (("--interface", "eth0/1"), "no name of an interface", "eth0"),
                (("--interface", "a" * 16), "no name of an interface", "eth0"),
                (("--for", "2"), "not a duration", "500ms"),
                (("--for", "1ms"), "out of range", "from 50 ms to 1 h"),
                (("--for", "2h"), "out of range", "from 50 ms to 1 h")):
            with self.subTest(arguments):
                self.refused(*arguments, message=message, hint=hint)

    def test_the_bad_part_is_underlined(self):
        result = check("--connections", "many")
        self.assertRegex(result.err, r"--connections:1:1\n.*\| many\n +\| \^\^\^\^")

    def test_what_does_not_go_together(self):
        for arguments, message, hint in (
                (("--to", "127.0.0.1:80", "--listen", "80", "--connections", "1"),
                 "--to and --listen exclude each other", "ask twice"),
                (("--bind", "127.0.0.1", "--listen", "80", "--connections", "1"),
                 "--bind and --listen exclude each other", "ask twice"),
                (("--backlog", "10", "--connections", "1"), "--backlog belongs to --listen", "--listen 80"),
                (("--bind-takes-port", "--connections", "1"), "--bind-takes-port belongs to --bind", "--bind"),
                (("--listen", "80"), "check: which load?", "--listen goes with --connections N"),
                (("--keepalive",), "check: which load?", "--keepalive goes with"),
                (("--to", "127.0.0.1:80", "--message", "1K"), "check: which load?", "--message goes with"),
                (("--duration", "5s"), "check: which load?", "--duration goes with"),
                (("--threads", "2"), "check: which load?", "--threads goes with"),
                (("--bind", "127.0.0.1"), "check: which load?", "--bind goes with"),
                (("--rtt", "80ms"), "--rtt alone is no load", "--bandwidth 10G"),
                (("--bandwidth", "1G"), "--bandwidth alone is no load", "--rtt 80ms"),
                (("--bandwidth", "1G", "--rate", "1k"), "--bandwidth says nothing here", "--message"),
                (("--keepalive", "--rate", "1k"), "--keepalive: how many connections are kept?", "--connections N"),
                (("--keepalive", "--closes-first", "server", "--rate", "1", "--connections", "1"),
                 "--keepalive and --closes-first exclude each other", "kept"),
                (("--closes-first", "server", "--connections", "1"), "--closes-first belongs to --rate", "kept"),
                (("--bind", "127.0.0.1", "--to", "[::1]:80", "--connections", "1"),
                 "--bind 127.0.0.1 cannot reach --to [::1]:80", "one is IPv4, the other IPv6"),
                (("--root", "/", "--for", "1s"), "--for and --root exclude each other", "counts nothing")):
            with self.subTest(arguments):
                self.refused(*arguments, message=message, hint=hint)

    def test_one_word_too_many(self):
        self.refused("web", message="check: one word too many: 'web'", hint="usage: tunewire check")
        self.refused("--to", "127.0.0.1:80", "127.0.0.1:81", message="check: one word too many", hint="usage")

    def test_no_such_host_and_interface(self):
        result = check("--to", "no-such-host.invalid:80")
        self.assertEqual(result.status, 2, result)
        self.assertIn("no-such-host.invalid", result.err)
        self.refused("--interface", "nonesuch0", message="--interface nonesuch0: no such interface here",
                     hint="there are lo")


class Shape(Checked):
    def test_without_a_load(self):
        result = self.json()
        self.assertGreaterEqual(len(result["checks"]), 30)
        self.assertEqual(len({one["id"] for one in result["checks"]}), len(result["checks"]))
        self.assertEqual(result["walls"], [])
        for name in ("load", "calibration", "calibration_missing"):
            self.assertNotIn(name, result)
        self.assertEqual(result["window_seconds"], 0)
        for one in result["checks"]:
            if one["state"] == "unknown":
                self.assertTrue(one["why"])
                self.assertNotIn("have", one)

    def test_every_option_of_a_client(self):
        load = self.json("--to", "127.0.0.1:80,[::1]:81", "--to", "127.0.0.1:81", "--connections", "200k",
                         "--rate", "1.5k/s", "--duration", "1m", "--message", "16K", "--rtt", "80ms",
                         "--bandwidth", "2.5Gbit/s", "--threads", "4", "--closes-first", "server",
                         "--no-calibration")["load"]
        self.assertEqual(load, {
            "side": "client", "connections": 200000, "rate_per_s": 1500, "duration_ms": 60000,
            "keepalive": False, "closes_first": "server", "message_bytes": 16384, "rtt_us": 80000,
            "bandwidth_bits_per_s": 2500000000, "threads": 4, "sources": [], "bind_takes_port": False,
            "destinations": ["127.0.0.1:80", "[::1]:81", "127.0.0.1:81"]})

    def test_every_option_of_a_server(self):
        load = self.json("--listen", "8080", "--connections", "1M", "--backlog", "1k", "--keepalive",
                         "--rate", "10", "--no-calibration")["load"]
        self.assertEqual(load, {"side": "server", "connections": 1000000, "rate_per_s": 10,
                                "keepalive": True, "threads": 1, "listen_port": 8080, "backlog": 1000})

    def test_sources_and_targets_count_once(self):
        result = self.json("--to", "127.0.0.1:80", "--to", "127.0.0.1:80", "--bind", "127.0.0.2,127.0.0.3",
                           "--connections", "10")
        self.assertEqual(result["load"]["destinations"], ["127.0.0.1:80"])
        self.assertIn("x 2 sources x 1 target", self.wall(result, "source_ports")["formula"])

    def test_a_short_number_that_is_whole(self):
        self.assertEqual(self.json("--connections", "1.001k")["load"]["connections"], 1001)

    def test_what_fix_prints_is_a_profile_however_much_is_asked(self):
        for load in (("--rtt", "300ms", "--bandwidth", "100G"), ("--listen", "80", "--connections", "1G", "--rate",
                     "100M", "--rtt", "60s", "--message", "1M", "--no-calibration")):
            with self.subTest(load):
                fix = check(*load, "--fix")
                plan = harness.run("plan", "-", stdin=fix.out)
                self.assertEqual(plan.status, 0, plan)

    def test_connections_alone_are_kept_and_go_to_one_target(self):
        result = self.json("--connections", "10")
        self.assertEqual((result["load"]["keepalive"], result["load"]["destinations"]), (True, []))
        self.assertTrue(self.wall(result, "source_ports")["enough"])
        self.assertNotIn("cpu", [wall["resource"] for wall in result["walls"]])

    def test_one_flow(self):
        wall = self.wall(self.json("--rtt", "80ms", "--bandwidth", "10G"), "window")
        self.assertEqual((wall["need"], wall["unit"]), (100000000, "bytes"))
        self.assertNotIn("errno", wall)

    def test_walls_that_break_come_first_and_in_order(self):
        result = self.json("--connections", "900M", "--to", "127.0.0.1:80", status=1)
        broken = [wall for wall in result["walls"] if wall.get("enough") is False]
        self.assertEqual(broken, result["walls"][:len(broken)])
        met = [("only_while" in wall, wall["at_connections"]) for wall in broken
               if "at_connections" in wall]
        self.assertEqual(met, sorted(met))
        ports = self.wall(result, "source_ports")
        self.assertEqual((ports["errno"], ports["operation"]), ("EADDRNOTAVAIL", "connect"))
        self.assertEqual(self.wall(result, "descriptors")["errno"], "EMFILE")
        self.assertEqual(result["verdict"], "not_ready")

    def test_the_processor_is_measured_where_a_rate_is_asked(self):
        result = self.json("--rate", "10", "--connections", "1", "--to", "127.0.0.1:80")
        self.assertGreater(result["calibration"]["connections_per_s"], 0)
        cpu = self.wall(result, "cpu")
        self.assertEqual((cpu["unit"], cpu["enough"]), ("cpus", True))
        self.assertLess(cpu["need"], 1)

    def test_counters_are_read_twice_where_asked(self):
        result = self.json("--for", "300ms")
        self.assertGreaterEqual(result["window_seconds"], 0.3)
        self.assertNotEqual(self.state(result, "retransmissions"), "unknown")

    def test_the_hash_is_that_of_a_snapshot(self):
        root = ("--root", str(HOSTS / "kvm-guest"))
        snapshot = json.loads(harness.run("snapshot", *root, "--json").out)["result"]
        self.assertEqual(self.json(*root)["host_hash"], snapshot["hash"])
        self.assertEqual(self.json(*root, "--connections", "10")["host_hash"], snapshot["hash"])

    def test_loopback_needs_no_card(self):
        cards = [one for one in self.json("--to", "127.0.0.1:80")["checks"] if one["id"].startswith("nic_")]
        self.assertTrue(cards)
        self.assertEqual({one["have"] for one in cards}, {"not used"})
        cards = [one for one in self.json("--interface", "lo")["checks"] if one["id"].startswith("nic_")]
        self.assertEqual({one["have"] for one in cards}, {"not used"})

    def test_text(self):
        quiet = check("-q", "--connections", "900M")
        self.assertEqual((quiet.status, quiet.err), (1, ""))
        self.assertTrue(quiet.out.startswith("NOT READY  "), quiet)
        usual = check("--connections", "900k")
        self.assertTrue(usual.out.startswith("NOT READY  "), usual)
        self.assertGreater(len(usual.out), len(quiet.out))
        self.assertIn("EADDRNOTAVAIL", usual.out)
        for line in usual.out.splitlines():
            self.assertLessEqual(len(line), 80, line)
        wordy = check("--connections", "900k", "-v")
        # The formula, and each check, with -v alone.
        self.assertIn("RLIMIT_NOFILE soft", wordy.out)
        self.assertNotIn("RLIMIT_NOFILE soft", usual.out)
        self.assertGreater(len(wordy.out), len(usual.out))


class CapturedHosts(Checked):
    """Hosts that are files alone: plausible, never a crash, and unknown says why."""

    # What is bad there; the rest warns at most.
    BAD = {
        "metal-two-nodes": set(),
        "kvm-guest": set(),
        "many-nics": {"time_wait", "conntrack_room", "load_average", "clock_source"},
        "one-cpu-old": {"cpu_quota", "clock_source"},
        "docker-limited": {"memory_limit"},
        "arm-container": {"steal"},
    }

    def test_the_fixtures_are_these(self):
        self.assertEqual({path.name for path in HOSTS.iterdir()}, set(self.BAD))

    def test_each_is_judged(self):
        for name, bad in self.BAD.items():
            with self.subTest(name):
                root = str(HOSTS / name)
                result = self.json("--root", root, status=1 if bad else 0)
                states = {one["id"]: one["state"] for one in result["checks"]}
                self.assertEqual({name for name, state in states.items() if state == "bad"}, bad)
                known = [name for name, state in states.items() if state != "unknown"]
                self.assertGreaterEqual(len(known), 20, states)
                for dead in ("busy_processes", "nic_rings", "route_to_target"):
                    self.assertEqual(states[dead], "unknown")
                self.assertTrue(check("--root", root).out.strip())

    def test_each_under_a_load(self):
        for name in self.BAD:
            with self.subTest(name):
                root = str(HOSTS / name)
                result = self.json("--root", root, "--to", "192.0.2.9:80", "--connections", "200k",
                                   "--rate", "50k", status=1)
                self.assertEqual(result["verdict"], "not_ready")
                self.assertIn("tree", result["calibration_missing"])
                self.assertIn("tree", self.wall(result, "cpu")["unknown"])
                self.assertNotIn("calibration", result)
                self.assertFalse(self.wall(result, "source_ports")["enough"])
                self.assertTrue(self.wall(result, "source_ports")["profile"])
                server = self.json("--root", root, "--listen", "80", *LOAD, status=1)
                self.assertIn(self.wall(server, "accept_backlog").get("enough"), (False, None))

    def test_nothing_there(self):
        with tempfile.TemporaryDirectory() as empty:
            result = self.json("--root", empty, status=1)
            self.assertEqual(result["verdict"], "unknown")
            self.assertEqual({one["state"] for one in result["checks"]}, {"unknown"})
            result = self.json("--root", empty, "--to", "192.0.2.9:80", *LOAD, status=1)
            self.assertEqual(result["verdict"], "unknown")
            for wall in result["walls"]:
                self.assertTrue(wall.get("unknown") or wall["enough"], wall)

    def test_garbage_is_unknown_and_no_crash(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("proc/sys/net/core/somaxconn", "proc/meminfo", "proc/stat", "proc/net/sockstat",
                         "proc/loadavg", "proc/self/limits", "proc/sys/net/ipv4/ip_local_port_range"):
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(b"\xff\x00 99999999999999999999999 -1 \n" * 20)
            result = self.json("--root", root, "--to", "192.0.2.9:80", *LOAD)
            self.assertEqual(result["verdict"], "unknown")


class Fix(Checked):
    def test_the_profile_alone_and_a_plan_takes_it(self):
        for name in CapturedHosts.BAD:
            with self.subTest(name):
                root = str(HOSTS / name)
                arguments = ("--root", root, "--to", "192.0.2.9:80", *LOAD)
                fix = check(*arguments, "--fix")
                self.assertEqual(fix.status, 1, fix)
                self.assertIn("NOT READY  ", fix.err)
                self.assertIn('"name": "ready"', fix.out)
                plan = harness.run("--root", root, "plan", "-", "-v", stdin=fix.out)
                self.assertEqual(plan.status, 0, plan)
                self.assertTrue(plan.out.startswith("PLAN  ready"), plan)
                found = self.json(*arguments)
                plain = re.sub(r"^//.*\n", "", fix.out)
                self.assertEqual(json.loads(plain), found["profile"])
                self.assertIn("net.ipv4.ip_local_port_range", plan.out)
                self.assertEqual("nofile" in plan.out, name != "many-nics", plan)

    def test_a_file_of_it_is_a_profile(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ready.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(check("--root", str(HOSTS / "kvm-guest"), *LOAD, "--fix").out)
            os.chmod(path, 0o644)
            self.assertEqual(harness.run("--root", str(HOSTS / "kvm-guest"), "plan", path).status, 0)

    def test_nothing_to_mend(self):
        with tempfile.TemporaryDirectory() as empty:
            fix = check("--root", empty, "--fix")
            self.assertEqual((fix.status, fix.out), (1, ""))
            self.assertIn("UNKNOWN  ", fix.err)
            self.assertIn("no setting would mend", fix.err)
            self.assertNotIn("profile", self.json("--root", empty, "--fix", status=1))


class OrdinaryUser(Checked):
    @harness.needs_root
    def test_nothing_needs_root(self):
        result = self.json("--to", "127.0.0.1:80", "--connections", "10", user=harness.NOBODY)
        self.assertTrue(self.wall(result, "source_ports")["enough"])
        known = [one for one in result["checks"] if one["state"] != "unknown"]
        self.assertGreaterEqual(len(known), 30)


class Terminals(unittest.TestCase):
    def test_stopped(self):
        terminal = harness.Terminal("check", "--for", "30s", "--color", "never")
        terminal.wait_for("counting for 30 s")
        terminal.interrupt()
        self.assertEqual(terminal.finish(), 130)
        self.assertNotIn("counting", terminal.screen())


if __name__ == "__main__":
    harness.main()
