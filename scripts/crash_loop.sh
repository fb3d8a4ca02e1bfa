#!/usr/bin/env bash
# Convinces yourself: kills nodes of a real cluster with kill -9, N times, while clients write and
# read, and checks at the end that every answer that they got was true. Its cluster is its own, in a
# temporary directory and on free ports.
#
#   scripts/crash_loop.sh N [--nodes K] [--seed S] [--faults one,leader,…] [--clients C] [--keep]
#
# A line a round says what was killed when and what the clients felt of it; at the end stand the
# checks and a summary. If something is wrong it prints the command that plays the same faults again,
# keeps the directories and ends with exit code 1. More: --help.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

driver=$cairn_root/tests/process/crash_loop.py
# Wrong words are told before anything is built.
if [[ " $* " == *" --help "* || " $* " == *" -h "* || ! ${1:-} =~ ^[1-9][0-9]*$ ]]; then
  exec python3 -B "$driver" "$@"
fi

cd "$cairn_root"
ensure_packages "${build_packages[@]}"
build_quietly cairn cairn-crash cairn-power-loss
CAIRN_PROGRAM=$cairn_root/build/cairn exec python3 -B "$driver" "$@"
