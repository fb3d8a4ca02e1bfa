#include "replica/strangers.h"

namespace cairn::replica {
namespace {

constexpr Micros kTellAgain = 60'000'000;
constexpr std::size_t kMaxKnown = 64;

}  // namespace

void Strangers::Note(const Stranger& stranger, Micros now) {
  if (known_.size() >= kMaxKnown && !known_.contains({stranger.node, stranger.life})) {
    known_.clear();  // only hostile bytes bring so many
  }
  Known& known = known_[{stranger.node, stranger.life}];
  if (known.since == 0 || now - known.last > lasting_) {
    known.since = now;
  }
  known.last = now;
  if (now - known.since >= lasting_ && (known.told_at == 0 || now - known.told_at >= kTellAgain)) {
    known.told_at = now;
    told_.push_back(stranger);
  }
}

}  // namespace cairn::replica
