#pragma once
// On which of two connections a message goes to a peer. A block of a megabyte takes a link of
// 12 MB/s a tenth of a second, and whatever is behind it waits so long. So blocks have a connection
// of their own, and what keeps a leader in its place (heartbeats, phase 1, votes, probes) has the
// other one. The two are not ordered against each other, which agreement must bear of any network;
// among themselves a leader's blocks stay in order.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "common/limits.h"
#include "replica/peer_message.h"

namespace cairn::replica {

enum class Lane : std::uint8_t { kQuick, kLarge };

/// Bytes that the message adds to a frame, roughly.
[[nodiscard]] inline std::size_t SizeOf(const Message& message) {
  return std::visit(
      [](const auto& verb) -> std::size_t {
        using Verb = std::decay_t<decltype(verb)>;
        std::size_t bytes = 128;
        if constexpr (requires { verb.blocks; }) {
          for (const BlockPtr& block : verb.blocks) {
            bytes += block->encoded.size();
          }
        }
        if constexpr (std::is_same_v<Verb, paxos::Accept>) {
          bytes += verb.block->encoded.size();
        }
        if constexpr (std::is_same_v<Verb, ForwardWrite>) {
          bytes += verb.request.key.size() + verb.request.value.size();
        }
        if constexpr (std::is_same_v<Verb, ForwardAnswer>) {
          bytes += verb.answer.value.size();
        }
        return bytes;
      },
      message);
}

[[nodiscard]] inline Lane LaneOf(const Message& message) {
  const auto* beat = std::get_if<paxos::Heartbeat>(&message);
  const bool of_the_log = (beat != nullptr && beat->behind_blocks) ||
                          std::holds_alternative<paxos::Accept>(message) ||
                          std::holds_alternative<paxos::AcceptSync>(message) ||
                          std::holds_alternative<paxos::Blocks>(message);
  return of_the_log || SizeOf(message) > kLargeMessageBytes ? Lane::kLarge : Lane::kQuick;
}

/// Whether the replica says it again by itself if it was dropped, so that a full queue may drop it.
[[nodiscard]] inline bool IsSaidAgain(const Message& message) {
  return !std::holds_alternative<ForwardWrite>(message) &&
         !std::holds_alternative<ForwardRead>(message) &&
         !std::holds_alternative<ForwardAnswer>(message);
}

}  // namespace cairn::replica
