"""Clients that take more than they give: whatever they ask for and do not read, every node lives,
keeps its memory, and serves the others."""

import os
import random
import time

from case import ProcessTest
from cluster import Cluster, wait_until
from raw_client import RawClient, chain, get, header_of, stale, status

VALUE = os.urandom(1 << 20)


class Greedy(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.close)
        cls._clusters.append(cls.cluster)
        cls.header = header_of(cls.cluster)
        cls.cluster.form()
        done = cls.cluster.cairn("put", "large", "-", stdin=VALUE)
        assert done.code == 0, done

    def client(self, node_id, routing_id=None):
        client = RawClient(self.cluster.client_port(node_id), self.header, routing_id)
        self.addCleanup(client.close)
        return client

    def everybody_lives_and_serves(self):
        for node_id, node in self.cluster.nodes.items():
            self.assertTrue(node.running, node.log())
            self.cluster.put("serves", str(node_id), "--node", str(node_id))

    def test_one_who_does_not_read_and_goes_away_ends_no_node(self):
        leader = self.cluster.leader()
        chance = random.Random(1)
        for turn in range(8):
            greedy = self.client(leader)
            greedy.socket.settimeout(1)
            try:
                for _ in range(chance.choice([60, 150, 300])):
                    greedy.say(b"".join(get("large", number) for number in range(10)))
            except TimeoutError:
                pass  # it is read no more, until it reads
            time.sleep(chance.uniform(0.1, 0.7))
            greedy.close(abort=turn % 2 == 1)
        self.everybody_lives_and_serves()

    def megabytes(self, node_id, which="VmRSS"):
        """What the node has in memory; VmHWM: what it had at most."""
        with open(f"/proc/{self.cluster[node_id].process.pid}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith(which))
        return int(line.split()[1]) // 1024

    def test_a_thousand_readers_of_large_values_are_served_and_leave_no_memory_taken(self):
        load = ["--op", "get", "--node", "all", "--value-size", str(len(VALUE)), "--keys", "4"]
        load += ["--warmup", "0", "--timeout", "60"]
        done = self.cluster.cairn("bench", *load, "--fill", "--clients", "4", "--seconds", "0.1")
        self.assertEqual(done.code, 0, done)
        before = {node_id: self.megabytes(node_id) for node_id in self.cluster.nodes}
        done = self.cluster.cairn("bench", *load, "--clients", "1000", "--seconds", "1", "--json")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["errors"], {})
        self.assertEqual(done.json["not_found"], 0)
        self.assertGreater(done.json["operations"], 0)
        for node_id in self.cluster.nodes:
            self.assertLess(self.megabytes(node_id, "VmHWM"), 512)
            wait_until(
                f"node {node_id} gives its memory back",
                lambda node_id=node_id: self.megabytes(node_id) < before[node_id] + 32,
            )
        self.everybody_lives_and_serves()

    def test_answers_that_nobody_reads_are_not_made(self):
        for node_id in self.cluster.nodes:
            before = self.megabytes(node_id)
            greedy = [self.client(node_id) for _ in range(8)]
            for client in greedy:
                client.say(b"".join(get("large", number) for number in range(500)))
                client.say(b"".join(stale("large", number) for number in range(500)))
            for number in range(10):
                self.cluster.put("beside", str(number), "--node", str(node_id))
                self.assertLess(self.megabytes(node_id), before + 256)
            for client in greedy:
                client.close()
        self.everybody_lives_and_serves()

    def test_all_answers_come_to_one_who_reads_them(self):
        reader = self.client(self.cluster.leader())
        reader.say(b"".join(get("large", number) for number in range(300)))
        heard = 0
        while heard < 300 * len(VALUE):
            heard += len(reader.hear())
        reader.close()

    def test_thousands_of_questions_hold_nobody_up(self):
        leader = self.cluster.leader()
        ballot = self.ballot(leader)
        questions = b"".join(chain(0, 1 << 40, number) for number in range(4096))
        asker = self.client(leader)
        for _ in range(2):
            asker.say(questions)
        for number in range(10):
            self.cluster.put("beside", str(number))
        asker.hear()
        asker.close()
        self.assertEqual(self.ballot(leader), ballot, "it leads as before")

    def ballot(self, node_id):
        return next(n["ballot"] for n in self.cluster.status()["nodes"] if n["id"] == node_id)

    def test_two_connections_of_one_name_end_no_node(self):
        for node_id in self.cluster.nodes:
            for turn in range(3):
                name = f"twin {node_id} {turn}".encode()
                first = self.client(node_id, name)
                first.say(status())
                first.hear()
                second = self.client(node_id, name)
                second.say(status())
                second.hear()
                for _ in range(10):
                    first.say(status())
                first.close(abort=True)
                second.say(status())
                second.hear()
        # For longer than the heartbeat of a library that would meet the wreck of the first.
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            self.cluster.put("meanwhile", "served")
        self.everybody_lives_and_serves()
