"""The crash loop itself: a short run of it is green, and it is no yes-man."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from cluster import PROGRAM, wait_until
from crash_load import CRASH_PROGRAM, judge

DRIVER = [sys.executable, "-B", "crash_loop.py"]


def processes_of(directory):
    """The running processes whose environment or words name the directory."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # ended, or of another user
        if str(directory).encode() in words:
            found.append(int(process.name))
    return found


class CrashLoop(unittest.TestCase):
    def start(self, *words, environment=None):
        process = subprocess.Popen(
            [*DRIVER, *words],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        return process

    def directory_in(self, text):
        return pathlib.Path(re.search(r"^directory (.+)$", text, re.MULTILINE).group(1))

    def test_a_short_run_is_green_and_what_it_left_is_refused_when_it_is_doctored(self):
        faults = "all,leader,replay,catch-up,rot,bare-majority"
        process = self.start("6", "--seed", "7", "--keep", "--faults", faults)
        text = process.stdout.read()
        directory = self.directory_in(text)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.assertEqual(process.wait(), 0, text)
        self.assertEqual(processes_of(directory), [])
        self.assertEqual(len(re.findall(r" +\d/6 .* ok$", text, re.MULTILINE)), 6, text)
        self.assertNotIn("WRONG", text)
        self.assertIn("Nothing that was acknowledged is lost.", text)

        history, chain = directory / "history.jsonl", directory / "chain.jsonl"
        verdict, words = judge(history, chain)
        self.assertTrue(verdict["ok"], words)
        self.assertGreater(verdict["acknowledged_writes"], 100)
        self.lose_a_write(chain)
        verdict, words = judge(history, chain)
        self.assertFalse(verdict["ok"])
        self.assertIn("C2 loss", words)

    def lose_a_write(self, chain):
        """Takes the first put that a client made out of the chain."""
        blocks = [json.loads(line) for line in chain.read_text("utf-8").splitlines()]
        block = next(b for b in blocks if any(r["op"] == "put" for r in b["requests"]))
        block["requests"] = [r for r in block["requests"] if r["op"] != "put"]
        chain.write_text("".join(json.dumps(b) + "\n" for b in blocks), "utf-8")

    def test_ctrl_c_ends_all_that_it_started_and_deletes_its_directory(self):
        process = self.start("1000", "--seed", "7", "--nodes", "3", "--clients", "2")
        process.stdout.readline()
        directory = self.directory_in(process.stdout.readline())
        wait_until("nodes and clients run", lambda: len(processes_of(directory)) >= 4)
        process.send_signal(signal.SIGINT)
        text = process.stdout.read()
        self.assertEqual(process.wait(), 130, text)
        self.assertEqual(processes_of(directory), [])
        self.assertFalse(directory.exists())

    def test_a_node_that_ends_by_itself_is_a_failure_that_can_be_replayed(self):
        programs = pathlib.Path(tempfile.mkdtemp(prefix="cairn-test-"))
        self.addCleanup(shutil.rmtree, programs)
        self.make_program_whose_second_node_starts_only_once(programs)
        process = self.start(
            *("1000", "--seed", "7", "--nodes", "3", "--faults", "all"),
            environment={**os.environ, "CAIRN_PROGRAM": str(programs / "cairn")},
        )
        text = process.stdout.read()
        directory = self.directory_in(text)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.assertEqual(process.wait(), 1, text)
        self.assertIn("FAILED: in round 1: node 2 ended by itself with exit code 9", text)
        self.assertIn("scripts/crash_loop.sh 1000 --seed 7 --nodes 3 --clients 16 --faults all", text)
        self.assertEqual(processes_of(directory), [])
        self.assertTrue((directory / "history.jsonl").exists())

    def make_program_whose_second_node_starts_only_once(self, programs):
        (programs / "cairn-crash").symlink_to(CRASH_PROGRAM)
        program = programs / "cairn"
        program.write_text(
            f"""#!/bin/sh
            if [ "$1 $2" = "server 2" ]; then
              [ -e {programs}/started ] && exit 9
              touch {programs}/started
            fi
            exec {PROGRAM} "$@"
            """
        )
        program.chmod(0o755)
