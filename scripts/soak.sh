#!/usr/bin/env bash
# Runs random seeds of the simulator on all cores until the time is over, with a progress line; at the
# end it prints what was run. The first failing seed is shrunk and printed with the command that
# replays it.
#
#   scripts/soak.sh MINUTES
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ ${1:-} =~ ^[0-9]+$ ]] || { echo "usage: scripts/soak.sh MINUTES" >&2; exit 2; }
minutes=$1
cd "$cairn_root"
ensure_packages "${build_packages[@]}"
configure release build
cmake --build --preset release --target cairn-sim --parallel "$(nproc)" >/dev/null ||
  fail "the simulator does not compile; run scripts/build.sh to see why."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
chunk=200
# Far from the seeds of the tests, and others every time.
base=$(($(date +%s) * 1000000))
deadline=$((SECONDS + minutes * 60))

# One core: chunk after chunk of seeds, until the time is over or one fails.
worker() {
  local id=$1 next=$((base + $1 * 400000))
  while ((SECONDS < deadline)) && [[ ! -e $logs/failed ]]; do
    if ! build/cairn-sim --from "$next" --count "$chunk" --shrink >"$logs/out.$id" 2>&1; then
      cp "$logs/out.$id" "$logs/failed"
      return
    fi
    cat "$logs/out.$id" >>"$logs/sum.$id"
    next=$((next + chunk))
  done
}

# sum WORD…: adds up the numbers that stand before the words in the reports.
sum() {
  cat "$logs"/sum.* 2>/dev/null | awk -v what="$1" '{ for (i = 2; i <= NF; ++i) { word = $i; sub(/,$/, "", word); sub(/:$/, "", word)
    if (word == what) total += $(i - 1) } } END { printf "%.0f", total }'
}

for ((i = 0; i < $(nproc); ++i)); do worker "$i" & done
while [[ -n $(jobs -rp) ]]; do
  printf '\r%d of %d minutes: %d seeds held, %d virtual minutes, %d faults ' \
    $((SECONDS / 60)) "$minutes" "$(sum runs)" $(($(sum virtual) / 60)) "$(sum faults)"
  sleep 2
done
echo

if [[ -e $logs/failed ]]; then
  cat "$logs/failed"
  exit 1
fi
printf '%d seeds held in %d minutes: %d.%02d virtual hours, %d events, %d operations acknowledged, %d faults, %d leader changes\n' \
  "$(sum runs)" $((SECONDS / 60)) $(($(sum virtual) / 3600)) $(($(sum virtual) % 3600 * 100 / 3600)) "$(sum events)" "$(sum acknowledged)" \
  "$(sum faults)" "$(sum leader)"
echo "what happened, by kind:"
cat "$logs"/sum.* | awk '/^  [0-9]/ { n = $1; $1 = ""; count[$0] += n } END { for (k in count) printf "%12d %s\n", count[k], k }' | sort -k2
