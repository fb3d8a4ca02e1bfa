"""Copies of the data directories of some nodes, with a cluster file of their own."""

import shutil

from cluster import Cluster


class Stage(Cluster):
    """Copies of some nodes of a cluster, with new ports for these; the file has the originals'
    addresses for all others."""

    def __init__(self, original, ids):
        super().__init__(original.size, prefix="cairn-test-stage-")
        self.ids = ids
        text = original.file_text()
        for node_id in ids:
            for port_of in (Cluster.client_port, Cluster.peer_port):
                text = text.replace(f"= {port_of(original, node_id)}\n", f"= {port_of(self, node_id)}\n")
        self.config.write_text(text, encoding="utf-8")
        for node_id in ids:
            shutil.copytree(original[node_id].data, self[node_id].data)
            (self[node_id].data / "LOCK").unlink(missing_ok=True)
