#!/usr/bin/env bash
# A node that was down for many writes catches up while the cluster is under load: how long it takes,
# and how much the cluster's writes suffer, side by side in one run.
#
#   scripts/catch_up_bench.sh [OPERATIONS] [CLIENTS]     1,000,000 and 64 by default
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$cairn_root"
build_quietly cairn
exec python3 tests/bench/catch_up.py "${1:-1000000}" "${2:-64}"
