#pragma once
// Requests on their way. Two books, for two roles that a node can have at once:
//
//   Waiting     what clients connected to this node wait for, wherever the leader is
//   Proposals   at the leader: what is to be sealed into blocks, and who is told afterwards
//
// When the leader changes, every node hands what its own clients wait for to the new leader;
// sessions make that safe (R10). So a deposed leader may simply forget its Proposals.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/status_report.h"
#include "common/block.h"
#include "common/limits.h"
#include "replica/peer_message.h"

namespace cairn::replica {

/// What one turn hands on of what waited, applies and reads, with one more on top; a request and an
/// answer are counted with all that goes with them.
inline constexpr std::size_t kRequestsATurn = 1024;
inline constexpr std::size_t kBytesATurn = kMaxBlockBytes;
inline constexpr std::size_t kBesideValue = 256;

/// One request of a client that is connected to this node.
struct WaitingRequest {
  bool is_write = false;
  Request request;  ///< Writes; for reads only the key is used.
  Micros since = 0;
  Micros parked_at = 0;
  NodeId handed_to = 0;       ///< The node that has it now (as leader: this one); 0: parked.
  std::uint32_t in_play = 0;  ///< Handings-over that may still lead to its application.
};

class Waiting {
 public:
  /// Requires: the token is new.
  void Add(Token token, WaitingRequest request);
  /// Null if it was answered already.
  [[nodiscard]] const WaitingRequest* Find(Token token) const;
  void Remove(Token token);
  /// `node` has it now. Requires: it waits.
  void HandTo(Token token, NodeId node);
  /// Whom it was handed to did nothing with it. Requires: it waits.
  void TakeBack(Token token, Micros now);
  /// Those that no leader has now, at most so many, parked for the longest first.
  [[nodiscard]] std::vector<Token> Parked(std::size_t most) const;
  /// The leader that had them is gone: all are parked again.
  void ParkAll(Micros now);
  /// Those that came `expire` ago or are parked since `park` ago, at most so many.
  [[nodiscard]] std::vector<Token> Overdue(Micros now, Micros park, Micros expire,
                                           std::size_t most);

  [[nodiscard]] std::size_t size() const { return requests_.size(); }
  [[nodiscard]] std::size_t parked() const { return parked_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::map<Token, WaitingRequest>& all() const { return requests_; }

 private:
  WaitingRequest& At(Token token);

  std::map<Token, WaitingRequest> requests_;
  // No tick may cost as much as all that waits.
  std::set<std::pair<Micros, Token>> parked_;  // since when
  std::deque<Token> arrivals_;                 // oldest first, with some that are answered
  std::size_t bytes_ = 0;
};

/// Who is told what became of a request: a token at a node.
struct Origin {
  NodeId node = 0;
  Token token = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

class Proposals {
 public:
  /// Queues the request, or only notes the origin if the same request is under way already.
  void Add(const Origin& origin, const Request& request);
  /// Takes requests for the block at `slot`, at least one if any waits, up to the limits.
  std::vector<Request> TakeBatch(Slot slot, std::size_t max_requests, std::size_t max_bytes);
  /// The request is decided: who is to be told.
  std::vector<Origin> Finish(ClientId client, Sequence sequence);
  /// The block at `slot` did nothing with the request: who is to be told, unless it is in a later
  /// block, too.
  std::vector<Origin> Refuse(ClientId client, Sequence sequence, Slot slot);
  /// This node leads no more. Returns the origins of what was in no block: surely not applied.
  std::vector<Origin> Clear();
  /// Forgets what is in no block yet, and returns its origins.
  std::vector<Origin> ClearQueue();

  /// Those in blocks among them.
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] bool queued() const { return !queue_.empty(); }
  [[nodiscard]] std::size_t queue_size() const { return queue_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// For printQueue.
  [[nodiscard]] std::vector<api::QueueEntry> Describe() const;

 private:
  using Key = std::pair<ClientId, Sequence>;
  struct Open {
    std::string what;
    Slot slot = 0;  // 0: queued
    std::vector<Origin> origins;
  };

  std::deque<Request> queue_;
  std::size_t bytes_ = 0;
  std::map<Key, Open> open_;
};

/// At the leader: reads, confirmed by one quorum round for all that wait (R9).
class Reads {
 public:
  struct Pending {
    Origin origin;
    std::string key;
    Micros since = 0;
  };
  /// Whether answers may be sent to the node now.
  using Open = std::function<bool(NodeId)>;

  void Add(Origin origin, std::string key, Micros now = 0);
  [[nodiscard]] bool waiting() const { return !waiting_.empty(); }
  [[nodiscard]] std::size_t size() const;
  /// Of all that are here.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// All that wait now are in the round that begins; they read at `decided` or later.
  void BeginRound(Slot decided);
  /// The round is confirmed.
  void EndRound();
  /// Confirmed reads, one of each open node after the other, if `applied` has reached their slot.
  std::optional<Pending> TakeReady(Slot applied, const Open& open);
  /// Whether TakeReady has one.
  [[nodiscard]] bool HasReady(Slot applied, const Open& open) const {
    return NextReady(applied, open) != 0;
  }
  /// Forgets the confirmed reads from before `oldest`: the nodes that they came from have given
  /// them up, and one that takes no answers must not fill the book.
  void Forget(Micros oldest);
  /// This node leads no more. Returns who waited.
  std::vector<Origin> Clear();

 private:
  [[nodiscard]] NodeId NextReady(Slot applied, const Open& open) const;
  Pending TakeFirst(NodeId node);

  std::vector<Pending> waiting_;
  std::vector<Pending> in_round_;
  std::map<NodeId, std::deque<Pending>> confirmed_;  // by origin; none is empty
  NodeId served_ = 0;                                // the last one
  std::size_t bytes_ = 0;
  Slot round_slot_ = 0;
  Slot confirmed_slot_ = 0;
};

}  // namespace cairn::replica
