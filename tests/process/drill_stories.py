"""Recovery drills about processes, power and networks. Each plays on a stage and returns what was
seen, for the table at the end."""

import re
import time

import power_loss
from cluster import wait_until

_DIARY = re.compile(r"LOCK$|/LOG")
SAFE = (
    "Why that is safe: a node says that it has a block only after the block is synced to its disk,"
    " and a client gets its answer only after three of five nodes said so. Any three nodes that"
    " meet later have one among them that knows of it."
)


def _time_to_next_write(stage, since):
    """Seconds from `since` until a client is served again."""
    count = stage.count()
    wait_until("a client is served again", lambda: stage.count() > count)
    return time.monotonic() - since


def _applied(stage, node_id):
    reports = stage.cluster.status()["nodes"]
    return next(each["applied"] for each in reports if each["id"] == node_id) or 0


def crash(stage):
    """The leader's process dies under load."""
    stage.step("Five nodes form a cluster, and five clients write to it without a pause.")
    leader = stage.form()
    stage.write()
    stage.cairn("status")
    stage.step(f"The leader, node {leader}, is killed with kill -9 in the middle of its work.")
    stage.kill(leader)
    killed = time.monotonic()
    gap = _time_to_next_write(stage, killed)
    new = stage.cluster.leader(other_than=leader)
    stage.note(f"{gap:.2f} s later the next write is acknowledged: node {new} leads now.")
    stage.note(SAFE)
    before = stage.count()
    missed = stage.progress(300) - before
    stage.step(f"Four of five go on; node {leader} has missed {missed} writes already.")
    stage.cairn("status")
    stage.step(f"Node {leader} is started again: no flag, no help, under full load.")
    began = time.monotonic()
    goal = _applied(stage, new)
    stage.start(leader)
    wait_until("it has caught up", lambda: _applied(stage, leader) >= goal)
    took = time.monotonic() - began
    stage.says(leader, "verified|leads|catch")
    stage.note(
        f"It verified its chain and learned from the others what it missed: {took:.1f} s after its"
        f" start it has applied slot {goal}, which was the newest when it started."
    )
    stage.progress(50)
    stage.stop_writing()
    stage.settle()
    stage.cairn("status")
    stage.end()
    return f"node {new} led after {gap:.2f} s; {len(stage.acknowledged):,} writes, none lost"


def power(stage):
    """All nodes lose power at the same instant."""
    stage.step(
        "Five nodes form a cluster, each with a small library beside it that notes at every sync"
        " how much of each file is safe. For kill -9 alone shows no power loss: what a process"
        " wrote stays in the kernel's memory, synced or not."
    )
    stage.cluster.wrap_of = power_loss.wrap
    stage.form()
    stage.write(timeout=2)
    stage.progress(300)
    stage.step("The power fails: all five processes die at the same instant.")
    stage.kill(*stage.cluster.nodes)
    stage.stop_writing()
    stage.step("What was written and not synced is cut from their files, as the disks would do it.")
    total = 0
    for node in stage.cluster.nodes.values():
        lost = power_loss.lose(node.data, power_loss.notes_of(node))
        cut = {path: count for path, count in lost.items() if not _DIARY.search(path)}
        total += sum(cut.values())
        words = ", ".join(f"{count:,} bytes of {path}" for path, count in cut.items())
        stage.show(f"node {node.id} loses {words or 'nothing: all was synced'}")
    stage.note(
        "(Lock files and RocksDB's own diaries are not shown. Directory entries stay in this drill; the"
        " tests of storage/ take those away, too, at every single sync of a workload.)"
    )
    stage.step("The power is back, and the nodes start.")
    began = time.monotonic()
    stage.start(*stage.cluster.nodes)
    for node_id in stage.cluster.nodes:
        stage.says(node_id, "verified")
    leader = stage.cluster.leader()
    took = time.monotonic() - began
    stage.note(f"Node {leader} leads {took:.1f} s after the start.")
    stage.note(SAFE + " What was cut was promised to nobody.")
    stage.end()
    return f"{total:,} unsynced bytes gone; {len(stage.acknowledged):,} writes, none lost"


def partition(stage):
    """The leader and one other node are cut from the majority."""
    stage.step("Five nodes form a cluster.")
    old = stage.form()
    friend, *others = [n for n in stage.cluster.nodes if n != old]
    stage.cairn("put", "color", "green")
    stage.step(
        f"The network breaks in two: node {old}, which leads, and node {friend} on one side, three"
        " nodes on the other. All six links between them are cut, in both directions."
    )
    for here in (old, friend):
        for there in others:
            stage.cairn("fault", "failLink", here, there)
    broke = time.monotonic()
    new = stage.cluster.leader(other_than=old)
    took = time.monotonic() - broke
    stage.step(f"The side with three nodes elects node {new} ({took:.1f} s) and goes on.")
    stage.cairn("put", "color", "red", "--node", new)
    stage.cairn("get", "color", "--node", new)
    stage.step(f"A client that reaches only the side of node {old} is refused.")
    _minority_file(stage, others)
    side = ("--config", stage.cluster.directory / "minority.toml", "--node", old, "--timeout", 3)
    stage.cairn("put", *side, "color", "blue", code=4)
    stage.cairn("get", *side, "color", code=4)
    stage.note(
        "A write there could not get a majority, and a read could be old without anybody knowing"
        " it: so both are refused, and surely not applied. Who wants to see what that node has, old"
        " or not, asks for it by name:"
    )
    stage.cairn("get", *side, "--stale", "color")
    stage.step("The links are mended; the two that were cut off learn what was decided without them.")
    for here in (old, friend):
        for there in others:
            stage.command("cairn", "fault", "fixLink", here, there)
            stage.cluster.cairn("fault", "fixLink", str(here), str(there))
    stage.settle()
    stage.cairn("status")
    stage.cairn("get", "--stale", "--node", old, "color")
    stage.acknowledged.append("put color red")
    stage.end()
    return f"node {new} led after {took:.1f} s; the cut side refused; one chain at the end"


def _minority_file(stage, unreachable):
    """The cluster file of a client whose network does not reach these nodes."""
    text = stage.cluster.config.read_text("utf-8")
    for node_id in unreachable:
        text = text.replace(
            f"client_port = {stage.cluster.client_port(node_id)}\n", f"client_port = {node_id}\n"
        )
    (stage.cluster.directory / "minority.toml").write_text(text, "utf-8")


def all_down(stage):
    """Every node is killed at once and comes back, one after the other."""
    stage.step("Five nodes form a cluster, and five clients write.")
    stage.form()
    stage.write(timeout=2)
    stage.progress(300)
    stage.step("All five are killed with kill -9 at the same instant.")
    stage.kill(*stage.cluster.nodes)
    stage.stop_writing()
    stage.cairn("status", code=4)
    stage.cairn("put", "--timeout", 2, "anybody", "there", code=4)
    stage.step("Two of them start. They are no majority, so they refuse, and say so.")
    stage.start(1, 2)
    stage.says(1, "verified")
    stage.says(2, "verified|1 and 2|2 of 5")
    stage.cairn("put", "--timeout", 2, "anybody", "there", code=4)
    stage.step("The third one starts: three of five are a majority, and know all that was answered.")
    began = time.monotonic()
    stage.start(3)
    leader = stage.cluster.leader()
    stage.note(f"Node {leader} leads {time.monotonic() - began:.1f} s after that start.")
    stage.cairn("put", "three", "suffice")
    stage.acknowledged.append("put three suffice")
    stage.note(SAFE)
    stage.step("The other two start and catch up.")
    stage.start(4, 5)
    stage.settle()
    stage.cairn("status")
    stage.end()
    return f"two refused, three served; {len(stage.acknowledged):,} writes, none lost"
