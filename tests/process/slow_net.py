"""A network that is slow, narrow and lossy, between nodes of one machine: a proxy in front of every
node, one for each of the others, and a cluster file for each node in which the others' addresses
are those of the proxies.

    SlowNet(cluster, delay=0.05, jitter=0.05, loss=0.2, bandwidth=12e6).form()

What a lost packet does on TCP, the proxy does: it holds back the packet and all behind it on that
connection until the packet would have been sent again. Seconds, bytes a second; each direction by
itself.
"""

import asyncio
import collections
import json
import pathlib
import random
import subprocess
import sys

from cluster import clean_environment, die_with_the_tests, wait_until
from ports import Ports

# Bytes: a read; a packet, each of which may be lost; and what a kernel's buffers hold.
CHUNK = 16 * 1024
PACKET = 1460
BUFFER = 256 * 1024
# Seconds (RFC 6298, with the floor of Linux).
LEAST_RETRY = 0.2
MOST_RETRY = 5


class SlowNet:
    """The proxies of a cluster, in a process of their own. They end with the cluster."""

    def __init__(self, cluster, delay=0.0, jitter=0.0, loss=0.0, bandwidth=0.0):
        self.cluster = cluster
        pairs = [(a, b) for a in cluster.nodes for b in cluster.nodes if a != b]
        self._ports = Ports(len(pairs))
        port_of = {pair: self._ports[i] for i, pair in enumerate(pairs)}
        self._files = {}
        for node_id in cluster.nodes:
            text = cluster.file_text()
            for other in cluster.nodes:
                if other != node_id:
                    text = text.replace(
                        f"peer_port = {cluster.peer_port(other)}\n",
                        f"peer_port = {port_of[node_id, other]}\n",
                    )
            self._files[node_id] = cluster.directory / f"slow{node_id}.toml"
            self._files[node_id].write_text(text, encoding="utf-8")
        ways = {port_of[a, b]: cluster.peer_port(b) for a, b in pairs}
        spec = {"delay": delay, "jitter": jitter, "loss": loss, "bandwidth": bandwidth}
        self._proxy = cluster.adopt(
            subprocess.Popen(
                [sys.executable, "-B", str(pathlib.Path(__file__).resolve())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=clean_environment(),
                preexec_fn=die_with_the_tests,
            )
        )
        self._proxy.stdin.write(json.dumps({**spec, "ways": ways}).encode() + b"\n")
        self._proxy.stdin.flush()
        assert self._proxy.stdout.readline() == b"ready\n"

    def close(self):
        self._ports.release()

    def start(self, *ids):
        for node_id in ids or self.cluster.not_running():
            self.cluster[node_id].start(config=self._files[node_id])

    def form(self):
        self.start()
        for node in self.cluster.nodes.values():
            node.says("listens on")
        self.cluster.leader()
        wait_until("all follow", lambda: len(set(ballots(self.cluster))) == 1)
        return self


def ballots(cluster):
    """What the nodes that answer follow."""
    return [node["ballot"] for node in cluster.status()["nodes"] if node.get("ballot")]


def round_of(cluster):
    """The greatest round: how many elections there were, at most."""
    return max(int(ballot.split(".")[0]) for ballot in ballots(cluster))


# --- the proxy


class Way:
    """One direction of one connection."""

    def __init__(self, net, reader, writer):
        self._net, self._reader, self._writer = net, reader, writer
        self._waiting = collections.deque()
        self._bytes = 0
        self._changed = asyncio.Event()

    async def run(self):
        try:
            await asyncio.gather(self._take_in(), self._hand_out())
        except OSError:
            pass
        finally:
            self._writer.close()

    async def _take_in(self):
        clock = asyncio.get_running_loop().time
        free_at = due = 0.0
        while data := await self._reader.read(CHUNK):
            free_at = max(free_at, clock())
            if self._net["bandwidth"]:
                free_at += len(data) / self._net["bandwidth"]
            # Packets are on their way side by side, also those that are sent again.
            way = self._net["delay"] + random.uniform(0, self._net["jitter"])
            late = max(self._resent_after() for _ in range(0, len(data), PACKET))
            due = max(due, free_at + way + late)
            self._put((due, data))
            while self._bytes > BUFFER:
                await self._wait()
        self._put((due, b""))

    def _resent_after(self):
        """How long a packet is late because it, and its copies, were lost."""
        late = 0.0
        # The mean round trip, and four times its deviation.
        retry = max(LEAST_RETRY, 2 * self._net["delay"] + 3 * self._net["jitter"])
        while random.random() < self._net["loss"] and retry < MOST_RETRY:
            late += retry
            retry *= 2
        return late

    async def _hand_out(self):
        clock = asyncio.get_running_loop().time
        while True:
            while not self._waiting:
                await self._wait()
            due, data = self._waiting[0]
            if due > clock():
                await asyncio.sleep(due - clock())
            if not data:
                return
            self._writer.write(data)
            await self._writer.drain()
            self._waiting.popleft()
            self._bytes -= len(data)
            self._changed.set()

    def _put(self, item):
        self._waiting.append(item)
        self._bytes += len(item[1])
        self._changed.set()

    async def _wait(self):
        self._changed.clear()
        await self._changed.wait()


async def _serve(net):
    async def listen(port, target):
        async def on_connect(reader, writer):
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
            except OSError:
                writer.close()
                return
            ends = [Way(net, reader, far_writer), Way(net, far_reader, writer)]
            await asyncio.gather(*(way.run() for way in ends))

        await asyncio.start_server(on_connect, "127.0.0.1", port, limit=CHUNK)

    for port, target in net["ways"].items():
        await listen(int(port), target)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.stdin.readline())))
