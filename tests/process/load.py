"""Clients that write while things go wrong: consoles on pipes, and threads that drive them."""

import json
import subprocess
import threading

from cluster import PROGRAM, clean_environment, wait_until


class Shell:
    """A `cairn client N --json` on a pipe: a line in, an object out."""

    def __init__(self, cluster, node_id, timeout=20):
        self.process = cluster.adopt(
            subprocess.Popen(
                [PROGRAM, "client", str(node_id), "--json", "--timeout", str(timeout)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=clean_environment(CAIRN_CONFIG=cluster.config),
            )
        )

    def ask(self, line):
        self.say(line)
        return self.hear()

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        answer = self.process.stdout.readline()
        assert answer, "the client console ended"
        return json.loads(answer)

    def close(self):
        """Ends the input; returns the exit code."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Writer(threading.Thread):
    """Writes through one node, one operation after the other, until it is told to stop or, if
    `until_refused`, until an answer is not ok. `lines` yields what is typed."""

    def __init__(self, cluster, node_id, lines, timeout=20, until_refused=False):
        super().__init__(daemon=True)
        self.shell = Shell(cluster, node_id, timeout)
        self.acknowledged = []  # (line, answer)
        self.refused = []
        self._lines = lines
        self._until_refused = until_refused
        self._told_to_stop = threading.Event()
        self._error = None
        self.start()

    def run(self):
        try:
            for line in self._lines:
                answer = self.shell.ask(line)
                (self.acknowledged if answer["ok"] else self.refused).append((line, answer))
                if self._told_to_stop.is_set() or (self._until_refused and not answer["ok"]):
                    break
        except Exception as error:  # pylint: disable=broad-except
            self._error = error  # told to whoever joins

    def wait_for(self, count):
        """Waits until so many more operations are acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(
            f"{count} more operations are acknowledged",
            lambda: len(self.acknowledged) >= goal or not self.is_alive(),
        )
        assert len(self.acknowledged) >= goal, f"the writer ended: {self._error} {self.refused}"

    def tell_to_stop(self):
        """After the operation under way."""
        self._told_to_stop.set()

    def finish(self):
        """Stops after the operation under way; returns what was acknowledged."""
        self.tell_to_stop()
        self.join()
        self.shell.close()
        if self._error is not None:
            raise AssertionError(f"a writer failed: {self._error!r}")
        return self.acknowledged


def unique_puts(name):
    """Every key and value only once."""
    count = 0
    while True:
        count += 1
        yield f"put {name}-{count} value-of-{name}-{count}"


def put_and_delete(name):
    """Pairs that tell at once if one of them was applied twice: of two deletions of a key the
    second finds nothing."""
    count = 0
    while True:
        count += 1
        yield f"put {name}-{count} {count}"
        yield f"del {name}-{count}"


def slots_of(chain):
    """(op, key, value) of every client's request -> the slots where it is, in order. More than one:
    it was sealed again for a client that asked again; only the first one is applied."""
    slots = {}
    for block in chain:
        for request in block["requests"]:
            if request["op"] in ("put", "del"):
                operation = (request["op"], request["key"], request["value"])
                slots.setdefault(operation, []).append(block["slot"])
    return slots


def operation_of(line):
    """The operation that the line of a writer asks for, as slots_of names it."""
    verb, key, *value = line.split()
    return (verb, key, value[0] if value else None)
