"""Recovery drills about disks. Each plays on a stage and returns what was seen."""

import shutil
import time

import small_disk
from cluster import wait_until
from drill_stage import Skipped
from rot import flip, table_of


def lost_disk(stage):
    """A node's whole directory is gone."""
    stage.step("Five nodes form a cluster, and five clients write.")
    leader = stage.form()
    victim = next(n for n in stage.cluster.nodes if n != leader)
    stage.write()
    stage.progress(300)
    stage.cairn("chain", "--node", victim, "--from", 1, "--to", 1)
    stage.note(
        "Block 1 formed the cluster. It names the incarnation of every node: which life of its"
        " directory votes for it."
    )
    stage.step(f"Node {victim} dies, and its disk with it: the directory is gone.")
    stage.kill(victim)
    data = stage.cluster[victim].data
    stage.command("rm", "-r", data)
    shutil.rmtree(data)
    stage.note(
        "It must not come back as if nothing had happened: it has forgotten what it promised and"
        " accepted, and as its old self it could vote for the opposite now."
    )
    stage.step(f"Node {victim} is started with the empty directory, while the clients write on.")
    began = time.monotonic()
    stage.start(victim)
    block = wait_until("a block readmits the node", lambda: _readmission(stage, leader))
    took = time.monotonic() - began
    stage.says(victim, "cluster \"|leads|readmit")
    stage.step(
        f"It took a new incarnation, learned the chain from the others without a vote, and was"
        f" readmitted by a block that everyone can see ({took:.1f} s after its start)."
    )
    stage.cairn("chain", "--node", victim, "--from", block["slot"], "--to", block["slot"])
    stage.note(
        "Only nodes that the chain before this block knows counted for it. From here on the old"
        f" incarnation of node {victim} has no voice, should its disk turn up again."
    )
    stage.progress(100)
    stage.end()
    return f"readmitted at slot {block['slot']} after {took:.1f} s; none of its data lost"


def _readmission(stage, node_id):
    blocks = stage.cluster.chain(node_id)
    return next((b for b in blocks if any(r["op"] == "readmit" for r in b["requests"])), None)


def bit_rot(stage):
    """A byte of a stopped node's files changes by itself."""
    stage.step("Five nodes form a cluster, and five clients write.")
    stage.form()
    stage.write()
    stage.progress(1500)
    stage.stop_writing()
    stage.settle()
    victim = stage.cluster.follower()
    node = stage.cluster[victim]
    # A start moves what the write-ahead log holds into a table, where old blocks spend their lives.
    node.stop()
    node.start()
    stage.settle()
    node.stop()
    stage.step(f"Node {victim} is stopped, and a byte of its ledger changes, as old disks do it.")
    _rot(stage, table_of(node.data / "ledger"))
    stage.cairn("verify", node.data, code=6)
    stage.step(f"Node {victim} is started all the same: no flag, no help; the clients write on.")
    stage.write()
    stage.start(victim)
    node.says("(?s)quarantine/ledger-1.* leads")
    stage.says(victim, "starts anew|can be read|are lost|leads$")
    stage.note(
        "The tip is sound, so it could start; its scrub, which reads the whole chain from the"
        " newest block down, met the damage. Then it began anew, collected what verifies, and set"
        " the damaged ledger aside. Below a lost block 16 more are not believed without a hash. The"
        " others send them all, and each must have the hash that the block above it names. The"
        " node's promises and votes are unharmed, so it votes meanwhile."
    )
    stage.progress(100)
    stage.stop_writing()
    wait_until("it has every block again", lambda: _report(stage, victim)["lost"] == 0)
    stage.settle()
    node.stop()
    stage.cairn("verify", node.data)
    stage.step("The same with its state. That is nothing but the chain, replayed.")
    _rot(stage, table_of(node.data / "state"))
    stage.cairn("verify", node.data, code=6)
    stage.start(victim)
    node.says("(?s)quarantine/state-1.* leads")
    stage.says(victim, "quarantine|replayed|leads$")
    stage.settle()
    kept = sorted(path.name for path in (node.data / "quarantine").iterdir())
    stage.note(f"Nothing was deleted; in quarantine/ stand now: {', '.join(kept)}.")
    stage.end()
    return f"named, set aside, and mended: {', '.join(kept)}"


def _rot(stage, path):
    at, before = flip(path, 0.4)
    stage.note(f"Byte {at:,} of {path} was {before:#04x} and is {before ^ 0x10:#04x}. Verified:")


def _report(stage, node_id):
    reports = stage.cluster.status()["nodes"]
    return next(each for each in reports if each["id"] == node_id)


def full_disk(stage):
    """Disks have no room left."""
    disks = {}
    try:
        for node in stage.cluster.nodes.values():
            disks[node.id] = small_disk.SmallDisk(node.data)
    except small_disk.Forbidden as reason:
        raise Skipped(f"it mounts small disks in a namespace of its own, and {reason}") from None
    try:
        return _fill(stage, disks)
    finally:
        for disk in disks.values():
            disk.unmount()


def _fill(stage, disks):
    stage.step(
        "Five nodes form a cluster, each on a small disk of its own (400 MiB, mounted where nobody"
        " else sees it), and five clients write."
    )
    first = stage.form()
    stage.write(timeout=3)
    stage.step(f"Somebody's file takes all but 200 MiB of the disk of node {first}, which leads.")
    began = time.monotonic()
    disks[first].fill(200 * small_disk.MIB)
    new = stage.cluster.leader(other_than=first)
    took = time.monotonic() - began
    stage.progress(50)
    stage.cairn("status")
    stage.note(
        f"{took:.1f} s later node {new} leads, and the clients are served. A node keeps 256 MiB for"
        " what its database must still do: below that it takes no new block, and a full leader"
        " makes way for one with room."
    )
    others = [n for n in disks if n not in (first, new)][:2]
    stage.step(f"The disks of nodes {others[0]} and {others[1]} fill, too: a majority has no room.")
    for node_id in others:
        disks[node_id].fill(200 * small_disk.MIB)
    full = sorted([first, *others])
    words = "the disks of nodes {}, {} and {} are full".format(*full)
    stage.cluster[new].says(words)
    stage.stop_writing()
    line = stage.acknowledged[-1]
    # While the leader changes, the outcome of a write that two had in hand may be unknown.
    wait_until("writes are refused", lambda: stage.cluster.cairn("put", "one", "more").code == 4)
    stage.cairn("put", "one", "more", code=4)
    stage.cairn("get", line.split()[1])
    stage.note(
        "Writes are refused, with the reason, and surely not applied. Reads go on. No node stopped,"
        " and none is damaged."
    )
    stage.step("The file is deleted everywhere.")
    for node_id in full:
        disks[node_id].empty()
    began = time.monotonic()
    wait_until("writes are served", lambda: stage.cluster.cairn("put", "room", "again").code == 0)
    took = time.monotonic() - began
    stage.acknowledged.append("put room again")
    stage.settle()
    stage.cairn("status")
    stage.note(f"{took:.1f} s later writes are served again. Nobody had to start or tell anything.")
    stage.end()
    return f"node {new} led instead; then refused, with the reason; all well {took:.1f} s after"
