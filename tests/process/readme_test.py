"""The session in README.md, typed as it stands there."""

import pathlib
import re
import subprocess

from case import ProcessTest
from cluster import PATIENCE, PROGRAM, clean_environment, wait_until

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
SERVER = re.compile(r"build/cairn server (\d)( +# … and server 2, 3, 4, 5)?$")
VERIFY = re.compile(r"build/cairn verify data/node(\d)$")
# What differs between two runs of the same session, and what stands for it.
VARIES = (
    (re.compile(r"\b[0-9a-f]{12,}\b|\b[0-9a-f]{4}…|\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC"), "TIME"),
    (re.compile(r"nonce +\d+"), "nonce N"),
    (re.compile(r"\b(leader|follower)\b( +\d+\.\d\b)?"), "ROLE"),
    (re.compile(r"\bnode \d (says|leads|is connected)\b"), r"node N \1"),
    (re.compile(r"\d+\.\d (m?s)\b"), r"N \1"),
    (re.compile(r"[ \t]+"), " "),
)


def steps_of(text):
    """The session as (command, expected output) pairs; a server's expected output is None."""
    session = text.split("## A session\n")[1].split("\n## ")[0]
    steps = []
    for line in session.splitlines():
        if not line.startswith("    "):
            continue
        line = line.removeprefix("    ")
        if line.startswith("$ "):
            steps.append((line.removeprefix("$ "), []))
        elif SERVER.match(line):
            steps.append((line, None))
        else:
            steps[-1][1].append(line)
    return steps


def what_matters(text):
    for pattern, name in VARIES:
        text = pattern.sub(name, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


class Readme(ProcessTest):
    maxDiff = None

    def setUp(self):
        self.cluster = self.make_cluster(5)
        # The paths of the README lead to this cluster.
        (self.cluster.directory / "build").mkdir()
        (self.cluster.directory / "build" / "cairn").symlink_to(PROGRAM)
        (self.cluster.directory / "data").symlink_to(self.cluster.directory)

    def type(self, command):
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.cluster.directory,
            env=clean_environment(CAIRN_CONFIG=self.cluster.config),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        ).stdout.decode()

    def start(self, server):
        if server[2]:
            self.cluster.form()
        else:
            self.cluster.start(int(server[1]))
            self.cluster.leader()

    def test_the_session_of_the_readme_is_what_the_program_says(self):
        steps = steps_of(README.read_text("utf-8"))
        self.assertGreater(len(steps), 10)
        for command, expected in steps:
            server = SERVER.match(command)
            if server:
                self.start(server)
                continue
            verified = VERIFY.match(command)
            if verified:
                self.cluster[int(verified[1])].stop()
            expected = what_matters("\n".join(expected))
            if "no majority" in " ".join(expected):
                wait_until("no node leads", lambda: not self.cluster.status()["leader"])
            said = what_matters(self.type(command))
            if "cairn status" in command:
                # A follower hears of the last decision a moment later.
                wait_until("the nodes settle", lambda: what_matters(self.type(command)) == expected)
                continue
            self.assertEqual(said, expected, command)
            killed = re.match(r"build/cairn fault failProcess (\d)", command)
            if killed:
                self.cluster[int(killed[1])].wait_exit()
