"""Clients that take more than they give: whatever they ask for and do not read, every node lives,
keeps its memory, and serves the others."""

import time

from case import ProcessTest
from cluster import Cluster
from raw_client import RawClient, header_of, status


class Greedy(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.close)
        cls._clusters.append(cls.cluster)
        cls.header = header_of(cls.cluster)
        cls.cluster.form()

    def client(self, node_id, routing_id=None):
        client = RawClient(self.cluster.client_port(node_id), self.header, routing_id)
        self.addCleanup(client.close)
        return client

    def everybody_lives_and_serves(self):
        for node_id, node in self.cluster.nodes.items():
            self.assertTrue(node.running, node.log())
            self.cluster.put("serves", str(node_id), "--node", str(node_id))

    def test_two_connections_of_one_name_end_no_node(self):
        for node_id in self.cluster.nodes:
            for turn in range(3):
                name = f"twin {node_id} {turn}".encode()
                first = self.client(node_id, name)
                first.say(status())
                first.hear()
                second = self.client(node_id, name)
                second.say(status())
                second.hear()
                for _ in range(10):
                    first.say(status())
                first.close(abort=True)
                second.say(status())
                second.hear()
        # For longer than the heartbeat of a library that would meet the wreck of the first.
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            self.cluster.put("meanwhile", "served")
        self.everybody_lives_and_serves()
