"""How a node that was down for long catches up while the cluster is under load, and what that costs
the cluster's writes. All figures come from one run, side by side: ratios, for machines are noisy.

    catch_up.py OPERATIONS [CLIENTS]
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "process"))

from cluster import PROGRAM, Cluster, clean_environment  # noqa: E402

SIZE = 5


class Load:
    """`cairn bench` against the nodes that stay up."""

    def __init__(self, cluster, nodes, clients):
        self.cluster = cluster
        self.words = ["--node", ",".join(map(str, nodes)), "--clients", str(clients)]

    def start(self, seconds, runs):
        words = [PROGRAM, "bench", "--json", "--warmup", "1", *self.words]
        words += ["--seconds", str(seconds), "--runs", str(runs)]
        environment = clean_environment(CAIRN_CONFIG=self.cluster.config)
        return self.cluster.adopt(
            subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        )

    def measure(self, seconds, runs=1):
        """Operations a second, a figure a run."""
        out = self.start(seconds, runs).communicate()[0]
        lines = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
        return [line["throughput"] for line in lines if line.get("run")]


def node_of(cluster, node_id):
    return next(node for node in cluster.status()["nodes"] if node["id"] == node_id)


def catch_up(cluster, load, node_id):
    """Starts the node under load: seconds until it has what the others had when it began, and the
    throughput meanwhile."""
    goal = max(node.get("decided") or 0 for node in cluster.status()["nodes"])
    process = load.start(1, 100)
    first = process.stdout.readline()  # the load runs
    assert first, "the load did not start"
    began = time.monotonic()
    cluster.start(node_id)
    while (node_of(cluster, node_id).get("decided") or 0) < goal:
        time.sleep(0.2)
    took = time.monotonic() - began
    process.terminate()
    rest = process.communicate()[0].splitlines()
    runs = [json.loads(line) for line in rest if line.startswith(b"{")]
    return took, goal, [run["throughput"] for run in runs if run.get("run")]


def main():
    operations = int(sys.argv[1])
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    cluster = Cluster(SIZE, prefix="cairn-catch-up-")
    try:
        cluster.form()
        node_id = next(n for n in sorted(cluster.nodes, reverse=True) if n != cluster.leader())
        load = Load(cluster, [n for n in cluster.nodes if n != node_id], clients)
        before = load.measure(4, 3)
        print(f"all {SIZE} nodes up: {statistics.median(before):,.0f} writes/s", flush=True)
        cluster.kill(node_id)
        done = 0.0
        while done < operations:
            done += 10 * sum(load.measure(10))
            print(f"node {node_id} is down: {done:,.0f} of {operations:,} writes", flush=True)
        took, goal, during = catch_up(cluster, load, node_id)
        after = load.measure(4, 3)
        usual = statistics.median(before + after)
        print(f"all {SIZE} nodes up again: {statistics.median(after):,.0f} writes/s")
        slower = statistics.median(during) if during else float("nan")
        print(
            f"caught up {done:,.0f} writes ({goal:,} slots in all) in {took:.1f} s; the cluster's "
            f"writes meanwhile: {slower:,.0f}/s, {slower / usual:.2f} of usual"
        )
        cluster.settle(*cluster.nodes)
        cluster.stop()
        cluster.verify_all()
        print("all chains verify")
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
