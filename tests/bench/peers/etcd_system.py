"""etcd from Debian's package."""

import json
import urllib.error
import urllib.request

from system import Peer, run

PROGRAM = "/usr/bin/etcd"


class Etcd(Peer):
    name = "etcd"
    title = "etcd"
    generator = "etcd-load"

    @classmethod
    def version(cls):
        return run([PROGRAM, "--version"], "etcd").splitlines()[0].removeprefix("etcd Version: ")

    def command_of(self, node_id):
        client = f"http://{self.endpoint(node_id)}"
        members = ",".join(f"node{i}={self._peer(i)}" for i in self.ids)
        return [
            PROGRAM,
            *("--name", f"node{node_id}"),
            *("--data-dir", str(self.directory_of(node_id))),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", self._peer(node_id)),
            *("--initial-advertise-peer-urls", self._peer(node_id)),
            *("--initial-cluster", members, "--initial-cluster-state", "new"),
            *("--initial-cluster-token", self.directory.name),
        ]

    def _peer(self, node_id):
        return f"http://127.0.0.1:{self.port(node_id, 1)}"

    def serves(self):
        return bool(self.leader()) and all(map(self._healthy, self.running()))

    def _healthy(self, node_id):
        # A node answers so only after a linearizable read.
        answer = _ask(f"http://{self.endpoint(node_id)}/health")
        return answer is not None and answer.get("health") == "true"

    def leader(self):
        for node_id in self.running():
            answer = _ask(f"http://{self.endpoint(node_id)}/v3/maintenance/status", b"{}")
            if answer and answer.get("leader") == answer["header"]["member_id"]:
                return node_id
        return None

    def hasty_words(self):
        # Long enough for a put on a busy machine, short enough not to hide when puts work again.
        return ["--try-timeout", 0.4]


def _ask(url, data=None):
    """The JSON object that is answered, or None."""
    try:
        with urllib.request.urlopen(url, data, timeout=2) as answer:
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
