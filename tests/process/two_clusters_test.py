"""Two clusters of one name and one file, as the template makes them, and a wrong address."""

from case import ProcessTest
from cluster import wait_until


class TwoClusters(ProcessTest):
    def setUp(self):
        self.a = self.make_cluster(3, name="twin").form()
        self.b = self.make_cluster(3, name="twin").form()

    def identities(self, cluster):
        return {node["formed"] for node in cluster.status()["nodes"]}

    def test_a_cluster_is_told_by_its_block_1(self):
        for cluster in (self.a, self.b):
            cluster.settle()
            block_1 = cluster.chain(1)[1]["hash"]
            self.assertEqual(self.identities(cluster), {block_1})
            for node in cluster.nodes.values():
                node.says(rf'belongs to the cluster "twin" whose block 1 is {block_1}')
        self.assertNotEqual(self.identities(self.a), self.identities(self.b))
        # It is kept over a restart of all.
        before = self.identities(self.a)
        self.a.kill()
        self.a.start()
        self.a.leader()
        self.assertEqual(self.identities(self.a), before)

    def test_a_wrong_address_in_one_file_disturbs_neither_cluster_and_is_named(self):
        leader = self.a.leader()
        self.a.put("whose", "a")
        self.b.put("whose", "b")
        ballots = {node["ballot"] for node in self.a.settle()}
        self.b.stop()
        text = self.b.config.read_text("utf-8")
        for port in ("client_port", "peer_port"):
            mine, theirs = (getattr(cluster, port)(3) for cluster in (self.b, self.a))
            text = text.replace(f"{port} = {mine}\n", f"{port} = {theirs}\n")
        self.b.config.write_text(text, "utf-8")
        self.b.start(1, 2)
        said = self.a[3].says(
            r'node [12] at 127\.0\.0\.1 belongs to another cluster with the name "twin" \(block 1 is '
            r"(\w+)…\), this node 3 to the one whose block 1 is (\w+)…: compare the addresses"
        )
        self.assertTrue(self.a.chain(1)[1]["hash"].startswith(said[2]))
        self.assertTrue(self.b.chain(1)[1]["hash"].startswith(said[1]))
        # Neither believes the other: B goes on with its majority, A as if nothing were.
        for number in range(20):
            self.b.put("whose", f"b {number}", "--node", "1")
            self.a.put("whose", f"a {number}")
        self.assertEqual(self.b.get("whose", "--node", "2"), b"b 19")
        self.assertEqual(self.a.get("whose"), b"a 19")
        self.assertEqual({node["ballot"] for node in self.a.settle()}, ballots)
        self.assertEqual(self.a.leader(), leader)
        said = self.b.cairn("status")
        self.assertIn("another cluster", said.text + said.err)
        # With the right address all is well.
        self.b.stop()
        self.b.config.write_text(self.b.file_text(), "utf-8")
        self.b.start()
        self.b.settle(1, 2, 3)
        self.assertEqual(self.b.get("whose"), b"b 19")
