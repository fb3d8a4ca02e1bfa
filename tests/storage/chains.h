#pragma once
// Small chains for the tests of the ledger.

#include <string>
#include <vector>

#include "chain/block_format.h"
#include "replica/effects.h"
#include "storage/ledger/ledger.h"

namespace cairn::storage {

inline BlockPtr Genesis(const std::string& name = "test") {
  return chain::MakeGenesis({.name = name, .nodes = {1, 2, 3}, .max_sessions = 100});
}

inline BlockPtr Extend(const BlockPtr& parent, const std::string& value = "value") {
  Request request;
  request.client = 7;
  request.sequence = parent->slot() + 1;
  request.key = "key" + std::to_string(parent->slot() + 1);
  request.value = value;
  return chain::Seal(parent->slot() + 1, parent->hash, 1000 + parent->slot(), {request});
}

/// Genesis and `length` blocks upon it.
inline std::vector<BlockPtr> Chain(Slot length, const std::string& value = "value") {
  std::vector<BlockPtr> chain = {Genesis()};
  while (chain.size() <= length) {
    chain.push_back(Extend(chain.back(), value));
  }
  return chain;
}

inline Ballot Ballot(std::uint64_t round) { return {.round = round, .node = 1, .incarnation = 99}; }

/// The ledger of node 1, in the life that makes these ballots.
inline Ledger::Options Ours(bool read_only = false) {
  Ledger::Options options;
  options.read_only = read_only;
  options.node = 1;
  options.incarnation = 99;
  options.write_buffer_bytes = std::size_t{64} << 10;
  return options;
}

/// Accepts the blocks, the last of which becomes the tip, in the ballot of that round.
inline replica::LedgerWrite Accept(std::uint64_t round, std::vector<BlockPtr> blocks) {
  replica::LedgerWrite write;
  write.needed = true;
  write.head.promised = Ballot(round);
  write.head.accepted = Ballot(round);
  write.head.tip = blocks.back()->slot();
  write.blocks = std::move(blocks);
  return write;
}

/// The same, and all of it is decided.
inline replica::LedgerWrite Decide(std::uint64_t round, std::vector<BlockPtr> blocks) {
  replica::LedgerWrite write = Accept(round, std::move(blocks));
  write.head.decided = write.head.tip;
  return write;
}

/// Promises the ballot of that round and changes nothing else.
inline replica::LedgerWrite Promise(const replica::LedgerHead& head, std::uint64_t round) {
  replica::LedgerWrite write;
  write.needed = true;
  write.promise = true;
  write.head = head;
  write.head.promised = Ballot(round);
  return write;
}

}  // namespace cairn::storage
