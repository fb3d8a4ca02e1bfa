"""What the bench asks of a cluster of any system: start, fill, load, kill, restart, wait.

Every system is measured in the same way: nodes 1..size on loopback, each with a directory of its own
below one scratch directory, on free ports, with the settings that it has by default. They are ended
by process id, and die with the bench if that is killed.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "process"))

from cluster import clean_environment, die_with_the_tests, wait_until  # noqa: E402
from ports import Ports  # noqa: E402

VALUE_BYTES = 100
MOST_CONNECTIONS = 10
# Seconds for what has no time of its own: a million keys are filled in less on a slow machine.
PATIENCE = 900


class BenchError(Exception):
    """One sentence for the person who runs the bench."""


def run(words, what, patience=PATIENCE):
    """Runs a program to its end; its standard output."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=patience,
        env=clean_environment(),
        check=False,
        preexec_fn=die_with_the_tests,
    )
    if done.returncode != 0:
        words = " ".join(map(str, words))
        raise BenchError(f"{what} failed ({words}): {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


class Running:
    """A load under way."""

    def __init__(self, words, environment=None):
        self._process = subprocess.Popen(
            [str(word) for word in words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment or clean_environment(),
            preexec_fn=die_with_the_tests,
        )
        self._words = words

    def figures(self, patience=PATIENCE):
        """Waits for its end. A load that saw errors has figures all the same."""
        try:
            out, err = self._process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise BenchError(f"a load did not end within {patience} s: {self._words}") from None
        for line in out.splitlines():
            if line.startswith("{"):
                return json.loads(line)
        raise BenchError(f"a load has no figures ({' '.join(map(str, self._words))}): {err[-600:]}")


class System:
    """The part that is the same for all. A subclass says the rest, in the methods that raise here."""

    name = None  # as in the results
    title = None  # as in the tables

    def __init__(self, size):
        self.size = size

    @property
    def ids(self):
        return range(1, self.size + 1)

    # --- what a system says of itself

    @classmethod
    def version(cls):
        raise NotImplementedError

    def start(self):
        """Starts all nodes and waits until the cluster serves."""
        raise NotImplementedError

    def close(self):
        """Ends all that runs and deletes all files."""
        raise NotImplementedError

    def serves(self):
        """Whether every node that runs is at work, under one leader."""
        raise NotImplementedError

    def leader(self):
        """The id of the node that leads, or None."""
        raise NotImplementedError

    def restart(self, *ids):
        """Starts the processes of nodes that were killed, and waits for nothing."""
        raise NotImplementedError

    def process_of(self, node_id):
        """Of the node's present life; None before its first."""
        raise NotImplementedError

    def directory_of(self, node_id):
        """Where everything is that the node keeps on disk."""
        raise NotImplementedError

    def fill(self, keys):
        """Puts every key of the key space once."""
        raise NotImplementedError

    def begin_load(self, op, clients, keys, seconds=None, operations=None, hasty=False):
        """A closed loop over all nodes that run. `hasty`: the clients turn to another node, or try
        again, as soon as is sensible when an answer does not come."""
        raise NotImplementedError

    def put(self, key, value):
        """Through any node that runs; tries until it is done."""
        raise NotImplementedError

    def wait_value(self, node_id, key, value, local):
        """Waits until the node has the value: as what it has itself, or by a linearizable read of a
        client that asks this node (whoever answers it in that system)."""
        raise NotImplementedError

    # --- what follows from it

    def load(self, op, clients, keys, seconds=None, operations=None):
        return self.begin_load(op, clients, keys, seconds, operations).figures()

    def running(self):
        found = []
        for node_id in self.ids:
            process = self.process_of(node_id)
            if process is not None and process.poll() is None:
                found.append(node_id)
        return found

    def pids(self):
        return {node_id: self.process_of(node_id).pid for node_id in self.running()}

    def kill(self, *ids):
        """As kill -9, all at the same instant."""
        for node_id in ids:
            self.process_of(node_id).kill()
        for node_id in ids:
            self.process_of(node_id).wait()

    def settle(self):
        wait_until(f"{self.title} serves", self.serves, patience=120)

    def pause(self):
        """Stops the processes where they are: the machine belongs to another system."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        """The opposite; nodes that an earlier turn left dead are started, too."""
        self._signal_all(signal.SIGCONT)
        self.restart(*[node_id for node_id in self.ids if node_id not in self.running()])
        self.settle()
        self.put("settled", "yes")

    def _signal_all(self, number):
        for pid in self.pids().values():
            os.kill(pid, number)


class Peer(System):
    """A system whose nodes are started here and loaded by a generator of our own on its own client
    library; all generators take the same words."""

    generator = None  # its file name
    ports_per_node = 2

    def __init__(self, size, generators):
        super().__init__(size)
        self._generator = pathlib.Path(generators) / self.generator
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"cairn-bench-{self.name}-"))
        self._ports = Ports(self.ports_per_node * size)
        self._processes = {}

    def port(self, node_id, which=0):
        return self._ports[self.ports_per_node * (node_id - 1) + which]

    def endpoint(self, node_id):
        return f"127.0.0.1:{self.port(node_id)}"

    def command_of(self, node_id):
        """The words that start the node's process."""
        raise NotImplementedError

    def directory_of(self, node_id):
        return self.directory / f"node{node_id}"

    def process_of(self, node_id):
        return self._processes.get(node_id)

    def start(self):
        self.restart(*self.ids)
        self.settle()

    def restart(self, *ids):
        for node_id in ids:
            with open(self.directory / f"node{node_id}.log", "ab") as log:
                self._processes[node_id] = subprocess.Popen(
                    self.command_of(node_id),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    cwd=self.directory,
                    preexec_fn=die_with_the_tests,
                )

    def settle(self):
        try:
            super().settle()
        except AssertionError as error:
            raise BenchError(f"{error}; the ends of its logs:\n{self._tails()}") from error

    def _tails(self):
        logs = sorted(self.directory.glob("node*.log"))
        return "\n".join(f"{log}: {log.read_text('utf-8', 'replace')[-800:]}" for log in logs)

    def close(self):
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()
        self._ports.release()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.directory)

    # --- the generator

    def _words(self, verb, ids):
        endpoints = ",".join(self.endpoint(node_id) for node_id in ids)
        return [self._generator, verb, "--endpoints", endpoints]

    def fill(self, keys):
        words = self._words("fill", self.running())
        run([*words, "--keys", keys, "--value-size", VALUE_BYTES], f"filling {self.title}")

    def begin_load(self, op, clients, keys, seconds=None, operations=None, hasty=False):
        words = self._words("load", self.running())
        words += ["--op", op, "--clients", clients, "--connections", MOST_CONNECTIONS]
        words += ["--keys", keys, "--value-size", VALUE_BYTES]
        words += ["--operations", operations] if operations else ["--seconds", seconds]
        return Running(words + (self.hasty_words() if hasty else []))

    def hasty_words(self):
        return []

    def put(self, key, value):
        words = self._words("put", self.running())
        run([*words, "--key", key, "--value", value], f"a put to {self.title}")

    def wait_value(self, node_id, key, value, local):
        words = [*self._words("await", [node_id]), "--key", key, "--value", value]
        run(words + (["--local"] if local else []), f"waiting for node {node_id} of {self.title}")
