"""`cairn recover` at any moment: nodes die one after the other under load, a majority of the
directories is lost, and the cluster that is made from the rest has every acknowledged write that lay
on a survivor's disk. A node of the old cluster that comes back later is not heeded, not in an
election either.

Here and not in the simulator, because what recovers reads real directories (src/offline/survivors.h).
"""

import pathlib
import random
import shutil
import subprocess
import threading

from case import ProcessTest
from cluster import Cluster, wait_until
from raw_client import RawClient, fields_of, get, header_of, replies_in, request

SIZE = 5
OK = 0
NOT_FOUND = 3


class Writer:
    """One session that writes w1, w2 … at a node, each when the one before is answered, until the
    node is gone. `acknowledged`: the slot of each."""

    def __init__(self, port, header, client):
        self.acknowledged = {}
        self._client = client
        self._connection = RawClient(port, header)
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self):
        number = 0
        try:
            while True:
                number += 1
                fields = {"client": self._client, "sequence": number, "first_open": number}
                key = f"w{number}".encode()
                self._connection.say(request(number, key=key, value=key, **fields))
                ((_, _, body),) = replies_in(self._connection.hear())
                answer = dict(fields_of(body))
                if answer.get(1, OK) == OK:
                    self.acknowledged[number] = answer[3]
        except OSError:
            self._connection.close()

    def wait_for(self, count):
        goal = len(self.acknowledged) + count
        wait_until(f"{count} writes more", lambda: len(self.acknowledged) >= goal)

    def finish(self):
        """When its node is dead."""
        self._thread.join(60)


class RecoveryPlan(ProcessTest):
    def make(self):
        cluster = Cluster(SIZE)
        self.addCleanup(cluster.close)
        type(self)._clusters.append(cluster)
        self.cluster, self.header = cluster, header_of(cluster)
        cluster.form()

    def values(self, numbers):
        """What the cluster has for each; None where it has nothing."""
        client = RawClient(self.cluster.client_port(self.cluster.leader()), self.header)
        values = {}
        for number in numbers:
            client.say(get(f"w{number}"))
            ((_, _, body),) = replies_in(client.hear())
            answer = dict(fields_of(body))
            self.assertIn(answer.get(1, OK), (OK, NOT_FOUND))
            values[number] = answer.get(4) if answer.get(1, OK) == OK else None
        client.close()
        return values

    def ballot(self, node_id):
        return next(n["ballot"] for n in self.cluster.status()["nodes"] if n["id"] == node_id)

    def load_and_die(self, chance):
        """One survivor dies early, the others later, all at once. Survivors, a writer, and whether
        one leader led all the time: else a survivor's last blocks may be others than those that were
        decided."""
        cluster = self.cluster
        leader = cluster.leader()
        ballot = self.ballot(leader)
        others = [node_id for node_id in cluster.nodes if node_id != leader]
        early = chance.choice(others)
        late = chance.choice([node_id for node_id in cluster.nodes if node_id != early])
        writer = Writer(cluster.client_port(leader), self.header, client=500)
        writer.wait_for(chance.randint(1, 50))
        cluster.kill(early)
        writer.wait_for(chance.randint(1, 100))
        if late in others:
            cluster.kill(late)  # with it three are left, and some writes for these alone
            writer.wait_for(chance.randint(1, 50))
        undisturbed = self.ballot(leader) == ballot
        cluster.kill()
        writer.finish()
        return (early, late), writer, undisturbed

    def recover(self, survivors):
        paths = [self.cluster[node_id].data for node_id in survivors]
        done = self.cluster.cairn("recover", "--json", "--cluster-name", "cairn-test", *paths)
        self.assertEqual(done.code, 0, done)
        for node in done.json["nodes"]:
            for command in node["commands"]:
                subprocess.run(command, shell=True, check=True)
        return done.json

    def plan(self, seed):
        chance = random.Random(seed)
        self.make()
        cluster = self.cluster
        survivors, writer, undisturbed = self.load_and_die(chance)
        lost = [node_id for node_id in cluster.nodes if node_id not in survivors]
        old, *gone = chance.sample(lost, len(lost))
        aside = pathlib.Path(cluster.directory) / "aside"
        shutil.move(cluster[old].data, aside)
        for node_id in gone:
            shutil.rmtree(cluster[node_id].data)

        made = self.recover(survivors)
        cluster.start()
        cluster.leader()
        held = made["tip"] if undisturbed else made["decided"]
        kept = [n for n, slot in writer.acknowledged.items() if slot <= held]
        beyond = [n for n in writer.acknowledged if n not in kept]
        written = {number: f"w{number}".encode() for number in kept}
        self.assertEqual(self.values(kept), written, f"seed {seed}")
        before = self.values(beyond)

        self.old_node_is_not_heeded(old, aside, before)
        return kept, beyond

    def old_node_is_not_heeded(self, old, aside, before):
        cluster = self.cluster
        cluster.settle()
        cluster.kill(old)
        mine = cluster[old].data
        new = pathlib.Path(cluster.directory) / "new"
        shutil.move(mine, new)
        shutil.move(aside, mine)
        cluster.start(old)
        present = [node_id for node_id in cluster.nodes if node_id != old]
        leader = cluster.leader()
        cluster[leader].says(f"node {old} at .* which the chain has replaced")
        cluster.put("beside", "the old node")
        cluster.kill(leader)
        present.remove(leader)
        self.assertIn(cluster.leader(other_than=leader), present, "it is no candidate")
        cluster.put("beside", "the old node, in another ballot")
        self.assertEqual(self.values(before), before, "nothing comes back by the old node")
        cluster.start(leader)
        cluster.kill(old)
        shutil.rmtree(mine)
        shutil.move(new, mine)
        cluster.start(old)
        cluster.settle()
        cluster.stop()
        cluster.verify_all()

    def test_all_that_lay_on_a_survivors_disk_is_kept_and_old_nodes_are_not_heeded(self):
        plans = [self.plan(seed) for seed in (1, 2)]
        self.assertTrue(all(kept for kept, _ in plans), "writes lay on the survivors' disks")
