"""Holds interfaces, what drivers say about them, and routes against ip and ethtool.

In a namespace with a veth pair, a tap device and a bridge, every property set to something that is
no default; and on the host, whose interfaces are only read.
"""

import array
import fcntl
import json
import os
import socket
import struct
import subprocess
import unittest

import namespace

DUMP = os.path.join(os.path.dirname(os.environ["TUNEWIRE_TESTS"]), "netfacts_dump")
SIOCETHTOOL = 0x8946
REFUSED = "ethtool: Operation not supported (EOPNOTSUPP)"
METRICS = ("mtu", "advmss", "initcwnd", "initrwnd", "quickack", "cwnd", "window", "hoplimit",
           "fastopen_no_cookie")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def facts(*arguments, wrapper=()):
    return json.loads(output(*wrapper, DUMP, *arguments))


def interfaces(**options):
    return {one["name"]: one for one in facts(**options)["interfaces"]}


def routes(*destination):
    return facts(*destination)["routes"]


def driver_says(interface, command, layout):
    """The fields of an ethtool structure by the older way, ioctl(2); None where it is refused."""
    room = array.array("B", struct.pack("=I", command) + bytes(struct.calcsize(layout)))
    request = struct.pack("@16sP", interface.encode(), room.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        try:
            fcntl.ioctl(asker, SIOCETHTOOL, request)
        except OSError:
            return None
    return struct.unpack(layout, room.tobytes()[4:])


def settings(interface):
    """ETHTOOL_GSET: speed in two halves, duplex."""
    said = driver_says(interface, 0x1, "=IIHBBBBBBIIHBBI8x")
    return None if said is None else (said[2] | said[11] << 16, {0: "half", 1: "full"}.get(said[3]))


def rings(interface):
    said = driver_says(interface, 0x10, "=8I")
    return said and {"rx-max": said[0], "tx-max": said[3], "rx": said[4], "tx": said[7]}


def channels(interface):
    said = driver_says(interface, 0x3C, "=8I")
    return said and {"rx-max": said[0], "tx-max": said[1], "combined-max": said[3],
                     "rx": said[4], "tx": said[5], "combined": said[7]}


def coalescing(interface):
    said = driver_says(interface, 0xE, "=22I")
    return said and {"rx-usecs": said[0], "rx-frames": said[1], "tx-usecs": said[4],
                     "tx-frames": said[5], "adaptive-rx": bool(said[9]), "adaptive-tx": bool(said[10])}


def features(interface):
    said = json.loads(output("ethtool", "--json", "-k", interface))[0]
    return {name: one["active"] for name, one in said.items() if isinstance(one, dict)}


class Interfaces:
    """Whatever there is: the same as others see."""

    def test_links(self):
        seen = interfaces()
        for link in json.loads(output("ip", "-j", "-d", "-s", "link")):
            one = seen[link["ifname"]]
            with self.subTest(link["ifname"]):
                self.assertEqual(one["index"], link["ifindex"])
                self.assertEqual(one["mtu"], link["mtu"])
                self.assertEqual(one["tx_queue_length"], link.get("txqlen", 0))
                self.assertEqual(one["kind"], link.get("linkinfo", {}).get("info_kind", ""))
                self.assertEqual(one["loopback"], "LOOPBACK" in link["flags"])
                self.assertEqual(one["up"], "UP" in link["flags"])
                if one["up"]:
                    self.assertEqual(one["carrier"], "NO-CARRIER" not in link["flags"])
                if link["qdisc"] != "mq":
                    self.assertEqual(one["qdisc"], link["qdisc"])
                self.assertGreaterEqual(link["stats64"]["rx"]["packets"], one["errors"]["rx_packets"])
                self.assertGreaterEqual(link["stats64"]["tx"]["packets"], one["errors"]["tx_packets"])
        self.assertEqual(len(seen), len(os.listdir("/proc/self/net/dev_snmp6")))

    def test_addresses(self):
        seen = interfaces()
        for link in json.loads(output("ip", "-j", "addr")):
            expected = [f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"]]
            self.assertEqual(sorted(seen[link["ifname"]]["addresses"]), sorted(expected))

    def test_drivers(self):
        for name, one in interfaces().items():
            with self.subTest(name):
                self.check_said(one["rings"], rings(name))
                self.check_said(one["channels"], channels(name))
                self.check_coalescing(one["coalescing"], coalescing(name))
                self.check_speed(one, settings(name))

    def check_said(self, seen, said):
        if said is None or not any(said.values()):
            self.assertIn("unknown", seen)
        else:
            self.assertEqual(seen, said)

    def check_coalescing(self, seen, said):
        if said is None:
            self.assertEqual(seen, {"unknown": REFUSED})
            return
        for field, value in seen.items():
            if value is not None:
                self.assertEqual(value, said[field], field)

    def check_speed(self, one, said):
        if said is None:
            self.assertEqual(one["speed"], {"unknown": REFUSED})
            return
        speed, duplex = said
        if speed in (0, 0xFFFF, 0xFFFFFFFF):
            self.assertIn("unknown", one["speed"])
        else:
            self.assertEqual(one["speed"], speed)
        if duplex is None:
            self.assertIn("unknown", one["duplex"])
        else:
            self.assertEqual(one["duplex"], duplex)

    def test_offloads(self):
        for name, one in interfaces().items():
            said = features(name)
            with self.subTest(name):
                self.assertGreater(len(one["offloads"]), 30)
                # A tool older than the kernel does not print names that it does not know, and
                # prints sums of its own ("tcp-segmentation-offload") that the kernel does not know.
                both = set(said) & set(one["offloads"])
                self.assertGreater(len(both), 30)
                self.assertEqual({key: one["offloads"][key] for key in both},
                                 {key: said[key] for key in both})


class Host(Interfaces, unittest.TestCase):
    def test_sysfs(self):
        for name, one in interfaces().items():
            device = f"/sys/class/net/{name}/device"
            with self.subTest(name):
                driver = os.path.join(device, "driver")
                expected = os.path.basename(os.readlink(driver)) if os.path.exists(driver) else ""
                self.assertEqual(one["driver"], expected)
                if not os.path.exists(device):
                    self.assertEqual(one["numa_node"], {"unknown": f"{name} has no device behind it"})
                    self.assertTrue(one["virtual_device"])
                self.assertIsInstance(one["rps"], list)

    def test_interrupts(self):
        for name, one in interfaces().items():
            if isinstance(one["interrupts"], dict):
                continue
            for interrupt in one["interrupts"]:
                with open(f"/proc/irq/{interrupt['irq']}/smp_affinity_list", encoding="ascii") as file:
                    self.assertTrue(set(interrupt["cpus"]) <= cpus(file.read()), name)
                self.assertTrue(interrupt["cpus"])


def cpus(text):
    found = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


TUN = ("ip tuntap add t0 mode tap",
       "ip tuntap add n0 mode tun",
       "ip link set t0 up",
       "ip addr add 10.0.3.1 peer 10.0.3.2/32 dev n0",
       "ethtool -C t0 rx-frames 8",
       "ethtool -s t0 speed 2500 duplex half autoneg off")


class Child(Interfaces, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tun = os.access("/dev/net/tun", os.R_OK | os.W_OK)
        for command in TUN if cls.tun else ():
            run(*command.split())
        for command in (
                "ip link set lo up",
                "ip link add v0 numrxqueues 4 numtxqueues 4 type veth peer name v1",
                "ip link add b0 type bridge",
                "ip link set v0 up mtu 1400 txqueuelen 77",
                "ip link set v1 up",
                "ip addr add 10.0.0.1/24 dev v0",
                "ip addr add fd01::1/64 dev v0 nodad",
                "ethtool -L v0 rx 2 tx 3",
                "ethtool -K v0 tso off",
                "ip route add 10.9.0.0/16 via 10.0.0.2 dev v0 quickack 1 initcwnd 20 initrwnd 30"
                " rto_min 10ms mtu lock 1300 advmss 1200 cwnd 5 window 60000 hoplimit 33"
                " congctl reno fastopen_no_cookie 1",
                "ip -6 route add fd09::/32 via fd01::2 dev v0 initcwnd 40 quickack 1",
                "ip route add 10.12.0.0/16 via inet6 fd01::2 dev v0",
                "ip route add blackhole 10.10.0.0/16",
                "ip route add unreachable 10.11.0.0/16",
                "ip route add default via 10.0.0.3 dev v0 metric 7",
                "ip route add 10.9.0.0/16 table 100 dev v1 initcwnd 99",
                "ip rule add ipproto tcp dport 8080 table 100"):
            run(*command.split())

    def test_what_was_set(self):
        """The comparisons would hold for defaults too."""
        seen = interfaces()
        self.assertEqual(seen["v0"]["channels"]["rx"], 2)
        self.assertEqual(seen["v0"]["channels"]["tx"], 3)
        self.assertEqual(seen["v0"]["speed"], 10000)
        self.assertEqual(seen["v0"]["offloads"]["tx-tcp-segmentation"], False)
        self.assertEqual(seen["v1"]["offloads"]["tx-tcp-segmentation"], True)
        self.assertEqual(seen["v0"]["rings"], {"unknown": REFUSED})
        self.assertEqual([name for name in sorted(seen) if not seen[name]["virtual_device"]], [])

    def test_tap(self):
        if not self.tun:
            self.skipTest("/dev/net/tun is not for this user")
        seen = interfaces()
        self.assertEqual(seen["t0"]["coalescing"]["rx-frames"], 8)
        self.assertEqual((seen["t0"]["speed"], seen["t0"]["duplex"]), (2500, "half"))
        self.assertEqual(seen["n0"]["addresses"], ["10.0.3.1/32"])

    def test_leaves_stand_for_mq(self):
        run("tc", "qdisc", "replace", "dev", "v0", "root", "handle", "1:", "mq")
        self.addCleanup(run, "tc", "qdisc", "del", "dev", "v0", "root")
        run("tc", "qdisc", "replace", "dev", "v0", "parent", "1:1", "pfifo")
        self.assertIn("pfifo", interfaces()["v0"]["qdisc"].split(", "))
        self.assertNotIn("mq", interfaces()["v0"]["qdisc"].split(", "))

    def test_many(self):
        names = [f"many{number}" for number in range(150)]
        for name in names:
            run("ip", "link", "add", name, "type", "bridge")
        self.addCleanup(lambda: [run("ip", "link", "del", name) for name in names])
        seen = interfaces()
        for name in names:
            self.assertGreater(len(seen[name]["offloads"]), 30)

    def test_another_namespaces_sysfs(self):
        """The mounted /sys is the host's."""
        for one in interfaces().values():
            for fact in ("numa_node", "interrupts", "rps"):
                self.assertEqual(one[fact],
                                 {"unknown": "/sys/class/net shows another network namespace"})

    def test_own_sysfs(self):
        inside = "mount -t sysfs none /sys && echo 3 >/sys/class/net/v0/queues/rx-1/rps_cpus && exec \"$@\""
        wrapper = ("unshare", "-m", "sh", "-c", inside, "sh")
        if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("sysfs may not be mounted here")
        seen = interfaces(wrapper=wrapper)
        self.assertEqual(seen["v0"]["rps"][:2], [[], [0, 1] if os.cpu_count() > 1 else [0]])
        self.assertEqual(seen["v0"]["numa_node"], {"unknown": "v0 has no device behind it"})

    def test_no_sysfs(self):
        wrapper = ("unshare", "-m", "sh", "-c", "mount -t tmpfs none /sys && exec \"$@\"", "sh")
        seen = interfaces(wrapper=wrapper)["v0"]
        self.assertEqual(seen["rps"],
                         {"unknown": "/sys/class/net: No such file or directory (ENOENT)"})
        self.assertEqual(seen["speed"], 10000)

    def test_main_table(self):
        seen = {(one["dst"], one["dev"]): one for one in routes()}
        shown = [one for family in ("-4", "-6") for one in json.loads(output("ip", family, "-j", "route"))
                 if one.get("type", "unicast") == "unicast" and one["dst"] != "multicast"]
        self.assertEqual(len(seen), len(shown))
        for one in shown:
            with self.subTest(one["dst"]):
                row = seen[(one["dst"], one["dev"])]
                self.assertEqual(row["gateway"], one.get("gateway", one.get("via", {}).get("host", "")))
                self.assertEqual(row["prefsrc"], one.get("prefsrc", ""))
                self.assertFalse(row["chosen"])
                said = {key: value for part in one.get("metrics", []) for key, value in part.items()}
                for metric in METRICS:
                    self.assertEqual(row[metric], said.get(metric), metric)
        row = seen[("10.9.0.0/16", "v0")]
        self.assertEqual((row["quickack"], row["initcwnd"], row["rto_min"], row["mtu"]), (1, 20, 10, 1300))
        self.assertEqual(row["congctl"], "reno")
        self.assertEqual(seen[("fd09::/32", "v0")]["initcwnd"], 40)

    def chosen(self, destination):
        seen = routes(destination)
        self.assertTrue(seen[0]["chosen"])
        self.assertEqual([one["chosen"] for one in seen[1:]], [False] * (len(seen) - 1))
        return seen[0]

    def test_chosen(self):
        for host, port in (("10.9.0.1", 80), ("10.0.0.9", 80), ("192.0.2.7", 80), ("127.0.0.1", 80)):
            said = json.loads(output("ip", "-j", "route", "get", host))[0]
            seen = self.chosen(f"{host}:{port}")
            self.assertEqual(seen["dev"], said["dev"])
            self.assertEqual(seen["prefsrc"], said["prefsrc"])
            self.assertEqual(seen["gateway"], said.get("gateway", ""))
        seen = self.chosen("10.9.0.1:80")
        self.assertEqual((seen["dst"], seen["initcwnd"], seen["quickack"], seen["congctl"]),
                         ("10.9.0.0/16", 20, 1, "reno"))
        self.assertEqual(self.chosen("192.0.2.7:80")["dst"], "default")

    def test_chosen_by_a_rule(self):
        seen = self.chosen("10.9.0.1:8080")
        self.assertEqual((seen["dev"], seen["initcwnd"]), ("v1", 99))

    def test_chosen_v6(self):
        seen = self.chosen("[fd09::7]:80")
        self.assertEqual((seen["dst"], seen["gateway"], seen["prefsrc"], seen["initcwnd"]),
                         ("fd09::/32", "fd01::2", "fd01::1", 40))
        self.assertEqual(self.chosen("[::1]:80")["dev"], "lo")
        self.assertEqual(self.chosen("[::ffff:10.9.0.1]:80")["initcwnd"], 20)

    def test_no_route(self):
        for destination, why in (("10.10.0.1:80", "blackhole"), ("10.11.0.1:80", "EHOSTUNREACH"),
                                 ("[fd77::1]:80", "ENETUNREACH")):
            said = routes(destination)
            self.assertEqual(said["error"], "no_route")
            self.assertIn(why, said["message"])


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Child if namespace.KIND else Host)


if __name__ == "__main__":
    namespace.main_with_host()
