"""A disk that takes seconds for a sync: slow is not dead. The leader keeps its leadership, every
write waits for the disk, and the node names device and times."""

import re
import subprocess

import durability_test
from case import ProcessTest
from cluster import wait_until
from load import Writer, unique_puts

setUpModule = durability_test.setUpModule
SECONDS = 1_000_000


class SlowDisk(ProcessTest):
    def slow_down(self, node, seconds):
        """From now on each sync of the node takes so long; returns what ends that."""
        process = self.cluster.adopt(
            subprocess.Popen(
                [
                    *("strace", "-f", "-q", "-p", str(node.process.pid), "-e", "trace=fdatasync"),
                    *("-e", f"inject=fdatasync:delay_enter={int(seconds * SECONDS)}"),
                    *("-o", str(self.cluster.directory / "slow.strace")),
                ],
                stderr=subprocess.PIPE,
            )
        )
        status = f"/proc/{node.process.pid}/status"

        def attached():
            if process.poll() is not None:
                self.skipTest(f"strace can't attach: {process.stderr.read().decode()}")
            with open(status, encoding="ascii") as file:
                return not re.search(r"^TracerPid:\s+0$", file.read(), re.MULTILINE)

        wait_until("strace is there", attached)
        self.addCleanup(process.stderr.close)

        def end():
            process.terminate()
            process.wait()

        return end

    def ballots(self):
        nodes = self.cluster.status()["nodes"]
        return {node["promised"] for node in nodes if node["reachable"]}

    def test_a_leader_whose_syncs_take_seconds_leads_on_and_names_its_disk(self):
        self.undisturbed(self.leads_on_with_a_slow_disk)

    def leads_on_with_a_slow_disk(self):
        """True if no other ballot was begun."""
        self.cluster = self.make_cluster(3).form()
        self.cluster.settle()
        leader = self.cluster.leader()
        before = self.ballots()
        self.assertEqual(len(before), 1)
        node = self.cluster[leader]
        restore = self.slow_down(node, 2)
        writer = Writer(self.cluster, self.cluster.follower(), unique_puts("w"))
        words = node.says(
            r"the disk of (\S+) \(device (\S+)\) is slow: of the last \d+ syncs the median took"
            r" ([\d.]+) ms and the worst ([\d.]+) ms"
        )
        self.assertEqual(words[1], str(node.data))
        self.assertGreaterEqual(float(words[4]), 2000)
        self.assertGreaterEqual(float(words[4]), float(words[3]))
        writer.wait_for(2)
        restore()
        writer.wait_for(50)
        writer.finish()
        self.assertEqual(writer.refused, [])
        self.assertIn("is slow", self.cluster.cairn("status").text)
        return self.ballots() == before and self.cluster.leader() == leader

    def test_a_leader_whose_disk_does_not_come_back_is_replaced_and_follows_later(self):
        self.cluster = self.make_cluster(3).form()
        self.cluster.settle()
        leader = self.cluster.leader()
        restore = self.slow_down(self.cluster[leader], 600)
        writer = Writer(
            self.cluster, next(n for n in self.cluster.nodes if n != leader), unique_puts("w"), 60
        )
        self.cluster.leader(other_than=leader)
        writer.wait_for(20)
        restore()
        writer.wait_for(20)
        writer.finish()
        self.assertEqual(writer.refused, [])
        self.cluster.settle(*self.cluster.nodes)
        self.cluster.stop()
        self.cluster.verify_all()
