#!/usr/bin/env python3
"""Runs clang-tidy over the program's sources, several at a time, and only over what has changed.

    scripts/clang_tidy.py BUILD_DIRECTORY [JOBS]

The directory holds compile_commands.json. A source that passed is remembered there, in
clang-tidy-passed/, by the hash of all that the verdict rests on: the source, the headers of the
project that it includes, its compile command, .clang-tidy and the version of clang-tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTED = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def closure_of(source, folders):
    """The source and all files of the project that it includes, directly or not."""
    seen = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen[path] = path.read_bytes()
        for include in QUOTED.findall(seen[path]):
            for folder in folders:
                found = folder / include.decode()
                if found.is_file():
                    waiting.append(found)
                    break
    return seen


def key_of(entry, folders, common):
    digest = hashlib.sha256(common)
    digest.update(entry["command"].encode())
    for path, content in sorted(closure_of(pathlib.Path(entry["file"]), folders).items()):
        digest.update(f"{path} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def sources_in(build):
    """The entries of the compile commands that are sources of the program."""
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    ours = (f"{ROOT}/src/", f"{ROOT}/storage/")
    return [entry for entry in entries if entry["file"].startswith(ours)]


def check(build, entry):
    # The compile commands are those of g++, some of whose warnings clang does not know.
    quiet = "--extra-arg=-Wno-unknown-warning-option"
    command = ["clang-tidy", "--quiet", quiet, "-p", str(build), entry["file"]]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return run.returncode == 0, run.stdout if run.stdout.strip() else run.stderr


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    build = pathlib.Path(arguments[0]).resolve()
    jobs = int(arguments[1]) if len(arguments) == 2 else os.cpu_count()
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    folders = [ROOT / "src", ROOT, build / "proto", build]
    passed = build / "clang-tidy-passed"
    passed.mkdir(exist_ok=True)

    entries = {key_of(entry, folders, common): entry for entry in sources_in(build)}
    waiting = {key: entry for key, entry in entries.items() if not (passed / key).exists()}
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = {pool.submit(check, build, entry): key for key, entry in waiting.items()}
        for run in concurrent.futures.as_completed(runs):
            good, output = run.result()
            if good:
                (passed / runs[run]).touch()
            else:
                bad += 1
                print(output.rstrip(), flush=True)
    for old in passed.iterdir():
        if old.name not in entries:
            old.unlink()
    print(
        f"clang-tidy: {len(entries)} sources, {len(waiting)} checked now, {bad} with something to mend"
    )
    return 1 if bad or not entries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
