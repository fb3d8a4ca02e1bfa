"""Narrow links: large values do not keep heartbeats and votes waiting, and the leader stays."""

from case import ProcessTest
from slow_net import SlowNet, round_of


class SlowNetwork(ProcessTest):
    def form(self, **network):
        cluster = self.make_cluster(5)
        net = SlowNet(cluster, **network)
        self.addCleanup(net.close)
        net.form()
        return cluster

    def test_large_values_on_narrow_links_cost_no_leader(self):
        cluster = self.form(bandwidth=12e6)
        before = round_of(cluster)
        done = cluster.cairn(
            "bench", *"--op put --value-size 1048576 --clients 8 --warmup 0 --seconds 10".split()
            + ["--timeout", "20", "--json"]
        )
        self.assertEqual(done.code, 0, done)
        self.assertGreater(done.json["operations"], 10)
        self.assertLessEqual(round_of(cluster), before + 1)
