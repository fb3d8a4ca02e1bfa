"""A client that speaks the wire itself, and so may do what no client of cairn does: ask and not read,
ask thousands of things in one frame, go away in the middle.

What every frame of a client says of itself (version, cluster) is what the program itself says: a real
client is heard once, by a port that takes its call and does not answer.
"""

import socket
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(16) + b"\x00" + bytes(31)
PATIENCE = 60


def _command(name, data):
    body = bytes([len(name)]) + name + data
    return b"\x04" + bytes([len(body)]) + body


def _ready(kind, routing_id=None):
    data = b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    if routing_id is not None:
        data += b"\x08Identity" + struct.pack(">I", len(routing_id)) + routing_id
    return _command(b"READY", data)


def _varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _field(number, data):
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _call(call_id, verb, data):
    return _field(32, b"\x09" + struct.pack("<Q", call_id) + _field(verb, data))


def get(key, call_id=1):
    return _call(call_id, 18, _field(1, key if isinstance(key, bytes) else key.encode()))


def stale(key, call_id=1):
    return _call(call_id, 19, _field(1, key if isinstance(key, bytes) else key.encode()))


def status(call_id=1):
    return _call(call_id, 20, b"")


def chain(first, last, call_id=1):
    return _call(call_id, 21, b"\x08" + _varint(first) + b"\x10" + _varint(last))


def hello(call_id=1):
    return _call(call_id, 16, b"")


def request(call_id=1, client=1, sequence=1, first_open=1, session_base=0, op=1, key=b"k", value=b""):
    """A write, with whatever is put into its fields."""
    numbers = ((2, sequence), (3, first_open), (4, session_base), (5, op))
    fields = b"\x09" + struct.pack("<Q", client)
    fields += b"".join(_varint(number << 3) + _varint(content) for number, content in numbers)
    return _call(call_id, 17, _field(1, fields + _field(6, key) + _field(7, value)))


def fault(kind, a, b, call_id=1):
    fields = b"".join(_varint(n << 3) + _varint(v) for n, v in ((1, kind), (2, a), (3, b)))
    return _call(call_id, 22, fields)


def fields_of(message):
    """(number, content) of each field of an encoded message."""
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = message[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, message[at : at + size]
        at += size


def replies_in(body):
    """(id, number of the verb, its body) of each reply in a frame."""
    for number, reply in fields_of(body):
        if number == 32:
            parts = dict(fields_of(reply))
            call_id = int.from_bytes(parts.pop(1, b""), "little")
            yield (call_id, *next(iter(parts.items())))


def frame(body):
    return b"\x02" + struct.pack(">Q", len(body)) + body


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(min(count - len(data), 1 << 20))
        if not more:
            raise ConnectionResetError("the other side closed the connection")
        data += more
    return data


def receive_frame(connection):
    """(flags, body)"""
    flags = _exactly(connection, 1)[0]
    size = _exactly(connection, 8 if flags & 2 else 1)
    return flags, _exactly(connection, int.from_bytes(size, "big"))


def header_of(cluster):
    """What a frame of this cluster's clients begins with. Node 1 does not run yet."""
    with socket.create_server(("127.0.0.1", cluster.client_port(1)), reuse_port=False) as port:
        port.settimeout(PATIENCE)
        client = cluster.start_client("get", "key", "--node", "1")
        connection, _ = port.accept()
        with connection:
            connection.settimeout(PATIENCE)
            connection.sendall(GREETING + _ready(b"ROUTER"))
            _exactly(connection, len(GREETING))
            while True:
                flags, body = receive_frame(connection)
                if not flags & 4:
                    break
        client.kill()
        client.wait()
    return body[: body.index(_varint(32 << 3 | 2))]


class RawClient:
    """A connection to a node's client port."""

    def __init__(self, port, header, routing_id=None):
        self.header = header
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(GREETING + _ready(b"DEALER", routing_id))
        # One who says more before the other side is ready is cut off by some.
        _exactly(self.socket, len(GREETING))
        receive_frame(self.socket)

    def say(self, calls):
        self.socket.sendall(frame(self.header + calls))

    def hear(self):
        """The body of the next frame of replies."""
        while True:
            flags, body = receive_frame(self.socket)
            if not flags & 4:
                return body

    def close(self, abort=False):
        if abort:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
