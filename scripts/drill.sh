#!/usr/bin/env bash
# Recovery drills for people: plays a story on a five-node cluster of its own (temporary directory,
# free ports), a sentence a step: what is done, what is seen, why it is safe. Leaves nothing behind.
#
#   scripts/drill.sh NAME | all       the names: --help
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

driver=$cairn_root/tests/process/drill.py
# Wrong words are told before anything is built.
if (($# != 1)) || [[ $1 == -* ]]; then
  exec python3 -B "$driver" "$@"
fi

cd "$cairn_root"
ensure_packages "${build_packages[@]}"
build_quietly cairn cairn-power-loss
CAIRN_PROGRAM=$cairn_root/build/cairn exec python3 -B "$driver" "$@"
