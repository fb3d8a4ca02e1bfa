#include "sim/liar.h"

#include <array>
#include <functional>
#include <vector>

namespace cairn::sim {
namespace {

constexpr std::uint64_t kRefused = std::uint64_t{1} << 56;  // as net/wire/wire.h has it
constexpr std::array<std::uint64_t, 4> kExtremes = {kRefused - 1, kRefused - 2,
                                                    std::uint64_t{1} << 40, 0};

/// The ways in which a message can be falsified.
class Liar {
 public:
  explicit Liar(Random& dice) : dice_(dice) {}

  void Number(std::uint64_t* field) {
    ways_.emplace_back([this, field] { *field = kExtremes[dice_.Below(3)]; });
  }
  void Low(std::uint64_t* field) {
    ways_.emplace_back([field] { *field = 0; });
  }
  void Any(std::uint64_t* field) {
    ways_.emplace_back([this, field] { *field = dice_.Next(); });
  }
  void Flip(bool* field) {
    ways_.emplace_back([field] { *field = !*field; });
  }
  void Ballot(Ballot* ballot) {
    Number(&ballot->round);
    ways_.emplace_back([ballot] { ballot->node = kMaxNodes; });
    Any(&ballot->incarnation);
  }

  void operator()(paxos::Heartbeat& m) {
    Ballot(&m.promised);
    Ballot(&m.accepted);
    Flip(&m.leading);
    Flip(&m.satisfied);
    Flip(&m.full);
    Number(&m.tip);
    Number(&m.decided);
    ways_.emplace_back([&m] { m.tip = m.decided = kRefused - 1; });
    ways_.emplace_back([&m] { m.heard = 0x3fe; });
    ways_.emplace_back([&m] { m.heard = 0; });
  }
  void operator()(paxos::Prepare& m) {
    Ballot(&m.ballot);
    Ballot(&m.accepted);
    Number(&m.decided);
    Number(&m.tip);
  }
  void operator()(paxos::Promise& m) {
    Ballot(&m.ballot);
    Number(&m.accepted.round);
    Number(&m.tip);
    Number(&m.decided);
  }
  void operator()(paxos::Refuse& m) { Ballot(&m.promised); }
  void operator()(paxos::AcceptSync& m) {
    Ballot(&m.ballot);
    Number(&m.tip);
    Number(&m.decided);
  }
  void operator()(paxos::Accept& m) {
    Ballot(&m.ballot);
    Number(&m.decided);
  }
  void operator()(paxos::Accepted& m) {
    Ballot(&m.ballot);
    Number(&m.tip);
  }
  void operator()(paxos::Behind& m) {
    Ballot(&m.ballot);
    Ballot(&m.accepted);
    Number(&m.matched);
    Number(&m.decided);
  }
  void operator()(paxos::Fetch& m) {
    Number(&m.from);
    Number(&m.last);
    Low(&m.from);
    Low(&m.last);
  }
  void operator()(paxos::Blocks& m) { Number(&m.decided); }
  void operator()(paxos::Probe& m) {
    Ballot(&m.ballot);
    Number(&m.number);
  }
  void operator()(paxos::ProbeAck& m) {
    Ballot(&m.ballot);
    Number(&m.number);
  }
  void operator()(replica::ForwardWrite& m) { Any(&m.token); }
  void operator()(replica::ForwardRead& m) { Any(&m.token); }
  void operator()(replica::ForwardAnswer& m) { Any(&m.token); }
  void operator()(replica::AskMemory& m) { Any(&m.number); }
  void operator()(replica::TellMemory& m) {
    Any(&m.number);
    Number(&m.seen.commits);
    Any(&m.seen.accused);
  }

  void Tell() {
    if (!ways_.empty()) {
      ways_[dice_.Below(ways_.size())]();
    }
  }

 private:
  Random& dice_;
  std::vector<std::function<void()>> ways_;
};

}  // namespace

bool Exaggerate(replica::Inbound* inbound, Incarnation told_incarnation, std::uint64_t told_life,
                Random& dice) {
  Liar liar(dice);
  replica::Seen& seen = inbound->seen;
  if (dice.Chance(0.5)) {
    std::visit(liar, inbound->message);
  } else if (dice.Chance(0.3)) {
    // A word that is false from end to end, and credible.
    seen = {told_incarnation, dice.Chance(0.5) ? told_life : 0, dice.Next(), kRefused - 1};
    return true;
  } else {
    liar.Any(&inbound->incarnation);
    liar.Any(&inbound->stamp.life);
    liar.Number(&inbound->stamp.commits);
    liar.Low(&inbound->stamp.began);
    liar.Number(&inbound->stamp.began);
    liar.Any(&seen.incarnation);
    liar.Any(&seen.accused);
    liar.Any(&seen.life);
    liar.Number(&seen.commits);
  }
  liar.Tell();
  return inbound->stamp.began <= inbound->stamp.commits;
}

}  // namespace cairn::sim
