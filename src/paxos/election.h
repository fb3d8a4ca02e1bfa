#pragma once
// Who should lead (R8), after the ballot leader election of Omni-Paxos (Ng, Haridi, Carbone,
// EuroSys 2023). Every node tells all others, again and again, whom it hears and whether it is
// content: it leads with a quorum behind it, or hears a leader that does. A link counts only if it
// works both ways.
//
// A node stands for election if it is not content, none of those that it hears is, and it hears
// a quorum. So a node that merely lost sight of the leader, or that came back, deposes
// nobody (its neighbours are content); a leader without a quorum is not content and says so,
// which lets any connected node take over (quorum loss); a node that alone hears a
// quorum is enough (constrained election); and in a chain of nodes the one in the middle
// keeps its leader.
//
// This class only keeps the books; the replica acts.

#include <map>
#include <vector>

#include "common/roster.h"
#include "paxos/message.h"
#include "paxos/patience.h"

namespace cairn::paxos {

/// Microseconds of the replica's monotonic clock. What waits for others is a floor: where they are
/// further away, or slower, it is longer (patience.h).
struct Timing {
  Micros heartbeat = 40'000;     ///< Every node speaks at least this often.
  Micros silence = 240'000;      ///< A node that was not heard for so long counts as gone.
  Micros patience = 10'000'000;  ///< However slow it is: after so long it does.
  Micros election = 300'000;     ///< A candidate is given so long before another one stands.
  Micros deference = 60'000;     ///< The lead that a node gives to one with a better log.
  Micros park = 700'000;         ///< A request waits so long for a leader before it is refused.
  Micros expire = 10'000'000;    ///< A request without an answer is given up after so long.
};

class Election {
 public:
  /// `began`: this life of the process, by the clock that the other functions are told.
  Election(NodeId self, std::vector<NodeId> peers, Timing timing, Micros began = 0)
      : self_(self), peers_(std::move(peers)), timing_(timing), began_(began) {}

  void OnHeartbeat(NodeId from, Incarnation incarnation, const Heartbeat& heartbeat, Micros now);
  /// Whatever a node says is a sign of its life. `life`: of its process.
  void OnWord(NodeId from, Incarnation incarnation, std::uint64_t life, Micros now);
  /// What a heartbeat to this node says of the way there and back.
  void Echo(NodeId to, Micros now, Micros* echo, Micros* held) const;
  /// To a quorum and back, most times; 0 if that was not measured. Not for longer than a node may
  /// be silent.
  [[nodiscard]] Micros ToAQuorum(Micros now) const;

  /// Was heard lately.
  [[nodiscard]] bool Heard(NodeId node, Micros now) const;
  /// Was heard lately, and says that it hears this node.
  [[nodiscard]] bool Linked(NodeId node, Micros now) const;
  /// Bit i: node i is heard.
  [[nodiscard]] std::uint32_t HeardMask(Micros now) const;
  /// Linked nodes and this one.
  [[nodiscard]] std::size_t LinkedCount(Micros now) const;
  /// The last word of a node that was ever heard; null if none.
  [[nodiscard]] const Heartbeat* Last(NodeId node) const;
  [[nodiscard]] Incarnation IncarnationOf(NodeId node) const;

  /// The linked, content leader with the greatest ballot, if it is at least `promised`; else 0.
  [[nodiscard]] NodeId Leader(const Ballot& promised, Micros now) const;
  /// Linked nodes, and this one, that have not promised a ballot above `ballot` and are who
  /// the chain says (`who`, R7).
  [[nodiscard]] std::size_t Supporters(const Ballot& ballot, const Incarnations& who,
                                       Micros now) const;
  /// A linked node has promised more than `ballot` and has no leader: it can't come back to this
  /// leader unless the leader takes a greater ballot. One whose round is above `reach` could not be
  /// topped by it (kMaxRoundLeap), and is left alone.
  [[nodiscard]] bool SomeoneIsStuckAbove(const Ballot& ballot, std::uint64_t reach,
                                         Micros now) const;
  /// Some linked node is content.
  [[nodiscard]] bool NeighbourContent(Micros now) const;
  /// Some linked node would make a better leader: its log is ahead, or as far with a greater id.
  [[nodiscard]] bool BetterNeighbour(const Ballot& accepted, Slot tip, Micros now) const;

  /// Some linked node has a log that is ahead.
  [[nodiscard]] bool LongerNeighbour(const Ballot& accepted, Slot tip, Micros now) const;

  [[nodiscard]] const std::vector<NodeId>& peers() const { return peers_; }

 private:
  struct Peer {
    explicit Peer(const Timing& timing) : silence(timing.silence, timing.patience) {}
    Silence silence;
    Incarnation incarnation = 0;
    std::uint64_t life = 0;
    Heartbeat last;
    Micros beat_at = 0;
    RoundTrip round_trip;
  };

  NodeId self_;
  std::vector<NodeId> peers_;
  Timing timing_;
  Micros began_;
  std::map<NodeId, Peer> known_;
};

}  // namespace cairn::paxos
