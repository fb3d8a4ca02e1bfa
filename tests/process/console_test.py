"""What a person types at a server, here through a pipe; and faults made from anywhere."""

import re
import subprocess

from case import ProcessTest, SharedClusterTest
from cluster import wait_until
from load import Shell


class Console(SharedClusterTest):
    size = 5

    def link(self, a, b):
        """How nodes a and b see the link between them."""
        nodes = {node["id"]: node for node in self.cluster.status()["nodes"]}
        return {nodes[a]["links"][str(b)], nodes[b]["links"][str(a)]}

    def test_print_blockchain_shows_each_block_with_its_operations(self):
        slot = self.cluster.put("chain key", "chain, value")["slot"]
        self.cluster.settle()
        text = self.cluster[2].answers("printBlockchain", r"\d+ blocks, all decided\n")
        block = self.cluster.chain(2)[slot]
        shown = text[text.index(f"block {slot}\n") :]
        for part in (block["hash"], block["prev_hash"], f"nonce     {block['nonce']}\n", "time "):
            self.assertIn(part, shown)
        self.assertRegex(shown, r'put "?chain key"? = "chain, value"')

    def test_print_kv_store_shows_keys_and_values_in_order(self):
        for key in ("b", "a", "c"):
            self.cluster.put(f"order-{key}", f"value-{key}")
        self.cluster.settle()
        text = self.cluster[3].answers("printKVStore", r"\d+ keys? at slot \d+\n")
        found = re.findall(r'order-(\w)"? = "?value-(\w)', text)
        self.assertEqual(found, [("a", "a"), ("b", "b"), ("c", "c")])

    def test_status_and_c_say_how_the_node_is(self):
        leader = self.cluster.leader()
        text = self.cluster[leader].answers("status", rf"node {leader} leads\n")
        self.assertIn(f"node {leader} is a leader; ballot ", text)
        self.assertEqual(len(re.findall(r"link to node \d: up", text)), 4)
        self.cluster[leader].answers("c", r"connected with 5 of 5 nodes")

    def test_help_names_every_command_and_an_unknown_one_leads_to_it(self):
        text = self.cluster[1].answers("help", r"  help +\S.*\n")
        for command in (
            *("printBlockchain", "printKVStore", "printQueue", "status", "failLink(", "fixLink("),
            *("failProcess", "reconnect", " c ", " e ", "help"),
        ):
            self.assertIn(command, text)
        self.cluster[1].answers("printBlokchain", r'"printBlokchain".*help')
        self.cluster[1].answers("failLink", r"failLink wants")
        self.cluster[1].answers("failLink(2,3)", r"say it at one of the ends")
        self.cluster[1].answers("FAILLINK(1,9)", r"two different nodes of the cluster")

    def test_a_link_cut_at_one_end_is_cut_in_both_directions_and_mended_from_the_other(self):
        self.cluster[1].answers("failLink(1,3)", r"between node 1 and node 3 is cut")
        wait_until("both ends see the cut", lambda: self.link(1, 3) == {"cut"})
        # Nobody else is cut, and both ends go on as parts of the cluster.
        wait_until(
            "the links of others are up", lambda: self.link(1, 2) | self.link(3, 2) == {"up"}
        )
        for node_id in (1, 3):
            self.cluster.put("during", str(node_id), "--node", str(node_id))
        self.cluster[3].answers("fixLink(1,3)", r"between node 3 and node 1 is mended")
        wait_until("both ends see it mended", lambda: self.link(1, 3) == {"up"})

    def test_reconnect_leaves_out_the_named_until_the_next_one(self):
        self.cluster[1].answers("reconnect 2 3", r"to nodes 4 and 5 were closed .*; nodes 2 and 3 are left out")
        wait_until("they are silent", lambda: self.link(1, 2) | self.link(1, 3) == {"silent"})
        wait_until("nobody else is", lambda: self.link(1, 4) == {"up"})
        self.cluster[1].answers("reconnect", r"to nodes 2, 3, 4 and 5 were closed and are being")
        wait_until(
            "all are up again",
            lambda: self.link(1, 2) | self.link(1, 3) | self.link(1, 4) == {"up"},
        )
        self.cluster[1].answers("reconnect 7", r"no other node 7")

    def test_print_queue_shows_what_waits_and_for_what(self):
        node = self.cluster[self.cluster.follower()]
        node.answers("printQueue", r"^0 waiting\n")
        others = [node_id for node_id in self.cluster.nodes if node_id != node.id]
        for other in others:
            node.answers(f"failLink({node.id},{other})", "is cut")
        shell = Shell(self.cluster, node.id)
        shell.say("put waits long")
        wait_until(
            "the put waits there",
            lambda: re.search(
                r"put waits.*waits for (a leader|the answer of the leader)",
                node.answers("printQueue", r"\d+ waiting\n"),
            ),
        )
        for other in others:
            node.answers(f"fixLink({node.id},{other})", "is mended")
        self.assertTrue(shell.hear()["ok"])
        shell.close()

    def test_at_the_end_of_its_input_a_server_goes_on_serving(self):
        node = self.cluster[4]
        node.answers("status", "node 4 is a")
        node.process.stdin.close()
        for number in range(5):
            self.cluster.put("end", str(number), "--node", "4")
        self.assertEqual(self.cluster.get("end", "--node", "4"), b"4")
        self.assertTrue(node.running)
        self.assertEqual(node.stop(), 0)
        node.start()
        node.says("leads")


class Ends(ProcessTest):
    def test_e_and_sigterm_end_a_server_cleanly(self):
        cluster = self.make_cluster(3).form()
        cluster.put("k", "v")
        cluster[1].type("e")
        self.assertEqual(cluster[1].wait_exit(), 0)
        self.assertIn("stops cleanly", cluster[1].log())
        self.assertEqual(cluster[2].stop(), 0)
        self.assertIn("stops cleanly", cluster[2].log())
        cluster[3].signal(2)
        self.assertEqual(cluster[3].wait_exit(), 0)
        cluster.verify_all()

    def test_a_reader_of_the_console_that_is_slow_or_gone_stops_nobody(self):
        cluster = self.make_cluster(1)
        node = cluster[1]
        for reader_goes in (False, True):
            node.start(stdout=subprocess.PIPE)
            cluster.leader()
            done = cluster.cairn("put", "long", "-", stdin=b"x" * 500_000)
            self.assertEqual(done.code, 0, done)
            node.type("printKVStore")  # more than a pipe holds, and nobody reads
            self.assertEqual(len(node.process.stdout.read(10)), 10)
            cluster.put("k", "served")
            if reader_goes:
                node.process.stdout.close()
                cluster.put("k", "served still")
                node.type("status")
            self.assertEqual(node.stop(), 0)

    def test_fail_process_dies_as_by_kill_9_typed_or_sent(self):
        cluster = self.make_cluster(3).form()
        cluster.put("k", "v")
        cluster[1].type("failProcess")
        self.assertEqual(cluster[1].wait_exit(), -9)
        cluster[1].start()
        cluster[1].says("leads")
        done = cluster.cairn("fault", "failProcess", "2")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(cluster[2].wait_exit(), -9)
        cluster.put("k", "w")
        gone = cluster.cairn("fault", "failProcess", "2")
        self.assertEqual(gone.code, 4, gone)
        # The order to die does not wait for the next life.
        cluster[2].start()
        cluster.settle(1, 2, 3)
        self.assertTrue(cluster[2].running)

    def test_faults_are_denied_where_the_cluster_file_does_not_allow_them(self):
        cluster = self.make_cluster(3, allow_faults=False).form()
        for words in (("failLink", "1", "2"), ("fixLink", "1", "2"), ("failProcess", "1")):
            done = cluster.cairn("fault", *words)
            self.assertEqual(done.code, 7, done)
            self.assertIn("allow_faults", done.err)
            done = cluster.cairn("fault", *words, "--json")
            self.assertEqual((done.code, done.json["error"]), (7, "denied"), done)
        cluster[1].answers("failLink(1,2)", "allow_faults")
        cluster[1].answers("failProcess", "allow_faults")
        self.assertEqual({state for n in cluster.settle() for state in n["links"].values()}, {"up"})

    def test_a_cut_is_not_taken_from_a_peer_where_faults_are_not_allowed(self):
        cluster = self.make_cluster(3)
        careful = cluster.directory / "careful.toml"
        careful.write_text(cluster.file_text(allow_faults=False), encoding="utf-8")
        for node_id in cluster.nodes:
            cluster[node_id].start(config=careful if node_id == 2 else None)
        cluster.leader()
        self.assertEqual(cluster.cairn("fault", "failLink", "1", "2").code, 0)
        cluster[2].says(r"node 1 asks to cut .*does not allow faults")
        nodes = {node["id"]: node for node in cluster.status()["nodes"]}
        self.assertNotEqual(nodes[2]["links"]["1"], "cut")

    def test_nodes_whose_cluster_files_differ_say_so_both_by_name(self):
        cluster = self.make_cluster(3, name="harbour")
        other = cluster.directory / "other.toml"
        other.write_text(cluster.file_text(name="lighthouse"), encoding="utf-8")
        for node_id in cluster.nodes:
            cluster[node_id].start(config=other if node_id == 3 else None)
        cluster[1].says(r'(?s)(?=.*"lighthouse")(?=.*"harbour").*node 3')
        cluster[3].says(r'(?s)(?=.*"lighthouse")(?=.*"harbour").*node [12]')
        # Nothing forms of two halves, and a client of either is told by the other.
        self.assertEqual(cluster.status()["leader"], None)
        done = cluster.cairn("put", "--node", "3", "k", "v")
        self.assertEqual(done.code, 4, done)
        self.assertRegex(done.err, r"lighthouse")
        cluster[3].stop()
        cluster[3].start()  # its directory belongs to the other cluster
        self.assertEqual(cluster[3].wait_exit(), 2)
        self.assertIn("lighthouse", cluster[3].log())
