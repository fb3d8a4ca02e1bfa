"""The bench: it measures a cluster, and its report compares what was measured side by side."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PEERS = pathlib.Path(__file__).resolve().parents[1] / "bench" / "peers"
sys.path.insert(0, str(PEERS))

import bench  # noqa: E402
import goals  # noqa: E402
import plot  # noqa: E402
from results import Results  # noqa: E402


def load(system, run, throughput, **changes):
    record = {"kind": "load", "system": system, "nodes": 5, "op": "put", "clients": 64, "run": run}
    return {**record, "throughput": throughput, "p99_us": 1000, "written_per_op_node": 1, **changes}


class BenchReport(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def results(self, *records):
        path = self.directory / "results.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        return Results(path)

    def test_a_ratio_is_that_of_one_run_to_the_better_peer(self):
        results = self.results(
            *(load("cairn", 1, 100), load("etcd", 1, 20), load("zookeeper", 1, 10)),
            *(load("cairn", 2, 300), load("etcd", 2, 10), load("zookeeper", 2, 30)),
            # Without its neighbours it says nothing.
            load("cairn", 3, 999),
        )
        (goal,) = goals.load_goals(results)
        self.assertEqual(goal.ratios(results), [5, 10])
        self.assertTrue(goal.met(5) and not goal.met(4.9))

    def test_the_better_latency_is_the_smaller(self):
        results = self.results(
            *(load(name, 1, 1, clients=256, p99_us=p99) for name, p99 in
              (("cairn", 10), ("etcd", 40), ("zookeeper", 20)))
        )  # fmt: skip
        goal = next(goal for goal in goals.load_goals(results) if goal.field == "p99_us")
        self.assertEqual(goal.ratios(results), [0.5])
        self.assertFalse(goal.met(0.5))

    def test_what_is_measured_again_counts(self):
        results = self.results(load("cairn", 1, 100), load("cairn", 2, 200), load("cairn", 1, 300))
        self.assertEqual(sorted(results.values("throughput", "load", "cairn", 5, "put", 64)), [200, 300])

    def test_a_long_chain_is_compared_with_a_short_one_run_by_run(self):
        results = self.results(
            *(load("cairn", run, throughput, kind="flat", op=op, clients=256, memory_mb=100)
              for op, run, throughput in
              (("short", 1, 100), ("long", 1, 95), ("short", 2, 200), ("long", 2, 100),
               ("short", 3, 10), ("long", 3, 10)))
        )  # fmt: skip
        rows = [row for row in goals.rows(results, lambda figure, unit: f"{figure} {unit}")]
        self.assertEqual([row[4] for row in rows], ["0.95 (0.50–1.00)"] + ["1.00 (1.00–1.00)"] * 2)
        self.assertEqual([row[6] for row in rows], ["yes"] * 3)

    def test_the_plot_is_sound_with_a_single_point(self):
        for records in ([load("cairn", 1, 100)], [load("cairn", 1, 100), load("etcd", 1, 100)]):
            picture = plot.draw(self.results(*records))
            self.assertEqual(xml.etree.ElementTree.fromstring(picture).tag.split("}")[1], "svg")
        self.assertIsNone(plot.draw(self.results()))

    def test_results_are_not_named_as_the_table_or_the_plot_beside_them(self):
        for option, name in (("--results", "r.md"), ("--report", "r.svg")):
            with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
                bench.parse([option, name])
            self.assertIn(".jsonl", said.getvalue())

    def test_the_bench_measures_a_cluster_and_leaves_nothing_behind(self):
        path = self.directory / "new.jsonl"
        words = ["--only", "put,get,recovery,flat", "--nodes", "3", "--clients", "2", "--seconds", "0.1"]
        words += ["--runs", "1", "--keys", "500", "--results", path]
        scratch = self.directory / "scratch"
        scratch.mkdir()
        done = subprocess.run(
            [sys.executable, "-B", PEERS / "bench.py", *words],
            capture_output=True,
            text=True,
            env={**__import__("os").environ, "TMPDIR": str(scratch)},
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(list(scratch.iterdir()), [])
        results = Results(path)
        for kind in ("load", "filled", "restart", "restart_all", "catch_up", "disk", "flat"):
            self.assertEqual(results.systems(kind), ["cairn"], kind)
        for op in ("put", "get"):
            self.assertGreater(results.median("throughput", "load", "cairn", 3, op, 2), 0)
