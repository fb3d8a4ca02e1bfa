"""Shows that each rule of tidy.py fires, and that a tree which keeps them all is quiet.

Run by scripts/tidy.py --self-test."""

import pathlib
import tempfile

HEAD = "#pragma once\n// What it is.\n"

# A tree that keeps every rule. Each case below adds or replaces one file.
GOOD = {
    "src/common/types.h": HEAD,
    "src/common/fatal.cc": '#include "common/types.h"\n#include <unistd.h>\n',
    "tests/common/fatal_test.cc": '#include "common/types.h"\nTEST(FatalTest, EndsAtOnce) {}\n',
    "src/chain/sha256.h": HEAD,
    "src/chain/sha256.cc": '#include "chain/sha256.h"\n#include <openssl/evp.h>\n',
    "tests/chain/sha256_test.cc": '#include "chain/sha256.h"\nTEST_F(HashTest, IsRight) {}\n',
    "src/net/peers/peer_codec.h": HEAD + '#include "replica/message.h"\n',
    "src/net/peers/peer_codec.cc": '#include "net/peers/peer_codec.h"\n#include "proto/a.pb.h"\n',
    "src/net/wire/socket.h": HEAD + "#include <zmq.hpp>\n#include <thread>\n",
    "tests/net/peers/peer_codec_test.cc": '#include "net/peers/peer_codec.h"\n',
    "storage/ledger/ledger.h": HEAD + '#include "replica/effects.h"\n',
    "storage/ledger/ledger_impl.h": HEAD + '#include "storage/ledger/ledger.h"\n',
    "storage/ledger/ledger.cc": '#include "storage/ledger/ledger_impl.h"\n'
    '#include "storage/ledger/ledger.h"\n#include "rocksdb/db.h"\n',
    "storage/ledger/ledger_open.cc": '#include "kv/table.h"\n#include "storage/ledger/ledger.h"\n',
    "tests/storage/ledger/ledger_test.cc": '#include "storage/ledger/ledger.h"\n',
    "src/terminal/editor.h": HEAD + "#include <histedit.h>\n",
    "src/kv/a.h": HEAD + '#include "kv/x.h"\n',
    "src/text/json.h": HEAD + "#include <nlohmann/json.hpp>\n",
    "src/cli/console.h": HEAD + '#include "terminal/editor.h"\n',
    "src/cli/main.cc": '#include "cli/console.h"\n#include <CLI/CLI.hpp>\n',
}

# Name, file, its content (None: taken away), where the breach is, and what the sentence says.
BAD = (
    ("upward include", "src/common/x.h", HEAD + '#include "paxos/log.h"\n', 3, "point down only"),
    ("sideways include", "src/kv/x.h", HEAD + '#include "chain/block.h"\n', 3, "point down only"),
    ("adapters apart", "storage/files/x.h", HEAD + '#include "net/wire/socket.h"\n', 3, "point down only"),
    ("config apart", "src/config/x.h", HEAD + '#include "net/wire/socket.h"\n', 3, "point down only"),
    ("client below node", "src/client/x.h", HEAD + '#include "node/n.h"\n', 3, "point down only"),
    ("wire below peers", "src/net/wire/x.h", HEAD + '#include "net/peers/a.h"\n', 3, "point down"),
    ("ring of files", "src/kv/x.h", HEAD + '#include "kv/a.h"\n', 3, "closes a ring"),
    ("include by file name", "src/kv/x.h", HEAD + '#include "table.h"\n', 3, "root-relative"),
    ("folder without layer", "src/extra/x.h", HEAD + "#include <map>\n", 3, "has no layer"),
    ("RocksDB outside", "src/node/x.h", HEAD + "#include <rocksdb/db.h>\n", 3, "RocksDB"),
    ("ZeroMQ outside", "src/node/x.h", HEAD + "#include <zmq.hpp>\n", 3, "ZeroMQ"),
    ("ZeroMQ in a codec", "src/net/wire/a_codec.h", HEAD + "#include <zmq.h>\n", 3, "knows no ZeroMQ"),
    ("Protobuf outside", "src/client/x.h", HEAD + '#include "proto/a.pb.h"\n', 3, "Protobuf"),
    ("Protobuf in no codec", "src/net/wire/x.h", HEAD + '#include "proto/a.pb.h"\n', 3, "codec files"),
    ("Protobuf's library", "src/net/wire/x.h", HEAD + "#include <google/protobuf/a.h>\n", 3, "codec"),
    ("OpenSSL outside", "src/chain/x.h", HEAD + "#include <openssl/evp.h>\n", 3, "OpenSSL"),
    ("toml++ outside", "src/node/x.h", HEAD + "#include <toml++/toml.h>\n", 3, "toml++"),
    ("spdlog outside", "src/net/wire/x.h", HEAD + "#include <spdlog/spdlog.h>\n", 3, "spdlog"),
    ("CLI11 outside", "src/config/x.h", HEAD + "#include <CLI/CLI.hpp>\n", 3, "CLI11"),
    ("JSON outside", "src/net/wire/x.h", HEAD + "#include <nlohmann/json.hpp>\n", 3, "nlohmann-json"),
    ("libedit outside", "src/net/wire/x.h", HEAD + "#include <histedit.h>\n", 3, "libedit"),
    ("libedit twice", "src/terminal/tty.h", HEAD + "#include <histedit.h>\n", 3, "one place only"),
    ("clock in pure code", "src/paxos/x.h", HEAD + "#include <chrono>\n", 3, "is pure"),
    ("thread in pure code", "src/kv/x.h", HEAD + "# include <thread>\n", 3, "is pure"),
    ("socket in pure code", "src/replica/x.h", HEAD + "#include <sys/socket.h>\n", 3, "is pure"),
    ("dice in pure code", "src/chain/x.h", HEAD + "#include <random>\n", 3, "is pure"),
    ("log in pure code", "src/common/x.h", HEAD + "#include <iostream>\n", 3, "is pure"),
    ("file too long", "src/kv/x.h", HEAD + "\n" * 399, 401, "more than 400"),
    ("test too long", "tests/kv/x_test.cc", "\n" * 401, 401, "more than 400"),
    ("no pragma once", "src/kv/x.h", "// What it is.\nint a;\n", 1, "#pragma once"),
    ("no head comment", "src/kv/x.h", "#pragma once\n\n#include <map>\n", 1, "what the thing is"),
    ("no test", "src/chain/x.cc", '#include "chain/x.h"\n', 1, "no test in tests/chain"),
    ("test taken away", "tests/storage/ledger/ledger_test.cc", None, 1, "no test in tests/storage"),
    ("no own header", "src/chain/x.cc", "#include <map>\n", 1, "the header that it implements"),
    ("yield", "src/net/wire/x.h", HEAD + "// sched_yield()\n std::this_thread::yield();\n", 4, "gives"),
    ("retired name", "src/kv/x.h", HEAD + "class Mailbox;\n", 3, "a retired name"),
    ("stale mutant", "tests/sim/mutants/x.patch",
     "R1\n--- a/src/kv/a.h\n+++ b/src/kv/a.h\n@@ -1 +1 @@\n-gone\n+new\n", 7, "does not fit"),
    ("test's name", "tests/kv/x_test.cc", "TEST(A, b_c) {}\n", 1, "no underscore"),
    ("test suite's name", "tests/kv/x_test.cc", "TEST_P(A_B, C) {}\n", 1, "no underscore"),
)


def breaches_in(files, breaches_of):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for path, content in files.items():
            if content is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content, encoding="utf-8")
        return list(breaches_of(root))


def run(breaches_of):
    """0 if each rule fires where it should and nowhere else."""
    failures = [f"a good tree is called bad: {found}" for found in breaches_in(GOOD, breaches_of)]
    for name, path, content, line, words in BAD:
        found = breaches_in({**GOOD, path: content}, breaches_of)
        at = [f for f in found if content is None or f[0] == path]
        if not any(number == line and words in sentence for _, number, sentence in at):
            failures.append(f"{name}: expected {path}:{line}: …{words}…, got {found}")
        if len(found) != len(at):
            failures.append(f"{name}: breaches elsewhere: {found}")
    for failure in failures:
        print(f"tidy self-test: {failure}")
    if not failures:
        print(f"tidy: the self-test saw {len(BAD)} bad trees and one good one")
    return 1 if failures else 0
