#!/usr/bin/env bash
# How fast cairn is on this machine: clusters of three and five nodes, puts and linearizable gets, with
# one to 256 clients; a table, and the results in build/bench.
#
#   scripts/bench.sh              cairn alone, about five minutes
#   scripts/bench.sh --peers      etcd and ZooKeeper of Debian's packages beside it, in turns, and the
#                                 ratios; failover, recovery and a long chain too
#   scripts/bench.sh --peers --only failover --results FILE     one part again, into an old file
#   scripts/bench.sh --report FILE                              table and plot, without measuring
#   scripts/bench.sh --micro      what a request passes, piece by piece: time, cycles, allocations
#   scripts/bench.sh --help       all options
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peer_packages=(etcd-server golang-go golang-etcd-server-dev zookeeper default-jre-headless
  libzookeeper-mt-dev)
generators=tests/bench/peers
out=build/bench

# Debian starts a service that it installs, and at every boot; the bench starts servers of its own.
install_peers() {
  local as_root unit=/etc/systemd/system/etcd.service
  if [[ -z $(missing_packages "${peer_packages[@]}") ]]; then
    return 0
  fi
  if [[ -d /run/systemd/system && ! -e $unit && -n $(missing_packages etcd-server) ]]; then
    as_root=$(root_command) || fail "only root can install ${peer_packages[*]}"
    $as_root ln -s /dev/null "$unit"
    echo "The service etcd is masked, so that the package does not start it; to have it:" \
      "systemctl unmask etcd"
  fi
  ensure_packages "${peer_packages[@]}"
}

# The generators are programs on the peers' own client libraries.
build_generators() {
  local log=$out/generators.log
  mkdir -p "$out"
  echo "Building the load generators of etcd and ZooKeeper" >&2
  (cd "$generators/etcd_load" &&
    GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=$cairn_root/$out/gocache \
      go build -o "$cairn_root/$out/etcd-load" .) >"$log" 2>&1 ||
    { cat "$log" >&2; fail "etcd-load can't be built; the compiler's words are above"; }
  if [[ -n $(find "$generators/zookeeper_load" -newer "$out/zookeeper-load" 2>&1) ]]; then
    g++ -std=c++20 -O2 -Wall -Wextra -Werror -DTHREADED "$generators"/zookeeper_load/*.cc \
      -o "$out/zookeeper-load" -lzookeeper_mt -lpthread >"$log" 2>&1 ||
      { cat "$log" >&2; fail "zookeeper-load can't be built; the compiler's words are above"; }
  fi
}

cd "$cairn_root"
if [[ ${1:-} == --micro ]]; then
  shift
  ensure_packages "${build_packages[@]}" libbenchmark-dev
  build_quietly cairn-micro-bench
  exec build/cairn-micro-bench "$@"
fi
export PYTHONDONTWRITEBYTECODE=1
# Not /tmp, which is memory on many machines.
export TMPDIR=${TMPDIR:-/var/tmp}
prepare=yes
peers=
for word in "$@"; do
  case $word in
    -h | --help | --report | --report=*) prepare= ;;
    --peers) peers=yes ;;
  esac
done
if [[ -n $prepare ]]; then
  if [[ -z ${CAIRN_PROGRAM:-} ]]; then
    ensure_packages "${build_packages[@]}"
    build_quietly cairn
  fi
  if [[ -n $peers ]]; then
    install_peers
    build_generators
  fi
fi
exec python3 "$generators/bench.py" "$@"
