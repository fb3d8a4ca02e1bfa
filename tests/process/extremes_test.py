"""Every field of every call of a client at its extremes: each call is answered, no node dies of it or
stands still, and what others have written, and were told, stays as it was: through an election and
a restart of all."""

import itertools

from case import ProcessTest
from cluster import Cluster
from raw_client import (
    RawClient,
    chain,
    fault,
    fields_of,
    get,
    header_of,
    hello,
    replies_in,
    request,
    stale,
    status,
)

MOST = (1 << 64) - 1
EXTREMES = (0, 1, 1024, (1 << 56) - 1, 1 << 56, 1 << 63, MOST)
KEYS = (b"", b"\0", b"\xff" * 4096, b"x" * 4097, b"x" * 65536)
VALUES = (b"", b"v" * (1 << 20), b"v" * ((1 << 20) + 1))
NUMBERS = ("client", "sequence", "first_open", "session_base", "op")
BESIDE = {f"beside{number}": f"value {number}" for number in range(10)}
FIRST_STRANGER = 1 << 40
# Calls that are open.
AT_ONCE = 64
# The code of an Answer to a call that can't be taken.
USAGE = 2


def extreme_calls():
    """(call without its id, whether it is malformed) of each."""
    stranger = itertools.count(FIRST_STRANGER)

    def write(**fields):
        fields = {"client": next(stranger), "key": b"stranger", "value": b"v", **fields}
        return lambda call_id: request(call_id, **fields)

    for one, other in itertools.combinations(NUMBERS, 2):
        for first, second in itertools.product(EXTREMES, repeat=2):
            yield write(**{one: first, other: second})
    for key in KEYS:
        yield write(key=key)
        yield write(key=key, op=2, value=b"")
        yield lambda call_id, key=key: get(key, call_id)
        yield lambda call_id, key=key: stale(key, call_id)
    for value in VALUES:
        yield write(value=value)
        yield write(value=value, op=2)
    for first, last in itertools.product(EXTREMES, repeat=2):
        yield lambda call_id, first=first, last=last: chain(first, last, call_id)
    # Not 3, which ends the process as it should.
    for kind, a, b in itertools.product((0, 1, 2, 4, 1 << 31, MOST), (0, 10, 1 << 31, MOST), EXTREMES):
        yield lambda call_id, kind=kind, a=a, b=b: fault(kind, a, b, call_id)
    yield hello
    yield status


class ClientExtremes(ProcessTest):
    def setUp(self):
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.close)
        type(self)._clusters.append(self.cluster)
        self.header = header_of(self.cluster)
        self.cluster.form()

    def ask(self, node_id, calls):
        """The replies by id, when each call has one."""
        client = RawClient(self.cluster.client_port(node_id), self.header)
        replies = {}
        try:
            for begin in range(0, len(calls), AT_ONCE):
                part = calls[begin : begin + AT_ONCE]
                for call_id, call in part:
                    client.say(call(call_id))
                while len(replies) < begin + len(part):
                    for call_id, verb, body in replies_in(client.hear()):
                        self.assertNotIn(call_id, replies, "a call is answered once")
                        replies[call_id] = (verb, body)
        finally:
            client.close()
        self.assertEqual(set(replies), {call_id for call_id, _ in calls})
        return replies

    def write_once(self, node_id):
        """The same transmission of somebody's only write; code and slot of its answer."""
        mine = lambda call_id: request(call_id, client=77, key=b"once", value=b"v")
        (answer,) = self.ask(node_id, [(1, mine)]).values()
        parts = dict(fields_of(answer[1]))
        return parts.get(1, 0), parts.get(3)

    def the_others_are_as_they_were(self):
        for key, value in BESIDE.items():
            self.assertEqual(self.cluster.get(key), value.encode())
        for node_id, node in self.cluster.nodes.items():
            self.assertTrue(node.running, node.log())
            self.cluster.put("serves", str(node_id), "--node", str(node_id))

    def test_whatever_a_client_calls_the_others_keep_their_history(self):
        cluster = self.cluster
        for key, value in BESIDE.items():
            cluster.put(key, value)
        first = self.write_once(cluster.leader())
        self.assertEqual(first[0], 0)
        calls = list(enumerate(extreme_calls(), start=1))
        for node_id in cluster.nodes:
            replies = self.ask(node_id, calls)
            refused = sum(dict(fields_of(b)).get(1) == USAGE for v, b in replies.values() if v == 17)
            self.assertGreater(refused, len(calls) // 2, "most of it can't be taken")
            self.the_others_are_as_they_were()

        old = cluster.leader()
        cluster.kill(old)
        new = cluster.leader(other_than=old)
        self.assertEqual(self.write_once(new), first, "a retry gets the first answer")
        self.ask(new, calls)
        cluster.start(old)
        cluster.settle()
        self.the_others_are_as_they_were()

        cluster.kill()
        cluster.start()
        self.assertEqual(self.write_once(cluster.leader()), first)
        self.the_others_are_as_they_were()
        cluster.settle()
        cluster.stop()
        cluster.verify_all()

    def test_a_call_may_bear_any_id(self):
        for call_id in (0, MOST):
            for node_id in self.cluster.nodes:
                replies = self.ask(node_id, [(call_id, hello)])
                self.assertEqual(list(replies), [call_id])
