"""Copies of data directories that run while their originals do, with mixed-up addresses (R7): two
processes that call themselves the same node. The originals must not suffer, whatever the copies do.
"""

import re
import shutil

from case import ProcessTest
from cluster import wait_until
from copy_stage import Stage
from ports import Ports
from readmission_test import incarnation

WRITES = 10


class Copies(ProcessTest):
    def form(self, size):
        cluster = self.make_cluster(size).form()
        cluster.put("before", "the copies")
        cluster.settle()
        return cluster

    def stage(self, cluster, *ids):
        stage = Stage(cluster, ids)
        self.addCleanup(stage.close)
        type(self)._clusters.append(stage)
        return stage

    def assert_unhurt(self, cluster, before):
        cluster.leader()
        for number in range(WRITES):
            cluster.put("k", str(number))
        cluster.settle()
        self.assertEqual(before, [incarnation(node) for node in cluster.nodes.values()])
        self.assertEqual(cluster.running(), list(cluster.nodes))
        for node in cluster.nodes.values():
            self.assertEqual(list(node.data.glob("quarantine/ledger*")), [])
        self.assertEqual(cluster.get("before"), b"the copies")

    def identities(self, cluster):
        return [incarnation(node) for node in cluster.nodes.values()]

    def beside(self, size, copied, writes):
        """The copies run until all originals that they speak to have named them."""
        cluster = self.form(size)
        before = self.identities(cluster)
        stage = self.stage(cluster, *copied)
        if writes:
            cluster.put("after", "the copies were made")
        stage.start(*copied)
        witnesses = [n for n in cluster.nodes if n not in copied]
        for node_id in witnesses:
            cluster[node_id].says(r"error.*two processes call themselves node")
        for node_id in copied:
            self.assertTrue(stage[node_id].running)
        self.assert_unhurt(cluster, before)
        stage.kill()
        self.assert_unhurt(cluster, before)
        # A line names both, and by the port of a connection a person finds the process.
        line = re.search(r"two processes call themselves.*", cluster[witnesses[0]].log())[0]
        self.assertEqual(len(set(re.findall(r"127\.0\.0\.1:\d+", line))), 2, line)
        for node in cluster.nodes.values():
            node.stop()
        cluster.start()
        self.assert_unhurt(cluster, before)
        cluster.stop()
        cluster.verify_all()

    def test_a_copied_cluster_that_forgot_a_line_does_not_hurt_the_original(self):
        self.beside(3, (1, 2), writes=True)

    def test_copies_of_an_idle_cluster_do_not_hurt_it(self):
        self.beside(5, (1, 2, 3), writes=False)

    def test_one_copied_node_beside_its_original_does_not_hurt_it(self):
        self.beside(3, (1,), writes=True)

    def test_a_copy_under_the_addresses_of_its_cluster_is_refused_by_the_port(self):
        cluster = self.form(3)
        before = self.identities(cluster)
        copy = cluster.directory / "copy"
        shutil.copytree(cluster[1].data, copy)
        done = cluster.cairn("server", "1", "--data", str(copy))
        self.assertEqual(done.code, 1, done)
        self.assert_unhurt(cluster, before)
