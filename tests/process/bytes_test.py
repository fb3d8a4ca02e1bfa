"""Keys and values are bytes: any of them, up to the limits and not one byte over."""

import base64
import json

from case import SharedClusterTest
from load import Shell

MAX_KEY = 4096
MAX_VALUE = 1024 * 1024
ALL_BYTES = bytes(range(256))

TEXTS = [
    "plain",
    "two words",
    " leading and trailing ",
    "commas, and more, commas",
    "(parentheses)",
    'double "quotes"',
    "single 'quotes'",
    "back\\slash \\n stays",
    "new\nline and tab\t",
    "Grüße, 世界 🚀",
    "-dash",
    "--json",
    "%s {} $HOME `id` ;",
]


class Bytes(SharedClusterTest):
    def test_texts_of_all_kinds_are_keys_and_values_as_they_were_typed(self):
        cluster = self.cluster
        for number, key in enumerate(TEXTS):
            value = TEXTS[-1 - number]
            cluster.put(key, value)
            self.assertEqual(cluster.get(key), value.encode(), key)
            done = cluster.cairn("get", "--json", "--", key)
            self.assertEqual((done.json["key"], done.json["value"]), (key, value))
            self.assertEqual(cluster.cairn("get", "--", key).out, value.encode() + b"\n")
            self.assertEqual(cluster.cairn("del", "--", key).code, 0)
            self.assertEqual(cluster.cairn("get", "--", key).code, 3)

    def test_a_value_on_standard_input_may_hold_every_byte(self):
        cluster = self.cluster
        for value in (ALL_BYTES, b"", b"\0", b"\n", b"no end of line", ALL_BYTES * 64):
            done = cluster.cairn("put", "binary", "-", stdin=value)
            self.assertEqual(done.code, 0, done)
            self.assertEqual(cluster.get("binary"), value)
            self.assertEqual(cluster.cairn("get", "binary").out, value + b"\n")

    def test_a_key_that_is_no_text_is_a_key(self):
        cluster = self.cluster
        key = bytes(range(1, 256))  # an argument can't hold the byte 0
        cluster.put(key, "v")
        self.assertEqual(cluster.get(key), b"v")
        answer = cluster.cairn("get", "--json", "--", key).json
        self.assertEqual(base64.b64decode(answer["key"]["base64"]), key)

    def test_what_is_no_text_is_shown_in_base64(self):
        cluster = self.cluster
        done = cluster.cairn("put", "--json", "binary", "-", stdin=ALL_BYTES)
        slot = done.json["slot"]
        block = cluster.cairn("chain", "--from", str(slot), "--to", str(slot), "--json").json
        (request,) = [r for r in block["requests"] if r["key"] == "binary"]
        self.assertEqual(base64.b64decode(request["value"]["base64"]), ALL_BYTES)
        value = cluster.cairn("get", "--json", "binary").json["value"]
        self.assertEqual(base64.b64decode(value["base64"]), ALL_BYTES)

    def test_the_limits_are_exact_and_one_byte_over_changes_nothing(self):
        cluster = self.cluster
        cluster.put("limit", "before")
        for key, value, code in (
            ("k" * MAX_KEY, b"v", 0),
            ("k" * (MAX_KEY + 1), b"v", 2),
            ("", b"v", 2),
            ("limit", b"v" * (MAX_VALUE + 1), 2),
            ("k" * (MAX_KEY + 1), b"v" * (MAX_VALUE + 1), 2),
        ):
            done = cluster.cairn("put", "--", key, "-", stdin=value)
            self.assertEqual(done.code, code, done.err)
            if code == 2:
                self.assertRegex(done.err, "limit|empty")
                self.assertEqual(len(done.err.splitlines()), 1, done)
        self.assertEqual(cluster.get("limit"), b"before")
        self.assertEqual(cluster.get("k" * MAX_KEY), b"v")
        for verb in ("get", "del"):
            self.assertEqual(cluster.cairn(verb, "k" * (MAX_KEY + 1)).code, 2)
            self.assertEqual(cluster.cairn(verb, "").code, 2)

    def test_the_largest_key_with_the_largest_value_is_kept_by_every_node(self):
        cluster = self.cluster
        key = "K" * MAX_KEY
        value = (ALL_BYTES * (MAX_VALUE // 256))[::-1]
        self.assertEqual(len(value), MAX_VALUE)
        for node_id in cluster.nodes:
            done = cluster.cairn("put", "--node", str(node_id), key, "-", stdin=value)
            self.assertEqual(done.code, 0, done.err)
        cluster.settle(*cluster.nodes)
        for node_id in cluster.nodes:
            self.assertEqual(cluster.get(key, "--stale", "--node", str(node_id)), value)

    def test_the_console_takes_both_forms_with_quotes_commas_and_utf8(self):
        shell = Shell(self.cluster, 1)
        lines = {
            "Operation(put, key one, value one)": ("key one", "value one"),
            "operation( PUT ,tight,loose  )": ("tight", "loose"),
            'Operation(put, "a, b", "c, d")': ("a, b", "c, d"),
            "Operation(put, 'it is \"so\"', x)": ('it is "so"', "x"),
            'Operation(put, paren, f(x))': ("paren", "f(x)"),
            'put "with space" "quoted \\"inside\\""': ("with space", 'quoted "inside"'),
            "put über größe": ("über", "größe"),
            'put "\\x41\\n" "tab\\t"': ("A\n", "tab\t"),
            'put empty ""': ("empty", ""),
        }
        for line, (key, value) in lines.items():
            answer = shell.ask(line)
            self.assertTrue(answer["ok"], (line, answer))
            self.assertEqual((answer["key"], answer["value"]), (key, value), line)
            self.assertEqual(self.cluster.get(key), value.encode(), line)
        answer = shell.ask('put "\\xff\\xfe" "\\x00"')
        self.assertEqual(base64.b64decode(answer["key"]["base64"]), b"\xff\xfe")
        self.assertEqual(self.cluster.get(b"\xff\xfe"), b"\0")
        self.assertEqual(shell.ask("Operation(get, a, b)")["error"], "usage")
        self.assertEqual(shell.ask('put "unclosed')["error"], "usage")
        self.assertEqual(shell.ask("get tight")["value"], "loose")
        self.assertEqual(shell.close(), 2, "of the last line that failed")

    def test_every_line_of_a_console_on_a_pipe_gets_one_object(self):
        lines = ["put a 1", "", "nonsense", "get a", "get none", "del none", "status", "help", "e"]
        done = self.cluster.cairn("client", "2", "--json", stdin="\n".join(lines).encode())
        self.assertEqual(done.code, 3, done)  # of the last line that failed
        answers = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual(len(answers), len(lines))
        errors = [None, "usage", "usage", None, "not_found", "not_found", None, None, None]
        self.assertEqual([answer["error"] for answer in answers], errors)
        for answer in answers:
            for field in ("op", "key", "value", "ok", "error", "slot", "leader"):
                self.assertIn(field, answer)
