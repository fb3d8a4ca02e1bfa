#pragma once
// Random messages of every verb, from a seed, with no field left at its default, and a
// comparison of all their fields: a codec that forgets a field is noticed.

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "api/call.h"
#include "chain/block_format.h"
#include "net/peers/peer_codec.h"
#include "net/wire/client_codec.h"
#include "replica/peer_message.h"

namespace cairn::net::testing {

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Number(std::uint64_t from, std::uint64_t to) {
    return std::uniform_int_distribution<std::uint64_t>(from, to)(random_);
  }
  std::uint64_t Wide() { return Number(1, ~std::uint64_t{0}); }
  Slot AnySlot() { return Number(1, kMaxPlausible - 1); }
  NodeId Node() { return static_cast<NodeId>(Number(1, kMaxNodes)); }
  std::string Bytes(std::size_t most) {
    std::string bytes(Number(1, most), '\0');
    for (char& c : bytes) {
      c = static_cast<char>(Number(0, 255));
    }
    return bytes;
  }
  Hash AnyHash() {
    Hash hash;
    for (auto& octet : hash.bytes) {
      octet = static_cast<std::uint8_t>(Number(0, 255));
    }
    return hash;
  }
  cairn::Ballot Ballot() { return {Number(1, kMaxPlausible - 1), Node(), Wide()}; }
  Request AnyRequest() {
    Request request;
    request.client = Wide();
    request.sequence = Number(1, kMaxPlausible - 1);
    request.first_open = Number(1, kMaxPlausible - 1);
    request.session_base = AnySlot();
    request.op = Number(0, 1) == 0 ? Op::kPut : Op::kDel;
    request.key = Bytes(40);
    request.value = request.op == Op::kPut ? Bytes(100) : "";
    return request;
  }
  api::Answer Answer() {
    api::Answer answer;
    answer.code = static_cast<Code>(Number(1, static_cast<std::uint64_t>(Code::kDenied)));
    answer.message = Bytes(50);
    answer.slot = AnySlot();
    answer.value = Bytes(50);
    answer.leader = Node();
    return answer;
  }
  /// A chain of blocks, as adopted logs and catch-up carry it.
  std::vector<BlockPtr> Chain(std::size_t length) {
    std::vector<BlockPtr> blocks;
    Slot slot = Number(2, 1'000'000);
    Hash parent = AnyHash();
    Micros time = Number(1, 1'000'000);
    for (std::size_t i = 0; i < length; ++i) {
      std::vector<Request> requests(Number(1, 4));
      for (Request& request : requests) {
        request = AnyRequest();
      }
      blocks.push_back(chain::Seal(slot, parent, time, std::move(requests)));
      parent = blocks.back()->hash;
      ++slot;
      ++time;
    }
    return blocks;
  }

  /// One of every verb between nodes.
  std::vector<replica::Message> EveryPeerMessage() {
    return {paxos::Heartbeat{Ballot(), true, true, static_cast<std::uint32_t>(Number(1, 511)) << 1,
                             Ballot(), AnySlot(), AnySlot(), true, Wide(), Wide(), Wide(), true},
            paxos::Prepare{Ballot(), AnySlot(), Ballot(), AnySlot(), AnyHash()},
            paxos::Promise{Ballot(), Ballot(), AnySlot(), AnySlot(), Chain(3), AnyHash()},
            paxos::Refuse{Ballot()},
            paxos::AcceptSync{Ballot(), AnySlot(), AnySlot(), AnyHash(), Chain(2)},
            paxos::Accept{Ballot(), AnySlot(), Chain(1).front()},
            paxos::Accepted{Ballot(), AnySlot()},
            paxos::Behind{Ballot(), Ballot(), AnySlot(), AnySlot()},
            paxos::Fetch{AnySlot(), AnySlot(), true},
            paxos::Blocks{Chain(5), AnySlot(), true},
            paxos::Probe{Ballot(), Wide()},
            paxos::ProbeAck{Ballot(), Wide()},
            replica::ForwardWrite{Wide(), AnyRequest()},
            replica::ForwardRead{Wide(), Bytes(40)},
            replica::ForwardAnswer{Wide(), Answer()},
            replica::AskMemory{Wide()},
            replica::TellMemory{Wide(), Seen()}};
  }

  /// One of every verb from a client.
  std::vector<api::CallBody> EveryCall() {
    return {api::Hello{},
            api::Write{AnyRequest()},
            api::Read{Bytes(40)},
            api::StaleRead{Bytes(40)},
            api::StatusCall{},
            api::ChainCall{AnySlot(), AnySlot()},
            api::FaultCall{api::FaultCall::Kind::kFailLink, Node(), Node()},
            api::FaultCall{api::FaultCall::Kind::kFixLink, Node(), Node()},
            api::FaultCall{api::FaultCall::Kind::kFailProcess, 0, 0}};
  }

  /// One of every verb to a client.
  std::vector<api::ReplyBody> EveryReply() {
    api::StatusReport report;
    report.replica = {.node = Node(),
                      .role = "leader",
                      .ballot = Ballot(),
                      .promised = Ballot(),
                      .decided = AnySlot(),
                      .applied = AnySlot(),
                      .tip = AnySlot(),
                      .tip_hash = AnyHash(),
                      .leader = Node(),
                      .quorum = true,
                      .heard = 3,
                      .missing = {Node(), Node()},
                      .words = Bytes(80)};
    report.incarnation = Wide();
    report.links = {{Node(), "up"}, {Node(), "cut"}};
    report.dropped = Wide();
    report.replica.goal = AnySlot();
    report.replica.lost = AnySlot();
    report.replica.full = true;
    report.verified = AnySlot();
    report.sessions = Wide();
    report.longest_turn = Wide();
    report.notes = {Bytes(40), Bytes(20)};
    report.formed = AnyHash();
    return {api::Welcome{Node(), Bytes(20), AnyHash(), AnySlot(), Node()}, Answer(), report,
            api::ChainPart{Chain(4), AnySlot(), AnySlot()}, api::FaultDone{Bytes(40)}};
  }

  PeerHeader Header() {
    return {.version = kWireVersion,
            .cluster = {.genesis = AnyHash(), .name = Bytes(30), .formed = AnyHash()},
            .from = Node(),
            .to = Node(),
            .incarnation = Wide(),
            .stamp = {Wide(), kMaxPlausible - 1, AnySlot()},
            .seen = Seen()};
  }
  replica::Seen Seen() { return {Wide(), Wide(), Wide(), AnySlot()}; }

  /// Turns over one bit somewhere.
  void Flip(std::string& frame) {
    char& c = frame[Number(0, frame.size() - 1)];
    c = static_cast<char>(static_cast<unsigned char>(c) ^ (1U << Number(0, 7)));
  }

 private:
  std::mt19937_64 random_;
};

/// Memory in a string, as an encoder wants it.
inline Allocate InString(std::string& bytes) {
  return [&bytes](std::size_t size) {
    bytes.resize(size);
    return reinterpret_cast<std::uint8_t*>(bytes.data());
  };
}

/// A frame with the first of the messages, as many as go into one; `taken` says how many.
inline Result<std::string> PeerFrame(const PeerHeader& header,
                                     const std::vector<replica::Message>& messages,
                                     std::size_t* taken = nullptr) {
  std::vector<const replica::Message*> pointers;
  for (const replica::Message& message : messages) {
    pointers.push_back(&message);
  }
  std::string frame;
  PeerEncoder encoder;
  const Result<std::size_t> encoded = encoder.Encode(header, pointers, InString(frame));
  if (!encoded.ok()) {
    return encoded.status();
  }
  if (taken != nullptr) {
    *taken = encoded.value();
  }
  return frame;
}

inline Result<std::string> FaultFrame(const PeerHeader& header, const LinkFault& fault) {
  std::string frame;
  PeerEncoder encoder;
  if (Status status = encoder.Encode(header, fault, InString(frame)); !status.ok()) {
    return status;
  }
  return frame;
}

/// A frame with all of these, whose ids count up from `first`.
template <typename OneBatch, typename Body>
Result<std::string> BatchFrame(const ClientHeader& header, std::uint64_t first,
                               const std::vector<Body>& bodies) {
  OneBatch batch(header);
  for (const Body& body : bodies) {
    if (Status status = batch.Add(first++, body); !status.ok()) {
      return status;
    }
  }
  std::string frame;
  if (Status status = batch.Write(InString(frame)); !status.ok()) {
    return status;
  }
  return frame;
}
inline Result<std::string> CallFrame(const ClientHeader& header, std::uint64_t first,
                                     const std::vector<api::CallBody>& bodies) {
  return BatchFrame<CallBatch>(header, first, bodies);
}
inline Result<std::string> ReplyFrame(const ClientHeader& header, std::uint64_t first,
                                      const std::vector<api::ReplyBody>& bodies) {
  return BatchFrame<ReplyBatch>(header, first, bodies);
}

// Fields(message): all fields of it, comparable.

inline std::vector<std::string> Fields(const std::vector<BlockPtr>& blocks) {
  std::vector<std::string> encoded;
  encoded.reserve(blocks.size());
  for (const BlockPtr& block : blocks) {
    encoded.push_back(block->encoded);
  }
  return encoded;
}
inline auto Fields(const api::Answer& m) {
  return std::tie(m.code, m.message, m.slot, m.value, m.leader);
}
inline auto Fields(const paxos::Heartbeat& m) {
  return std::tie(m.promised, m.leading, m.satisfied, m.heard, m.accepted, m.tip, m.decided, m.full,
                  m.sent, m.echo, m.held, m.behind_blocks);
}
inline auto Fields(const paxos::Prepare& m) {
  return std::tie(m.ballot, m.decided, m.accepted, m.tip, m.tip_hash);
}
inline auto Fields(const paxos::Promise& m) {
  return std::make_tuple(m.ballot, m.accepted, m.tip, m.decided, Fields(m.blocks), m.tip_hash);
}
inline auto Fields(const paxos::Refuse& m) { return std::tie(m.promised); }
inline auto Fields(const paxos::AcceptSync& m) {
  return std::make_tuple(m.ballot, m.decided, m.tip, m.tip_hash, Fields(m.blocks));
}
inline auto Fields(const paxos::Accept& m) {
  return std::make_tuple(m.ballot, m.decided, m.block->encoded);
}
inline auto Fields(const paxos::Accepted& m) { return std::tie(m.ballot, m.tip); }
inline auto Fields(const paxos::Behind& m) {
  return std::tie(m.ballot, m.accepted, m.matched, m.decided);
}
inline auto Fields(const paxos::Fetch& m) { return std::tie(m.from, m.last, m.by_hash); }
inline auto Fields(const paxos::Blocks& m) {
  return std::make_tuple(m.decided, m.by_hash, Fields(m.blocks));
}
inline auto Fields(const paxos::Probe& m) { return std::tie(m.ballot, m.number); }
inline auto Fields(const paxos::ProbeAck& m) { return std::tie(m.ballot, m.number); }
inline auto Fields(const replica::ForwardWrite& m) { return std::tie(m.token, m.request); }
inline auto Fields(const replica::AskMemory& m) { return std::tie(m.number); }
inline auto Fields(const replica::TellMemory& m) {
  return std::tie(m.number, m.seen.incarnation, m.seen.accused, m.seen.life, m.seen.commits);
}
inline auto Fields(const replica::ForwardRead& m) { return std::tie(m.token, m.key); }
inline auto Fields(const replica::ForwardAnswer& m) {
  return std::tuple_cat(std::tie(m.token), Fields(m.answer));
}
inline auto Fields(const api::Hello& /*m*/) { return std::tuple<>(); }
inline auto Fields(const api::StatusCall& /*m*/) { return std::tuple<>(); }
inline auto Fields(const api::Write& m) { return std::tie(m.request); }
inline auto Fields(const api::Read& m) { return std::tie(m.key); }
inline auto Fields(const api::StaleRead& m) { return std::tie(m.key); }
inline auto Fields(const api::ChainCall& m) { return std::tie(m.first, m.last); }
inline auto Fields(const api::FaultCall& m) { return std::tie(m.kind, m.a, m.b); }
inline auto Fields(const api::Welcome& m) {
  return std::tie(m.node, m.cluster_name, m.cluster, m.decided, m.leader);
}
inline auto Fields(const api::StatusReport& m) {
  const api::ReplicaStatus& r = m.replica;
  std::vector<std::pair<NodeId, std::string>> links;
  for (const api::LinkStatus& link : m.links) {
    links.emplace_back(link.peer, link.state);
  }
  return std::make_tuple(r.node, r.role, r.ballot, r.promised, r.decided, r.applied, r.tip,
                         r.tip_hash, r.leader, r.quorum, r.heard, r.missing, r.words, m.incarnation,
                         links, m.dropped, m.verified, m.notes, m.formed);
}
inline auto Fields(const api::ChainPart& m) {
  return std::make_tuple(m.tip, m.decided, Fields(m.blocks));
}
inline auto Fields(const api::FaultDone& m) { return std::tie(m.words); }

/// Same verb, same fields.
template <typename Variant>
bool Same(const Variant& a, const Variant& b) {
  return a.index() == b.index() && std::visit(
                                       [&](const auto& verb) {
                                         using Verb = std::decay_t<decltype(verb)>;
                                         return Fields(verb) == Fields(std::get<Verb>(b));
                                       },
                                       a);
}

}  // namespace cairn::net::testing
