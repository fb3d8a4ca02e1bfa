"""The stage of a recovery drill: a cluster of its own, clients that write, and words for people.

Every step is a sentence; below it stand the commands that were given and what they really printed.
"""

import re
import shlex
import textwrap

from cluster import Cluster, wait_until
from load import Shell, Writer, unique_puts

_LOG_LINE = re.compile(r"^\S+ node (\d+) \w+ ")
WIDTH = 96
INDENT = "    "


class Skipped(Exception):
    """The drill can't be played here, and why."""


class Stage:
    def __init__(self, name, terminal):
        self.terminal = terminal
        self.cluster = Cluster(5, name=name, prefix=f"cairn-drill-{name}-")
        self.acknowledged = []  # lines that the clients typed
        self._writers = []
        self._steps = 0
        self._loads = 0

    # --- words

    def step(self, sentence):
        self._steps += 1
        head = f"{self._steps:>2}. "
        lines = textwrap.wrap(sentence, WIDTH, initial_indent=head, subsequent_indent=INDENT)
        self.terminal.say()
        for line in lines:
            self.terminal.say(self.terminal.paint("strong", line))

    def note(self, sentence):
        for line in textwrap.wrap(
            sentence, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT
        ):
            self.terminal.say(line)

    def show(self, text, most=12):
        """What a program said, as it said it."""
        lines = text.splitlines()
        for line in lines[:most]:
            self.terminal.say(self.terminal.paint("dim", f"{INDENT}| {line}"))
        if len(lines) > most:
            self.terminal.say(self.terminal.paint("dim", f"{INDENT}| … {len(lines) - most} more"))

    def command(self, *words):
        self.terminal.say(f"{INDENT}$ {shlex.join(map(str, words))}")

    def cairn(self, *words, code=0, most=12):
        """Gives the command and shows its answer; fails if the exit code is another one."""
        self.command("cairn", *words)
        done = self.cluster.cairn(*map(str, words))
        self.show(done.text + done.err, most)
        codes = code if isinstance(code, tuple) else (code,)
        assert done.code in codes, f"cairn {words} ended with exit code {done.code}, not {code}"
        if done.code != 0:
            self.note(f"(exit code {done.code})")
        return done

    def says(self, node_id, pattern):
        """Waits for these words of the node and shows their lines."""
        node = self.cluster[node_id]
        node.says(pattern)
        lines = [line for line in node.log().splitlines() if re.search(pattern, line)]
        self.show("\n".join(_LOG_LINE.sub(r"node \1: ", line) for line in lines))

    # --- nodes and clients

    def form(self):
        self.cluster.form()
        self.settle()
        return self.cluster.leader()

    def settle(self):
        """Waits until all nodes have the same tip and hear each other."""

        def linked():
            reports = self.cluster.settle(*self.cluster.nodes)
            return all(set(each["links"].values()) == {"up"} for each in reports)

        wait_until("all nodes hear each other", linked)

    def write(self, timeout=10):
        """A client at every node begins to write: each key once, each value once."""
        self._loads += 1
        self._writers = [
            Writer(self.cluster, node_id, unique_puts(f"load{self._loads}-{node_id}"), timeout)
            for node_id in self.cluster.nodes
        ]
        self.progress(20)

    def count(self):
        """Writes that are acknowledged so far."""
        under_way = sum(len(writer.acknowledged) for writer in self._writers)
        return len(self.acknowledged) + under_way

    def progress(self, count):
        """Waits until so many more writes are acknowledged; returns how many there are."""
        goal = self.count() + count
        wait_until(f"{count} more writes are acknowledged", lambda: self.count() >= goal)
        return self.count()

    def stop_writing(self):
        for writer in self._writers:
            writer.tell_to_stop()
        for writer in self._writers:
            self.acknowledged += [line for line, _ in writer.finish()]
        self._writers = []
        return len(self.acknowledged)

    def kill(self, *ids):
        self.command("kill", "-9", *(self.cluster[n].process.pid for n in ids))
        self.cluster.kill(*ids)

    def start(self, *ids):
        for node_id in ids:
            self.command("cairn", "server", node_id)
        self.cluster.start(*ids)

    # --- the end that all stories share

    def end(self):
        """Every acknowledged write is read, all nodes agree, and every directory verifies."""
        self.stop_writing()
        self.step("Is anything lost? Every write that was ever acknowledged is read back.")
        reader = Shell(self.cluster, self.cluster.leader())
        for line in self.acknowledged:
            _, key, value = line.split()
            read = reader.ask(f"get {key}")
            assert read["ok"] and read["value"] == value, f"{line} was acknowledged, now: {read}"
        self.note(f"{len(self.acknowledged):,} of {len(self.acknowledged):,} are there.")
        reports = self.cluster.settle(*self.cluster.nodes)
        self.note(f"All five nodes end in the same block: slot {reports[0]['tip']:,}.")
        self.step("All nodes are stopped, and every chain is verified from its files alone.")
        codes = self.cluster.stop()
        assert set(codes) == {0}, f"the nodes stopped with exit codes {codes}"
        tips = set()
        for node in self.cluster.nodes.values():
            self.command("cairn", "verify", node.data)
            done = self.cluster.cairn("verify", str(node.data))
            assert done.code == 0, f"the chain of node {node.id} does not verify: {done.err}"
            tips.add(done.text.split("tip")[-1])
            if node.id == 1:
                self.show(done.text.replace(f"{node.data}: ", ""))
        assert len(tips) == 1, f"the chains end differently: {tips}"
        self.note("The other four say the same, down to the last hash.")
