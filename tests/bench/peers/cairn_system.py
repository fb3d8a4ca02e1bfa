"""cairn itself, loaded by its own `cairn bench`, which goes to the leader as cairn's clients do."""

import json
import os
import socket
import subprocess
import time

from system import MOST_CONNECTIONS, PATIENCE, VALUE_BYTES, BenchError, Running, System, wait_until
from cluster import PROGRAM, Cluster, clean_environment  # found because of the line above
from load import Shell

# What a request and a block take beside key and value: see src/chain/record.h and block.h.
HEADER_BYTES = 100
REQUEST_BYTES = 4 + 42
# As the generators of the others.
POLL_SECONDS = 0.003


class Cairn(System):
    name = "cairn"
    title = "cairn"

    def __init__(self, size, _generators=None):
        super().__init__(size)
        self._cluster = Cluster(size, allow_faults=False, prefix="cairn-bench-cairn-")

    @classmethod
    def version(cls):
        return "as CAIRN_PROGRAM" if "CAIRN_PROGRAM" in os.environ else "this commit"

    def start(self):
        self._cluster.form()
        self.settle()

    def close(self):
        self._cluster.close()

    def serves(self):
        status = self._cluster.status()
        up = [node["id"] for node in status["nodes"] if node["reachable"]]
        return status["quorum"] and status["leader"] and set(self.running()) <= set(up)

    def leader(self):
        return self._cluster.status()["leader"]

    def restart(self, *ids):
        if ids:  # of none, it would start all
            self._cluster.start(*ids)

    def process_of(self, node_id):
        return self._cluster[node_id].process

    def directory_of(self, node_id):
        return self._cluster[node_id].data

    def _bench(self, *words):
        return Running(
            [PROGRAM, "bench", "--json", "--warmup", 0, "--value-size", VALUE_BYTES, *words],
            clean_environment(CAIRN_CONFIG=self._cluster.config),
        )

    def fill(self, keys):
        """With a moment of gets: there is no filling alone."""
        words = ["--fill", "--op", "get", "--clients", 1, "--seconds", 0.01, "--keys", keys]
        if self._bench(*words).figures().get("not_found"):
            raise BenchError("cairn bench --fill left keys out")

    def begin_load(self, op, clients, keys, seconds=None, operations=None, hasty=False):
        """Its clients are always hasty in the way of an ordinary client of cairn."""
        assert not operations, "see load"
        connections = min(clients, MOST_CONNECTIONS)
        return self._bench(
            *("--op", op, "--clients", clients, "--connections", connections),
            *("--keys", keys, "--seconds", seconds),
        )

    def load(self, op, clients, keys, seconds=None, operations=None):
        if not operations:
            return super().load(op, clients, keys, seconds)
        # Every key once: so many operations, and no more. Only puts are asked for by number.
        connections = min(clients, MOST_CONNECTIONS)
        return self._bench(
            *("--fill", "--op", "get", "--clients", 1, "--seconds", 0.01, "--keys", operations),
            *("--connections", connections),
        ).figures()

    def put(self, key, value):
        def done():
            return self._cluster.cairn("put", "--json", "--", key, value).code == 0

        wait_until(f"a put of {key} to cairn", done)

    def wait_value(self, node_id, key, value, local):
        """Its followers send readers to the leader, so a linearizable read alone would say nothing
        of this node: it must have the value itself, too."""
        self._wait_open(node_id)
        shell = Shell(self._cluster, node_id, timeout=1)
        try:
            self._ask_until(shell, f"get {key} --stale --node {node_id}", value)
            if not local:
                self._ask_until(shell, f"Operation(get, {key})", value)
        finally:
            shell.close()

    def _wait_open(self, node_id):
        """Until somebody listens, nothing is asked of a client: it would wait longer and longer
        between its attempts."""
        address = ("127.0.0.1", self._cluster.client_port(node_id))

        def is_open():
            with socket.socket() as probe:
                return probe.connect_ex(address) == 0

        wait_until(f"node {node_id} of cairn listens", is_open, patience=PATIENCE)

    @staticmethod
    def _ask_until(shell, line, value):
        deadline = time.monotonic() + PATIENCE
        while shell.ask(line)["value"] != value:
            if time.monotonic() > deadline:
                raise BenchError(f"cairn does not answer '{line}' with {value} in {PATIENCE} s")
            time.sleep(POLL_SECONDS)

    def stop_and_weigh(self):
        """Stops the nodes, verifies node 1, and returns what its blocks take by themselves: the bytes
        that agreement is about, without any store around them."""
        self._cluster.stop()
        done = subprocess.run(
            [PROGRAM, "verify", "--json", str(self.directory_of(1))],
            capture_output=True,
            env=clean_environment(CAIRN_CONFIG=self._cluster.config),
            check=False,
        )
        report = json.loads(done.stdout)
        if not report["ok"]:
            raise BenchError(f"the chain of node 1 does not verify: {report['message']}")
        one = REQUEST_BYTES + len("bench-0123456789") + VALUE_BYTES
        return report["blocks"] * HEADER_BYTES + report["requests"] * one
