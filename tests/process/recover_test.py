"""When a majority has lost its disks, no rule helps, and `cairn recover` takes an operator's decision:
the cluster goes on from what the survivors hold, and says so in its chain."""

import shutil
import subprocess

from case import ProcessTest
from cluster import wait_until

KEYS = 20


class Recover(ProcessTest):
    """Five nodes, of which three lost their directories."""

    def setUp(self):
        self.cluster = self.make_cluster(5).form()
        for number in range(KEYS):
            self.cluster.put(f"k{number}", f"value {number}")
        self.cluster.settle()
        self.cluster.kill()

    def lose(self, *ids):
        for node_id in ids:
            shutil.rmtree(self.cluster[node_id].data)

    def recover(self, *ids, stdin=b"", words=()):
        return self.cluster.cairn(
            "recover", *words, *(self.cluster[node_id].data for node_id in ids), stdin=stdin
        )

    def put_into_place(self, text):
        """Does what `cairn recover` told its operator to do."""
        commands = [line for line in text.splitlines() if line.startswith("  mv ")]
        self.assertGreaterEqual(len(commands), self.cluster.size)
        for command in commands:
            subprocess.run(command, shell=True, check=True)

    def assert_serves_what_was_acknowledged(self):
        self.cluster.leader()
        for number in range(KEYS):
            self.assertEqual(self.cluster.get(f"k{number}"), f"value {number}".encode())

    def files(self, node_id):
        root = self.cluster[node_id].data
        return {
            path.relative_to(root): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.name != "LOCK"
        }

    def test_a_cluster_goes_on_from_what_two_survivors_of_five_hold(self):
        cluster = self.cluster
        before = cluster.cairn("verify", cluster[4].data, "--json").json
        self.lose(1, 2, 3)
        # One after the other: three that know nothing yet would begin by trying to form a cluster.
        cluster.start(4, 5)
        for node_id in (1, 2, 3):
            cluster.start(node_id)
            cluster[node_id].says("learns, without a vote")

        # All nodes talk to each other, and still a majority does not know the chain.
        refused = cluster.cairn("put", "--timeout", "2", "k0", "other")
        self.assertEqual(refused.code, 4, refused)
        status = cluster.cairn("status")
        self.assertEqual(status.code, 4, status)
        self.assertIn("nodes 1, 2 and 3 have lost what they knew", status.text)
        self.assertIn("run `cairn recover` on the directories of nodes 4 and 5", status.text)
        running = self.recover(4, 5, stdin=b"cairn-test\n")
        self.assertEqual(running.code, 1, running)
        self.assertIn(f"process {cluster[4].process.pid}", running.err)
        cluster.kill()

        survivors = {node_id: self.files(node_id) for node_id in (4, 5)}
        for typed in (b"", b"cairn\n", b"cairn-test2\n", b"yes\n"):
            done = self.recover(4, 5, stdin=typed)
            self.assertEqual(done.code, 2, done)
            self.assertIn("nothing was changed", done.err)
        self.assertFalse((cluster.directory / "recovered").exists())

        done = self.recover(4, 5, stdin=b"cairn-test\n")
        self.assertEqual(done.code, 0, done)
        for part in ("What may be lost", "must never be done", str(cluster[5].data)):
            self.assertIn(part, done.err)
        self.assertEqual(survivors, {node_id: self.files(node_id) for node_id in (4, 5)})
        self.put_into_place(done.text)

        cluster.start()
        self.assert_serves_what_was_acknowledged()
        cluster.put("new", "after the recovery")
        self.assertEqual(cluster.get("new"), b"after the recovery")

        blocks = cluster.chain(1)
        decisions = [block for block in blocks if block["requests"][0]["op"] == "recover"]
        self.assertEqual([block["slot"] for block in decisions], [before["tip"] + 1])
        self.assertEqual(decisions[0]["prev_hash"], before["tip_hash"])
        self.assertEqual(sum(block["requests"][0]["op"] == "form" for block in blocks), 1)
        shown = cluster.cairn("chain", "--from", str(before["tip"] + 1)).text
        self.assertIn("recover the cluster, by an operator's decision: node 1 is ", shown)

        # Whoever leads: the new cluster bears the loss of a minority, as any other.
        for loser in (1, 4):
            cluster.kill(loser)
            self.assert_serves_what_was_acknowledged()
            cluster.start(loser)
        cluster.settle()
        cluster.stop()
        cluster.verify_all()

    def test_one_survivor_is_enough_and_a_script_gives_the_name(self):
        self.lose(1, 2, 4, 5)
        out = self.cluster.directory / "elsewhere"
        words = ("--json", "--out", out, "--cluster-name")
        wrong = self.recover(3, words=(*words, "cairn"))
        self.assertEqual(wrong.code, 2, wrong)
        self.assertEqual(wrong.json["error"], "usage")
        self.assertFalse(out.exists())

        done = self.recover(3, words=(*words, "cairn-test"))
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["node"], 3)
        self.assertEqual([node["id"] for node in done.json["nodes"]], [1, 2, 3, 4, 5])
        incarnations = {node["incarnation"] for node in done.json["nodes"]}
        self.assertEqual(len(incarnations), 5)
        again = self.recover(3, words=(*words, "cairn-test"))
        self.assertEqual(again.code, 2, again)
        self.assertIn(str(out), again.json["message"])

        self.lose(3)
        for node in done.json["nodes"]:
            shutil.move(node["directory"], self.cluster[node["id"]].data)
        self.cluster.start()
        self.assert_serves_what_was_acknowledged()
        self.cluster.settle()
        self.cluster.stop()
        self.cluster.verify_all()

    def test_an_old_node_that_comes_back_has_no_voice_and_is_named(self):
        cluster = self.cluster
        # The old node knows blocks as decided that the survivors do not have.
        cluster.start(1, 2, 3)
        for number in range(KEYS):
            cluster.put(f"late{number}", "lost")
        cluster.kill()
        done = self.recover(4, 5, words=("--cluster-name", "cairn-test"))
        self.put_into_place(done.text)
        shutil.rmtree(cluster[1].data)
        (cluster.directory / "node1.before-recovery").rename(cluster[1].data)
        new = (2, 3, 4, 5)
        cluster.start(*new)
        self.assert_serves_what_was_acknowledged()
        cluster.start(1)
        for node_id in new:
            cluster[node_id].says("node 1 at .* which the chain has replaced")
        cluster.put("new", "beside the old node")
        cluster.settle(*new)
        self.assertEqual(cluster.running(), [1, *new])
        self.assertIsNone(cluster.get("late0"))
        # With an empty directory it becomes one of them.
        cluster.kill(1)
        shutil.rmtree(cluster[1].data)
        cluster.start(1)
        wait_until(
            "a block readmits node 1",
            lambda: "readmit: node 1 is" in cluster.cairn("chain", "--from", "1").text,
        )
        cluster.settle()
        cluster.stop()
        cluster.verify_all()

    def test_a_survivor_that_cant_be_read_is_refused_with_words(self):
        self.lose(1, 2, 3)
        (self.cluster[4].data / "guard").unlink()
        done = self.recover(4, words=("--cluster-name", "cairn-test"))
        self.assertEqual(done.code, 6, done)
        self.assertIn(str(self.cluster[4].data / "guard"), done.err)
        done = self.recover(4, 5, words=("--cluster-name", "cairn-test", "--json"))
        self.assertEqual(done.code, 6, done)
        self.assertIn(str(self.cluster[4].data), done.json["message"])
        self.assertIn("leave this directory out", done.json["message"])
        self.assertFalse((self.cluster.directory / "recovered").exists())
        done = self.recover(5, words=("--cluster-name", "cairn-test", "--json"))
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["node"], 5)
