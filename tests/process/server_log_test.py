"""What a server says in its log, to signals, and on a terminal beside what a person types."""

import os
import pty
import re
import select
import signal
import subprocess
import time

from case import ProcessTest
from cluster import PATIENCE, PROGRAM, clean_environment, die_with_the_tests, wait_until

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z node \d (info|warning|error) \S")


class Terminal:
    """A server on a terminal of its own, and what a person sees there."""

    def __init__(self, cluster, node_id):
        self._person, server = pty.openpty()
        self.process = cluster.adopt(
            subprocess.Popen(
                [PROGRAM, "server", str(node_id)],
                stdin=server,
                stdout=server,
                stderr=server,
                env=clean_environment(CAIRN_CONFIG=cluster.config, TERM="xterm"),
                preexec_fn=die_with_the_tests,
            )
        )
        os.close(server)
        self.seen = ""

    def type(self, keys):
        os.write(self._person, keys.encode())

    def sees(self, pattern):
        """Waits for words after all that was seen before; the terminal's escapes are left out."""
        deadline = time.monotonic() + PATIENCE
        fresh = ""
        while not (found := re.search(pattern, fresh)):
            assert time.monotonic() < deadline, f"not seen: /{pattern}/ in {fresh!r}"
            if select.select([self._person], [], [], 0.2)[0]:
                self.seen += os.read(self._person, 65536).decode("utf-8", "replace")
                fresh = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)
        self.seen = ""
        return found

    def close(self):
        os.close(self._person)


class ServerLog(ProcessTest):
    def test_every_line_has_a_date_and_the_time_in_utc(self):
        cluster = self.make_cluster(1).form()
        before = time.time()
        node = cluster[1]
        node.signal(signal.SIGUSR2)
        node.says("SIGUSR2")
        lines = node.log().splitlines()
        for line in lines:
            self.assertRegex(line, LINE)
        self.assertLess(time.strftime("%Y-%m-%dT%H:%M", time.gmtime(before)), lines[-1])

    def test_no_signal_that_is_no_crash_ends_a_server_without_a_line(self):
        cluster = self.make_cluster(1).form()
        node = cluster[1]
        for name in ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO"):
            node.signal(getattr(signal, name))
            node.says(name if name != "SIGIO" else "SIG(IO|POLL)")
        node.signal(signal.SIGRTMIN + 3)
        node.says(f"signal {signal.SIGRTMIN + 3} came")
        cluster.put("k", "served still")
        self.assertEqual(node.stop(), 0)

    def test_a_log_that_was_moved_away_goes_on_in_a_new_file(self):
        cluster = self.make_cluster(1).form()
        node = cluster[1]
        old = node.log_path.with_suffix(".log.1")
        for _ in range(2):
            node.log_path.rename(old)
            node.signal(signal.SIGHUP)
            wait_until("the log is opened again", lambda: node.log_path.exists())
            node._log_start = 0
            node.says("the log was opened again")
            self.assertIn(str(node.log_path), old.read_text("utf-8").splitlines()[-1])
            cluster.put("k", "served still")
        self.assertEqual(node.stop(), 0)
        self.assertIn("stops cleanly", node.log_path.read_text("utf-8"))
        self.assertNotIn("stops cleanly", old.read_text("utf-8"))

    def test_the_death_and_the_return_of_a_node_are_a_line_at_the_others(self):
        cluster = self.make_cluster(3).form()
        cluster.settle()
        victim = cluster.follower()
        others = [node for node in cluster.nodes.values() if node.id != victim]
        cluster.kill(victim)
        for node in others:
            node.says(f"node {victim} is silent: nothing has been heard from it")
        cluster.start(victim)
        for node in others:
            node.says(rf"node {victim} is heard again, after \d+\.\d s of silence")

    def test_a_node_killed_soon_after_forming_is_not_forming_when_it_starts_again(self):
        cluster = self.make_cluster(3).form()
        # Block 1 takes all nodes: who does not know it as decided has to ask all again.
        for node in cluster.nodes.values():
            node.says("belongs to the cluster")
        cluster.kill()
        cluster.start(1, 2)
        for node_id in (1, 2):
            cluster[node_id].says("leads")
            self.assertNotIn("forming", cluster[node_id].log())

    def test_a_cut_link_is_cut_at_both_ends_after_the_restart_of_either(self):
        cluster = self.make_cluster(3).form()
        cluster[1].answers("failLink(1,3)", "is cut")

        def ends():
            nodes = {node["id"]: node for node in cluster.status()["nodes"]}
            return [nodes[1]["links"] and nodes[1]["links"]["3"], nodes[3]["links"] and nodes[3]["links"]["1"]]

        wait_until("both ends see the cut", lambda: ends() == ["cut", "cut"])
        for restarted in (1, 3):
            cluster.kill(restarted)
            cluster.start(restarted)
            wait_until("both ends see it again", lambda: ends() == ["cut", "cut"])
        cluster[3].answers("fixLink(1,3)", "is mended")
        wait_until("both ends see it mended", lambda: ends() == ["up", "up"])


class ServerTerminal(ProcessTest):
    def test_what_is_half_typed_is_drawn_again_below_a_line_of_the_log(self):
        cluster = self.make_cluster(1)
        terminal = Terminal(cluster, 1)
        self.addCleanup(terminal.close)
        terminal.sees(r"node 1 leads")
        terminal.type("print")
        terminal.sees(r"print")
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.sees(r"SIGUSR1\) came .*\r\n+server 1> print$")
        terminal.type("Queue\r")
        terminal.sees(r"0 waiting")
        terminal.type("Operation(put, k, v)\r")
        terminal.sees(r"`cairn client 1`")

    def test_control_d_says_goodbye_and_the_server_goes_on(self):
        cluster = self.make_cluster(1)
        terminal = Terminal(cluster, 1)
        self.addCleanup(terminal.close)
        terminal.sees(r"node 1 leads")
        terminal.type("\x04")
        terminal.sees(r"Goodbye: .*node 1 goes on serving")
        cluster.put("k", "served still")
        terminal.process.send_signal(signal.SIGHUP)
        terminal.sees(r"SIGHUP")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.sees(r"stops cleanly")
        self.assertEqual(terminal.process.wait(PATIENCE), 0)

    def test_quit_ends_it_cleanly(self):
        cluster = self.make_cluster(1)
        terminal = Terminal(cluster, 1)
        self.addCleanup(terminal.close)
        terminal.sees(r"node 1 leads")
        terminal.type("quit\r")
        terminal.sees(r"stops cleanly")
        self.assertEqual(terminal.process.wait(PATIENCE), 0)
