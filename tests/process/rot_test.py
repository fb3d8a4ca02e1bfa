"""Files that change or go by themselves: a node finds it, names file and slots, and mends itself
with what the others have, or becomes somebody new where it can't tell what it has promised."""

import itertools
import re
import secrets
import shutil

from case import ProcessTest
from cluster import wait_until
from load import Writer, unique_puts
from rot import flip, table_of

FLIPPED = 0.4  # of the table: among its blocks, not in its index


def large_puts(name):
    """Random, so that no table gets smaller by compression."""
    count = 0
    while True:
        count += 1
        yield f"put {name}-{count} {secrets.token_hex(64 * 1024)}"


class Rot(ProcessTest):
    def form(self, lines=unique_puts, each=100):
        """Three nodes with blocks in tables, so many puts through each; self.node is the one to be
        damaged, and is stopped."""
        self.cluster = self.make_cluster(3).form()
        writers = [
            Writer(self.cluster, node_id, itertools.islice(lines(f"w{node_id}"), each))
            for node_id in self.cluster.nodes
        ]
        for writer in writers:
            writer.join()
        self.acknowledged = [line for writer in writers for line, _ in writer.finish()]
        self.cluster.settle()
        self.node = self.cluster[self.cluster.follower()]
        self.node.stop()
        self.log_to_table()
        self.incarnation = self.incarnation_now()

    def log_to_table(self):
        """A start moves what is in the log into a table."""
        self.node.start()
        self.node.says("leads")
        self.node.stop()

    def lose_the_older_table(self):
        """The newer one has the head, which tells what the node has promised."""
        ledger = self.node.data / "ledger"
        older = table_of(ledger)
        self.node.start()
        self.cluster.put("newer", "value")
        self.cluster.settle()
        self.node.stop()
        self.log_to_table()
        self.assertGreater(len(list(ledger.glob("*.sst"))), 1)
        older.unlink()
        return older

    def incarnation_now(self):
        text = (self.node.data / "identity").read_text(encoding="utf-8")
        return re.search(r"^incarnation = (\w+)$", text, re.MULTILINE)[1]

    def quarantine(self):
        return sorted(path.name for path in (self.node.data / "quarantine").glob("*"))

    def verify(self):
        return self.cluster.cairn("verify", self.node.data)

    def assert_whole(self):
        """The node has every block again, and every directory verifies."""
        wait_until("it has every block again", lambda: self.report()["lost"] == 0)
        reports = self.cluster.settle()
        self.assertEqual({each["role"] for each in reports}, {"leader", "follower"})
        for line in self.acknowledged[::50]:
            _, key, value = line.split()
            stale = self.cluster.get(key, "--stale", "--node", str(self.node.id))
            self.assertEqual(stale.decode(), value)
        self.assertTrue(self.node.running)
        self.cluster.stop()
        self.cluster.verify_all()

    def report(self):
        reports = self.cluster.status()["nodes"]
        return next(each for each in reports if each["id"] == self.node.id)

    def assert_same_life(self):
        self.assertEqual(self.incarnation_now(), self.incarnation)

    def test_a_changed_byte_in_the_ledger_is_named_and_its_blocks_are_fetched_again(self):
        self.form()
        table = table_of(self.node.data / "ledger")
        flip(table, FLIPPED)
        done = self.verify()
        self.assertEqual(done.code, 6, done)
        self.assertIn(str(table), done.err)
        self.assertRegex(done.err, r"slot \d+")

        self.node.start()
        lost = self.node.says(r"decided blocks of slots (\d+) to (\d+) in (\S+) some are lost")
        self.assertIn(str(table), self.node.log())
        self.assertLess(int(lost[1]), int(lost[2]))
        self.node.says("the damaged one was moved to .*quarantine/ledger-1")
        self.node.says("leads")
        self.assert_whole()
        self.assert_same_life()
        self.assertEqual(self.quarantine(), ["ledger-1"])

    def test_a_table_of_the_ledger_that_is_gone_is_fetched_again(self):
        self.form()
        table = self.lose_the_older_table()
        self.assertEqual(self.verify().code, 6)
        self.node.start()
        self.node.says(table.stem)
        self.node.says("the damaged one was moved to .*quarantine/ledger-1")
        self.node.says("leads")
        self.assert_whole()
        self.assert_same_life()

    def test_a_node_whose_replay_needs_lost_blocks_neither_votes_nor_serves_before(self):
        self.form()
        self.lose_the_older_table()
        shutil.rmtree(self.node.data / "state")
        self.cluster.kill()
        self.node.start()
        self.node.says("until then this node neither votes nor serves")
        other = next(n for n in self.cluster.nodes if n != self.node.id)
        done = self.cluster.cairn("get", "--stale", "--node", str(self.node.id), "w1-1")
        self.assertEqual(done.code, 4, done)
        self.assertIn("fetches blocks", done.err)
        self.cluster.start(other)
        self.node.says("the blocks that were lost are back")
        self.cluster.leader()
        self.cluster.start()
        self.assert_whole()
        self.assert_same_life()

    def test_a_changed_byte_in_the_state_is_named_and_the_state_rebuilt_from_the_chain(self):
        self.form()
        table = table_of(self.node.data / "state")
        flip(table, FLIPPED)
        done = self.verify()
        self.assertEqual(done.code, 6, done)
        self.assertIn(str(table), done.err)

        self.node.start()
        self.node.says(r"moved to .*quarantine/state-1")
        self.assertIn(str(table), self.node.log())
        self.node.says(r"[1-9]\d* replayed in")
        self.node.says("leads")
        self.assert_whole()
        self.assert_same_life()
        self.assertEqual(self.quarantine(), ["state-1"])

    def test_a_node_whose_guard_is_damaged_becomes_somebody_new_and_is_readmitted(self):
        self.form()
        guard = self.node.data / "guard"
        guard.write_bytes(bytes(byte ^ 0x10 for byte in guard.read_bytes()))
        done = self.verify()
        self.assertEqual(done.code, 6, done)
        self.assertIn(str(guard), done.err)
        self.assert_becomes_somebody_new()

    def test_a_node_that_lost_its_newest_table_becomes_somebody_new_and_is_readmitted(self):
        self.form()
        table_of(self.node.data / "ledger").unlink()
        self.assertEqual(self.verify().code, 6)
        self.assert_becomes_somebody_new()

    def assert_becomes_somebody_new(self):
        self.node.start()
        new = self.node.says(r"It has the new incarnation (\w+)")[1]
        self.assertNotEqual(new, self.incarnation)
        wait_until("it is readmitted", lambda: self.report()["role"] == "follower")
        self.assertIn(f"readmit: node {self.node.id} is {new}", self.cluster.cairn("chain").text)
        self.assert_whole()
        self.assertLess({"guard-1", "ledger-1"}, set(self.quarantine()))

    def test_a_byte_that_changes_under_a_running_node_is_found_by_its_scrub(self):
        # So long a chain that the first pass, from the newest block down, takes a while; and so short
        # that no compaction reads the table before it is damaged, and then replaces it.
        self.form(large_puts, each=180)
        ledger = self.node.data / "ledger"
        self.assertLess(len(list(ledger.glob("*.sst"))), 4)
        self.node.start()
        self.node.says("listens on")
        table = table_of(ledger)
        flip(table, 0.01)
        self.node.says(r"(?s)is damaged.*This node starts anew")
        self.assertIn(str(table), self.node.log())
        self.node.says("the damaged one was moved to .*quarantine/ledger-1")
        self.node.says("leads")
        self.assert_whole()
        self.assert_same_life()

    def test_damage_that_a_compaction_meets_within_a_commit_is_salvaged_by_the_next_start(self):
        self.form(large_puts, each=60)
        ledger = self.node.data / "ledger"
        self.assertEqual(len(list(ledger.glob("*.sst"))), 1)
        other = next(n for n in self.cluster.nodes if n != self.node.id)
        for number in range(3):  # with the fourth table a compaction begins
            self.node.start()
            self.cluster.settle(*self.cluster.nodes)
            self.cluster.put(f"table {number}", "one more")
            self.cluster.settle(*self.cluster.nodes)
            self.node.stop()
        flip(table_of(ledger), 0.01)
        self.node.start()
        writer = Writer(self.cluster, other, unique_puts("during"))
        salvaged = "the damaged one was moved to .*quarantine/ledger-1"
        self.node.says(salvaged)
        self.node.says("leads")
        writer.wait_for(20)
        writer.finish()
        self.assert_whole()
        self.assert_same_life()
