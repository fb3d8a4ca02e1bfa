"""Test cases over clusters: what was started is ended, and a failure shows what the nodes said."""

import sys
import unittest

from cluster import Cluster


class ProcessTest(unittest.TestCase):
    """A test with clusters of its own."""

    @classmethod
    def setUpClass(cls):
        cls._clusters = []

    def make_cluster(self, size=5, **options):
        """Not started."""
        cluster = Cluster(size, **options)
        self.addCleanup(cluster.close)
        type(self)._clusters.append(cluster)
        return cluster

    def undisturbed(self, scenario, tries=3):
        """Runs `scenario` until it returns true: for rules about leaders that stay. A machine that
        stalls all nodes at once, as a busy one does, costs a leader by itself; but a program that
        breaks the rule breaks it every time."""
        self.assertTrue(any(scenario() for _ in range(tries)), f"in none of {tries} tries")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for cluster in self._clusters:
                print(f"\n{self.id()} failed.\n{cluster.tails()}", file=sys.stderr)
        # Those of a single test are closed by now; that of the class stays.
        type(self)._clusters = [c for c in self._clusters if c.directory.exists()]
        return result


class SharedClusterTest(ProcessTest):
    """Tests that leave a formed cluster as they found it and share it."""

    size = 3
    options = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = Cluster(cls.size, **cls.options)
        cls.addClassCleanup(cls.cluster.close)
        cls._clusters.append(cls.cluster)
        try:
            cls.cluster.form()
        except BaseException:
            print(cls.cluster.tails(), file=sys.stderr)
            raise
