#!/usr/bin/env bash
# Builds cairn: installs what is missing of Debian's packages, compiles a release into build/, and
# leaves the program at build/cairn. Run again, it builds only what has changed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if (($# > 0)); then
  echo "usage: scripts/build.sh (no arguments); leaves the program at build/cairn" >&2
  exit 2
fi

ensure_packages "${build_packages[@]}"
cd "$cairn_root"
mkdir -p build
# Configuring is silent unless it fails; the compiler's progress is worth seeing.
if ! cmake --preset release >build/configure.log 2>&1; then
  cat build/configure.log >&2
  fail "cmake could not configure the build in $cairn_root/build; what it said is above." \
    "If the directory comes from another machine, delete it and run this again."
fi
cmake --build --preset release --target cairn --parallel "$(nproc)" ||
  fail "cairn does not compile; the compiler's words are above."
echo "The program is $cairn_root/build/cairn"
