"""What can't work is refused with one clear sentence and the right exit code."""

import os
import pathlib
import shutil
import socket
import tempfile

from case import SharedClusterTest
from cluster import PROGRAM, clean_environment, run_cairn

NOBODY = 65534


class Refusal(SharedClusterTest):
    """Starts of node 1 that must fail, beside a cluster that runs."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-refusal-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.directory.chmod(0o755)

    def start(self, *words, config=None, program=PROGRAM, **options):
        """`cairn server` that is expected to end by itself."""
        environment = clean_environment(CAIRN_CONFIG=config or self.cluster.config)
        return run_cairn(
            "server", *words, environment=environment, program=program, patience=20, **options
        )

    def write_config(self, text):
        config = self.directory / "cluster.toml"
        config.write_text(text, encoding="utf-8")
        return config

    def assert_one_sentence(self, done, code, *parts):
        """One line beginning with cairn: ends what was said, and has all these parts."""
        self.assertEqual(done.code, code, done)
        lines = done.err.splitlines()
        self.assertEqual(sum(line.startswith("cairn: ") for line in lines), 1, done)
        self.assertTrue(lines[-1].startswith("cairn: "), done)
        self.assertEqual(done.out, b"", done)
        for part in parts:
            self.assertIn(str(part), lines[-1], done)

    # --- the directory

    def test_a_node_that_runs_already_is_named_by_its_process(self):
        node = self.cluster[1]
        self.assert_one_sentence(self.start("1"), 1, node.data, f"process {node.process.pid}")
        self.cluster.put("k", "v", "--node", "1")

    def test_another_nodes_directory_is_refused_and_left_alone(self):
        self.cluster[1].kill()
        self.addCleanup(self.cluster.start, 1)
        before = sorted(os.listdir(self.cluster[1].data))
        done = self.start("2", "--data", self.cluster[1].data)
        self.assert_one_sentence(done, 2, self.cluster[1].data, "node 1", "node 2")
        self.assertEqual(sorted(os.listdir(self.cluster[1].data)), before)

    def test_another_clusters_directory_is_refused(self):
        self.cluster[1].kill()
        self.addCleanup(self.cluster.start, 1)
        config = self.write_config(self.cluster.file_text(name="another"))
        done = self.start("1", "--data", self.cluster[1].data, config=config)
        self.assert_one_sentence(done, 2, self.cluster[1].data, '"another"', self.cluster.name)

    def test_a_directory_with_foreign_files_is_not_taken_as_a_new_nodes(self):
        (self.directory / "thesis.txt").write_text("precious")
        done = self.start("1", "--data", self.directory)
        self.assert_one_sentence(done, 2, self.directory, "thesis.txt")
        self.assertEqual(os.listdir(self.directory), ["thesis.txt"])

    def test_a_directory_that_cant_be_made_is_named(self):
        file = self.directory / "file"
        file.write_text("")
        for place in (file, file / "node1"):
            self.assert_one_sentence(self.start("1", "--data", place), 1, file)

    def as_stranger(self):
        """How to run cairn as a user to whom permissions apply: options for self.start."""
        if os.getuid() != 0:
            return {}
        program = self.directory / "cairn"
        shutil.copy(PROGRAM, program)
        config = self.write_config(self.cluster.file_text())
        config.chmod(0o644)
        return {
            "program": program,
            "config": config,
            "user": NOBODY,
            "group": NOBODY,
            "extra_groups": [],
            "cwd": "/",
        }

    def test_a_directory_without_permission_is_named(self):
        stranger = self.as_stranger()
        data = self.directory / "private"
        data.mkdir(mode=0o000)
        self.assert_one_sentence(
            self.start("1", "--data", data, **stranger), 1, data, "ermission denied"
        )
        data.chmod(0o700)

    def test_a_read_only_directory_is_named(self):
        stranger = self.as_stranger()
        data = self.directory / "readonly"
        data.mkdir(mode=0o555)
        for place in (data, data / "node1"):
            self.assert_one_sentence(
                self.start("1", "--data", place, **stranger), 1, place, "ermission"
            )

    def test_a_nodes_own_directory_that_became_read_only_is_named(self):
        stranger = self.as_stranger()
        data = self.directory / "node1"
        self.cluster[1].kill()
        self.addCleanup(self.cluster.start, 1)
        shutil.copytree(self.cluster[1].data, data)
        for path in [data, *data.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.assert_one_sentence(
            self.start("1", "--data", data, **stranger), 1, data, "ermission"
        )
        # Reading needs no more than that.
        environment = clean_environment()
        environment_of_stranger = {k: v for k, v in stranger.items() if k != "config"}
        done = run_cairn("verify", data, environment=environment, **environment_of_stranger)
        self.assertEqual(done.code, 0, done)

    # --- the ports

    def test_a_taken_port_is_named(self):
        cluster = self.make_cluster(1)
        for port, name in ((cluster.client_port(1), "client"), (cluster.peer_port(1), "peer")):
            with socket.create_server(("127.0.0.1", port)):
                done = self.start("1", config=cluster.config)
            self.assert_one_sentence(done, 1, f"127.0.0.1:{port}", name)

    # --- the command line and the cluster file

    def test_a_node_that_the_cluster_file_does_not_name_is_refused(self):
        self.assert_one_sentence(self.start("7"), 2, "node 7", self.cluster.config)

    def test_words_that_are_no_command_are_refused(self):
        for words in ((), ("serve",), ("server",), ("server", "one"), ("put", "k"), ("get",)):
            done = run_cairn(*words)
            self.assertEqual(done.code, 2, done)
            self.assertEqual(done.out, b"", done)
            self.assertNotEqual(done.err, "", done)

    def test_a_missing_cluster_file_is_named(self):
        missing = self.directory / "missing.toml"
        self.assert_one_sentence(self.start("1", config=missing), 2, missing, "No such file")
        done = self.start("1", "--config", missing)
        self.assert_one_sentence(done, 2, missing, "No such file")

    def test_a_bad_cluster_file_is_named_with_its_line(self):
        good = self.cluster.file_text()
        bad = {
            "this is not TOML": (":1", "not TOML"),
            good.replace("client_port", "client_prot", 1): ('"client_prot"', '"client_port"'),
            good.replace("id = 2", "id = 1"): ("two nodes with id 1",),
            good.replace('name = "cairn-test"', ""): ('"name"',),
            good.replace('name = "cairn-test"', "name = 5"): ('"name"',),
            good.replace(str(self.cluster.peer_port(2)), str(self.cluster.client_port(1))): (
                "both use",
            ),
            good.replace(str(self.cluster.peer_port(2)), "70000"): ("70000", "65535"),
            '[cluster]\nname = "x"\n': ("no nodes",),
        }
        for text, parts in bad.items():
            config = self.write_config(text)
            for words in (("server", "1"), ("put", "k", "v"), ("status",)):
                done = run_cairn(*words, environment=clean_environment(CAIRN_CONFIG=config))
                self.assertEqual(done.code, 2, done)
                self.assertEqual(len(done.err.splitlines()), 1, done)
                for part in (str(config), *parts):
                    self.assertIn(part, done.err, done)

    def test_an_open_address_without_encryption_is_refused_unless_it_is_said_to_be_insecure(self):
        text = self.cluster.file_text(host="192.0.2.1")
        done = self.start("1", config=self.write_config(text))
        self.assert_one_sentence(done, 2, "192.0.2.1", "insecure = true")
        config = self.write_config(text.replace("[cluster]", "[cluster]\ninsecure = true"))
        # Now the address is tried; this machine does not have it.
        done = self.start("1", "--data", self.directory / "node1", config=config)
        self.assert_one_sentence(done, 1, "192.0.2.1")

    def test_a_directory_that_is_no_nodes_does_not_verify(self):
        done = run_cairn("verify", self.directory)
        self.assert_one_sentence(done, 2, self.directory)
        done = run_cairn("verify", self.cluster[1].data)
        self.assert_one_sentence(done, 1, f"process {self.cluster[1].process.pid}")
