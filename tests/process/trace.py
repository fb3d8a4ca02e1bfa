"""What a node did, seen from outside: the system calls that strace saw, in their order, and the
messages that left through its sockets.

A call's `begin` and `end` are microseconds of one clock, so that the traces of several nodes can be
compared. strace reads it before a call begins and after it has ended: if the `end` of a sync is not
after the `begin` of a send, the sync was done when the send began.
"""

import ast
import bisect
import dataclasses
import pathlib
import re

from cluster import wait_until

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
CALLS = "write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync"
GREETING_BYTES = 64  # ZMTP 3, before the first frame

NEVER = 1 << 62

# strace fills a process id of fewer than five digits up with blanks.
_LINE = re.compile(r"^(\d+) +(\d+)\.(\d{6}) (.*)$")
_BEGIN = re.compile(r"^(\w+)\((.*)$")
_RESULT = re.compile(r"\) += (-?\d+)[^)]*?(?: \([^)]*\))*(?: <(\d+)\.(\d{6})>)$")
_DATA = re.compile(r'^(\d+)<(.*?)>, "((?:[^"\\]|\\.)*)"(\.\.\.)?, (\d+)')
_SYNC = re.compile(r"^(\d+)<(.*?)>")
_CONNECTION = re.compile(r"^TCP:\[\S+:(\d+)->\S+:(\d+)\]$")


def wrap(path, *more):
    """The command that runs a node under strace. The node keeps its process id (-D); only the named
    calls are stopped at (--seccomp-bpf)."""
    return [
        *("strace", "-D", "-f", "--seccomp-bpf", "-ttt", "-T", "-yy", "-s", "8000000", "-q"),
        *("-e", f"trace={CALLS}", "-o", str(path), *more),
    ]


@dataclasses.dataclass
class Call:
    name: str
    where: str  # the file or connection
    data: bytes
    begin: int
    end: int = NEVER  # it was cut off by the node's death
    result: int = -1


@dataclasses.dataclass
class Message:
    """One message that left the node."""

    local_port: int
    remote_port: int
    verb: str
    fields: dict
    begin: int  # of the call that carried the first byte of its frame


def calls(path, process):
    """All calls of a node that has ended, in the order of their beginnings."""
    # strace itself ends a moment after the node, whose first thread is the last to be told of.
    last = re.compile(rf"^{process.pid} +\S+ \+\+\+ .* \+\+\+\n", re.M)
    wait_until("strace has written its last line", lambda: last.search(path.read_text()[-9999:]))
    found = []
    open_calls = {}
    for line in path.read_text(encoding="ascii").splitlines():
        thread, seconds, fraction, rest = _LINE.match(line).groups()
        begun = _BEGIN.match(rest)
        if begun:
            open_calls[thread] = _call(begun, int(seconds + fraction))
            found.append(open_calls[thread])
        ended = _RESULT.search(rest)
        if ended and thread in open_calls:
            call = open_calls.pop(thread)
            call.result = int(ended.group(1))
            call.end = call.begin + int(ended.group(2) + ended.group(3))
    return found


def _call(begun, time):
    name, rest = begun.groups()
    place = _DATA.match(rest)
    if not place:
        place = _SYNC.match(rest)
        return Call(name, place.group(2) if place else "", b"", time)
    assert place.group(4) is None, "strace shortened a message"
    return Call(name, place.group(2), ast.literal_eval(f'b"{place.group(3)}"'), time)


def messages(all_calls, node_port, kind):
    """The messages in envelopes `kind` that left through connections of which `node_port` is an end:
    its own port for what it answers, another node's for what it sends there."""
    streams = {}
    for call in all_calls:
        connection = _CONNECTION.match(call.where)
        if connection and call.name == "sendto" and call.result > 0:
            ports = tuple(int(port) for port in connection.groups())
            if node_port in ports:
                streams.setdefault((ports, call.where), []).append(call)
    place, verbs = _format(kind)
    for ((local, remote), _), sends in streams.items():
        for frame, begin in _frames(sends):
            for one in (content for number, content in _fields(frame) if number == place):
                for number, content in _fields(one):
                    if number in verbs:
                        yield Message(local, remote, verbs[number], fields_of(content), begin)


def _frames(sends):
    """The frames of a ZMTP stream, each with the begin of the call that its first byte was in."""
    stream = b"".join(call.data[: call.result] for call in sends)
    starts = []
    length = 0
    for call in sends:
        starts.append((length, call.begin))
        length += call.result
    at = GREETING_BYTES
    while at + 2 <= len(stream):
        flags = stream[at]
        wide = flags & 2
        size_end = at + (9 if wide else 2)
        size = int.from_bytes(stream[at + 1 : size_end], "big")
        frame = stream[size_end : size_end + size]
        is_command = flags & 4
        if not is_command and len(frame) == size and size > 0:
            yield frame, starts[bisect.bisect_right(starts, (at, NEVER)) - 1][1]
        at = size_end + size


def fields_of(message):
    """The fields of a Protobuf message by number; the last one of a number counts."""
    return dict(_fields(message))


def _fields(message):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        yield tag >> 3, message[at : at + size]
        at += size


def _format(kind):
    """From the .proto files: the number of the field that holds an envelope's messages, and the
    numbers of their bodies, {22: "accepted", …}."""
    text = "".join(file.read_text() for file in sorted(PROTO.glob("*.proto")))
    envelope = re.search(rf"message {kind} {{(.*?)\n}}", text, re.S).group(1)
    message, place = re.search(r"repeated (\w+) \w+ = (\d+);", envelope).groups()
    bodies = re.search(rf"message {message} {{.*?oneof body {{(.*?)}}", text, re.S).group(1)
    return int(place), {int(n): name for name, n in re.findall(r"(\w+) = (\d+);", bodies)}


def ballot_bytes(field):
    """A ballot of the wire as the ledger and the guard keep it: round, node, incarnation."""
    fields = fields_of(field)
    round_and_node = fields.get(1, 0).to_bytes(8, "little") + fields.get(2, 0).to_bytes(4, "little")
    return round_and_node + fields.get(3, bytes(8))


class Disk:
    """What was on the disk of a node when."""

    def __init__(self, all_calls):
        on_files = [call for call in all_calls if call.where.startswith("/")]
        self._writes = [c for c in on_files if c.name.startswith(("write", "pwrite"))]
        self._syncs = [c for c in on_files if c.name in ("fdatasync", "fsync") and c.result == 0]

    def synced_at(self, file, needles):
        """When the first write of one of `needles` to the file whose path matches was synced: the
        end of the first sync of that file that began after the write."""
        for write in self._writes:
            if any(needle in write.data for needle in needles) and re.search(file, write.where):
                syncs = (
                    sync.end
                    for sync in self._syncs
                    if sync.where == write.where and sync.begin >= write.end
                )
                return min(syncs, default=NEVER)
        return NEVER
