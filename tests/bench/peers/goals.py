"""The goals for speed, as ratios of what was measured side by side in one run."""

import dataclasses
import statistics


@dataclasses.dataclass
class Goal:
    """One line of the table: cairn against the better one of `best_of`."""

    what: str
    kind: str
    case: tuple  # nodes, op, clients
    field: str
    unit: str
    best_of: tuple
    bound: float | None  # None: nothing is wanted
    at_least: bool

    def ratios(self, results):
        choose = max if self.at_least else min
        return results.ratios(self.field, self.kind, self.case, self.best_of, choose)

    def met(self, ratio):
        if self.bound is None:
            return None
        return ratio >= self.bound if self.at_least else ratio <= self.bound

    def wanted(self):
        return "" if self.bound is None else f"{'≥' if self.at_least else '≤'} {self.bound:g}"


BOTH = ("etcd", "zookeeper")
ETCD = ("etcd",)
# Of throughput.
BOUNDS = {("put", 1): 1.6, ("put", 16): 5, ("put", 64): 5, ("put", 256): 5,
          ("get", 1): 2, ("get", 64): 10, ("get", 256): 10}  # fmt: skip


def load_goals(results):
    for case in results.cases("load"):
        nodes, op, clients = case
        title = "linearizable get" if op == "get" else op
        what = f"{title}, {nodes} nodes, {clients} client{'s' if clients > 1 else ''}"
        bound = BOUNDS.get((op, clients))
        better_of = BOTH if op == "put" and clients > 1 else ETCD
        yield Goal(f"{what}: throughput", "load", case, "throughput", "/s", better_of, bound, True)
        if op == "put" and clients == 1:
            yield Goal(f"{what}: p50", "load", case, "p50_us", "ms", ETCD, 0.6, False)
        if op == "put" and clients == 256:
            yield Goal(f"{what}: p99", "load", case, "p99_us", "ms", BOTH, 0.25, False)
            yield Goal(f"{what}: bytes written per put and node", "load", case,
                       "written_per_op_node", "B", ETCD, 0.8, False)  # fmt: skip


def recovery_goals(results):
    for kind, field, unit, bound, words in (
        ("restart", "seconds", "s", 0.1, "kill -9 and restart to the first linearizable read"),
        ("catch_up", "seconds", "s", 0.25, "catching up with missed writes"),
        ("filled", "memory_mb", "MB", 0.2, "memory of a node"),
    ):
        for case in results.cases(kind):
            any_record = next(iter(results.records(kind, "cairn", *case).values()), None)
            if any_record:
                what = f"{words}, {any_record['keys']:,} keys"
                if "missed" in any_record:
                    what = what.replace("missed", f"{any_record['missed']:,} missed")
                yield Goal(what, kind, case, field, unit, ETCD, bound, False)


def rows(results, show):
    """The table of goals: what, the three figures, ratio with its spread, wanted, met. `show` turns a
    figure and its unit into words."""
    for goal in [*load_goals(results), *recovery_goals(results)]:
        ratios = goal.ratios(results)
        if not ratios:
            continue
        ratio = statistics.median(ratios)
        spread = f" ({min(ratios):.2f}–{max(ratios):.2f})" if len(ratios) > 1 else ""
        figures = [
            show(results.median(goal.field, goal.kind, name, *goal.case), goal.unit)
            for name in ("cairn", "etcd", "zookeeper")
        ]
        yield [goal.what, *figures, f"{ratio:.2f}{spread}", goal.wanted(), _yes(goal.met(ratio))]
    yield from _absolute_rows(results, show)
    yield from _flat_rows(results, show)


def _absolute_rows(results, show):
    """Goals that are no ratio to a peer."""
    for case in results.cases("failover"):
        figures = [results.median("gap_ms", "failover", n, *case) for n in ("cairn", *BOTH)]
        if figures[0] is not None:
            yield [
                f"longest gap in writes after kill -9 of the leader, {case[0]} nodes",
                *[show(figure, "gap") for figure in figures],
                "",
                "≤ 0.3 s",
                _yes(figures[0] <= 300),
            ]
    for case in results.cases("disk"):
        for record in results.records("disk", "cairn", *case).values():
            ratio = record["disk_bytes"] / record["blocks_bytes"]
            disks = [results.median("disk_bytes", "disk", n, *case) for n in ("cairn", *BOTH)]
            yield [
                f"space on disk by that of the blocks alone, {record['keys']:,} keys",
                *[show(figure, "disk") for figure in disks],
                f"{ratio:.2f}",
                "≤ 1.5",
                _yes(ratio <= 1.5),
            ]


def _flat_rows(results, show):
    """A long chain by a short one, for each run."""
    for case in sorted({(nodes, clients) for nodes, _, clients in results.cases("flat")}):
        nodes, clients = case
        short = results.records("flat", "cairn", nodes, "short", clients)
        long = results.records("flat", "cairn", nodes, "long", clients)
        for field, unit, bound, words in (
            ("throughput", "/s", 0.9, "throughput"),
            ("p99_us", "ms", 1.1, "p99"),
            ("memory_mb", "MB", 1.1, "memory of a node"),
        ):
            ratios = [long[run][field] / short[run][field] for run in short if run in long]
            if not ratios:
                continue
            ratio = statistics.median(ratios)
            at_least = field == "throughput"
            yield [
                f"put, {nodes} nodes, {clients} clients, long chain by a short one: {words}",
                show(results.median(field, "flat", "cairn", nodes, "long", clients), unit),
                "",
                "",
                f"{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
                f"{'≥' if at_least else '≤'} {bound:g}",
                _yes(ratio >= bound if at_least else ratio <= bound),
            ]


def _yes(met):
    return "" if met is None else "yes" if met else "no"
