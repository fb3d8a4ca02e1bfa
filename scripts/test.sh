#!/usr/bin/env bash
# Everything that must be green: the rules of the house, the build, all tests, clang-tidy, and the
# unit tests under the address and undefined-behaviour sanitizers. Quick checks come first, and the
# first red part ends the run. The last lines are ctest's summary of all tests.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

jobs=2
release_summary=

usage() {
  echo "usage: scripts/test.sh (no arguments); runs all checks and tests" >&2
  exit 2
}

# part "what" function: runs it under a heading and says how long it took.
part() {
  local title=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$title"
  # Not in a condition: there, set -e would not hold within the function.
  current=$title
  "$@"
  printf -- '-- %s: ok, %d s\n' "$title" $((SECONDS - start))
  current=
}

say_what_was_red() {
  local code=$?
  if ((code != 0)) && [[ -n ${current:-} ]]; then
    printf '\ntest.sh: red at "%s"; its words are above. Nothing after it was tried.\n' \
      "$current" >&2
  fi
  exit "$code"
}

check_format() {
  local files
  mapfile -t files < <(find src storage tests -name '*.h' -o -name '*.cc' | sort)
  clang-format --dry-run -Werror "${files[@]}"
  echo "clang-format: ${#files[@]} files are as .clang-format says"
}

check_rules() {
  scripts/tidy.py --self-test
  scripts/tidy.py
}

build_tests() {
  scripts/build.sh
  cmake --build --preset release --parallel "$jobs"
}

run_tests() {
  ctest --test-dir build --output-on-failure --parallel "$jobs" --no-tests=error \
    | tee build/ctest.log
  release_summary=$(sed -n '/tests passed/,$p' build/ctest.log)
}

check_code() {
  scripts/clang_tidy.py build "$jobs"
}

# Whole clusters, of processes or simulated, are tried in the release build: here they would take
# half an hour. A few seeds of the simulator stand for them.
run_sanitized() {
  local targets
  # Compiling is most of this part: without optimization it takes a fifth of the time, and g++ does
  # not take instrumented code for uninitialized.
  configure asan build/asan -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g1"
  mapfile -t targets < <(cmake --build --preset asan --target help |
    sed -n 's/^\(cairn_[a-z]*_test\): phony$/\1/p' | grep -v '^cairn_sim_test$')
  ((${#targets[@]} > 0)) || fail "build/asan has no test programs"
  cmake --build --preset asan --parallel "$jobs" --target cairn-sim "${targets[@]}"
  ctest --test-dir build/asan --output-on-failure --parallel "$jobs" --no-tests=error \
    --exclude-regex '^(process|sim)\.|^cairn_sim_test_NOT_BUILT$'
  build/asan/cairn-sim --from 1 --count 20
}

(($# == 0)) || usage
trap say_what_was_red EXIT
cd "$cairn_root"
part "packages" ensure_packages "${build_packages[@]}" "${test_packages[@]}"
part "format" check_format
part "rules of the house" check_rules
part "release build" build_tests
part "all tests" run_tests
part "clang-tidy" check_code
part "unit tests under ASan and UBSan" run_sanitized
printf '\nAll parts are green after %d s. All tests of the release build:\n%s\n' \
  "$SECONDS" "$release_summary"
