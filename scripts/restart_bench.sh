#!/usr/bin/env bash
# How long a node takes to start on a long chain, and in how much memory.
#
#   scripts/restart_bench.sh [OPERATIONS]...    default: 100000 1000000
#
# For each size a chain is made (blocks of 64 puts; 16-byte keys out of 10^5, 100-byte values) and
# applied as a node applies it, by a process that then dies as by kill -9. Measured on it:
#
#   restart   the next start: what the state had not yet written is replayed
#   rebuild   a start without state/: the whole chain is verified and replayed
#   raw       the limit: RocksDB reads the same ledger from end to end, SHA-256 of the same bytes
#
# Between them RocksDB merges the ledger's tables, as it does in a node that goes on running: a rebuild
# that dies at its end would begin that anew each time. Rebuild and raw take turns, three times each;
# the median of each counts. Prints a table (Markdown) with seconds and ratios. On a machine that is
# busy with other things compare the ratios of processor time. Needs about 170 bytes of disk for an
# operation, in ${TMPDIR:-/tmp}, while it runs: 10000000 operations take 2 GB.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=${CAIRN_BUILD:-$cairn_root/build}
bench=$build/cairn-restart-bench
rounds=3
work=

cleanup() {
  [[ -z $work ]] || rm -rf "$work"
}

# value NAME: from "name value" lines on standard input.
value() {
  awk -v name="$1" '$1 == name { print $2 }'
}

median() {
  sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

ratio() {
  awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# run WORD...: the bench, its sentences only if it fails.
run() {
  if ! "$bench" "$@" 2>"$work/log"; then
    cat "$work/log" >&2
    fail "cairn-restart-bench $1 failed; what it said is above"
  fi
}

measure() {
  local operations=$1 node=$work/node restart rebuild raw i
  rm -rf "$node"
  run make "$node" "$operations" >"$work/make"
  run start "$node" >"$work/restart"
  restart=$(awk '/replayed in/ { print $4 }' "$work/log")
  run merge "$node"
  : >"$work/rebuild"
  : >"$work/raw"
  for ((i = 0; i < rounds; ++i)); do
    rm -rf "$node/state"
    run start "$node" >>"$work/rebuild"
    run raw "$node" >>"$work/raw"
  done
  rebuild=$(value seconds <"$work/rebuild" | median)
  raw=$(value seconds <"$work/raw" | median)
  printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$operations" \
    "$(value mib <"$work/raw" | median)" "$(value seconds <"$work/restart")" "$restart" \
    "$rebuild" "$raw" "$(ratio "$rebuild" "$raw")" \
    "$(ratio "$(value cpu <"$work/rebuild" | median)" "$(value cpu <"$work/raw" | median)")" \
    "$(value peak_mib <"$work/restart")" "$(value peak_mib <"$work/rebuild" | sort -n | tail -n 1)"
}

sizes=("$@")
[[ ${#sizes[@]} -gt 0 ]] || sizes=(100000 1000000)
for size in "${sizes[@]}"; do
  [[ $size =~ ^[1-9][0-9]*$ ]] || fail "'$size' is no number of operations"
done
if [[ -z ${CAIRN_BUILD:-} ]]; then
  ensure_packages "${build_packages[@]}"
  cd "$cairn_root"
  configure release build
fi
cmake --build "$build" --target cairn-restart-bench >&2
trap cleanup EXIT
trap 'exit 130' INT TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-restart-XXXXXX")

echo "| operations | ledger MiB | restart s | blocks replayed | rebuild s | raw s | rebuild / raw |" \
  "of processor time | restart peak MiB | rebuild peak MiB |"
echo "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
for size in "${sizes[@]}"; do
  measure "$size"
done
