"""What the surroundings refuse to a start is no damage: the node ends with a sentence, nothing is
moved or lost, and the same start succeeds when the cause is gone. And who was once a member of a
cluster never helps to form another one, whatever has become of its data."""

import errno
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import refusals
from case import ProcessTest
from cluster import PROGRAM, clean_environment, run_cairn, wait_until
from small_disk import MIB, Forbidden, SmallDisk, enter_namespace

NOBODY = 65534
ERRORS = ("EACCES", "EROFS", "EIO", "ENOMEM", "ENFILE", "EMFILE", "EDQUOT", "EPERM", "ENOSPC")
KEYS = 5


def files(root):
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "LOCK"
    }


class Environment(ProcessTest):
    def form(self, size=3):
        cluster = self.make_cluster(size).form()
        for number in range(KEYS):
            cluster.put(f"k{number}", f"value {number}")
        cluster.settle()
        cluster.stop()
        return cluster

    def assert_all_is_there(self, cluster):
        cluster.start()
        cluster.leader()
        for number in range(KEYS):
            self.assertEqual(cluster.get(f"k{number}"), f"value {number}".encode())

    def assert_refused(self, node, *parts):
        """It ends by itself with one sentence."""
        self.assertEqual(node.wait_exit(), 1, node.log())
        last = node.log().splitlines()[-1]
        self.assertTrue(last.startswith("cairn: "), node.log())
        for part in parts:
            self.assertIn(str(part), last)

    def test_no_error_of_an_open_below_the_ledger_moves_anything_on_any_node(self):
        cluster = self.form()
        before = {node.id: files(node.data) for node in cluster.nodes.values()}
        for name in ERRORS:
            number = getattr(errno, name)
            for node in cluster.nodes.values():
                node.start(wrap=refusals.wrap(node.data / "ledger", number, "open"))
            for node in cluster.nodes.values():
                self.assert_refused(node, node.data / "ledger", os.strerror(number))
        after = {node.id: files(node.data) for node in cluster.nodes.values()}
        self.assertEqual(before, after)
        self.assert_all_is_there(cluster)

    def test_a_ledger_without_permission_is_no_damage(self):
        if os.getuid() != 0:
            self.skipTest("only root can give files to somebody else")
        cluster = self.form()
        program = cluster.directory / "cairn"
        shutil.copy(PROGRAM, program)
        cluster.directory.chmod(0o755)
        for node in cluster.nodes.values():
            for path in [node.data, *node.data.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
            os.chown(node.data / "ledger", 0, 0)
            (node.data / "ledger").chmod(0o700)
            done = run_cairn(
                "server",
                str(node.id),
                program=program,
                environment=clean_environment(CAIRN_CONFIG=cluster.config),
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
                cwd="/",
            )
            self.assertEqual(done.code, 1, done)
            self.assertIn(f"{node.data}/ledger", done.err)
            self.assertIn("Give this user permission", done.err)
            self.assertFalse((node.data / "quarantine").exists())
        self.assert_all_is_there(cluster)

    def test_nodes_that_have_all_lost_their_ledgers_do_not_form_anew(self):
        cluster = self.form()
        for node in cluster.nodes.values():
            shutil.rmtree(node.data / "ledger")
        cluster.start()
        commands = []
        for node in cluster.nodes.values():
            node.says(r" error .*was a member of a cluster that had formed")
            commands.append(re.search(r"`(mv -T [^`]*)`", node.log())[1])
        status = cluster.cairn("status")
        self.assertEqual(status.code, 4, status)
        self.assertIn("nodes 1, 2 and 3 have lost what they knew", status.text)
        refused = cluster.cairn("put", "--timeout", "2", "k", "v")
        self.assertEqual(refused.code, 4, refused)
        self.assertNotEqual(cluster.cairn("get", "k1", "--timeout", "2").code, 3)
        for again in range(2):
            cluster.stop()
            cluster.start()
            for node in cluster.nodes.values():
                node.says(r" error .*was a member of a cluster that had formed")
        # One that is new, beside them, does not help.
        cluster.kill(1)
        shutil.rmtree(cluster[1].data)
        cluster.start(1)
        refused = cluster.cairn("put", "--timeout", "2", "k", "v")
        self.assertEqual(refused.code, 4, refused)
        # Who really wants a new cluster.
        cluster.stop()
        for command in commands[1:]:
            subprocess.run(command, shell=True, check=True)
        cluster.start()
        cluster.leader()
        self.assertIsNone(cluster.get("k1"))

    def test_a_forgotten_memory_is_put_back_by_hand_as_the_text_says(self):
        cluster = self.form()
        node = cluster[2]
        before = (node.data / "identity").read_bytes()
        # The disk of the ledger is not mounted.
        (node.data / "ledger").rename(cluster.directory / "elsewhere")
        (node.data / "ledger").mkdir()
        node.start()
        node.says("has lost the chain")
        command = re.search(r"put that back with `([^`]*)`", node.log())[1]
        node.stop()
        self.assertNotEqual((node.data / "identity").read_bytes(), before)
        subprocess.run(command, shell=True, check=True)
        (node.data / "ledger").rmdir()
        (cluster.directory / "elsewhere").rename(node.data / "ledger")
        self.assertEqual((node.data / "identity").read_bytes(), before)
        self.assert_all_is_there(cluster)
        cluster.settle()
        cluster.stop()
        cluster.verify_all()

    def test_an_empty_node_takes_little_room(self):
        cluster = self.make_cluster(1).form()
        blocks = sum(path.stat().st_blocks for path in cluster[1].data.rglob("*"))
        self.assertLess(blocks * 512, 8 * MIB)


class Limits(ProcessTest):
    """Every start that meets a limit ends with a sentence that names it, its value and the need."""

    def start(self, limit, words, **options):
        script = f'ulimit {limit} && exec "$0" "$@"'
        return run_cairn(
            "-c", script, options.pop("binary", PROGRAM), *words, program="/bin/sh", **options
        )

    def assert_named(self, done, option, value, need="needs"):
        self.assertEqual(done.code, 1, done)
        lines = done.err.splitlines()
        self.assertEqual(len(lines), 1, done)
        for part in ("cairn: ", f"(ulimit {option}", str(value), need):
            self.assertIn(part, lines[0], done)

    def test_limits_of_files_and_of_memory_are_named(self):
        cluster = self.make_cluster(1).form()
        cluster.put("k", "v")
        cluster.stop()
        before = files(cluster[1].data)
        environment = clean_environment(CAIRN_CONFIG=cluster.config)
        for verb in (("server", "1"), ("verify", str(cluster[1].data)), ("get", "k")):
            for count in (*range(4, 33, 4), 13):
                done = self.start(f"-n {count}", verb, environment=environment)
                self.assert_named(done, "-n", count)
        for mib in (250, 400):
            done = self.start(f"-v {mib * 1024}", ("server", "1"), environment=environment)
            self.assert_named(done, "-v", f"{mib} MiB")
        # The shell counts in pieces of 512 bytes.
        for pieces in (0, 2, 2048, 20480):
            done = self.start(f"-f {pieces}", ("server", "1"), environment=environment)
            self.assert_named(done, "-f", f"{pieces // 2048} MiB")
        self.assertEqual(files(cluster[1].data), before)
        cluster.start()
        cluster.leader()
        self.assertEqual(cluster.get("k"), b"v")

    def test_a_limit_of_processes_is_named(self):
        if os.getuid() != 0:
            self.skipTest("this user may have processes beside the tests")
        cluster = self.make_cluster(1)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-test-"))
        self.addCleanup(shutil.rmtree, directory)
        directory.chmod(0o755)
        cluster.directory.chmod(0o755)
        binary = shutil.copy(PROGRAM, directory / "cairn")
        for count in (1, 5, 12):
            script = (
                "import os, resource, sys\n"
                f"resource.setrlimit(resource.RLIMIT_NPROC, ({count}, {count}))\n"
                f"os.setgid({NOBODY})\nos.setuid({NOBODY})\n"
                "os.execv(sys.argv[1], sys.argv[1:])"
            )
            done = run_cairn(
                "-c",
                script,
                str(binary),
                "server",
                "1",
                "--data",
                str(directory / "node1"),
                program=shutil.which("python3"),
                environment=clean_environment(CAIRN_CONFIG=cluster.config),
                cwd="/",
            )
            self.assert_named(done, "-u", count, "threads that a node needs")
            self.assertFalse((directory / "node1").exists())


class StartWithoutRoom(ProcessTest):
    def setUp(self):
        try:
            enter_namespace()
        except Forbidden as reason:
            raise unittest.SkipTest(f"no small disks here: {reason}") from None
        self.cluster = self.make_cluster(1)
        self.node = self.cluster[1]
        self.disk = SmallDisk(self.node.data)
        self.addCleanup(self.disk.unmount)

    def test_a_start_says_what_room_it_needs_and_with_little_more_it_serves_what_it_has(self):
        cluster, node = self.cluster, self.node
        cluster.form()
        cluster.put("k", "v")
        cluster.kill()
        before = files(node.data)
        for leave in (0, 4096, MIB, 8 * MIB):
            self.disk.fill(leave)
            node.start()
            self.assertEqual(node.wait_exit(), 1, node.log())
            words = node.log().splitlines()[-1]
            self.assertRegex(words, r"^cairn: the disk of .*node1 has \d+ bytes free, .*needs \d+")
            self.disk.empty()
            self.assertEqual(files(node.data), before)
        self.disk.fill(32 * MIB)
        node.start()
        node.says("leads")
        self.assertEqual(cluster.get("k"), b"v")
        self.assertEqual(cluster.cairn("put", "--json", "k", "w").json["error"], "full")
        self.disk.empty()
        wait_until("there is room", lambda: cluster.cairn("put", "k", "w").code == 0)
        cluster.stop()
        cluster.verify_all()
