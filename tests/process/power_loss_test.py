"""A power loss: what was acknowledged is synced, so nothing of it is gone."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import power_loss
from case import ProcessTest
from load import Shell, Writer, unique_puts

_WRITER = """
import os, sys
def write(name, *parts):
    file = os.open(name, os.O_CREAT | os.O_RDWR)
    for at, data in parts:
        os.pwrite(file, data, at) if data else os.fsync(file)
write("grown", (0, b"safe"), (0, None), (4, b"gone"))
write("overwritten", (0, b"old"), (0, None), (0, b"new"))
write("never", (0, b"synced"))
write("large", (0, b"x" * 70000), (0, None), (70000, b"y" * 5))
write("preallocated", (0, b"x" * 70000 + bytes(5000)), (0, None), (70000, b"gone"))
write("moved", (0, b"safe"), (0, None))
os.rename("moved", "at-last")
"""


def _files(root):
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "LOCK"
    }


class PowerLossTool(unittest.TestCase):
    def test_what_was_synced_stays_and_all_else_goes(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-test-"))
        self.addCleanup(shutil.rmtree, directory)
        data, notes = directory / "data", directory / "notes"
        data.mkdir()
        words = [*power_loss.preload(notes), sys.executable, "-c", _WRITER]
        subprocess.run(words, cwd=data, check=True)
        lost = power_loss.lose(data, notes)
        self.assertEqual(lost, {"grown": 4, "large": 5, "never": 6, "preallocated": 4})
        self.assertEqual((data / "grown").read_bytes(), b"safe")
        self.assertEqual((data / "overwritten").read_bytes(), b"old")
        self.assertEqual((data / "never").read_bytes(), b"")
        self.assertEqual((data / "large").read_bytes(), b"x" * 70000)
        self.assertEqual((data / "preallocated").read_bytes(), b"x" * 70000 + bytes(5000))
        self.assertEqual((data / "at-last").read_bytes(), b"safe")
        self.assertEqual(power_loss.lose(data, notes), {})

        # A file that has the place of a deleted one on the disk has not its syncs.
        (data / "grown").unlink()
        (data / "heir").write_bytes(b"never synced")
        self.assertEqual(power_loss.lose(data, notes), {"heir": 12})


class PowerLoss(ProcessTest):
    def assert_tools_read_it(self, cluster, acknowledged, recover):
        """What a power loss left is what verify and recover read, and they change nothing of it."""
        before = {node.id: _files(node.data) for node in cluster.nodes.values()}
        tips = [report["tip"] for report in cluster.verify_all()]
        if recover:
            out = cluster.directory / "recovered"
            directories = [node.data for node in cluster.nodes.values()]
            words = ("--json", "--out", out, "--cluster-name", cluster.name)
            done = cluster.cairn("recover", *words, *directories)
            self.assertEqual(done.code, 0, done)
            self.assertEqual(done.json["tip"], max(tips))
            done = cluster.cairn("verify", out / "node1", "--json")
            self.assertEqual(done.code, 0, done)
            # Each acknowledged put is a request of its own, and block 1 and the decision are two.
            self.assertGreaterEqual(done.json["requests"], len(acknowledged) + 2)
            shutil.rmtree(out)
        self.assertEqual(before, {node.id: _files(node.data) for node in cluster.nodes.values()})

    def test_all_nodes_lose_power_at_once_and_nothing_acknowledged_is_gone(self):
        cluster = self.make_cluster(3)
        cluster.wrap_of = power_loss.wrap
        cluster.form()
        acknowledged, lost = [], {}
        for number in range(4):
            writers = [
                Writer(cluster, node_id, unique_puts(f"{number}-{node_id}"), 1, until_refused=True)
                for node_id in cluster.nodes
            ]
            for writer in writers:
                writer.wait_for(30)
            cluster.kill()
            for node in cluster.nodes.values():
                lost.update(power_loss.lose(node.data, power_loss.notes_of(node)))
            for writer in writers:
                acknowledged += writer.finish()
            self.assert_tools_read_it(cluster, acknowledged, recover=number == 0)
            cluster.start()
            cluster.leader()
        self.assertTrue(lost, "nothing was unsynced, so that nothing was tried")
        shell = Shell(cluster, 1)
        for line, _ in acknowledged:
            _, key, value = line.split()
            self.assertEqual(shell.ask(f"get {key}")["value"], value)
        cluster.settle()
        for node in cluster.nodes.values():
            self.assertFalse(list(node.data.glob("quarantine/*")), "a lost tail is no damage")
        cluster.stop()
        cluster.verify_all()
