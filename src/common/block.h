#pragma once
// Requests and blocks as plain data. What they mean is the business of three sciences that do
// not know each other: src/chain hashes and verifies them, src/paxos agrees on them, src/kv
// applies them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/types.h"

namespace cairn {

/// What a request does. Numbers are part of the chain's format: never change or reuse one.
/// Room is left: 3-15 for operations of clients (compare-and-set, transactions, expiry,
/// redaction), 16-31 for those of the cluster.
enum class Op : std::uint8_t {
  kPut = 1,
  kDel = 2,
  kGenesis = 16,  ///< Slot 0 only; the value holds the cluster's parameters.
  kForm = 17,     ///< Slot 1 only; the value names every node's incarnation (R7).
  kReadmit = 18,  ///< The value names the new incarnation of a node that lost its memory (R7).
  kRecover = 19,  ///< An operator's decision: the value names every node's new incarnation (R7).
};

/// One request of a client, as the chain keeps it.
struct Request {
  ClientId client = 0;
  Sequence sequence = 0;
  /// The client has the answers to all requests below this sequence and asks for none again.
  Sequence first_open = 0;
  /// A decided slot that the client knew before its session began (see kv/sessions.h).
  Slot session_base = 0;
  Op op = Op::kPut;
  std::string key;
  std::string value;

  friend bool operator==(const Request&, const Request&) = default;
};

/// Encoded by chain/block_format.h in this order, fixed-width, little-endian.
struct BlockHeader {
  std::uint32_t version = 1;
  Slot slot = 0;
  Hash parent;         ///< Hash of the block at slot - 1; zero for genesis.
  Hash requests_root;  ///< Merkle root of the requests.
  Micros time = 0;     ///< The leader's wall clock, never below the parent's (R11).
  std::uint32_t request_count = 0;
  std::uint64_t nonce = 0;

  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

/// A block whose header, requests, hash and encoding agree: only chain::Seal and
/// chain::DecodeBlock make one. Immutable and shared, so that five peers get no five copies.
struct Block {
  BlockHeader header;
  std::vector<Request> requests;
  Hash hash;            ///< SHA-256 of the encoded header.
  std::string encoded;  ///< Header and requests, as stored and sent.

  [[nodiscard]] Slot slot() const { return header.slot; }
};
using BlockPtr = std::shared_ptr<const Block>;

}  // namespace cairn
