"""Five nodes: what a majority can do, and what the others are told."""

import json

from case import SharedClusterTest
from cluster import wait_until
from load import Shell, Writer, operation_of, slots_of, unique_puts


class Majority(SharedClusterTest):
    size = 5

    def setUp(self):
        cluster = self.cluster
        cluster.start()
        wait_until(
            "all five are linked with all",
            lambda: all(set(n["links"].values()) == {"up"} for n in cluster.settle()),
        )

    def test_all_up_every_node_takes_puts_gets_and_deletions(self):
        cluster = self.cluster
        for node_id in cluster.nodes:
            shell = Shell(cluster, node_id)
            self.assertTrue(shell.ask(f"put all-{node_id} one")["ok"])
            for other in cluster.nodes:
                read = self.cluster.cairn(
                    "get", "--json", "--node", str(other), f"all-{node_id}"
                ).json
                self.assertEqual(read["value"], "one", (node_id, other))
            self.assertTrue(shell.ask(f"del all-{node_id}")["ok"])
            self.assertEqual(shell.ask(f"get all-{node_id}")["error"], "not_found")
            self.assertEqual(shell.ask(f"del all-{node_id}")["error"], "not_found")
            self.assertEqual(shell.close(), 3, "of the last line that failed")
        self.assertEqual(cluster.cairn("get", "all-1").code, 3)
        self.assertEqual(cluster.cairn("del", "all-1").code, 3)

    def test_two_of_five_dead_the_others_go_on_and_the_dead_catch_up(self):
        cluster = self.cluster
        leader = cluster.leader()
        dead = [node_id for node_id in cluster.nodes if node_id != leader][:2]
        cluster.kill(*dead)
        for number in range(20):
            cluster.put(f"two-{number}", str(number))
        status = cluster.status()
        self.assertTrue(status["quorum"])
        self.assertNotIn(status["leader"], dead)
        self.assertEqual([n["id"] for n in status["nodes"] if not n["reachable"]], dead)
        cluster.start(*dead)
        cluster.settle(*cluster.nodes)
        for node_id in dead:
            stale = cluster.get("two-19", "--stale", "--node", str(node_id))
            self.assertEqual(stale, b"19")

    def test_a_leader_cut_from_two_others_is_worked_around(self):
        cluster = self.cluster
        leader = cluster.leader()
        others = [node_id for node_id in cluster.nodes if node_id != leader][:2]
        for other in others:
            done = cluster.cairn("fault", "failLink", str(leader), str(other))
            self.assertEqual(done.code, 0, done)
        for node_id in cluster.nodes:
            cluster.put(f"cut-{node_id}", "v", "--node", str(node_id))
            self.assertEqual(cluster.get(f"cut-{node_id}", "--node", str(node_id)), b"v")
        for other in others:
            done = cluster.cairn("fault", "fixLink", str(other), str(leader))
            self.assertEqual(done.code, 0, done)
        cluster.settle(*cluster.nodes)

    def test_a_leader_cut_from_all_others_is_replaced_and_follows_when_healed(self):
        cluster = self.cluster
        leader = cluster.leader()
        others = [node_id for node_id in cluster.nodes if node_id != leader]
        for other in others:
            cluster.cairn("fault", "failLink", str(leader), str(other))
        cluster.leader(other_than=leader)
        cluster.put("island", "v", "--node", str(others[0]))
        alone = cluster.cairn("put", "--timeout", "3", "--node", str(leader), "island", "w")
        self.assertEqual(alone.code, 0, "the client goes on to the nodes that can serve it")
        for other in others:
            cluster.cairn("fault", "fixLink", str(leader), str(other))
        cluster.settle(*cluster.nodes)
        self.assertEqual(cluster.get("island", "--stale", "--node", str(leader)), b"w")

    def test_three_of_five_dead_refuses_in_clear_words_and_one_back_serves_again(self):
        cluster = self.cluster
        cluster.put("three", "before")
        dead = [cluster.leader(), *[n for n in cluster.nodes if n != cluster.leader()][:2]]
        alive = [node_id for node_id in cluster.nodes if node_id not in dead]
        cluster.kill(*dead)
        for words in (("put", "three", "during"), ("get", "three"), ("del", "three")):
            for node_id in alive:
                done = cluster.cairn(
                    words[0], "--timeout", "2", "--node", str(node_id), *words[1:], patience=20
                )
                self.assertIn(done.code, (4, 5), done)
                self.assertRegex(done.err, r"majority|no answer", done)
                self.assertEqual(len(done.err.splitlines()), 1, done)
        status = cluster.cairn("status")
        self.assertEqual(status.code, 4)
        self.assertIn("no majority", status.text)
        answer = json.loads(
            cluster.cairn("client", str(alive[0]), "--json", "--timeout", "2", stdin=b"put a b").out
        )
        self.assertIn(answer["error"], ("unavailable", "unknown_outcome"))
        # A read of what is here needs nobody else.
        self.assertEqual(cluster.get("three", "--stale", "--node", str(alive[0])), b"before")

        cluster.start(dead[0])
        cluster.put("three", "after")
        self.assertEqual(cluster.get("three"), b"after")

    def test_two_clients_that_write_one_key_at_once_leave_one_value_everywhere(self):
        cluster = self.cluster
        leader = cluster.leader()
        nodes = [node_id for node_id in cluster.nodes if node_id != leader][:2]
        writers = [
            Writer(cluster, node_id, [f"put contested {node_id}-{n}" for n in range(150)])
            for node_id in nodes
        ]
        for writer in writers:
            writer.join()
            self.assertEqual(len(writer.finish()), 150)
        cluster.settle(*cluster.nodes)
        chains = [cluster.chain(node_id) for node_id in cluster.nodes]
        for chain in chains:
            self.assertEqual(chain, chains[0])
        puts = [
            request["value"]
            for block in chains[0]
            for request in block["requests"]
            if request["key"] == "contested"
        ]
        self.assertEqual(len(puts), 300)
        for node_id in cluster.nodes:
            stale = cluster.get("contested", "--stale", "--node", str(node_id))
            self.assertEqual(stale.decode(), puts[-1])
        # Both were at it at the same time, and each one's writes are in its own order.
        for node_id in nodes:
            own = [value for value in puts if value.startswith(f"{node_id}-")]
            self.assertEqual(own, [f"{node_id}-{n}" for n in range(150)])

    def test_the_slot_that_a_put_names_is_where_the_chain_has_it(self):
        cluster = self.cluster
        writer = Writer(cluster, 1, unique_puts("slot"))
        writer.wait_for(50)
        acknowledged = writer.finish()
        cluster.settle(*cluster.nodes)
        slots = slots_of(cluster.chain(cluster.follower()))
        for line, answer in acknowledged:
            self.assertEqual(slots[operation_of(line)], [answer["slot"]])
