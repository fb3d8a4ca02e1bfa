"""The faults of the crash loop: what is killed, when, and how it is started again.

Each is a function of the scene that kills by SIGKILL only, leaves every node started, and returns
in a few words what it did. How long a node stays down, and after how many milliseconds it dies
again, is drawn from the scene's random numbers. `power-loss` also takes what was not synced, and
`rot` changes a byte of what was.
"""

import contextlib
import os
import shutil
import signal
import time

import power_loss
from cluster import wait_until
from rot import flip

LARGE_VALUE = 48 * 1024


class Scene:
    """One round's cluster, clients and random numbers."""

    def __init__(self, cluster, load, random, progress):
        self.cluster = cluster
        self.load = load
        self.random = random
        self.rotten = []  # nodes whose files were changed or taken away
        self._progress = progress

    def sleep(self, least, most):
        """Seconds, at random; returns how many."""
        seconds = self.random.uniform(least, most)
        time.sleep(seconds)
        return seconds

    def pick(self, count, without=()):
        return sorted(self.random.sample([n for n in self.cluster.nodes if n not in without], count))

    def kill(self, *ids):
        self._progress(f"kill -9 {name(ids)}")
        self.cluster.kill(*ids)

    def start(self, *ids):
        self._progress(f"start {name(ids)}")
        self.cluster.start(*ids)

    def down(self, ids, least=0.2, most=1.2):
        """Kills, waits, starts; returns for how long they were down."""
        self.kill(*ids)
        seconds = self.sleep(least, most)
        self.start(*ids)
        return seconds

    def kill_again(self, ids, least, most):
        """After a random time since the start of these nodes; returns it in milliseconds."""
        seconds = self.sleep(least, most)
        self.kill(*ids)
        return round(seconds * 1000)

    def majority(self):
        return self.cluster.size // 2 + 1


def name(ids):
    ids = list(ids)
    return f"node {ids[0]}" if len(ids) == 1 else "nodes " + ",".join(map(str, ids))


def one(scene):
    ids = scene.pick(1)
    return f"{name(ids)}, down {scene.down(ids):.1f} s"


def leader(scene):
    ids = [scene.cluster.leader()]
    return f"leader {ids[0]}, down {scene.down(ids):.1f} s"


def minority(scene):
    ids = scene.pick(scene.cluster.size - scene.majority())
    return f"{name(ids)}, down {scene.down(ids):.1f} s"


def majority(scene):
    ids = scene.pick(scene.majority())
    return f"{name(ids)}, down {scene.down(ids, most=2.5):.1f} s"


def everything(scene):
    return f"all at once, down {scene.down(list(scene.cluster.nodes), most=2.5):.1f} s"


def bare_majority(scene):
    """A node loses its disk and is readmitted; then all die, and a bare majority with that node in
    it must serve."""
    ids = scene.pick(1)
    node = scene.cluster[ids[0]]
    scene.kill(*ids)
    shutil.rmtree(node.data)
    scene.rotten += ids  # a readmission is no surprise
    scene.start(*ids)
    _await_vote(node)
    scene.kill(*scene.cluster.nodes)
    rest = scene.pick(scene.majority() - 1, without=ids)
    scene.start(*ids, *rest)
    assert scene.load.wait_for(100), f"{name(sorted(ids + rest))} alone do not serve"
    scene.start(*(n for n in scene.cluster.nodes if n not in ids + rest))
    return f"all, then only {name(sorted(ids + rest))}, of which {ids[0]} was wiped and readmitted"


def _await_vote(node):
    """Waits until all nodes know that the node votes (again), and all are linked."""

    def votes():
        reports = node.cluster.status()["nodes"]
        own = next(each for each in reports if each["id"] == node.id)
        goal = max(each["decided"] or 0 for each in reports)
        return all(each["reachable"] for each in reports) and own["role"] == "follower" and (
            own["applied"] + 50 >= goal
        )

    wait_until(f"node {node.id} votes", votes)


def election(scene):
    first = scene.cluster.leader()
    (second,) = scene.pick(1, without=[first])
    scene.kill(first)
    later = scene.sleep(0.02, 0.6)
    scene.kill(second)
    scene.sleep(0.2, 0.8)
    scene.start(first, second)
    return f"leader {first}, and node {second} {later * 1000:.0f} ms later"


def start_up(scene):
    ids = scene.pick(1)
    scene.down(ids, 0.1, 0.4)
    times = []
    for _ in range(3):
        times.append(str(scene.kill_again(ids, 0.001, 0.08)))
        scene.start(*ids)
    return f"{name(ids)}, and {', '.join(times)} ms after its starts"


def start_up_of_all(scene):
    ids = list(scene.cluster.nodes)
    scene.down(ids, 0.1, 0.4)
    times = []
    for _ in range(2):
        times.append(str(scene.kill_again(ids, 0.005, 0.25)))
        scene.start(*ids)
    return f"all, and {', '.join(times)} ms after their starts"


def replay(scene):
    ids = scene.pick(1)
    node = scene.cluster[ids[0]]
    scene.kill(*ids)
    shutil.rmtree(node.data / "state")
    scene.start(*ids)
    times, within = [], 0
    for _ in range(2):
        times.append(str(scene.kill_again(ids, 0.01, 0.25)))
        within += "blocks verified" not in node.log()
        scene.start(*ids)
    return f"{name(ids)}, no state/, at {', '.join(times)} ms ({within} in replay)"


def catch_up(scene):
    ids = scene.pick(1)
    node = scene.cluster[ids[0]]
    before = scene.load.count()["acknowledged"]
    scene.kill(*ids)
    scene.load.wait_for(2000, patience=3)
    missed = scene.load.count()["acknowledged"] - before
    scene.start(*ids)
    node.says("listens on")
    milliseconds = scene.kill_again(ids, 0.0, 0.08)
    scene.start(*ids)
    return f"{name(ids)}, {missed} behind, {milliseconds} ms after it is back"


def flush(scene):
    ids = scene.pick(1)
    data = scene.cluster[ids[0]].data
    scene.load.set_value_size(LARGE_VALUE)
    file = _wait_for_new_file(data, seconds=8)
    scene.sleep(0.0, 0.004)
    scene.kill(*ids)
    scene.load.set_value_size(0)
    scene.sleep(0.1, 0.5)
    scene.start(*ids)
    return f"{name(ids)} as it " + (f"writes {file}" if file else "takes large values")


def stop(scene):
    ids = scene.pick(1)
    node = scene.cluster[ids[0]]
    node.signal(signal.SIGTERM)
    milliseconds = round(scene.sleep(0.0, 0.01) * 1000)
    with contextlib.suppress(ProcessLookupError):
        node.signal(signal.SIGKILL)
    code = node.wait_exit()
    scene.sleep(0.1, 0.5)
    scene.start(*ids)
    late = " (was over)" if code == 0 else ""
    return f"{name(ids)}, {milliseconds} ms into a clean stop{late}"


def power_cut(scene):
    """Nodes lose all that they had not synced, or all but a part of it."""
    size = scene.cluster.size
    ids = scene.pick(scene.random.choice((1, size - scene.majority(), scene.majority(), size, size)))
    scene.kill(*ids)
    keeps = scene.random.choice((lambda _: 0, lambda unsynced: scene.random.randint(0, unsynced)))
    lost = 0
    for node_id in ids:
        node = scene.cluster[node_id]
        taken = power_loss.lose(node.data, power_loss.notes_of(node), keeps)
        lost += sum(n for path, n in taken.items() if "/LOG" not in path)
    scene.sleep(0.1, 0.6)
    scene.start(*ids)
    return f"{name(ids)}, {lost:,} unsynced bytes gone"


def rot(scene):
    """A byte of a dead node's tables changes, and it dies again while it mends itself."""
    ids = scene.pick(1)
    node = scene.cluster[ids[0]]
    scene.down(ids, 0.1, 0.4)  # a start moves what is in the log into a table
    node.says("blocks verified")
    scene.kill(*ids)
    table = scene.random.choice(sorted(_tables(node.data)))
    scene.rotten += ids
    flip(node.data / table, scene.random.uniform(0.0, 0.99))
    scene.start(*ids)
    times = []
    for _ in range(2):
        times.append(str(scene.kill_again(ids, 0.02, 0.5)))
        scene.start(*ids)
    _await_scrub(node)
    return f"{name(ids)}, a byte of {table}, and {', '.join(times)} ms after its starts"


def _await_scrub(node):
    """Waits until the node has read its whole chain again."""

    def scrubbed():
        assert node.running, "it ended by itself"
        report = next(each for each in node.cluster.status()["nodes"] if each["id"] == node.id)
        notes = report["notes"] or []
        under_way = any(note.startswith("verifies the blocks") for note in notes)
        return report["reachable"] and report["lost"] == 0 and not under_way

    wait_until("it has read its whole chain again", scrubbed)


def _tables(data):
    return {
        f"{part}/{file}"
        for part in ("ledger", "state")
        for file in os.listdir(data / part)
        if file.endswith(".sst")
    }


def _wait_for_new_file(data, seconds):
    """A table that a database of the node begins to write; None if it writes none."""
    before = _tables(data)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        new = _tables(data) - before
        if new:
            return min(new)
        time.sleep(0.001)
    return None


FAULTS = {
    "one": one,
    "leader": leader,
    "minority": minority,
    "majority": majority,
    "all": everything,
    "bare-majority": bare_majority,
    "election": election,
    "start-up": start_up,
    "start-up-all": start_up_of_all,
    "replay": replay,
    "catch-up": catch_up,
    "flush": flush,
    "stop": stop,
    "power-loss": power_cut,
    "rot": rot,
}
