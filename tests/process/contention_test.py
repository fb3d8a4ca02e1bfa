"""Nodes on a busy machine do their share of the work: they give no processor time away."""

import os
import subprocess

from case import ProcessTest
from cluster import die_with_the_tests
from load import Shell, unique_puts


class Contention(ProcessTest):
    """Everything on one processor, so that it does not matter how many the machine has."""

    def setUp(self):
        all_of_them = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, all_of_them)
        os.sched_setaffinity(0, {min(all_of_them)})

    def be_busy(self, cluster, count):
        loop = ["sh", "-c", "while :; do :; done"]
        return [
            cluster.adopt(subprocess.Popen(loop, preexec_fn=die_with_the_tests))
            for _ in range(count)
        ]

    def test_puts_succeed_beside_busy_processes(self):
        cluster = self.make_cluster(5).form()
        shell = Shell(cluster, cluster.leader(), timeout=5)
        self.be_busy(cluster, 15)
        for line, _ in zip(unique_puts("busy"), range(10)):
            answer = shell.ask(line)
            self.assertTrue(answer["ok"], answer)
        self.assertEqual(shell.close(), 0)
