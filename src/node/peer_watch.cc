#include "node/peer_watch.h"

#include <fmt/core.h>

#include <utility>

namespace cairn::node {
namespace {

constexpr Micros kSecond = 1'000'000;
/// A shorter silence is a busy machine. The first time a node may take longer: the nodes of a
/// cluster are started one after the other.
constexpr Micros kSilence = kSecond;
constexpr Micros kFirstSilence = 5 * kSecond;
/// Between two reports of silence of one node.
constexpr Micros kRest = 60 * kSecond;

double Seconds(Micros duration) { return static_cast<double>(duration) / kSecond; }

}  // namespace

std::optional<std::string> PeerWatch::Look(NodeId node, bool hears, Micros now) {
  const auto [place, added] = nodes_.try_emplace(node);
  Seen& seen = place->second;
  if (added) {
    seen.last_heard = now;
  }
  const Micros silent = now - seen.last_heard;
  if (hears) {
    const bool news = seen.reported;
    seen.last_heard = now;
    seen.heard_once = true;
    seen.hears = true;
    seen.reported = false;
    return news ? std::optional(fmt::format("node {} is heard again, after {:.1f} s of silence",
                                            node, Seconds(silent)))
                : std::nullopt;
  }
  if (silent < (seen.heard_once ? kSilence : kFirstSilence) || seen.reported) {
    return std::nullopt;
  }
  seen.unreported += seen.hears ? 1 : 0;
  seen.hears = false;
  if (seen.reported_at != 0 && now - seen.reported_at < kRest) {
    return std::nullopt;
  }
  seen.reported = true;
  seen.reported_at = now;
  const int times = std::exchange(seen.unreported, 0);
  return fmt::format(
      "node {} is silent: nothing has been heard from it for {:.1f} s{}. Look at its process, its "
      "machine and the network",
      node, Seconds(silent),
      times > 1 ? fmt::format(", and it fell silent {} times since the last such line", times)
                : "");
}

}  // namespace cairn::node
