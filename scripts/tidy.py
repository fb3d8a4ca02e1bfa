#!/usr/bin/env python3
"""The rules of the house that a compiler does not see. Prints each breach as file:line: sentence.

    scripts/tidy.py [ROOT]       check the tree (default: the one that this script is in)
    scripts/tidy.py --self-test  build tiny bad trees and see each rule fire

What is checked:
  layers     includes point down only, between folders and between files (no rings); a package is
             used in its one place only; the pure folders know no clock, thread, socket, disk, log
             or randomness
  files      no file is longer than 400 lines; a header has #pragma once and opens with what it is
  manners    no yield, no scheduling class and no priority of its own: on a busy machine each yield
             gives a whole time slice away, and messages wait for it
  names      no retired word comes back
  tests      each .cc has a test in the mirrored folder; test names are words without underscores
"""

import pathlib
import re
import sys

MAX_LINES = 400

# Folder -> layer; an include goes to the own folder or to a lower layer, never sideways. A file
# belongs to the deepest folder that is named here.
LAYERS = {
    "src/common": 0,
    "src/api": 1,
    "src/text": 1,
    "src/system": 1,
    "src/terminal": 2,
    "src/paxos": 2,
    "src/chain": 2,
    "src/kv": 2,
    "src/replica": 3,
    "src/config": 3,
    "storage/files": 4,
    "storage/ledger": 5,
    "storage/state": 5,
    "storage/salvage": 6,
    "storage/directory": 7,
    "src/net/wire": 4,
    "src/net/peers": 5,
    "src/door": 5,
    "src/client": 5,
    "src/load": 6,
    "src/node": 8,
    "src/start": 9,
    "src/offline": 9,
    "src/cli": 10,
}

PURE = ("src/common", "src/api", "src/paxos", "src/chain", "src/kv", "src/replica")
# How a process ends is told to a person, by common alone.
IMPURE_FILES = ("src/common/fatal.cc", "src/common/check.cc")
IMPURE_HEADERS = re.compile(
    r"(chrono|thread|mutex|shared_mutex|condition_variable|future|semaphore|iostream|fstream|ostream"
    r"|filesystem|random|ctime|time\.h|cstdio|stdio\.h|unistd\.h|fcntl\.h|poll\.h|netdb\.h"
    r"|(sys|net|netinet|arpa|linux)/.*)$"
)

# Package, the headers that betray it, where it may be used, and in at most how many files a folder.
# A place is a folder or a file; the predicate for codec files is in allowed_at.
PACKAGES = (
    ("RocksDB", re.compile(r"rocksdb/"), ("storage",), None),
    ("ZeroMQ", re.compile(r"zmq(\.|_addon)"), ("src/net", "src/client"), None),
    ("Protobuf", re.compile(r"google/protobuf/|.*\.pb\.h$"), ("src/net",), None),
    ("OpenSSL", re.compile(r"openssl/"), ("src/chain/sha256.cc",), None),
    ("toml++", re.compile(r"toml(\+\+|plusplus)?[/.]"), ("src/config",), None),
    ("libedit", re.compile(r"histedit\.h|editline/"), ("src/terminal",), 1),
    ("spdlog", re.compile(r"spdlog/"), ("src/node", "src/start", "src/cli"), None),
    ("fmt", re.compile(r"fmt/"), ("src/node", "src/start", "src/offline", "src/cli"), None),
    ("CLI11", re.compile(r"CLI/"), ("src/cli",), None),
    ("nlohmann-json", re.compile(r"nlohmann/"), ("src/text",), 1),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*(?:,\s*(\w+))?")
SOURCES = (".h", ".cc")
COUNTED = SOURCES + (".proto", ".py", ".sh")


def files_below(root, tops, endings):
    """Relative paths, sorted, with forward slashes."""
    for top in tops:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path.relative_to(root).as_posix()


def lines_of(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace").splitlines()


def folder_of(path):
    """src/net/wire for src/net/wire/tcp.cc: the deepest folder that has a layer, else its own."""
    folder = path.rsplit("/", 1)[0]
    while folder not in LAYERS and "/" in folder:
        folder = folder.rsplit("/", 1)[0]
    return folder if folder in LAYERS else path.rsplit("/", 1)[0]


def source_of(include):
    """The path that a root-relative include names."""
    return include if include.startswith("storage/") else "src/" + include


def target_of(include):
    """The folder that a root-relative include leads to, or None."""
    folder = folder_of(source_of(include)) if "/" in include else None
    return folder if folder in LAYERS else None


def top_of(path):
    """src/net for src/net/wire/tcp.cc, storage for storage/files/files.cc: what one program tests."""
    return "/".join(path.split("/")[: 2 if path.startswith("src/") else 1])


def includes_of(root, path):
    for number, line in enumerate(lines_of(root, path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def package_of(include):
    for package in PACKAGES:
        if package[1].match(include):
            return package
    return None


def is_codec(path):
    return "codec" in path.rsplit("/", 1)[-1]


def allowed_at(name, places, path):
    if not any(path == place or path.startswith(place + "/") for place in places):
        return f"{name} is used only in {' and '.join(places)}"
    if name == "Protobuf" and not is_codec(path):
        return "Protobuf is used only in the codec files of src/net"
    if name == "ZeroMQ" and is_codec(path):
        return "a codec file turns bytes into words and knows no ZeroMQ"
    return None


def check_layer(path, quoted, include):
    folder = folder_of(path)
    if folder not in LAYERS:
        return f"the folder {folder} has no layer: name it in scripts/tidy.py"
    target = target_of(include)
    if target is None:
        if quoted:
            return f'"{include}" is not root-relative, such as "common/types.h"'
        return None
    if target != folder and LAYERS[target] >= LAYERS[folder]:
        return f"{folder} must not include {target}: includes point down only"
    return None


def check_includes(root):
    """Layers, packages and purity, in one pass over all includes of the program."""
    users = {}
    for path in files_below(root, ("src", "storage"), SOURCES):
        pure = folder_of(path) in PURE and path not in IMPURE_FILES
        for number, quoted, include in includes_of(root, path):
            package = package_of(include)
            if package:
                name, _, places, most = package
                breach = allowed_at(name, places, path)
                if breach:
                    yield path, number, f"{breach}, and this includes {include}"
                files = users.setdefault((name, folder_of(path)), [])
                if path not in files:
                    files.append(path)
                    if most and len(files) > most:
                        yield path, number, f"{name} is already used in {files[0]}: one place only"
                continue
            breach = check_layer(path, quoted, include)
            if breach:
                yield path, number, breach
            if pure and IMPURE_HEADERS.match(include):
                yield path, number, f"{folder_of(path)} is pure and must not include <{include}>"


def check_lengths(root):
    tops = ("src", "storage", "proto", "tests", "scripts")
    for path in files_below(root, tops, COUNTED):
        count = len(lines_of(root, path))
        if count > MAX_LINES:
            yield path, count, f"{count} lines are more than {MAX_LINES}: split it by its reasons"


def check_headers(root):
    for path in files_below(root, ("src", "storage", "tests"), (".h",)):
        lines = lines_of(root, path)
        code = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        if "#pragma once" not in lines:
            yield path, 1, "a header says #pragma once"
        head = [(number, line) for number, line in code if line != "#pragma once"]
        if not head or not head[0][1].startswith("//"):
            yield path, 1, "a header opens with what the thing is, in whole sentences"


def own_headers(root, path):
    """foo.h for foo.cc; where there is none, the headers of its folder that the file includes."""
    header = path[: -len(".cc")] + ".h"
    if (root / header).is_file():
        return [header.removeprefix("src/")]
    folder = folder_of(path)
    return [i for _, quoted, i in includes_of(root, path) if quoted and target_of(i) == folder]


def tried_headers(root, folder, mirror):
    """The headers of a folder that its tests try: those that they include, and, as inner parts of
    these, those of the same folder that they or their sources include."""
    waiting = [i for test in files_below(root, (mirror,), SOURCES)
               for _, _, i in includes_of(root, test)]
    tried = set()
    while waiting:
        header = waiting.pop()
        if header in tried or top_of(source_of(header)) != folder:
            continue
        tried.add(header)
        base = source_of(header).removesuffix(".h")
        for path in (base + ".h", base + ".cc"):
            if (root / path).is_file():
                waiting.extend(i for _, _, i in includes_of(root, path))
    return tried


def check_twins(root):
    tried = {}
    for path in files_below(root, ("src", "storage"), (".cc",)):
        if path.endswith("/main.cc"):
            continue
        headers = own_headers(root, path)
        if not headers:
            yield path, 1, "a .cc includes the header that it implements"
            continue
        top = top_of(path)
        mirror = "tests/" + top.removeprefix("src/")
        if mirror not in tried:
            tried[mirror] = tried_headers(root, top, mirror)
        if not tried[mirror].intersection(headers):
            yield path, 1, f"no test in {mirror} includes {' or '.join(headers)}, itself or as a part"


def unit_of(path):
    """A header and its source are one; x_impl.h is the inside of x."""
    return path.rsplit(".", 1)[0].removesuffix("_impl")


def check_rings(root):
    """Files include each other downwards, too: else none of a ring can be understood alone."""
    graph = {}
    for path in files_below(root, ("src", "storage"), SOURCES):
        below = graph.setdefault(unit_of(path), {})
        for number, quoted, include in includes_of(root, path):
            unit = unit_of(source_of(include))
            if quoted and target_of(include) and unit != unit_of(path):
                below.setdefault(unit, (path, number))
    state = {}  # "open" while its descent is under way, then "done"
    for start in graph:
        if start in state:
            continue
        state[start] = "open"
        descent = [(start, iter(graph[start].items()))]
        while descent:
            unit, rest = descent[-1]
            for below, (path, number) in rest:
                if state.get(below) == "open":
                    names = [u for u, _ in descent]
                    ring = " -> ".join(names[names.index(below):] + [below])
                    yield path, number, f"this include closes a ring of files: {ring}"
                elif below not in state and below in graph:
                    state[below] = "open"
                    descent.append((below, iter(graph[below].items())))
                    break
            else:
                state[unit] = "done"
                descent.pop()


MANNERS = re.compile(r"\b(sched_yield|this_thread::yield|SCHED_(BATCH|IDLE)|sched_setscheduler"
                     r"|pthread_setschedparam|setpriority|LowerThreadPoolCPUPriority|nice\()")


def check_manners(root):
    for path in files_below(root, ("src", "storage"), SOURCES):
        for number, line in enumerate(lines_of(root, path), 1):
            match = MANNERS.search(line.split("//")[0])
            if match:
                yield path, number, f"{match.group(1)} gives away processor time that messages wait for"


# Words that were given up for better ones (src/README.md): one word, one meaning.
RETIRED = re.compile(
    r"\b(ServerSockets|ClientPort|Gathering|Doorbell|Witness|Mailbox|OpenOrRecover|Mender|Filler|Remains"
    r"|Pulse|TurnAway|HandBack|Remembered|Restless|OnSync|paxos::Sync)\b")


def check_names(root):
    for path in files_below(root, ("src", "storage", "tests"), SOURCES):
        for number, line in enumerate(lines_of(root, path), 1):
            match = RETIRED.search(line)
            if match:
                yield path, number, f"{match.group(1)} is a retired name: src/README.md has the words"


def check_test_names(root):
    for path in files_below(root, ("tests",), (".cc",)):
        for number, line in enumerate(lines_of(root, path), 1):
            match = TEST.match(line)
            if match and "_" in match.group(1) + (match.group(2) or ""):
                yield path, number, "a test is named for the rule that it protects, no underscore"


def check_mutants(root):
    """A planted bug (scripts/mutants.sh) changes the code as it is."""
    for path in files_below(root, ("tests/sim/mutants",), (".patch",)):
        target, text = None, ""
        for number, line in enumerate(lines_of(root, path) + ["@@"], 1):
            if line.startswith("@@") or line.startswith("--- "):
                if target and text and text not in target:
                    yield path, number, "this patch does not fit the code any more: make it anew"
                text = ""
            if line.startswith("--- a/"):
                file = root / line.removeprefix("--- a/")
                target = file.read_text(encoding="utf-8") if file.is_file() else " "
            elif target and line[:1] in (" ", "-") and not line.startswith("--- "):
                text += line[1:] + "\n"


CHECKS = (check_includes, check_rings, check_lengths, check_headers, check_twins, check_manners,
          check_names, check_mutants, check_test_names)


def breaches_of(root):
    for check in CHECKS:
        yield from check(root)


def main(arguments):
    if arguments == ["--self-test"]:
        sys.dont_write_bytecode = True
        import tidy_self_test

        return tidy_self_test.run(breaches_of)
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent)
    if len(arguments) > 1 or not (root / "src").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    found = sorted(breaches_of(root))
    for path, number, sentence in found:
        print(f"{path}:{number}: {sentence}")
    if found:
        print(f"tidy: {len(found)} breaches of the rules of the house", file=sys.stderr)
        return 1
    print("tidy: layers, packages, files and tests keep the rules of the house")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
