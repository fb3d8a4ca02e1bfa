"""The clients of the crash loop and their judge: the program cairn-crash beside cairn."""

import json
import pathlib
import subprocess

from cluster import PROGRAM, wait_until

CRASH_PROGRAM = pathlib.Path(PROGRAM).parent / "cairn-crash"


class CrashLoad:
    """Clients that write down all that they ask and hear, until `finish`."""

    def __init__(self, cluster, clients, seed):
        self.history = cluster.directory / "history.jsonl"
        self._process = cluster.adopt(
            subprocess.Popen(
                [CRASH_PROGRAM, "load", "--config", cluster.config, "--history", self.history]
                + ["--clients", str(clients), "--seed", str(seed)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def _ask(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the clients ended by themselves (exit code {self._process.wait()})"
        return json.loads(answer)

    def count(self):
        return self._ask("count")

    def begin_round(self):
        """The counts; a new gap in service begins."""
        return self._ask("round")

    def set_value_size(self, size):
        self._ask(f"values {size}")

    def wait_for(self, operations, patience=60):
        """Waits until so many more operations are acknowledged; false if that takes longer."""
        goal = self.count()["acknowledged"] + operations
        try:
            wait_until(
                f"the clients get {operations} more answers",
                lambda: self.count()["acknowledged"] >= goal,
                patience,
            )
        except AssertionError:
            return False
        return True

    def finish(self):
        """Ends the clients; each key is read once more. Returns the counts."""
        counts = self._ask("finish")
        self._process.stdin.close()
        code = self._process.wait()
        assert counts["ok"], "not every key could be read at the end"
        assert code == 0, f"the clients ended with exit code {code}"
        return counts


def judge(history, chain):
    """The verdict on the two files, and the sentences about what is wrong."""
    done = subprocess.run(
        [CRASH_PROGRAM, "check", "--history", history, "--chain", chain],
        capture_output=True,
        text=True,
        check=False,
    )
    verdict = json.loads(done.stdout) if done.stdout else {"ok": False, "breaches": 1}
    return verdict, done.stderr
