#pragma once
// What the state machine answers: what became of a request, and what a key holds.

#include "common/status.h"
#include "common/types.h"

namespace cairn::kv {

/// What became of one request, as the session remembers it and every retry is told.
struct Outcome {
  Code code = Code::kOk;  ///< kOk, kNotFound (delete of an absent key), kUnknownOutcome (the
                          ///< session or its result is gone: not applied now), kUsage, kFull (no
                          ///< room for the session or its outcome: not applied now).
  Slot slot = 0;          ///< Where the request was first decided.

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// A value and the slot of the block that last wrote it.
struct Entry {
  std::string value;
  Slot slot = 0;

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace cairn::kv
