#!/usr/bin/env bash
# Builds cairn: installs what is missing of Debian's packages, compiles a release into build/, and
# leaves the program at build/cairn, with the client library beside it. Run again, it builds only
# what has changed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if (($# > 0)); then
  echo "usage: scripts/build.sh (no arguments); leaves the program at build/cairn" >&2
  exit 2
fi

ensure_packages "${build_packages[@]}"
cd "$cairn_root"
configure release build
cmake --build --preset release --target cairn cairn_library --parallel "$(nproc)" ||
  fail "cairn does not compile; the compiler's words are above."
echo "The program is $cairn_root/build/cairn"
