"""`cairn verify --cluster` compares the nodes of a running cluster, under load too."""

import itertools

from case import ProcessTest
from cluster import clean_environment, run_cairn
from load import Writer


class VerifyCluster(ProcessTest):
    def verify(self, cluster, *words, config=None):
        environment = clean_environment(CAIRN_CONFIG=config or cluster.config)
        return run_cairn("verify", "--cluster", *words, environment=environment)

    def test_the_nodes_of_a_cluster_under_load_hold_one_chain(self):
        cluster = self.make_cluster(3).form()
        writer = Writer(cluster, 1, (f"put k{n} v{n}" for n in itertools.count()))
        try:
            for words in ((), ("--full",)):
                for _ in range(3):
                    done = self.verify(cluster, "--json", *words)
                    self.assertEqual(done.code, 0, done)
                    self.assertTrue(done.json["ok"], done)
                    self.assertTrue(all(node["equal"] for node in done.json["nodes"]), done)
        finally:
            writer.finish()
        cluster.settle()
        tip = cluster.status()["nodes"][0]
        done = self.verify(cluster, "--json", "--full")
        self.assertEqual(done.json["common_slot"], tip["tip"], done)
        self.assertEqual(done.json["hash"], tip["tip_hash"], done)
        self.assertEqual([n["blocks"] for n in done.json["nodes"]], [tip["tip"] + 1] * 3, done)
        text = self.verify(cluster)
        self.assertIn("the nodes that answer hold one chain", text.text)

    def test_a_minority_may_be_silent_and_a_majority_may_not(self):
        cluster = self.make_cluster(3).form()
        cluster.kill(2)
        done = self.verify(cluster)
        self.assertEqual(done.code, 0, done)
        self.assertIn("node 2: no answer", done.text)
        cluster.kill(3)
        done = self.verify(cluster)
        self.assertEqual(done.code, 4, done)
        self.assertIn("1 of 3 nodes answer, 2 are needed", done.err)

    def test_a_node_of_another_cluster_is_named(self):
        ours = self.make_cluster(3).form()
        other = self.make_cluster(3).form()  # Of the same name, so its genesis block is the same.
        for cluster, value in ((ours, "ours"), (other, "theirs")):
            for number in range(5):
                cluster.put(f"k{number}", value)
            cluster.settle()
        ports = {ours.client_port(3): other.client_port(3), ours.peer_port(3): other.peer_port(3)}
        text = ours.file_text()
        for port, instead in ports.items():
            text = text.replace(f"_port = {port}\n", f"_port = {instead}\n")
        mixed = ours.directory / "mixed.toml"
        mixed.write_text(text, encoding="utf-8")

        done = self.verify(ours, "--json", config=mixed)
        self.assertEqual(done.code, 6, done)
        differences = {node["id"]: node["first_difference"] for node in done.json["nodes"]}
        self.assertEqual(differences, {1: None, 2: None, 3: None}, done)  # it is not compared
        self.assertIn("node 3", done.err)
        self.assertIn("another cluster", done.err)

    def test_words_that_mean_nothing_are_refused(self):
        cluster = self.make_cluster(1)
        for words in ((), ("--full",), ("--cluster", cluster[1].data), ("--full", cluster[1].data)):
            done = cluster.cairn("verify", *words)
            self.assertEqual(done.code, 2, done)
            self.assertIn("cairn verify --cluster", done.err)
