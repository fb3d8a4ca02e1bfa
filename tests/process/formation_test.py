"""A new cluster forms when all its nodes are up once, and never needs all of them again."""

from case import ProcessTest


class Formation(ProcessTest):
    def test_a_new_cluster_says_whom_it_waits_for_and_forms_when_all_are_up_once(self):
        cluster = self.make_cluster(3)
        cluster.start(1, 2)
        for node_id in (1, 2):
            cluster[node_id].says(r"forming.*waits for node 3\b")
            cluster[node_id].answers("status", rf"node {node_id} is forming; ")

        refused = cluster.cairn("put", "--timeout", "2", "k", "v")
        self.assertEqual(refused.code, 4, refused)
        self.assertIn("forming", refused.err)
        status = cluster.cairn("status")
        self.assertEqual(status.code, 4, status)
        self.assertIn("forming", status.text)
        self.assertIn("no answer from node 3", status.text)

        cluster.start(3)
        cluster.leader()
        cluster.put("k", "v")
        self.assertEqual(cluster.get("k"), b"v")

    def test_a_formed_cluster_serves_with_a_majority_whoever_is_missing(self):
        cluster = self.make_cluster(3).form()
        cluster.put("k", "v")
        cluster.kill()
        for missing in cluster.nodes:
            present = [node_id for node_id in cluster.nodes if node_id != missing]
            cluster.start(*present)
            cluster.leader()
            self.assertEqual(cluster.get("k"), b"v", f"without node {missing}")
            cluster.kill()

    def test_a_cluster_of_one_node_forms_and_serves_alone(self):
        cluster = self.make_cluster(1).form()
        cluster.put("k", "v")
        cluster.kill()
        cluster.start()
        cluster.leader()
        self.assertEqual(cluster.get("k"), b"v")

    def test_the_first_start_says_what_was_found_and_the_second_what_was_verified(self):
        cluster = self.make_cluster(1).form()
        self.assertRegex(cluster[1].log(), f'cluster "{cluster.name}".*{cluster[1].data}, new')
        for number in range(10):
            cluster.put(f"k{number}", "v")
        cluster.kill()
        cluster.start()
        cluster[1].says(r"1[12] blocks verified, \d+ replayed in \d")
        cluster[1].says("listens on")
        self.assertNotIn(", new", cluster[1].log())
