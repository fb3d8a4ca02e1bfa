"""A node that has forgotten takes a new incarnation and has no vote, until a block that everyone can
see in the chain readmits it (R7). A cluster loses nothing by it."""

import collections
import re
import shutil
import signal

from case import ProcessTest
from cluster import run_cairn, wait_until

KEYS = 10


def incarnation(node):
    """As the node's directory names it."""
    text = (node.data / "identity").read_text(encoding="utf-8")
    return re.search(r"^incarnation = (\w+)$", text, re.MULTILINE)[1]


def files(root):
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "LOCK"
    }


class Readmission(ProcessTest):
    def form(self, size):
        cluster = self.make_cluster(size).form()
        for number in range(KEYS):
            cluster.put(f"k{number}", f"value {number}")
        cluster.settle()
        return cluster

    def decisions(self, cluster):
        """What the chain says of incarnations after its first block: [(slot, node, incarnation)]."""
        text = cluster.cairn("chain", "--from", "2").text
        found = []
        for block in text.split("block ")[1:]:
            for node, new in re.findall(r"^ +readmit: node (\d) is (\w+)$", block, re.MULTILINE):
                found.append((int(block.split()[0]), int(node), new))
        return found

    def await_readmission(self, cluster, *ids):
        """Waits until each of these votes as who its directory says it is, and the chain says so,
        once."""

        def readmitted():
            known = {(node, new) for _, node, new in self.decisions(cluster)}
            return all((node, incarnation(cluster[node])) in known for node in ids)

        cluster.leader()
        wait_until(f"nodes {ids} are readmitted", readmitted)
        wait_until(
            f"nodes {ids} know it",
            lambda: all(
                node["role"] in ("leader", "follower")
                for node in cluster.status()["nodes"]
                if node["id"] in ids
            ),
        )
        for node_id in ids:
            named = (node_id, incarnation(cluster[node_id]))
            count = collections.Counter((node, new) for _, node, new in self.decisions(cluster))
            self.assertEqual(count[named], 1)

    def assert_nothing_is_lost(self, cluster, writes=KEYS):
        cluster.leader()
        for number in range(writes):
            self.assertEqual(cluster.get(f"k{number}"), f"value {number}".encode())

    def assert_sound(self, cluster):
        cluster.start()
        cluster.settle()
        cluster.stop()
        reports = cluster.verify_all()
        self.assertEqual(len({report["tip_hash"] for report in reports}), 1)

    def wipe(self, cluster, *ids):
        for node_id in ids:
            shutil.rmtree(cluster[node_id].data)

    def test_a_plain_restart_keeps_the_incarnation(self):
        cluster = self.form(3)
        before = [incarnation(node) for node in cluster.nodes.values()]
        for number in (signal.SIGKILL, signal.SIGTERM):
            for node in cluster.nodes.values():
                node.signal(number)
                node.wait_exit()
                node.start()
            cluster.leader()
            cluster.put("k", "v")
        cluster.settle()
        self.assertEqual(before, [incarnation(node) for node in cluster.nodes.values()])
        self.assertEqual(self.decisions(cluster), [])

    def test_a_wiped_node_is_readmitted_by_a_block_and_votes_again(self):
        cluster = self.form(3)
        old = incarnation(cluster[2])
        cluster.kill(2)
        self.wipe(cluster, 2)
        cluster.put(f"k{KEYS}", f"value {KEYS}")
        cluster.start(2)
        self.await_readmission(cluster, 2)
        self.assertNotEqual(incarnation(cluster[2]), old)
        # Its vote is worth as much as any other.
        cluster.kill(3)
        self.assert_nothing_is_lost(cluster, KEYS + 1)
        cluster.put("k", "with the vote of node 2")
        self.assert_sound(cluster)

    def test_the_leader_too_may_come_back_with_nothing(self):
        cluster = self.form(3)
        leader = cluster.leader()
        cluster.kill(leader)
        self.wipe(cluster, leader)
        cluster.start(leader)
        self.await_readmission(cluster, leader)
        self.assert_nothing_is_lost(cluster)
        self.assert_sound(cluster)

    def test_two_of_five_wiped_at_once_are_both_readmitted(self):
        cluster = self.form(5)
        cluster.kill()
        self.wipe(cluster, 1, 4)
        cluster.start()
        self.await_readmission(cluster, 1, 4)
        self.assert_nothing_is_lost(cluster)
        # Both are voters again: two of the others may go.
        cluster.kill(2, 3)
        self.assert_nothing_is_lost(cluster)
        cluster.put("k", "with the votes of nodes 1 and 4")
        self.assert_sound(cluster)

    def test_one_wiped_while_the_cluster_forms_does_not_keep_it_from_forming(self):
        cluster = self.make_cluster(3)
        cluster.start(1, 2)
        for node_id in (1, 2):
            cluster[node_id].says(r"forming.*waits for node 3\b")
        old = incarnation(cluster[1])
        cluster.kill(1)
        self.wipe(cluster, 1)
        # Else the cluster might form with who node 1 was, if node 3 is quicker than the broken link.
        cluster[2].says(r"(?s)waits for node 3\b.*waits for nodes 1 and 3\b")
        cluster.start(1, 3)
        cluster.leader()
        self.assertNotEqual(incarnation(cluster[1]), old)
        form = cluster.cairn("chain", "--from", "1", "--to", "1").text
        for node_id in cluster.nodes:
            self.assertIn(f"node {node_id} is {incarnation(cluster[node_id])}", form)
        for number in range(KEYS):
            cluster.put(f"k{number}", f"value {number}")
        self.assert_nothing_is_lost(cluster)
        self.assertEqual(self.decisions(cluster), [])
        self.assert_sound(cluster)

    def test_one_wiped_again_before_it_was_readmitted_is_readmitted_as_who_it_is_then(self):
        cluster = self.form(3)
        cluster.kill()
        seen = [incarnation(cluster[1])]
        self.wipe(cluster, 1)
        cluster.start(1, 3)  # No majority that knows the chain: nobody can readmit it.
        for _ in range(2):
            cluster[1].says("learns, without a vote")
            seen.append(incarnation(cluster[1]))
            refused = cluster.cairn("put", "--timeout", "1", "k", "v")
            self.assertEqual(refused.code, 4, refused)
            cluster.kill(1)
            self.wipe(cluster, 1)
            cluster.start(1)
        cluster[1].says("learns, without a vote")
        seen.append(incarnation(cluster[1]))
        self.assertEqual(len(set(seen)), 4)
        cluster.start(2)
        self.await_readmission(cluster, 1)
        self.assertEqual([(n, new) for _, n, new in self.decisions(cluster)], [(1, seen[-1])])
        self.assert_nothing_is_lost(cluster)
        self.assert_sound(cluster)

    # --- directories that are somebody else's

    def test_the_directory_of_another_node_is_refused_and_left_as_it_was(self):
        cluster = self.form(3)
        cluster.kill(1, 2)
        before = files(cluster[2].data)
        cluster[1].data.rename(cluster.directory / "kept")
        cluster[2].data.rename(cluster[1].data)
        cluster.start(1)
        self.assertEqual(cluster[1].wait_exit(), 2)
        for part in (str(cluster[1].data), "node 2 of", "node 1 of"):
            self.assertIn(part, cluster[1].log())
        self.assertEqual(files(cluster[1].data), before)
        cluster[1].data.rename(cluster[2].data)
        (cluster.directory / "kept").rename(cluster[1].data)
        cluster.start()
        self.assert_nothing_is_lost(cluster)
        self.assertEqual(self.decisions(cluster), [])
        self.assert_sound(cluster)

    def test_the_ledger_of_another_node_is_refused_and_left_as_it_was(self):
        cluster = self.form(3)
        cluster.kill(1, 2)
        for name in ("ledger", "guard"):
            (cluster[1].data / name).rename(cluster.directory / name)
        shutil.copytree(cluster[2].data / "ledger", cluster[1].data / "ledger")
        shutil.copy(cluster[2].data / "guard", cluster[1].data / "guard")
        before = files(cluster[1].data)
        cluster.start(1)
        self.assertEqual(cluster[1].wait_exit(), 2)
        for part in (str(cluster[1].data), "that of node 2", "not of node 1"):
            self.assertIn(part, cluster[1].log())
        self.assertEqual(files(cluster[1].data), before)

    def test_the_directory_of_another_cluster_is_refused_and_left_as_it_was(self):
        cluster = self.form(3)
        other = self.make_cluster(1, name="another").form()
        other.put("k", "v")
        other.stop()
        cluster.kill(1)
        before = files(other[1].data)
        done = run_cairn("server", "1", "--config", cluster.config, "--data", other[1].data)
        self.assertEqual(done.code, 2, done)
        for part in (str(other[1].data), '"another"', '"cairn-test"'):
            self.assertIn(part, done.err)
        self.assertEqual(files(other[1].data), before)

    # --- an old copy of its own

    def restore(self, cluster, node_id, copy):
        shutil.rmtree(cluster[node_id].data)
        shutil.copytree(copy, cluster[node_id].data)

    def back_up(self, cluster, node_id):
        """A copy of the stopped node's directory, which is out of date when this returns."""
        copy = cluster.directory / f"backup{node_id}"
        cluster.kill(node_id)
        shutil.copytree(cluster[node_id].data, copy)
        cluster.start(node_id)
        cluster.leader()
        for number in range(KEYS, 2 * KEYS):
            cluster.put(f"k{number}", f"value {number}")
        cluster.settle()
        return copy

    def test_a_restored_backup_is_told_apart_from_a_plain_restart(self):
        cluster = self.form(3)
        old = incarnation(cluster[2])
        copy = self.back_up(cluster, 2)
        cluster.kill(2)
        self.restore(cluster, 2, copy)
        cluster.start(2)
        self.await_readmission(cluster, 2)
        self.assertNotEqual(incarnation(cluster[2]), old)
        # What it had stays where it is.
        self.assertEqual(list((cluster[2].data / "quarantine").glob("ledger-*")), [])
        self.assertTrue(list((cluster[2].data / "quarantine").glob("identity-*")))
        cluster.kill(3)
        self.assert_nothing_is_lost(cluster, 2 * KEYS)
        self.assert_sound(cluster)

    def test_a_restored_backup_costs_nothing_when_all_nodes_start_at_once(self):
        # Nobody remembers then how far the node had come, but the others have all that it forgot.
        cluster = self.form(3)
        copy = self.back_up(cluster, 1)
        cluster.kill()
        self.restore(cluster, 1, copy)
        cluster.start()
        self.assert_nothing_is_lost(cluster, 2 * KEYS)
        cluster.put("k", "v")
        self.assert_sound(cluster)
