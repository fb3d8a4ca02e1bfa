#!/usr/bin/env bash
# Shows the main job of cairn: five real nodes on this machine, writes, a crash, a restart that
# replays and catches up, a cut link, and at the end every chain verified.
#
#   scripts/demo.sh          plays it, stops what it started, leaves data/node1 … data/node5
#   scripts/demo.sh --stay   the same, but leaves the cluster running to be played with
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stay=
case "${1:-}" in
  '') ;;
  --stay) stay=yes ;;
  *) echo "usage: scripts/demo.sh [--stay]" >&2; exit 2 ;;
esac

cd "$cairn_root"
"$cairn_root/scripts/build.sh" || fail "the program could not be built; see above."
cairn=$cairn_root/build/cairn
logs=$(mktemp -d)
# The demo's own clients know no older cluster of this cluster file.
export XDG_STATE_HOME=$logs/state
declare -A pids=()
step=0

# One step, as a sentence.
say() {
  step=$((step + 1))
  printf '\n%2d. %s\n' "$step" "$*"
}

detail() { printf '    %s\n' "$*"; }

# The step was not as it says: what the nodes said last, and the end.
broken() {
  printf '\nThe demonstration stops here: %s\n' "$*" >&2
  for id in 1 2 3 4 5; do
    [[ -f $logs/node$id ]] && printf -- '--- node %s said last:\n%s\n' "$id" "$(tail -n 3 "$logs/node$id")" >&2
  done
  exit 1
}

start() {
  "$cairn" server "$1" </dev/null >>"$logs/node$1" 2>&1 &
  pids[$1]=$!
  disown "$!"  # so that the shell does not announce its death
}

gone() { ! kill -0 "${pids[$1]}" 2>/dev/null; }

# wait_gone ID: its process has ended.
wait_gone() {
  local deadline=$((SECONDS + 10))
  until gone "$1"; do
    ((SECONDS < deadline)) || broken "the process of node $1 does not end."
    sleep 0.05
  done
  unset "pids[$1]"
}

stop_all() {
  local id
  for id in "${!pids[@]}"; do kill -TERM "${pids[$id]}" 2>/dev/null || true; done
  for id in "${!pids[@]}"; do wait_gone "$id"; done
}

finish() {
  local code=$?
  if [[ -z $stay || $code -ne 0 ]]; then
    stop_all
    rm -rf "$logs"
  fi
  exit "$code"
}
trap finish EXIT

# status 'EXPRESSION': a Python expression over the cluster's status s and its nodes by id n.
status() {
  "$cairn" status --json --timeout 2 2>/dev/null | python3 -c '
import json, sys
s = json.load(sys.stdin)
n = {node["id"]: node for node in s["nodes"]}
print(eval(sys.argv[1]))' "$1" || true
}

# wait_for SECONDS 'EXPRESSION' "what": until it is true.
wait_for() {
  local deadline=$((SECONDS + $1))
  until [[ $(status "$2") == True ]]; do
    ((SECONDS < deadline)) || broken "$3 did not come about within $1 s."
    sleep 0.1
  done
}

# fault …: what `cairn fault` says, as a detail.
fault() { "$cairn" fault "$@" 2>&1 | sed 's/^/    /'; }

# write FROM TO: keys demo/FROM … demo/TO through one client, each acknowledged.
write() {
  local acknowledged
  acknowledged=$(for ((i = $1; i <= $2; i++)); do echo "Operation(put, demo/$i, written at step $step)"; done |
    "$cairn" client "$3" --json --timeout 10 | grep -c '"ok":true' || true)
  [[ $acknowledged == $(($2 - $1 + 1)) ]] || broken "only $acknowledged of $(($2 - $1 + 1)) writes were acknowledged."
  detail "$acknowledged writes acknowledged through client $3"
}

same_tip='s["quorum"] and all(m["reachable"] for m in s["nodes"]) and len({m["tip_hash"] for m in s["nodes"]}) == 1 and len({m["decided"] for m in s["nodes"]}) == 1'

say "Five nodes start, each a process of its own with its data in data/node1 … data/node5."
for id in 1 2 3 4 5; do
  if (exec 3<>"/dev/tcp/127.0.0.1/500$id") 2>/dev/null; then
    fail "port 500$id is in use: a cluster is running already. Stop its processes (\`e\` at their consoles) and run this again."
  fi
done
for id in 1 2 3 4 5; do start "$id"; done
wait_for 30 "$same_tip" "a cluster of five with one leader"
leader=$(status 's["leader"]')
detail "node $leader leads; the chain's tip is slot $(status "n[$leader]['tip']")"

say "A client writes twenty keys; each is acknowledged once a majority has it on disk."
write 1 20 1
detail "read back through node 4: demo/20 = $("$cairn" get demo/20 --node 4)"

say "The leader, node $leader, is made to fail: its process dies at once, as by kill -9."
dead=$leader
fault failProcess "$dead"
wait_gone "$dead"
wait_for 10 "s['quorum'] and s['leader'] not in (None, $dead)" "a new leader"
leader=$(status 's["leader"]')
detail "the others elected node $leader"

say "Four of five go on: twenty more writes."
write 21 40 "$leader"
tip=$(status "n[$leader]['tip']")
detail "node $leader is at slot $tip; node $dead is down and knows nothing of it"

say "Node $dead is started again, with no flag and no help."
start "$dead"
wait_for 20 "$same_tip" "one tip on all five nodes"
grep -E 'verified|leads' "$logs/node$dead" | tail -n 2 | sed 's/^/    /'
detail "all five have the same tip:"
"$cairn" status | sed 's/^/      /'

leader=$(status 's["leader"]')
mapfile -t others < <(for id in 1 2 3 4 5; do [[ $id == "$leader" ]] || echo "$id"; done)
say "The links between the leader, node $leader, and the nodes ${others[0]} and ${others[1]} are cut, in both directions."
fault failLink "$leader" "${others[0]}"
fault failLink "$leader" "${others[1]}"
write 41 50 "${others[0]}"
detail "the cluster works around it: client ${others[0]} was served although its node can't hear node $leader"

say "The links are mended, and everybody comes to the same tip again."
fault fixLink "$leader" "${others[0]}"
fault fixLink "$leader" "${others[1]}"
wait_for 20 "$same_tip" "one tip on all five nodes"
detail "tip $(status "n[1]['tip']") $(status "n[1]['tip_hash']") on all five"

for ((i = 1; i <= 50; i++)); do
  "$cairn" get "demo/$i" >/dev/null || broken "demo/$i was acknowledged and is not there."
done
detail "all 50 acknowledged keys are there"

if [[ -n $stay ]]; then
  say "The cluster stays up. Talk to it:"
  detail "build/cairn put color green          build/cairn get color"
  detail "build/cairn status                   build/cairn chain --from 1 --to 3"
  detail "build/cairn client 1                 (a console: help lists its commands)"
  detail "build/cairn fault failProcess $leader      then: build/cairn server $leader"
  detail "The nodes write to $logs/node1 … node5. To stop them:"
  detail "kill ${pids[*]}"
  exit 0
fi

say "All nodes are stopped, and every chain is verified from its files alone."
stop_all
for id in 1 2 3 4 5; do
  "$cairn" verify "data/node$id" | sed 's/^/    /' || broken "the chain of node $id does not verify."
done

printf '\nNothing that was acknowledged is lost. The chains are in data/node1 … data/node5.\n'
