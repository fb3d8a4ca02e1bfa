#pragma once
// Block times beside this node's clock. Time enters through blocks only and never goes back (R11):
// one leader whose clock was too far ahead leaves the chain ahead of all others. No rule rests on
// it, and time goes on (Replica::BlockTime), but a person must know.

#include <optional>
#include <string>

#include "common/types.h"

namespace cairn::node {

class ClockWatch {
 public:
  /// The newest block's time is `ahead` of this node's clock (0: it is not). A sentence for the
  /// log, if that is too much; at most once in ten minutes. `now` is monotonic.
  std::optional<std::string> Complaint(Micros ahead, Micros now);
  /// The sentence, as long as it is true.
  [[nodiscard]] const std::optional<std::string>& words() const { return words_; }

 private:
  std::optional<std::string> words_;
  Micros complained_at_ = 0;
};

}  // namespace cairn::node
