"""Real programs with labelled trouble, and healthy ones under load: `tunewire sockets` names every
trouble with the right rule and process, and accuses nobody else."""

import os
import unittest

import namespace
import relay
import socket_cells
import socket_healthy
import socket_world


class Trouble(unittest.TestCase):
    def test_stalls(self):
        socket_world.hold(self, socket_cells.STALLS)

    def test_readers_writers_and_queues(self):
        socket_world.hold(self, socket_cells.QUEUES)

    def test_beginnings_and_ends(self):
        socket_world.hold(self, socket_cells.ENDS)

    @unittest.skipUnless(relay.tun_possible(), "this user may not open /dev/net/tun")
    def test_paths(self):
        socket_world.hold(self, socket_cells.PATHS)

    def test_what_is_nobodys_fault(self):
        socket_world.hold(self, socket_cells.NOTES)


class Healthy(unittest.TestCase):
    def test_nobody_is_accused(self):
        socket_world.hold(self, socket_healthy.CELLS)

    @unittest.skipUnless(relay.tun_possible(), "this user may not open /dev/net/tun")
    def test_nobody_is_accused_of_a_distance(self):
        socket_world.hold(self, socket_healthy.FAR)


@unittest.skipIf(os.getuid() != 0 or namespace.KIND != "root", "needs two users")
class AnotherUser(unittest.TestCase):
    """An ordinary user judges what is theirs, and is told so of what is not."""

    def setUp(self):
        self.world = socket_world.World()
        self.addCleanup(self.world.close)
        self.space = self.world.space()

    def talking(self, wrapper):
        server = self.world.serve(self.space, wrapper=wrapper, behaviour="answers", pieces=2)
        self.world.connect(self.space, server.port, wrapper=wrapper, behaviour="asks")
        return server

    def ask(self, *arguments):
        status, document = self.world.tool(self.space, *arguments,
                                           wrapper=socket_world.AS_NOBODY)
        return status, [error["code"] for error in document.get("errors", [])], document.get("result")

    def test_own_sockets_are_seen_and_judged(self):
        own, other = self.talking(socket_world.AS_NOBODY), self.talking(())
        status, _, result = self.ask("--pid", str(own.pid), "--options", "--for", "1s")
        self.assertEqual(status, 1)
        [held] = [one for one in result["findings"] if one["rule"] == "held_by_nagle"]
        self.assertEqual((held["pid"], held["confidence"]), (own.pid, "confirmed"))
        self.assertEqual(result["options_refused"], 0)

        status, _, result = self.ask("--all", "--for", "1s")
        self.assertEqual(status, 1)
        held = {one.get("pid"): one for one in result["findings"] if one["rule"] == "held_by_nagle"}
        self.assertEqual(set(held), {own.pid, None})  # the other's is seen, and nobody is named
        self.assertEqual(held[None]["local"], f"127.0.0.1:{other.port}")
        self.assertGreater(result["unreadable_processes"], 0)

    def test_what_is_another_users_is_refused(self):
        other = self.talking(())
        for arguments in (("--pid", str(other.pid), "--for", "200ms"),
                          ("--pid", str(other.pid), "--options", "--for", "200ms"),
                          ("--fix", "nodelay", "--pid", str(other.pid), "--yes"),
                          ("--fix", "nodelay", "--port", str(other.port), "--yes")):
            with self.subTest(arguments=arguments):
                status, codes, _ = self.ask(*arguments)
                self.assertEqual((status, codes), (6, ["not_permitted"]))

    def test_options_of_anothers_are_missing_and_the_rest_is_there(self):
        other = self.talking(())
        status, _, result = self.ask("--port", str(other.port), "--options", "--for", "1s")
        self.assertEqual(status, 1)
        self.assertEqual(result["options"], [])
        [held] = [one for one in result["findings"] if one["rule"] == "held_by_nagle"]
        self.assertEqual(held["confidence"], "likely")


if __name__ == "__main__":
    # The verdicts need no rights over one's own programs: once is enough.
    namespace.main(("root",) if os.getuid() == 0 else ("user",))
