"""ZooKeeper from Debian's package, with the heap that the package gives it."""

import re
import socket

from system import Peer, run

CLASSES = "/etc/zookeeper/conf:/usr/share/java/zookeeper.jar"
# What zkEnv.sh of the package says.
HEAP = "-Xmx1000m"


class ZooKeeper(Peer):
    name = "zookeeper"
    title = "ZooKeeper"
    generator = "zookeeper-load"
    ports_per_node = 3

    @classmethod
    def version(cls):
        return run(["dpkg-query", "-W", "-f", "${Version}", "zookeeper"], "dpkg-query").split("-")[0]

    def command_of(self, node_id):
        directory = self.directory_of(node_id)
        directory.mkdir(exist_ok=True)
        (directory / "myid").write_text(f"{node_id}\n", encoding="ascii")
        file = self.directory / f"node{node_id}.cfg"
        file.write_text(self._file_text(node_id), encoding="ascii")
        return [
            "java",
            HEAP,
            *("-cp", CLASSES),
            "-Dzookeeper.root.logger=INFO,CONSOLE",
            f"-Dzookeeper.log.dir={self.directory}",
            "org.apache.zookeeper.server.quorum.QuorumPeerMain",
            str(file),
        ]

    def _file_text(self, node_id):
        lines = [
            # Times and limits as in the package's own file.
            *("tickTime=2000", "initLimit=10", "syncLimit=5"),
            f"dataDir={self.directory_of(node_id)}",
            *(f"clientPort={self.port(node_id)}", "clientPortAddress=127.0.0.1"),
            *("admin.enableServer=false", "4lw.commands.whitelist=srvr"),
        ]
        for i in self.ids:
            lines.append(f"server.{i}=127.0.0.1:{self.port(i, 1)}:{self.port(i, 2)}")
        return "\n".join(lines) + "\n"

    def serves(self):
        modes = [self._mode(node_id) for node_id in self.running()]
        return None not in modes and modes.count("leader") == 1

    def leader(self):
        leaders = [node_id for node_id in self.running() if self._mode(node_id) == "leader"]
        return leaders[0] if leaders else None

    def hasty_words(self):
        return ["--move"]

    def _mode(self, node_id):
        """leader, follower, or None while it serves nobody."""
        try:
            with socket.create_connection(("127.0.0.1", self.port(node_id)), 2) as connection:
                connection.sendall(b"srvr")
                answer = b""
                while part := connection.recv(4096):
                    answer += part
        except OSError:
            return None
        found = re.search(rb"^Mode: (\w+)", answer, re.MULTILINE)
        return found.group(1).decode() if found else None
