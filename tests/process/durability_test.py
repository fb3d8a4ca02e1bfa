"""Durable before any reply (R6), proved from outside with strace."""

import shutil
import time
import unittest

import trace
from case import ProcessTest
from load import Shell, Writer, unique_puts

LEDGER = r"/ledger/\d+\.log$"
GUARD = r"/guard$"
MICROSECONDS = 1_000_000


def setUpModule():
    if shutil.which("strace") is None:
        raise unittest.SkipTest("strace is not installed; scripts/test.sh installs it")


def traced(directory, *more):
    """For Cluster.form: every node under strace."""
    return lambda node: trace.wrap(directory / f"node{node.id}.strace", *more)


class Words:
    """What left the nodes of a cluster, judged by what was on their disks at that moment."""

    def __init__(self, cluster, calls, chain):
        """`calls`: node -> its calls, from its start to its end."""
        self._cluster = cluster
        self._calls = calls
        self._disks = {node_id: trace.Disk(calls[node_id]) for node_id in calls}
        # A record of the log may be cut in two; then the key and the values are still whole.
        self._needles = {
            block["slot"]: [b"b" + block["slot"].to_bytes(8, "big")]
            + [request["value"].encode() for request in block["requests"]]
            for block in chain
            if block["slot"] > 1
        }
        self._synced = {
            node_id: {slot: disk.synced_at(LEDGER, n) for slot, n in self._needles.items()}
            for node_id, disk in self._disks.items()
        }
        self.seen = {"accepted": 0, "promise": 0, "forward_answer": 0, "answer": 0}
        self.too_early = []

    def judge(self):
        for node_id, calls in self._calls.items():
            for peer in self._cluster.nodes:
                port = self._cluster.peer_port(peer)
                if peer != node_id:
                    for message in trace.messages(calls, port, "PeerEnvelope"):
                        self._judge(node_id, message)
            port = self._cluster.client_port(node_id)
            for message in trace.messages(calls, port, "ReplyEnvelope"):
                self._judge(node_id, message)
        return self

    def _judge(self, node_id, message):
        fields = message.fields
        if message.verb == "accepted":
            self._note(node_id, message, self._own_block(node_id, fields.get(2)))
        elif message.verb == "promise":
            self._note(node_id, message, self._own_promise(node_id, fields[1]))
        elif message.verb == "forward_answer":
            self._note(node_id, message, self._majority(trace.fields_of(fields[2]).get(3)))
        elif message.verb == "answer":
            self._note(node_id, message, self._majority(fields.get(3)))

    def _note(self, node_id, message, rests_on):
        if rests_on is None:
            return  # about none of our blocks
        self.seen[message.verb] += 1
        if rests_on > message.begin:
            self.too_early.append(f"node {node_id}, synced at {rests_on}: {message}")

    def _own_block(self, node_id, slot):
        return self._synced[node_id].get(slot)

    def _own_promise(self, node_id, ballot):
        needles = [trace.ballot_bytes(ballot)]
        disk = self._disks[node_id]
        return max(disk.synced_at(LEDGER, needles), disk.synced_at(GUARD, needles))

    def _majority(self, slot):
        if slot not in self._needles:
            return None
        times = sorted(synced[slot] for synced in self._synced.values())
        return times[len(times) // 2]


class Durability(ProcessTest):
    def test_no_promise_accepted_or_reply_leaves_before_the_sync_that_it_rests_on(self):
        cluster = self.make_cluster(3)
        cluster.form(wrap_of=traced(cluster.directory))
        leader = cluster.leader()
        writers = [
            Writer(cluster, node_id, unique_puts(f"w{node_id}-{n}"))
            for node_id in cluster.nodes
            for n in range(2)
        ]
        for writer in writers:
            writer.wait_for(20)
        cluster.kill(leader)  # so that the others promise
        for writer in writers:
            writer.wait_for(10)
            writer.finish()
        chain = cluster.chain(cluster.leader())
        cluster.stop()

        calls = {
            node.id: trace.calls(cluster.directory / f"node{node.id}.strace", node.process)
            for node in cluster.nodes.values()
        }
        words = Words(cluster, calls, chain).judge()
        self.assertEqual(words.too_early, [])
        self.assertGreaterEqual(words.seen["promise"], 2, words.seen)
        for verb in ("accepted", "forward_answer", "answer"):
            self.assertGreaterEqual(words.seen[verb], 50, words.seen)

        # The judge is no yes-man: with every sync half a second later, all of it is too early.
        for calls_of_node in calls.values():
            for call in calls_of_node:
                if call.name in ("fdatasync", "fsync"):
                    call.end += MICROSECONDS // 2
        late = Words(cluster, calls, chain).judge()
        self.assertGreater(len(late.too_early), sum(late.seen.values()) // 2)

    def test_no_put_is_acknowledged_before_a_majority_has_synced_it(self):
        # Every quorum has one of the two slow disks in it.
        delay = 0.08
        cluster = self.make_cluster(3)
        slow = traced(
            cluster.directory, "-e", f"inject=fdatasync:delay_enter={int(delay * MICROSECONDS)}"
        )
        cluster.form(wrap_of=lambda node: slow(node) if node.id < 3 else [])
        for node_id in cluster.nodes:
            shell = Shell(cluster, node_id)
            for number in range(5):
                began = time.monotonic()
                answer = shell.ask(f"put slow-{node_id} {number}")
                took = time.monotonic() - began
                self.assertTrue(answer["ok"], answer)
                self.assertGreaterEqual(took, delay)
            shell.close()


class DiskFailure(ProcessTest):
    """fdatasync fails once and, as Linux has it, succeeds the next time."""

    def form_with_failing_sync(self, cluster, victim, number):
        once = traced(cluster.directory, "-e", f"inject=fdatasync:error=EIO:when={number}")
        cluster.form(wrap_of=lambda node: once(node) if node.id == victim else [])

    def assert_stopped_for_its_disk(self, node):
        self.assertEqual(node.wait_exit(), 1)
        last = node.log().splitlines()[-1]
        self.assertTrue(last.startswith("cairn: "), last)
        self.assertIn(str(node.data), last)
        self.assertRegex(last, "(?i)input/output|i/o error")

    def test_a_node_alone_whose_sync_fails_stops_and_never_says_ok_to_that_write(self):
        cluster = self.make_cluster(1)
        self.form_with_failing_sync(cluster, 1, 60)
        writer = Writer(cluster, 1, unique_puts("k"), 3, until_refused=True)
        self.assert_stopped_for_its_disk(cluster[1])
        acknowledged = writer.finish()
        self.assertGreater(len(acknowledged), 5)
        (refused,) = writer.refused
        self.assertEqual(refused[1]["error"], "unknown_outcome")

        cluster.start()
        cluster.leader()
        for line, _ in acknowledged:
            _, key, value = line.split()
            self.assertEqual(cluster.get(key).decode(), value)
        cluster.stop()
        cluster.verify_all()

    def test_a_cluster_goes_on_without_a_node_whose_sync_fails_and_takes_it_back(self):
        cluster = self.make_cluster(3)
        self.form_with_failing_sync(cluster, 1, 60)
        writers = [Writer(cluster, node_id, unique_puts(f"k{node_id}")) for node_id in (1, 2, 3)]
        self.assert_stopped_for_its_disk(cluster[1])
        for writer in writers:
            writer.wait_for(20)
        cluster.start(1)
        for writer in writers:
            writer.wait_for(20)
            writer.finish()
            self.assertEqual(writer.refused, [])
        cluster.settle(1, 2, 3)
        cluster.stop()
        cluster.verify_all()
