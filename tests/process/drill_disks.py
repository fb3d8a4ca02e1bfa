"""Recovery drills about disks. Each plays on a stage and returns what was seen."""

import shutil
import time

from cluster import wait_until


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
