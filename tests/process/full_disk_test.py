"""Disks without room: a full leader makes way, writes are refused with a reason where a majority is
full, reads go on, and all is well when there is room again."""

import unittest

from case import ProcessTest
from cluster import wait_until
from load import Writer, unique_puts
from small_disk import MIB, RESERVE, ROOM, Forbidden, SmallDisk, enter_namespace


def setUpModule():
    try:
        enter_namespace()
    except Forbidden as reason:
        raise unittest.SkipTest(f"no small disks here: {reason}") from None


class FullDisk(ProcessTest):
    def setUp(self):
        self.cluster = self.make_cluster(3)
        self.disks = {}
        for node in self.cluster.nodes.values():
            self.disks[node.id] = SmallDisk(node.data)
            self.addCleanup(self.disks[node.id].unmount)
        self.cluster.form()
        self.cluster.settle()
        for disk in self.disks.values():
            self.assertGreater(disk.free(), ROOM)

    def fill(self, *ids, leave=RESERVE - 32 * MIB):
        for node_id in ids:
            self.disks[node_id].fill(leave)
        wait_until("they know it", lambda: set(ids) <= self.full())

    def full(self):
        return {node["id"] for node in self.cluster.status()["nodes"] if node["full"]}

    def assert_all_is_well(self):
        for node_id in self.full():
            self.disks[node_id].empty()
        wait_until("there is room everywhere", lambda: not self.full())
        self.cluster.leader()
        wait_until("writes go on", self.write_is_taken)
        self.cluster.settle(*self.cluster.nodes)
        self.cluster.stop()
        self.cluster.verify_all()

    def write_is_taken(self):
        """The leader hears of the room with the next heartbeats; until then it refuses as before."""
        done = self.cluster.cairn("put", "--json", "room", "again")
        self.assertTrue(done.code == 0 or done.json["error"] == "full", done)
        return done.code == 0

    def test_a_leader_without_room_makes_way_and_the_others_go_on(self):
        writer = Writer(self.cluster, self.cluster.follower(), unique_puts("w"))
        writer.wait_for(20)
        full = self.cluster.leader()
        self.fill(full)
        new = self.cluster.leader(other_than=full)
        writer.wait_for(50)
        self.assertEqual(self.cluster.leader(), new)
        self.assertIn(f"node {full}: its disk is full", self.cluster.cairn("status").text)
        # Also through the full one, which keeps to its tip meanwhile.
        tip = self.tip(full)
        self.cluster.put("through", "the full one", "--node", str(full))
        self.assertEqual(self.tip(full), tip)

        self.disks[full].empty()
        wait_until("there is room again", lambda: not self.full())
        writer.wait_for(20)
        acknowledged = writer.finish()
        self.assertEqual(writer.refused, [], "a majority had room all the time")
        for line, _ in acknowledged:
            _, key, value = line.split()
            self.assertEqual(self.cluster.get(key).decode(), value)
        self.cluster.settle()
        self.cluster.stop()
        self.cluster.verify_all()

    def tip(self, node_id):
        nodes = self.cluster.status()["nodes"]
        return next(node["tip"] for node in nodes if node["id"] == node_id)

    def test_with_a_majority_without_room_writes_are_refused_with_the_reason_and_reads_go_on(self):
        self.cluster.put("k", "before")
        self.cluster.settle()
        full = sorted(self.cluster.nodes)[:2]
        self.fill(*full)
        words = "the disks of nodes 1 and 2 are full"
        for node in self.cluster.nodes.values():
            node.says(words)
        refused = self.cluster.cairn("put", "--json", "refused", "value")
        self.assertEqual((refused.code, refused.json["error"]), (4, "full"), refused)
        self.assertIn(words, refused.json["message"])
        self.assertEqual(self.cluster.get("k"), b"before")
        self.assert_all_is_well()
        self.cluster.start()
        self.cluster.leader()
        self.assertIsNone(self.cluster.get("refused"))

    def test_a_node_that_is_killed_without_room_starts_and_serves_what_it_has(self):
        self.cluster.put("k", "before")
        self.cluster.settle()
        node = self.cluster[self.cluster.follower()]
        self.fill(node.id)
        node.kill()
        node.start()
        node.says("leads")
        wait_until(
            "it serves what it has",
            lambda: self.cluster.get("k", "--stale", "--node", str(node.id)) == b"before",
        )
        self.cluster.put("k", "meanwhile")
        self.disks[node.id].empty()
        self.cluster.settle(*self.cluster.nodes)
        self.cluster.stop()
        self.cluster.verify_all()

    def test_no_write_is_lost_when_the_last_byte_of_a_disk_is_gone_at_once(self):
        writers = [Writer(self.cluster, node_id, unique_puts(f"w{node_id}")) for node_id in (1, 2)]
        for writer in writers:
            writer.wait_for(20)
        full = self.cluster.leader()
        # Sooner than the node looks: its log may find no room for the next write.
        self.disks[full].fill(0)
        self.cluster.leader(other_than=full)
        self.disks[full].empty()
        if not self.cluster[full].running:
            self.assertIn("space", self.cluster[full].log())
            self.cluster.start(full)
        for writer in writers:
            writer.wait_for(20)
        acknowledged = [line for writer in writers for line, _ in writer.finish()]
        for line in acknowledged:
            _, key, value = line.split()
            self.assertEqual(self.cluster.get(key).decode(), value)
        self.cluster.settle(*self.cluster.nodes)
        self.cluster.stop()
        self.cluster.verify_all()
