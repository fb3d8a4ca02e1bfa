"""Kills the nodes of a real cluster, round after round, under a load of real clients, and checks
that nothing was lost. People start it as scripts/crash_loop.sh."""

import argparse
import random
import secrets
import sys
import time

import crash_report
import interrupts
import power_loss
from cluster import Cluster, wait_until
from crash_faults import FAULTS, Scene
from crash_load import CrashLoad
from terminal import Terminal

WARM_UP = 100  # operations that are answered before a fault, and after it


def parse(words):
    parser = argparse.ArgumentParser(
        prog="scripts/crash_loop.sh",
        description="Starts a cluster of its own (temporary directory, free ports), kills its nodes"
        " with kill -9 in N rounds while clients write and read, and checks that every answer that"
        " they got was true: linearizable, nothing acknowledged lost, all chains verify.",
        epilog="Faults: " + " ".join(FAULTS) + ". Same seed: same faults in the same order; what"
        " the processes do at that moment is the machine's choice, so a replay may need several"
        " runs. Exit code: 0 nothing was lost, 1 something is wrong, 2 wrong words, 130 stopped by"
        " Ctrl-C.",
    )
    parser.add_argument("rounds", metavar="N", type=positive, help="rounds, each with one fault")
    parser.add_argument("--nodes", type=cluster_size, default=5, help="3 to 9 (default 5)")
    parser.add_argument("--clients", type=positive, default=16, help="default 16")
    parser.add_argument("--seed", type=positive, help="default: another one every time")
    parser.add_argument("--faults", type=fault_names, help="only these, in this order: a,b,c")
    parser.add_argument("--keep", action="store_true", help="keep the directory in any case")
    options = parser.parse_args(words)
    options.seed = options.seed or secrets.randbelow(10**6) + 1
    return options


def positive(word):
    number = int(word)
    if number < 1:
        raise ValueError
    return number


def cluster_size(word):
    number = int(word)
    if not 3 <= number <= 9:
        raise argparse.ArgumentTypeError("a cluster that survives a crash has 3 to 9 nodes")
    return number


def fault_names(word):
    names = word.split(",")
    for each in names:
        if each not in FAULTS:
            raise argparse.ArgumentTypeError(f"no fault {each}; there are {', '.join(FAULTS)}")
    return names


def deck(options):
    """The names of the faults, for ever: those that were asked for in turn, or all in random
    order, none twice before every one was played."""
    shuffle = random.Random(options.seed).shuffle
    while True:
        names = list(options.faults or FAULTS)
        if not options.faults:
            shuffle(names)
        yield from names


class Loop:
    def __init__(self, options, terminal):
        self.options = options
        self.terminal = terminal
        self.cluster = Cluster(options.nodes, name="crash-loop", prefix="cairn-crash-")
        self.cluster.keep = options.keep
        self.cluster.wrap_of = power_loss.wrap
        self.load = None
        self.rounds = []
        self.rotten = []

    def form(self):
        self.terminal.progress(f"{self.options.nodes} nodes form a cluster")
        self.cluster.form()
        self.load = CrashLoad(self.cluster, self.options.clients, self.options.seed)

    def play(self, number, fault):
        """One round; returns its report."""
        say = lambda words: self.terminal.progress(f"round {number} {fault}: {words}")
        say("the clients warm up")
        assert self.load.wait_for(WARM_UP), "the cluster stopped serving before the fault"
        before = self.load.begin_round()
        scene = Scene(self.cluster, self.load, random.Random(f"{self.options.seed}/{number}"), say)
        words = FAULTS[fault](scene)
        self.rotten += scene.rotten
        began = time.monotonic()
        say("all nodes are started; waiting until all is well")
        self.wait_well()
        recovered = time.monotonic() - began
        assert self.load.wait_for(WARM_UP), "the clients get no answers although all nodes are up"
        after = self.load.begin_round()
        counts = {n: after[n] - before[n] for n in ("acknowledged", "refused", "unknown")}
        gap = after["longest_gap_us"] / 1e6
        report = crash_report.Round(number, fault, words, **counts, gap=gap, recovered=recovered)
        self.rounds.append(report)
        return report

    def wait_well(self):
        """Every node answers, votes, has all its blocks, is linked with all others and has applied
        what was decided when all of them were up again; one leads a majority."""
        goal = None

        def well():
            nonlocal goal
            self.assert_running()
            status = self.cluster.status()
            nodes = status["nodes"]
            if not status["quorum"] or not all(node["reachable"] for node in nodes):
                return False
            goal = goal or max(node["decided"] for node in nodes)
            return all(
                node["applied"] >= goal
                and node["lost"] == 0
                and node["role"] in ("leader", "follower")
                and set(node["links"].values()) == {"up"}
                for node in nodes
            )

        wait_until("all nodes are up, linked, caught up and served by one leader", well)

    def assert_running(self):
        for node in self.cluster.nodes.values():
            assert node.running, (
                f"node {node.id} ended by itself with exit code {node.process.poll()}"
            )

    def run(self):
        report = crash_report
        report.say_head(self.terminal, self.options, self.cluster.directory)
        faults = deck(self.options)
        self.form()
        for number in range(1, self.options.rounds + 1):
            report.say_round(self.terminal, self.options.rounds, self.play(number, next(faults)))
        checks = report.Checks(self.terminal, self.cluster, self.rotten)
        checks.run(self.load)
        report.say_summary(self.terminal, self.rounds, checks)
        return checks.ok


def ended(loop, terminal, words):
    """Something is wrong: what, what the nodes said, and how to see it again."""
    loop.cluster.keep = True
    terminal.say(terminal.paint("bad", f"FAILED: {words}"))
    terminal.say(loop.cluster.tails())
    crash_report.say_evidence(terminal, loop.options, loop.cluster.directory)
    return 1


def main(words):
    options = parse(words)
    terminal = Terminal()
    interrupts.install()
    loop = Loop(options, terminal)
    try:
        if loop.run():
            return 0
        return ended(loop, terminal, "a check found something wrong; see above")
    except AssertionError as error:
        return ended(loop, terminal, f"in round {len(loop.rounds) + 1}: {error}")
    except KeyboardInterrupt:
        terminal.say(f"Stopped after {len(loop.rounds)} rounds; nothing was wrong in them so far.")
        return 130
    finally:
        loop.cluster.close()
        interrupts.end_children()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
