"""The recovery drills: they play to their end, say what they see, and leave nothing behind."""

import pathlib
import re
import subprocess
import sys
import unittest


def play(name):
    return subprocess.run(
        [sys.executable, "-B", "drill.py", name], capture_output=True, text=True, check=False
    )


class Drill(unittest.TestCase):
    def assert_plays(self, name, *words):
        done = play(name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for each in (*words, "Is anything lost?", "The other four say the same"):
            self.assertRegex(done.stdout, each)
        self.assertRegex(done.stdout, rf"(?m)^{name} .* ok$")
        directory = re.search(r"CAIRN_CONFIG=(.*)/cluster.toml", done.stdout).group(1)
        self.assertFalse(pathlib.Path(directory).exists(), "something is left behind")

    def test_crash(self):
        self.assert_plays("crash", "kill -9", r"s later the next write is acknowledged")

    def test_power_loss(self):
        self.assert_plays("power-loss", r"node 5 loses", r"leads .* after the start")

    def test_lost_disk(self):
        self.assert_plays("lost-disk", "form the cluster: node 1 is", r"\| +readmit: node \d is")

    def test_bit_rot(self):
        self.assert_plays("bit-rot", r"slots \d+ to \d+ .* are lost", "ledger-1, state-1")

    def test_full_disk(self):
        done = play("full-disk")
        if "Skipped:" in done.stdout:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"the disks of nodes \d, \d and \d are full: reads go on")
        self.assertRegex(done.stdout, r"(?m)^full-disk .* ok$")

    def test_a_name_that_is_no_drill_is_answered_with_those_that_are(self):
        done = play("flood")
        self.assertEqual(done.returncode, 2)
        self.assertIn("lost-disk", done.stderr)
