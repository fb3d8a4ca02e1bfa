"""Narrow links: large values do not keep heartbeats and votes waiting, and the leader stays. Long and
lossy ones: the leader stays, and writes go on."""

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

    def goes_on(self, rtt, loss, least):
        """Half a minute of one client that writes: at least so often; whether the leader stayed."""
        cluster = self.form(delay=rtt / 4, jitter=rtt / 2, loss=loss)
        before = round_of(cluster)
        done = cluster.cairn(
            "bench", *"--clients 1 --warmup 0 --seconds 30 --timeout 30 --json".split()
        )
        self.assertEqual(done.code, 0, done)
        self.assertGreaterEqual(done.json["operations"], least)
        elections = round_of(cluster) - before
        cluster.close()
        return elections == 0

    def test_a_far_and_lossy_network_costs_no_leader(self):
        self.undisturbed(lambda: self.goes_on(rtt=0.1, loss=0.2, least=10))

    def test_a_near_and_lossy_network_costs_no_leader(self):
        self.undisturbed(lambda: self.goes_on(rtt=0.001, loss=0.2, least=10))

    def test_a_network_around_the_world_costs_no_leader(self):
        self.undisturbed(lambda: self.goes_on(rtt=0.3, loss=0.2, least=2))
