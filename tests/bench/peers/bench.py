#!/usr/bin/env python3
"""Measures cairn, alone or beside etcd and ZooKeeper. Run it by scripts/bench.sh, which builds what it
needs. What it finds goes to a file, a JSON object a line; report.py makes tables and a plot of that.
"""

import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time

import machine
import parts
import report
from cairn_system import Cairn
from etcd_system import Etcd
from system import BenchError
from zookeeper_system import ZooKeeper

RESULTS = machine.ROOT / "build" / "bench"
# Unless the options say otherwise.
USUAL = {"seconds": 5, "runs": 3, "trials": 5, "keys": 1_000_000}
QUICK = {"seconds": 1, "runs": 1, "trials": 1, "keys": 20_000}


class Bench:
    """What was asked for, and where the findings go."""

    def __init__(self, options):
        self.classes = [Cairn, Etcd, ZooKeeper] if options.peers else [Cairn]
        self.only = options.only or (
            ["put", "get", "failover", "recovery", "flat"] if options.peers else ["put", "get"]
        )
        self.ops = [parts.OPS[name] for name in self.only if name in parts.OPS]
        self.nodes, self.clients = options.nodes, options.clients
        self.seconds, self.runs, self.trials = options.seconds, options.runs, options.trials
        self.keys, self.missed = options.keys, min(parts.MISSED_WRITES, options.keys)
        self.generators = RESULTS
        self.failures = 0
        self._began = time.monotonic()
        RESULTS.mkdir(parents=True, exist_ok=True)
        self.path = options.results or RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
        self._file = open(self.path, "a", encoding="utf-8")  # for as long as the bench runs

    def say(self, sentence):
        print(f"{_clock(time.monotonic() - self._began)}  {sentence}", file=sys.stderr, flush=True)

    def record(self, kind, system=None, **findings):
        line = {"kind": kind, **findings}
        if system is not None:
            line = {"kind": kind, "system": system.name, "nodes": system.size, **findings}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def failed(self, what, system, error):
        self.failures += 1
        self.say(f"{what} of {system.title} failed and is left out: {error}")
        self.record("failed", system, what=what, error=str(error))

    def plan(self):
        """The parts that were asked for: name, work, seconds."""
        found = []
        if self.ops:
            found.append((" and ".join(self.ops), parts.throughput, parts.throughput_seconds(self)))
        for name, (work, seconds) in parts.OTHERS.items():
            if name in self.only:
                found.append((name, work, seconds(self)))
        return found

    def run(self):
        facts = machine.facts()
        if facts["file_system"] in ("tmpfs", "ramfs"):
            raise BenchError(
                f"{tempfile.gettempdir()} is in memory, where a sync costs nothing; set TMPDIR to a "
                "directory on a disk"
            )
        versions = {kind.name: kind.version() for kind in self.classes}
        options = {"seconds": self.seconds, "runs": self.runs, "keys": parts.THROUGHPUT_KEYS}
        self.record("machine", versions=versions, **options, **facts)
        plan = self.plan()
        for name, _, seconds in plan:
            self.say(f"{name} will take about {_clock(seconds)}")
        for name, work, _ in plan:
            self.say(f"--- {name}")
            work(self)
        self.say("done")


def _clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _numbers(text):
    numbers = [int(part) for part in text.split(",")]
    if min(numbers) < 1:
        raise ValueError(text)
    return numbers


def _names(text):
    names = text.split(",")
    for name in names:
        if name not in parts.OPS and name not in parts.OTHERS:
            raise argparse.ArgumentTypeError(f"'{name}' is none of put, get, failover, recovery, flat")
    return names


def _results_file(text):
    if not text.endswith(".jsonl"):
        raise argparse.ArgumentTypeError(
            f"'{text}' does not end in .jsonl; the table and the plot go beside it, as .md and .svg"
        )
    return pathlib.Path(text)


def parse(words):
    parser = argparse.ArgumentParser(
        prog="scripts/bench.sh",
        description="Measures cairn on this machine: clusters of three and five nodes on loopback, "
        "their load generator beside them. The table goes to standard output; the results, the table "
        "and a plot stay in build/bench. CAIRN_PROGRAM names a program to be measured instead of the "
        "one that is built here, TMPDIR where the nodes' files lie (/var/tmp).",
    )
    add = parser.add_argument
    add("--peers", action="store_true", help="etcd and ZooKeeper too, in turns, and the ratios")
    add("--only", type=_names, metavar="PART[,PART...]",
        help="put, get, failover, recovery, flat (put,get; with --peers all)")  # fmt: skip
    add("--seconds", type=float, help="that a run is measured (5)")
    add("--runs", type=int, help="of each case (3)")
    add("--trials", type=int, help="of failover (5)")
    add("--nodes", type=_numbers, default=[3, 5], metavar="N[,N...]", help="sizes (3,5)")
    add("--clients", type=_numbers, default=[1, 16, 64, 256], metavar="N[,N...]",
        help="at once, over at most ten connections (1,16,64,256)")  # fmt: skip
    add("--keys", type=int, help="of the recovery part; flat puts ten times as many (1000000)")
    add("--quick", action="store_true",
        help="one run of one second, one trial, 20000 keys: whether it works")  # fmt: skip
    add("--results", type=_results_file, metavar="FILE",
        help="add to this file, such as a part that is measured again")  # fmt: skip
    add("--report", type=_results_file, metavar="FILE",
        help="measure nothing: make the table and the plot of these results")  # fmt: skip
    add("--svg", type=pathlib.Path, metavar="FILE", help="where the plot goes (beside the results)")
    options = parser.parse_args(words)
    for name, value in (QUICK if options.quick else USUAL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def main(words):
    options = parse(words)
    if options.report:
        try:
            return report.make(options.report, options.svg)
        except (OSError, ValueError) as error:
            print(f"bench.sh: can't make a report of {options.report}: {error}", file=sys.stderr)
            return 1
    # So that nodes end and files go also when this is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(options)
    try:
        bench.run()
    except (BenchError, AssertionError) as error:
        print(f"bench.sh: {error}\nWhat was found is in {bench.path}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"bench.sh: interrupted; what was found is in {bench.path}", file=sys.stderr)
        return 130
    report.make(bench.path, options.svg)
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
