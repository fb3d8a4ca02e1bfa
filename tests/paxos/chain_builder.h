#pragma once
// Chains of small blocks for the tests of agreement: genesis, block 1 that forms a cluster, and
// blocks that differ by what they say.

#include <string>
#include <string_view>
#include <vector>

#include "chain/block_format.h"
#include "common/roster.h"
#include "paxos/acceptor.h"

namespace cairn::paxos {

/// The incarnation that node `id` has in every test unless it says otherwise.
inline Incarnation LifeOf(NodeId id) { return 100 + id; }

inline Ballot BallotOf(std::uint64_t round, NodeId node = 1) { return {round, node, LifeOf(node)}; }

inline Incarnations Roster(NodeId nodes) {
  Incarnations all;
  for (NodeId id = 1; id <= nodes; ++id) {
    all[id] = LifeOf(id);
  }
  return all;
}

inline BlockPtr Genesis() {
  return chain::MakeGenesis({.name = "test", .nodes = {1, 2, 3}, .max_sessions = 100});
}

/// The next block on `parent`, with one put of `word`.
inline BlockPtr Child(const BlockPtr& parent, std::string_view word) {
  Request request;
  request.client = 7;
  request.sequence = parent->slot() + 1;
  request.key = "key";
  request.value = word;
  return chain::Seal(parent->slot() + 1, parent->hash, 1000 + parent->slot(), {request});
}

/// Block 1, which names the incarnation of every node (R7).
inline BlockPtr Forming(const Incarnations& who) {
  const BlockPtr genesis = Genesis();
  return chain::Seal(1, genesis->hash, 1000, {MakeFormRequest(who)});
}

/// A block that readmits the node under a new incarnation (R7).
inline BlockPtr Readmitting(const BlockPtr& parent, NodeId node, Incarnation incarnation) {
  return chain::Seal(parent->slot() + 1, parent->hash, 1000 + parent->slot(),
                     {MakeReadmitRequest(node, incarnation)});
}

/// `base` and `count` more blocks on it, each with a put of `word`.
inline std::vector<BlockPtr> Grow(std::vector<BlockPtr> base, Slot count,
                                  std::string_view word = "word") {
  for (Slot i = 0; i < count; ++i) {
    base.push_back(Child(base.back(), word));
  }
  return base;
}

/// Genesis, the block that forms a cluster of three, and puts up to `tip`.
inline std::vector<BlockPtr> Chain(Slot tip, std::string_view word = "word") {
  std::vector<BlockPtr> blocks{Genesis()};
  if (tip > 0) {
    blocks.push_back(Forming(Roster(3)));
    blocks = Grow(std::move(blocks), tip - 1, word);
  }
  return blocks;
}

/// The blocks of `chain` from slot `first` to slot `last`.
inline std::vector<BlockPtr> Part(const std::vector<BlockPtr>& chain, Slot first, Slot last) {
  return {chain.begin() + static_cast<std::ptrdiff_t>(first),
          chain.begin() + static_cast<std::ptrdiff_t>(last + 1)};
}

/// A log of the whole chain of which everything up to `decided` is decided.
inline Log LogOf(const std::vector<BlockPtr>& chain, Slot decided) {
  Log log({chain.front()}, 0, {});
  for (std::size_t i = 1; i < chain.size(); ++i) {
    log.Append(chain[i]);
  }
  log.Decide(decided);
  return log;
}

/// A log that no longer has the blocks before `first` in memory.
inline Log LogFrom(const std::vector<BlockPtr>& chain, Slot first, Slot decided) {
  return {Part(chain, first, chain.back()->slot()), decided, Roster(3)};
}

/// The leader's whole log, for a follower that has decided `known`.
inline AcceptSync AcceptSyncOf(const Ballot& ballot, const std::vector<BlockPtr>& chain, Slot known,
                               Slot decided) {
  const BlockPtr& tip = chain.back();
  return {ballot, decided, tip->slot(), tip->hash, Part(chain, known + 1, tip->slot())};
}

/// A node that has promised and accepted the ballot of `round`, with the chain as its log.
inline Acceptor Made(std::uint64_t round, const std::vector<BlockPtr>& chain, Slot decided) {
  return {BallotOf(round), BallotOf(round), LogOf(chain, decided)};
}

/// The same, brought up by the leader of that ballot itself: all of its log is matched.
inline Acceptor Followed(std::uint64_t round, const std::vector<BlockPtr>& chain, Slot decided) {
  Acceptor acceptor({}, {}, LogOf({chain.front()}, 0));
  (void)acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(round), chain, 0, decided));
  (void)acceptor.TakeChanges();
  return acceptor;
}

}  // namespace cairn::paxos
