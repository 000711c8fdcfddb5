"""Both ends of a stall probe in two network namespaces: as root and as an ordinary user, over a veth
pair with IPv4, with IPv6 only, without any path, and with a loopback that is down. All namespaces
are the test's own."""

import os
import shutil
import subprocess
import sys
import unittest

import namespace

TESTS = os.environ["TUNEWIRE_TESTS"]
CASE = "ends in two namespaces meet where there is a path"


class Ends(unittest.TestCase):
    def setUp(self):
        # It says that it is there, and ends with its input.
        self.other = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; read end"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.other.stdout.readline()
        self.addCleanup(self.end)

    def end(self):
        self.other.communicate()
        subprocess.run(["ip", "link", "del", "veth-a"], stderr=subprocess.DEVNULL, check=False)

    def ip(self, *arguments, there=False):
        enter = ["nsenter", f"--net=/proc/{self.other.pid}/ns/net"] if there else []
        subprocess.run([*enter, "ip", *arguments], check=True, timeout=20)

    def join(self):
        self.ip("link", "add", "veth-a", "type", "veth", "peer", "name", "veth-b", "netns",
                str(self.other.pid))
        for there, name in ((False, "veth-a"), (True, "veth-b")):
            self.ip("link", "set", name, "up", there=there)

    def addresses(self, first, second, *more):
        self.ip("address", "add", first, "dev", "veth-a", *more)
        self.ip("address", "add", second, "dev", "veth-b", *more, there=True)

    def check(self, expected, other=None):
        other = str(self.other.pid) if other is None else other
        environment = dict(os.environ, TUNEWIRE_OTHER_NETNS=other, TUNEWIRE_EXPECTED=expected)
        done = subprocess.run([TESTS, f"-tc={CASE}"], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"test cases: +1 \| +1 passed")
        self.assertNotRegex(done.stdout, r"assertions: +0 ")

    def test_ipv4(self):
        self.join()
        # An address that both have, and one that leads nowhere, stand first.
        self.ip("address", "add", "10.9.9.9/32", "dev", "veth-a")
        self.ip("address", "add", "10.9.9.9/32", "dev", "veth-b", there=True)
        self.addresses("10.77.0.1/24", "10.77.0.2/24")
        self.check("stall")

    def test_ipv6_only(self):
        self.join()
        self.addresses("fd00:77::1/64", "fd00:77::2/64", "nodad")
        self.check("stall")

    def test_no_path(self):
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "lo", "up", there=True)
        self.check("no_path")

    def test_loopback_down(self):
        self.ip("link", "set", "lo", "down")
        self.check("no_path", other="")


if __name__ == "__main__":
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        print("no iproute2 or nsenter", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    namespace.main()
