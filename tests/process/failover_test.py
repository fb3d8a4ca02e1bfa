"""The leader is lost, paused or passed over: nothing acknowledged is lost, nothing is done twice."""

import signal
import time

from case import ProcessTest
from cluster import Node, wait_until
from load import Shell, Writer, operation_of, put_and_delete, slots_of, unique_puts


class Failover(ProcessTest):
    def setUp(self):
        self.cluster = self.make_cluster(5).form()

    def ballots(self):
        return {node["ballot"] for node in self.cluster.status()["nodes"]}

    def assert_all_is_there(self, acknowledged):
        """Every acknowledged write is in all chains, for the first time where its client was told;
        all chains are the same and verify."""
        cluster = self.cluster
        cluster.start()
        cluster.settle(*cluster.nodes)
        chains = [cluster.chain(node_id) for node_id in cluster.nodes]
        for chain in chains:
            self.assertEqual(chain, chains[0])
        slots = slots_of(chains[0])
        for line, answer in acknowledged:
            self.assertEqual(slots[operation_of(line)][0], answer["slot"], line)
        self.assertEqual(cluster.stop(), [0] * cluster.size)
        cluster.verify_all()

    def test_a_killed_leader_loses_nothing_acknowledged(self):
        cluster = self.cluster
        leader = cluster.leader()
        writers = [Writer(cluster, n, unique_puts(f"w{n}")) for n in cluster.nodes]
        for writer in writers:
            writer.wait_for(20)
        cluster.kill(leader)
        for writer in writers:
            writer.wait_for(20)
        self.assertNotEqual(cluster.leader(), leader)
        acknowledged = [each for writer in writers for each in writer.finish()]
        for writer in writers:
            self.assertEqual(writer.refused, [], "a client goes on through a change of leaders")
        self.assert_all_is_there(acknowledged)

    def test_a_client_that_retries_across_leader_changes_is_applied_once(self):
        cluster = self.cluster
        writers = [Writer(cluster, n, put_and_delete(f"w{n}")) for n in cluster.nodes]
        for _ in range(3):
            for writer in writers:
                writer.wait_for(10)
            leader = cluster.leader()
            cluster.kill(leader)
            for writer in writers:
                writer.wait_for(10)
            cluster[leader].start()
        acknowledged = [each for writer in writers for each in writer.finish()]
        for writer in writers:
            # A deletion that had been applied before would have been answered "not found".
            self.assertEqual(writer.refused, [])
        self.assert_all_is_there(acknowledged)

    def test_a_leader_killed_between_accepts_and_decision_leaves_one_outcome(self):
        cluster = self.cluster
        cluster.put("k", "old")
        leader = cluster.leader()
        tip = cluster.settle()[0]["tip"]
        others = [node_id for node_id in cluster.nodes if node_id != leader]
        for node_id in others:
            cluster[node_id].signal(signal.SIGSTOP)
        # The accepts reach the sockets of the others, who can't answer.
        shell = Shell(cluster, leader, timeout=30)
        shell.say("put k new")
        wait_until(
            "the leader has sealed the block",
            lambda: cluster.cairn(
                "chain", "--node", str(leader), "--from", str(tip + 1), "--json"
            ).out,
        )
        cluster.kill(leader)
        for node_id in others:
            cluster[node_id].signal(signal.SIGCONT)
        answer = shell.hear()
        self.assertTrue(answer["ok"], answer)
        shell.close()
        cluster.start(leader)
        cluster.settle(*cluster.nodes)
        for node_id in cluster.nodes:
            self.assertEqual(cluster.get("k", "--stale", "--node", str(node_id)), b"new")
        self.assert_all_is_there([("put k new", answer)])

    def test_a_leader_that_slept_wakes_up_as_a_follower_and_nothing_is_lost(self):
        cluster = self.cluster
        writers = [Writer(cluster, n, unique_puts(f"w{n}")) for n in cluster.nodes]

        def sleeper_follows():
            leader = cluster.leader()
            for writer in writers:
                writer.wait_for(10)
            cluster[leader].signal(signal.SIGSTOP)
            asleep_until = time.monotonic() + 3
            new_leader = cluster.leader(other_than=leader)
            while time.monotonic() < asleep_until:
                for writer in writers:
                    writer.wait_for(1)
            cluster[leader].signal(signal.SIGCONT)
            for writer in writers:
                writer.wait_for(10)
            wait_until("all are in one ballot", lambda: len(self.ballots()) == 1)
            return cluster.leader() == new_leader

        self.undisturbed(sleeper_follows)
        self.assert_all_is_there([each for writer in writers for each in writer.finish()])

    def test_a_restarted_node_does_not_depose_the_leader(self):
        cluster = self.cluster
        writer = Writer(cluster, cluster.leader(), unique_puts("w"))

        def ballots_stay():
            before = self.ballots()
            follower = cluster.follower()
            for end in (Node.kill, Node.stop):
                writer.wait_for(20)
                end(cluster[follower])
                writer.wait_for(20)
                cluster[follower].start()
                writer.wait_for(20)
                cluster[follower].says(r"node \d leads")
            return len(before) == 1 and self.ballots() == before

        self.undisturbed(ballots_stay)
        writer.finish()
