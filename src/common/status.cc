#include "common/status.h"

namespace cairn {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kOther:
      return "other";
    case Code::kUsage:
      return "usage";
    case Code::kNotFound:
      return "not_found";
    case Code::kConditionFailed:
      return "condition_failed";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnknownOutcome:
      return "unknown_outcome";
    case Code::kIntegrity:
      return "integrity";
    case Code::kDenied:
      return "denied";
    case Code::kFull:
      return "full";
  }
  return "other";
}

int ExitCode(Code code) {
  switch (code) {
    case Code::kOk:
      return 0;
    case Code::kUsage:
      return 2;
    case Code::kNotFound:
    case Code::kConditionFailed:
      return 3;
    case Code::kUnavailable:
    case Code::kFull:
      return 4;
    case Code::kUnknownOutcome:
      return 5;
    case Code::kIntegrity:
      return 6;
    case Code::kDenied:
      return 7;
    case Code::kOther:
      break;
  }
  return 1;
}

}  // namespace cairn
