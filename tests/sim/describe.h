#pragma once
// Messages as one line of text, for traces and text scenarios.

#include <string>

#include "replica/peer_message.h"

namespace cairn::sim {

[[nodiscard]] std::string Describe(const replica::Message& message);

}  // namespace cairn::sim
