#pragma once
// What a client is told of its operation.

#include <string>

#include "common/status.h"
#include "common/types.h"

namespace cairn::api {

/// What a client is told, whichever way the request went.
struct Answer {
  /// Of kFull, and of kUnknownOutcome with a slot, a client knows that the transmission which is
  /// answered so did nothing and never will; others of the same request may have done it.
  Code code = Code::kOk;
  std::string message;  ///< A sentence for a person unless code is kOk.
  Slot slot = 0;        ///< Decided at (writes), read at (reads), or known as decided (errors).
  std::string value;    ///< Reads only.
  NodeId leader = 0;    ///< A hint: whom to ask next; 0 if unknown.
};

}  // namespace cairn::api
