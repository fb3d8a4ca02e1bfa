#!/usr/bin/env bash
# Tries the tests themselves: each patch in tests/sim/mutants plants one deliberate bug, and the
# simulator must find it within a bounded number of seeds. A bug that needs more luck than random seeds have
# names in its patch the test that must find it ("found by: cairn_sim_test HardshipTest.*"). Prints a table:
# bug, after how many seeds, found by which check. Fails if a bug is not found.
#
#   scripts/mutants.sh [NAME ...]     all patches, or those named (without .patch)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seeds=5000
ensure_packages "${build_packages[@]}"
cd "$cairn_root"
mkdir -p build/mutants
exec 9>build/mutants/lock
flock -n 9 || fail "another run of this script is under way here."
tree=$cairn_root/build/mutants/tree
rm -rf "$tree"
mkdir -p "$tree"
# Not with their times: what an earlier run compiled of its last mutant is newer than the sources.
cp -R CMakeLists.txt src storage proto tests "$tree/"
cmake -S "$tree" -B build/mutants/out -G Ninja -DCMAKE_BUILD_TYPE=Release >build/mutants/configure.log ||
  fail "cmake could not configure the tree of the mutants; see build/mutants/configure.log."
build() { cmake --build build/mutants/out --target "$1" >build/mutants/build.log 2>&1; }
build cairn-sim || fail "the simulator does not compile; see build/mutants/build.log."
sound=$cairn_root/build/mutants/cairn-sim-without-a-bug
cp build/mutants/out/cairn-sim "$sound"

# Words of the first seed that fails with the bug and not without it: what fails without a bug, too,
# is a finding of another kind, and must hide no bug that nobody finds.
hunt() {
  local from=1 words seed
  while ((from <= seeds)); do
    words=$(timeout 600 build/mutants/out/cairn-sim --from "$from" --count "$((seeds - from + 1))" \
      2>&1) && return
    seed=$(sed -n 's/.*FAILED seed \([0-9]*\):.*/\1/p' <<<"$words" | head -n 1)
    [[ -n $seed ]] || return 0
    if "$sound" --seed "$seed" >/dev/null 2>&1; then
      printf '%s\n' "$words"
      return
    fi
    echo "seed $seed fails without a bug: see build/cairn-sim --seed $seed" >&2
    from=$((seed + 1))
  done
}

# try_test PROGRAM FILTER: the first of these tests that is red with the bug, in the words of hunt.
try_test() {
  local words
  words=$(timeout 600 "build/mutants/out/tests/$1" --gtest_filter="$2" 2>&1) && return
  sed -n "s/^\[  FAILED  \] \([A-Za-z.]*\).*/FAILED seed 0: $1 \1/p" <<<"$words" | head -n 1
  grep -q '^\[  FAILED  \]' <<<"$words" || echo "FAILED seed 0: $1 died: $(tail -n 1 <<<"$words")"
}

names=("$@")
if ((${#names[@]} == 0)); then
  for patch in tests/sim/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi

missed=0
printf '%-32s %-8s %s\n' "bug" "seeds" "found by"
for name in "${names[@]}"; do
  patch=$cairn_root/tests/sim/mutants/$name.patch
  [[ -f $patch ]] || fail "there is no mutant $name in tests/sim/mutants."
  patch --quiet -p1 -d "$tree" <"$patch" ||
    fail "$name.patch does not apply any more: make it anew after the code that it changes."
  read -r program filter < <(sed -n 's/^found by: //p' "$patch") || true
  build "${program:-cairn-sim}" || fail "$name does not compile; see build/mutants/build.log."
  if [[ -n $program ]]; then words=$(try_test "$program" "$filter"); else words=$(hunt); fi
  patch --quiet -R -p1 -d "$tree" <"$patch"
  seed=$(sed -n 's/.*FAILED seed \([0-9]*\):.*/\1/p' <<<"$words" | head -n 1)
  check=$(sed -n 's/.*FAILED seed [0-9]*: //p' <<<"$words" | head -n 1 | cut -c1-90)
  if [[ $check == CHECK ]]; then
    check="CHECK: $(sed -n 's/.*so this process stops: //p' <<<"$words" | head -n 1)"
  fi
  if [[ -z $seed ]]; then
    missed=$((missed + 1))
    check="NOT FOUND ($(head -n 1 "$patch"))"
  fi
  printf '%-32s %-8s %s\n' "$name" "${seed:--}" "$check"
done
printf '%d bugs planted, %d found, %d missed\n' "${#names[@]}" "$((${#names[@]} - missed))" "$missed"
((missed == 0))
