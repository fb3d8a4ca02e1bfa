"""Ports of loopback that stay free for the servers for whom they are chosen, until `release`.

A port that was merely free a moment ago may be chosen by somebody else before the server listens
there, or while it is down. These are held: bound by this process, so that nobody else can choose
them, and marked afterwards as reusable, which lets a server that says SO_REUSEADDR too, as most do,
listen beside a socket that never listens.
"""

import socket


def _hold():
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now: see above
    return holder


class Ports(list):
    """`count` different ports."""

    def __init__(self, count):
        self._holders = [_hold() for _ in range(count)]
        super().__init__(holder.getsockname()[1] for holder in self._holders)

    def release(self):
        for holder in self._holders:
            holder.close()
