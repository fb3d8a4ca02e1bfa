# What the scripts share; sourced, not run. Packages: see ensure_packages.

# shellcheck shell=bash disable=SC2034

cairn_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# To build cairn.
build_packages=(g++ cmake ninja-build ccache pkg-config python3 librocksdb-dev libzmq3-dev
  cppzmq-dev libprotobuf-dev protobuf-compiler libssl-dev libgtest-dev libcli11-dev
  libtomlplusplus-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libedit-dev libmimalloc-dev)
# To check it, besides.
test_packages=(clang-format clang-tidy strace)

# One sentence on standard error, and the end.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Prints those of the named packages that are not installed, on one line.
missing_packages() {
  local package state missing=()
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    [[ $state == ?i* ]] || missing+=("$package")
  done
  echo "${missing[*]}"
}

# How to run a command as root here: nothing, sudo, or a failure.
root_command() {
  if [[ $(id -u) == 0 ]]; then
    return 0
  fi
  command -v sudo >/dev/null || return 1
  if [[ -t 0 ]]; then
    echo "sudo"
  elif sudo -n true 2>/dev/null; then
    echo "sudo -n"
  else
    return 1
  fi
}

# Installs what is missing of the named Debian packages, quietly; says nothing if nothing is.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian system, so the packages are not checked. Needed: $*" >&2
    return 0
  fi
  local missing by_hand as_root log
  missing=$(missing_packages "$@")
  [[ -n $missing ]] || return 0
  by_hand="apt-get update && apt-get install --no-install-recommends $missing"
  as_root=$(root_command) ||
    fail "packages are missing and only root can install them. Run as root: $by_hand"
  echo "Installing Debian packages: $missing"
  log=$(mktemp)
  # An update that fails for one source of many is no reason not to try.
  # shellcheck disable=SC2086  # Both are lists of words.
  if ! {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      $missing
  } </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "the packages above could not be installed (is there a network?)." \
      "Run as root: $by_hand"
  fi
  rm -f "$log"
}

# configure PRESET DIRECTORY [OPTION]...: makes the build directory; silent unless it fails. Ninja
# itself configures again when a CMakeLists.txt changes.
configure() {
  local preset=$1 directory=$2
  shift 2
  if [[ -f $directory/build.ninja && $directory/build.ninja -nt CMakePresets.json ]] &&
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$cairn_root" "$directory/CMakeCache.txt"; then
    return 0
  fi
  mkdir -p "$directory"
  if ! cmake --preset "$preset" "$@" >"$directory/configure.log" 2>&1; then
    cat "$directory/configure.log" >&2
    fail "cmake could not configure $cairn_root/$directory; what it said is above." \
      "If the directory comes from another place or machine, delete it and run this again."
  fi
}

# build_quietly TARGET...: builds them in build/, with no words that stay unless it fails.
# Requires: in $cairn_root.
build_quietly() {
  configure release build
  if [[ -t 2 ]]; then printf 'Building …' >&2; fi
  cmake --build --preset release --target "$@" --parallel "$(nproc)" >build/quiet.log 2>&1 || {
    tail -n 30 build/quiet.log >&2
    fail "$* can't be built; the last words of the compiler are above, all of them in" \
      "$cairn_root/build/quiet.log"
  }
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}
