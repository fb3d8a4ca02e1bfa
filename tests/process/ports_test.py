"""A chosen port is nobody else's, and its server's as often as that starts."""

import socket
import unittest

from ports import Ports


def listen(port):
    return socket.create_server(("127.0.0.1", port))  # says SO_REUSEADDR, as ZeroMQ does


class HeldPorts(unittest.TestCase):
    def setUp(self):
        self.ports = Ports(10)
        self.addCleanup(self.ports.release)

    def test_a_held_port_cannot_be_chosen_by_another(self):
        for port in self.ports:
            with socket.socket() as other, self.assertRaises(OSError):
                other.bind(("127.0.0.1", port))

    def test_its_server_listens_there_and_again_after_a_connection(self):
        for port in self.ports:
            for _ in range(2):
                with listen(port) as server:
                    with socket.create_connection(("127.0.0.1", port)) as client:
                        server.accept()[0].close()  # it waits as closed, as after a crash
                        self.assertEqual(client.recv(1), b"")
                    with self.assertRaises(OSError):
                        listen(port)
