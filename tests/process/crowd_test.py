"""Large values, many keys, many connections and strangers: nothing stops serving."""

import os
import random
import resource
import socket

from case import SharedClusterTest
from cluster import wait_until
from load import Shell, Writer, unique_puts

KEYS = 20_000
PIPES = 8
CONNECTIONS = 1000


class Crowd(SharedClusterTest):
    def serves(self):
        """Every node takes a write and all nodes are the processes that were started."""
        for node_id, node in self.cluster.nodes.items():
            self.cluster.put("serves", str(node_id), "--node", str(node_id))
            self.assertTrue(node.running)

    def connect(self, port, count):
        """Raw connections that say nothing."""
        sockets = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            self.addCleanup(connection.close)
            sockets.append(connection)
        return sockets

    def test_many_keys_through_pipes_are_all_there(self):
        cluster = self.cluster
        writers = [
            Writer(
                cluster,
                1 + n % cluster.size,
                [f"put crowd-key-{n}-{key} {key}" for key in range(KEYS // PIPES)],
                timeout=60,
            )
            for n in range(PIPES)
        ]
        for n, writer in enumerate(writers):
            writer.join()
            self.assertEqual(len(writer.finish()), KEYS // PIPES, (n, writer.refused))
        cluster.settle(*cluster.nodes)
        text = cluster[2].answers("printKVStore", r"\d+ keys at slot \d+\n")
        self.assertEqual(text.count('"crowd-key-'), KEYS)
        for key in random.sample(range(KEYS // PIPES), 20):
            self.assertEqual(cluster.get(f"crowd-key-3-{key}"), str(key).encode())

    def test_large_values_do_not_hold_up_small_ones(self):
        cluster = self.cluster
        value = random.randbytes(1024 * 1024)
        writer = Writer(cluster, 2, unique_puts("small"))
        for number in range(10):
            done = cluster.cairn("put", f"large-{number}", "-", stdin=value)
            self.assertEqual(done.code, 0, done)
            writer.wait_for(1)
        writer.finish()
        self.assertEqual(writer.refused, [])
        cluster.settle(*cluster.nodes)
        for node_id in cluster.nodes:
            self.assertEqual(cluster.get("large-9", "--stale", "--node", str(node_id)), value)

    def test_a_thousand_connections_at_once_stop_nobody(self):
        cluster = self.cluster
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * CONNECTIONS)), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        leader = cluster.leader()
        before = Shell(cluster, leader)
        self.assertTrue(before.ask("put before crowd")["ok"])
        self.connect(cluster.client_port(leader), CONNECTIONS)
        self.connect(cluster.peer_port(leader), CONNECTIONS // 4)
        self.assertTrue(before.ask("put during crowd")["ok"])
        shells = [Shell(cluster, leader) for _ in range(40)]
        for number, shell in enumerate(shells):
            shell.say(f"put crowd-{number} {number}")
        for shell in shells:
            self.assertTrue(shell.hear()["ok"])
            self.assertEqual(shell.close(), 0)
        before.close()
        self.serves()

    def test_garbage_on_either_port_is_dropped_and_nobody_stops(self):
        cluster = self.cluster
        chance = random.Random(1)
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
        ready = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
        garbage = [
            b"GET / HTTP/1.1\r\nHost: cairn\r\n\r\n",
            chance.randbytes(100_000),
            greeting + chance.randbytes(10_000),
            greeting + ready + b"\x00\x05hello",
            greeting + ready + b"\x02" + b"\x7f" + b"\xff" * 7 + chance.randbytes(1000),
            greeting + ready + b"".join(b"\x00\x40" + chance.randbytes(64) for _ in range(500)),
            greeting + ready + b"\x01\x00" * 5000,
        ]
        writers = [Writer(cluster, node_id, unique_puts(f"g{node_id}")) for node_id in cluster.nodes]
        for node_id in cluster.nodes:
            for port in (cluster.client_port(node_id), cluster.peer_port(node_id)):
                for junk in garbage:
                    (connection,) = self.connect(port, 1)
                    try:
                        connection.sendall(junk)
                    except OSError:
                        pass  # cut off in the middle of it
        for writer in writers:
            writer.wait_for(20)
            writer.finish()
            self.assertEqual(writer.refused, [])
        for node in cluster.nodes.values():
            node.says(r"dropped a message .*to the (client|peer) port")
            # At a bounded rate: a thousand bad messages are not a thousand lines.
            self.assertLess(node.log().count("dropped a message"), 100)
        self.serves()

    def test_clients_that_come_and_go_leave_nothing_behind(self):
        cluster = self.cluster
        node = cluster[1]

        def open_files():
            return len(os.listdir(f"/proc/{node.process.pid}/fd"))

        self.serves()
        before = open_files()
        for connection in self.connect(cluster.client_port(1), 200):
            connection.close()
        for _ in range(20):
            cluster.get("serves", "--node", "1")
        wait_until("the node closes what its clients closed", lambda: open_files() <= before + 3)
