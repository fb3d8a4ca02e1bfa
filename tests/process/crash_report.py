"""What the crash loop says: a line a round, the checks at the end, and the summary."""

import dataclasses
import shlex
import statistics
import subprocess
import time

from cluster import PROGRAM, clean_environment
from crash_load import judge
from terminal import table

WORDS_WIDTH = 47


@dataclasses.dataclass
class Round:
    number: int
    fault: str
    words: str
    acknowledged: int
    refused: int
    unknown: int
    gap: float  # seconds without any answer that was ok
    recovered: float  # seconds from the last start until all was well


def say_head(terminal, options, directory):
    terminal.say(
        f"{options.rounds} rounds of kill -9 on {options.nodes} nodes with {options.clients}"
        f" clients; seed {options.seed}"
    )
    terminal.say(f"directory {directory}")
    terminal.say()
    head = _line(
        "round", "fault", "what was killed, when", "answers", "refused", "unknown", "gap", "well in"
    )
    terminal.say(terminal.paint("strong", head))


def say_round(terminal, rounds, done):
    line = _line(
        f"{done.number}/{rounds}",
        done.fault,
        done.words,
        done.acknowledged,
        done.refused,
        done.unknown,
        f"{done.gap:.1f} s",
        f"{done.recovered:.1f} s",
    )
    terminal.say(f"{line}  {terminal.paint('good', 'ok')}")


def _line(number, fault, words, *figures):
    acknowledged, refused, unknown, gap, recovered = figures
    return (
        f"{number:>7}  {fault:<12}  {words:<{WORDS_WIDTH}}"
        f" {acknowledged:>7} {refused:>7} {unknown:>7} {gap:>6} {recovered:>7}"
    )


class Checks:
    """What must hold when all rounds are over. Each check is a line; a failed one does not keep
    the others from being made."""

    def __init__(self, terminal, cluster, rotten):
        """`rotten`: the nodes whose files were changed, each as often as that was done."""
        self.ok = True
        self.verdict = {}
        self._terminal = terminal
        self._cluster = cluster
        self._rotten = rotten
        self._chain = cluster.directory / "chain.jsonl"

    def run(self, load):
        self._terminal.say()
        self._check("every key is read once more", lambda: self._final_reads(load))
        self._check("all nodes end in the same block", self._same_tip)
        self._check("nobody took his files for damaged", self._no_quarantine)
        self._check("a chain is written out", self._write_chain)
        stopped = self._cluster.stop()
        self._check("the nodes stop cleanly", lambda: self._stopped(stopped))
        self._check("cairn verify on every directory", self._verify)
        self._check("the history against the chain", lambda: self._judge(load.history))

    def _check(self, what, check):
        self._terminal.progress(what)
        began = time.monotonic()
        try:
            words, good = check(), True
        except AssertionError as error:
            words, good = str(error), False
            self.ok = False
        took = time.monotonic() - began
        mark = self._terminal.paint("good", "ok") if good else self._terminal.paint("bad", "WRONG")
        self._terminal.say(f"  {mark}  {what} ({took:.1f} s): {words}")

    def _final_reads(self, load):
        return f"{load.finish()['keys']:,} keys"

    def _same_tip(self):
        reports = self._cluster.settle()
        return f"slot {reports[0]['tip']:,}, {reports[0]['tip_hash']}"

    def _no_quarantine(self):
        moved = [
            str(path)
            for node in self._cluster.nodes.values()
            if node.id not in self._rotten
            for path in (node.data / "quarantine").glob("*")
            if "-end" not in path.name  # the torn last write of a power loss
        ]
        assert not moved, f"a kill damages no file, but these were set aside: {', '.join(moved)}"
        others = f", but those of {len(set(self._rotten))} nodes with rot" if self._rotten else ""
        return f"kill -9 damages no file, and none was set aside{others}"

    def _write_chain(self):
        node_id = str(self._cluster.leader())
        with open(self._chain, "wb") as file:
            done = subprocess.run(
                [PROGRAM, "chain", "--node", node_id, "--json"],
                env=clean_environment(CAIRN_CONFIG=self._cluster.config),
                stdout=file,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 0, f"node {node_id} does not give its chain: {done.stderr}"
        with open(self._chain, "rb") as file:
            return f"{sum(1 for _ in file):,} blocks of node {node_id}"

    def _stopped(self, codes):
        assert set(codes) == {0}, f"exit codes {codes}"
        return "exit code 0 each"

    def _verify(self):
        tips = set()
        for node in self._cluster.nodes.values():
            done = self._cluster.cairn("verify", node.data, "--json", patience=600)
            assert done.code == 0, f"node {node.id}: {done.err or done.text}"
            tips.add((done.json["tip"], done.json["tip_hash"]))
        assert len(tips) == 1, f"the directories end differently: {sorted(tips)}"
        return f"{self._cluster.size} chains and states are sound and end in the same block"

    def _judge(self, history):
        self.verdict, words = judge(history, self._chain)
        assert self.verdict["ok"], f"{self.verdict['breaches']} breaches\n{words}"
        assert self.verdict["readmissions"] <= len(self._rotten), (
            f"{self.verdict['readmissions']} readmissions and {len(self._rotten)} rounds of rot:"
            " kill -9 makes no node forget"
        )
        v = self.verdict
        return (
            f"{v['operations']:,} requests on {v['keys']:,} keys are linearizable;"
            f" {v['acknowledged_writes']:,} acknowledged writes applied exactly once and at the"
            f" slot that was named; {v['refused']:,} refused writes not applied; {v['reads']:,}"
            f" reads as the chain says; of {v['unknown_applied'] + v['unknown_absent']:,} writes of"
            f" unknown outcome {v['unknown_applied']:,} were applied, once"
        )


def say_summary(terminal, rounds, checks):
    terminal.say()
    head = ("fault", "rounds", "answers", "refused", "unknown", "gap: median", "worst")
    rows = [head + ("well in: median", "worst")]
    for fault in sorted({each.fault for each in rounds}):
        rows.append(_row(fault, [each for each in rounds if each.fault == fault]))
    rows.append(_row("all rounds", rounds))
    for line in table(rows, right=range(1, 9)):
        terminal.say(line)
    terminal.say()
    if checks.ok:
        terminal.say(terminal.paint("good", "Nothing that was acknowledged is lost."))


def _row(fault, rounds):
    gaps = [each.gap for each in rounds]
    recovered = [each.recovered for each in rounds]
    return (
        fault,
        len(rounds),
        f"{sum(each.acknowledged for each in rounds):,}",
        f"{sum(each.refused for each in rounds):,}",
        f"{sum(each.unknown for each in rounds):,}",
        f"{statistics.median(gaps):.2f} s",
        f"{max(gaps):.2f} s",
        f"{statistics.median(recovered):.2f} s",
        f"{max(recovered):.2f} s",
    )


def say_evidence(terminal, options, directory):
    """Where everything is, and what plays it again."""
    words = ["scripts/crash_loop.sh", str(options.rounds), "--seed", str(options.seed)]
    words += ["--nodes", str(options.nodes), "--clients", str(options.clients)]
    if options.faults:
        words += ["--faults", ",".join(options.faults)]
    terminal.say(f"Logs, data directories and what the clients saw (history.jsonl): {directory}")
    terminal.say(f"The same faults once more: {shlex.join(words)}")
