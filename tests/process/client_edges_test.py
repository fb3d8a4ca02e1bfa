"""What a client does at its edges: inputs that can't be read, descriptors that are closed, a cluster
file that is wrong, and how it ends."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from case import ProcessTest, SharedClusterTest
from cluster import PROGRAM, clean_environment, run_cairn, wait_until


class ClientEdges(SharedClusterTest):
    def shell(self, command, stdin=None):
        """A command of the shell in which $cairn is the program; returns what it said."""
        return subprocess.run(
            ["sh", "-c", command],
            env=clean_environment(CAIRN_CONFIG=self.cluster.config, cairn=PROGRAM),
            stdin=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def test_an_input_that_can_not_be_read_is_an_error_and_nothing_is_sent(self):
        # Of a process that lives: the address 0, where nothing is mapped.
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            for number, (source, stdin) in enumerate((("</tmp", None), ("<&-", None), ("", memory))):
                done = self.shell(f'exec "$cairn" put unread{number} - {source}', stdin)
                self.assertEqual(done.returncode, 1, (source, done))
                self.assertIn(b"can't read the value from standard input", done.stderr)
                self.assertEqual(self.cluster.cairn("get", f"unread{number}").code, 3)
                done = self.shell(f'exec "$cairn" client 1 {source}', stdin)
                self.assertEqual(done.returncode, 1, (source, done))
                self.assertIn(b"can't read the commands from standard input", done.stderr)
        done = self.shell('exec "$cairn" status --config /proc/self/mem')
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(b"can't read the cluster file /proc/self/mem: ", done.stderr)

    def test_an_output_that_is_closed_is_an_error(self):
        self.cluster.put("k", "v")
        done = self.shell('exec "$cairn" get k >&-')
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b"can't write to standard output", done.stderr)

    def test_a_console_on_a_pipe_ends_with_the_code_of_its_last_failed_command(self):
        for lines, code in (
            (b"put k v\nget k\n", 0),
            (b"put k v\nget none\nnonsense\n?\n", 2),
            (b"nonsense\nget none\nget k\ne\n", 3),
        ):
            done = self.cluster.cairn("client", "1", stdin=lines)
            self.assertEqual(done.code, code, done)

    def test_the_version_and_the_nearest_verb_are_told(self):
        self.assertRegex(self.cluster.cairn("--version").out.decode(), r"^cairn: protocol version \d")
        done = self.cluster.cairn("stauts")
        self.assertEqual(done.code, 2, done)
        self.assertIn("did you mean status?", done.err)
        self.assertEqual(self.cluster.cairn("verify", "--json").json["error"], "usage")

    def test_exchanged_addresses_of_two_nodes_are_noticed(self):
        text = self.cluster.file_text()
        ports = [self.cluster.client_port(node) for node in (1, 2)]
        for old, new in ((ports[0], "first"), (ports[1], ports[0]), ("first", ports[1])):
            text = text.replace(f"client_port = {old}", f"client_port = {new}")
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-exchanged-"))
        self.addCleanup(shutil.rmtree, directory)
        config = directory / "cluster.toml"
        config.write_text(text, encoding="utf-8")
        self.cluster.put("k", "v")
        for verb in (
            ("status",),
            ("get", "k", "--stale", "--node", "1"),
            ("chain", "--node", "2"),
            ("verify", "--cluster"),
        ):
            done = run_cairn(*verb, "--config", str(config))
            self.assertNotIn(done.code, (0, 4), done)
            said = done.out.decode() + done.err
            self.assertRegex(said, r"who answers as node ([12]) .* is node (?!\1)[12];", done)
            self.assertIn("compare the addresses of nodes", said, done)
        self.assertEqual(run_cairn("get", "k", "--config", str(config)).code, 0)


class ClosedDescriptors(ProcessTest):
    def test_no_data_file_of_a_server_gets_the_number_of_a_standard_descriptor(self):
        cluster = self.make_cluster(1)
        node = cluster[1]
        process = cluster.adopt(
            subprocess.Popen(
                ["sh", "-c", f'exec "{PROGRAM}" server 1 <&- >&- 2>&-'],
                env=clean_environment(CAIRN_CONFIG=cluster.config),
            )
        )
        wait_until("it serves", lambda: cluster.cairn("put", "k", "v").code == 0)
        for descriptor in range(3):
            target = os.readlink(f"/proc/{process.pid}/fd/{descriptor}")
            self.assertEqual(target, "/dev/null")
        self.assertRegex((node.data / "LOCK").read_text(encoding="utf-8"), r"^\d+\n?$")
        self.assertNotIn(b"node", (node.data / "guard").read_bytes())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(cluster.cairn("verify", node.data).code, 0)


class KnownCluster(ProcessTest):
    def test_another_cluster_of_the_same_name_is_refused_until_a_person_says_otherwise(self):
        clusters = [self.make_cluster(1).form() for _ in range(2)]
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-known-"))
        self.addCleanup(shutil.rmtree, directory)
        config = directory / "cluster.toml"
        environment = clean_environment(CAIRN_CONFIG=config, XDG_STATE_HOME=directory / "state")

        def cairn(*words):
            return run_cairn(*words, environment=environment)

        config.write_text(clusters[0].file_text(), encoding="utf-8")
        self.assertEqual(cairn("put", "k", "v").code, 0)
        (known,) = (directory / "state/cairn/clusters").iterdir()
        identity = known.read_text(encoding="utf-8").split()[0]
        self.assertEqual(identity, clusters[0].chain(1)[1]["hash"])
        config.write_text(clusters[1].file_text(), encoding="utf-8")
        for verb in (
            ("get", "k"),
            ("put", "k", "w"),
            ("status",),
            ("chain", "--node", "1"),
            ("get", "k", "--stale", "--node", "1"),
            ("verify", "--cluster"),
            ("bench", "--seconds", "0.1", "--warmup", "0", "--node", "1"),
        ):
            done = cairn(*verb)
            self.assertEqual(done.code, 6, done)
            said = done.out.decode() + done.err
            self.assertIn("belongs to another cluster", said, done)
            self.assertIn(f"if the cluster was made anew, remove {known}", said, done)
        known.unlink()
        self.assertEqual(cairn("get", "k").code, 3, "the other one has no such key")
        self.assertEqual(cairn("put", "k", "w").code, 0)
        config.write_text(clusters[0].file_text(), encoding="utf-8")
        self.assertEqual(cairn("get", "k").code, 6)
