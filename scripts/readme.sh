#!/usr/bin/env bash
# Types the session of README.md into a real cluster on free ports, and compares what the program says
# with what the README says. Part of scripts/test.sh as process.Readme.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$cairn_root"
scripts/build.sh
cd tests/process
exec python3 -B -m unittest -v readme_test.Readme
