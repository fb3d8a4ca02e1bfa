"""Clusters of real cairn processes, each with its own temporary directory and free ports.

A node is a process with its standard input on a pipe; what it says goes to files. Everything that a
test waits for is an event that can be asked for (`wait_until`), with a deadline that only a broken
program reaches. Nodes are ended by their process id, also when the test fails, and die with the
test run if that is killed. Start nodes in the main thread only: the kernel ties their lives to the
thread that started them.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from ports import Ports

PROGRAM = os.path.abspath(
    os.environ.get("CAIRN_PROGRAM")
    or pathlib.Path(__file__).resolve().parents[2] / "build" / "cairn"
)
# Seconds: nothing that works takes so long, on the slowest machine.
PATIENCE = 60
TAIL_LINES = 25

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def die_with_the_tests():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(what, condition, patience=PATIENCE):
    """Returns the first true value of `condition`; fails with the words of `what`."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(0.01)


class Done:
    """What a finished `cairn` left: its exit code, and what it printed."""

    def __init__(self, words, completed):
        self.words = words
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr.decode("utf-8", "replace")

    @property
    def text(self):
        return self.out.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self):
        return f"cairn {self.words} -> {self.code}\n{self.out[:2000]!r}\n{self.err[:2000]}"


def clean_environment(**variables):
    """This environment without what would configure cairn, and with `variables`. Clients keep
    nothing of the clusters that they meet, unless $XDG_STATE_HOME is among these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    kept["XDG_STATE_HOME"] = os.devnull
    return {**kept, **{name: str(value) for name, value in variables.items()}}


def run_cairn(*words, stdin=b"", patience=PATIENCE, program=PROGRAM, environment=None, **options):
    """Runs `cairn` to its end."""
    completed = subprocess.run(
        [program, *words],
        input=stdin,
        capture_output=True,
        timeout=patience,
        env=environment if environment is not None else clean_environment(),
        check=False,
        **options,
    )
    return Done(words, completed)


class Node:
    """One node of a cluster: its directory, and its process if it runs."""

    def __init__(self, cluster, node_id):
        self.cluster = cluster
        self.id = node_id
        self.data = cluster.directory / f"node{node_id}"
        self.log_path = cluster.directory / f"node{node_id}.log"
        self.out_path = cluster.directory / f"node{node_id}.out"
        self.process = None
        self._log_start = 0
        self._out_start = 0

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, wrap=None, config=None, stdout=None):
        """Starts the process; `wrap` is a command that runs it in the same process id."""
        assert not self.running, f"node {self.id} runs already"
        wrap = self.cluster.wrap_of(self) if wrap is None else wrap
        if self.process is not None:
            _close(self.process.stdin)
            _close(self.process.stdout)
        self._log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        self._out_start = self.out_path.stat().st_size if self.out_path.exists() else 0
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(
                [*wrap, PROGRAM, "server", str(self.id)],
                stdin=subprocess.PIPE,
                stdout=stdout or out,
                stderr=log,
                env=clean_environment(CAIRN_CONFIG=config or self.cluster.config),
                preexec_fn=die_with_the_tests,
            )

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, patience=PATIENCE):
        """The exit code; negative: the signal that ended it."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"node {self.id} did not end within {patience} s") from None

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait_exit()

    def stop(self):
        """The clean stop; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit()

    def log(self):
        """What this life of the node said on standard error."""
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")

    def output(self):
        """What this life of the node printed on standard output."""
        with open(self.out_path, "rb") as out:
            out.seek(self._out_start)
            return out.read().decode("utf-8", "replace")

    def says(self, pattern, patience=PATIENCE):
        """Waits for words in the log of this life."""
        return wait_until(
            f"node {self.id} says /{pattern}/",
            lambda: re.search(pattern, self.log()),
            patience,
        )

    def type(self, line):
        """Types a line at the console."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def answers(self, line, pattern):
        """Types a line; waits until the answer to it has the pattern, and returns the answer."""
        before = len(self.output())
        self.type(line)
        wait_until(
            f"node {self.id} answers '{line}' with /{pattern}/",
            lambda: re.search(pattern, self.output()[before:]),
        )
        return self.output()[before:]


class Cluster:
    """Nodes 1..size with their cluster file. `close` ends all that runs and deletes all."""

    def __init__(self, size=5, name="cairn-test", allow_faults=True, prefix="cairn-test-"):
        self.size = size
        self.name = name
        self.allow_faults = allow_faults
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.keep = False  # the directory, when all is over: evidence
        self.wrap_of = lambda node: ()  # for Node.start
        self.config = self.directory / "cluster.toml"
        self.nodes = {node_id: Node(self, node_id) for node_id in range(1, size + 1)}
        self.ports = Ports(2 * size)
        self._children = []
        self._last_words = None
        self.config.write_text(self.file_text(), encoding="utf-8")

    def __getitem__(self, node_id):
        return self.nodes[node_id]

    def client_port(self, node_id):
        return self.ports[node_id - 1]

    def peer_port(self, node_id):
        return self.ports[self.size + node_id - 1]

    def file_text(self, **changes):
        """The cluster file, with other values for name, host or allow_faults."""
        name = changes.get("name", self.name)
        faults = str(changes.get("allow_faults", self.allow_faults)).lower()
        text = f'[cluster]\nname = "{name}"\nallow_faults = {faults}\n'
        for node_id in self.nodes:
            text += (
                f'\n[[node]]\nid = {node_id}\nhost = "{changes.get("host", "127.0.0.1")}"\n'
                f"client_port = {self.client_port(node_id)}\n"
                f"peer_port = {self.peer_port(node_id)}\n"
            )
        return text

    # --- processes

    def start(self, *ids):
        """Starts these nodes, or all that do not run."""
        for node_id in ids or self.not_running():
            self.nodes[node_id].start()

    def form(self, wrap_of=None):
        """Starts all nodes and waits until one leads. `wrap_of(node)`: see Node.start."""
        for node in self.nodes.values():
            node.start(wrap=wrap_of(node) if wrap_of else None)
        wait_until("all nodes listen", self._all_listen)
        self.leader()
        return self

    def _all_listen(self):
        for node in self.nodes.values():
            assert node.running, f"node {node.id} ended: {node.log()}"
        return all("listens on" in node.log() for node in self.nodes.values())

    def running(self):
        return [node_id for node_id, node in self.nodes.items() if node.running]

    def not_running(self):
        return [node_id for node_id, node in self.nodes.items() if not node.running]

    def kill(self, *ids):
        """As at a power cut: all these nodes (or all) at the same instant."""
        victims = [self.nodes[node_id] for node_id in ids or self.running()]
        for node in victims:
            node.signal(signal.SIGKILL)
        for node in victims:
            node.wait_exit()

    def stop(self):
        """Stops all nodes cleanly; returns their exit codes."""
        nodes = [node for node in self.nodes.values() if node.running]
        for node in nodes:
            node.signal(signal.SIGTERM)
        return [node.wait_exit() for node in nodes]

    def adopt(self, process):
        """A child of a test that must not outlive the cluster."""
        self._children.append(process)
        return process

    def close(self):
        self._last_words = self.tails()
        for process in [node.process for node in self.nodes.values()] + self._children:
            if process is not None:
                process.kill()
                process.wait()
                _close(process.stdin)
                _close(process.stdout)
        self.ports.release()
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def tails(self):
        """The ends of all logs, for a person who asks why a test failed."""
        if self._last_words is not None:
            return self._last_words
        text = ""
        for node in self.nodes.values():
            if node.log_path.exists():
                lines = node.log_path.read_text("utf-8", "replace").splitlines()
                code = None if node.process is None else node.process.poll()
                state = "runs" if node.running else f"exit code {code}"
                text += f"--- node {node.id} ({state}), the end of its log\n"
                text += "".join(f"    {line}\n" for line in lines[-TAIL_LINES:])
        return text

    # --- clients

    def cairn(self, *words, **options):
        """Runs a verb against this cluster."""
        environment = clean_environment(CAIRN_CONFIG=self.config)
        return run_cairn(*words, environment=environment, **options)

    def start_client(self, *words):
        """Starts a verb and does not wait for it."""
        return self.adopt(
            subprocess.Popen(
                [PROGRAM, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=clean_environment(CAIRN_CONFIG=self.config),
                preexec_fn=die_with_the_tests,
            )
        )

    def put(self, key, value, *words):
        done = self.cairn("put", "--json", *words, "--", key, value)
        assert done.code == 0, done
        return done.json

    def get(self, key, *words):
        """The value, as bytes; None if there is no such key."""
        done = self.cairn("get", "--raw", *words, "--", key)
        assert done.code in (0, 3), done
        return done.out if done.code == 0 else None

    def status(self):
        done = self.cairn("status", "--json")
        assert done.code in (0, 2, 4), done  # 2: a node is none of this cluster
        return done.json

    def chain(self, node_id):
        """The blocks that the node has."""
        done = self.cairn("chain", "--node", str(node_id), "--json")
        assert done.code == 0, done
        return done.lines

    def leader(self, other_than=None):
        """Waits until a node leads, and returns its id."""

        def find():
            leader = self.status()["leader"]
            return leader if leader != other_than else None

        return wait_until(f"a node leads (other than {other_than})", find)

    def follower(self):
        leader = self.leader()
        return next(node_id for node_id in self.running() if node_id != leader)

    def settle(self, *ids):
        """Waits until these nodes (or all that run) know the same tip as decided and have applied
        it; returns their reports."""
        wanted = ids or self.running()

        def settled():
            reports = [node for node in self.status()["nodes"] if node["id"] in wanted]
            words = {(n["tip_hash"], n["tip"], n["decided"], n["applied"]) for n in reports}
            tip_hash, *slots = next(iter(words))
            return reports if len(words) == 1 and tip_hash and len(set(slots)) == 1 else None

        return wait_until(f"nodes {wanted} settle on one tip", settled)

    def verify_all(self):
        """Verifies every directory of the stopped cluster; returns the reports."""
        reports = []
        for node in self.nodes.values():
            done = self.cairn("verify", node.data, "--json")
            assert done.code == 0 and done.json["ok"], done
            reports.append(done.json)
        return reports


def _close(pipe):
    if pipe is not None:
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
