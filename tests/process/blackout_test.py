"""Every node killed at the same instant, under load: no flag, no help, nothing lost."""

from case import ProcessTest
from load import Shell, Writer, operation_of, slots_of, unique_puts


class Blackout(ProcessTest):
    def start_load(self, cluster, name):
        """Two clients at every node."""
        return [
            Writer(cluster, node_id, unique_puts(f"{name}-{node_id}-{n}"), 3, until_refused=True)
            for node_id in cluster.nodes
            for n in range(2)
        ]

    def test_all_killed_at_once_under_load_come_back_with_all_that_was_acknowledged(self):
        cluster = self.make_cluster(5).form()
        acknowledged = []
        for round_number in range(3):
            writers = self.start_load(cluster, f"round{round_number}")
            for writer in writers:
                writer.wait_for(20)
            cluster.kill()
            for writer in writers:
                acknowledged += writer.finish()
            cluster.start()
            cluster.leader()
        self.assertGreaterEqual(len(acknowledged), 3 * 10 * 20)

        shell = Shell(cluster, cluster.leader())
        for line, _ in acknowledged:
            _, key, value = line.split()
            self.assertEqual(shell.ask(f"get {key}")["value"], value)
        cluster.settle(*cluster.nodes)
        for node_id in cluster.nodes:
            slots = slots_of(cluster.chain(node_id))
            for line, answer in acknowledged:
                found = slots.get(operation_of(line))
                self.assertTrue(found, f"node {node_id} has lost {line}")
                self.assertEqual(found[0], answer["slot"], f"{line} at node {node_id}")
        self.assertEqual(cluster.stop(), [0] * 5)
        tips = {(report["tip"], report["tip_hash"]) for report in cluster.verify_all()}
        self.assertEqual(len(tips), 1)

    def test_the_directories_verify_as_the_kill_left_them(self):
        cluster = self.make_cluster(3).form()
        writers = self.start_load(cluster, "k")
        for writer in writers:
            writer.wait_for(20)
        cluster.kill()
        acknowledged = [each for writer in writers for each in writer.finish()]
        newest = max(answer["slot"] for _, answer in acknowledged)
        reports = cluster.verify_all()
        # A majority holds what was acknowledged, on the disk and not only in memory.
        self.assertGreaterEqual(sum(report["tip"] >= newest for report in reports), 2)

    def test_the_state_is_derived_and_comes_back_when_it_is_deleted(self):
        cluster = self.make_cluster(3).form()
        writers = self.start_load(cluster, "k")
        for writer in writers:
            writer.wait_for(20)
        cluster.kill()
        acknowledged = [each for writer in writers for each in writer.finish()]
        for node in cluster.nodes.values():
            for file in (node.data / "state").iterdir():
                file.unlink()
            (node.data / "state").rmdir()
        cluster.start()
        cluster.leader()
        cluster.settle(*cluster.nodes)
        shell = Shell(cluster, 1)
        for line, _ in acknowledged:
            _, key, value = line.split()
            for node_id in cluster.nodes:
                stale = shell.ask(f"get {key} --stale --node {node_id}")
                self.assertEqual(stale["value"], value, f"{key} at node {node_id}")
