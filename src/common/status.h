#pragma once
// Status and Result<T>: how a function at a border says that it did not work. The codes are
// the ones that a person meets: each has one name (in --json) and one exit code.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace cairn {

enum class Code : std::uint8_t {
  kOk = 0,
  kOther = 1,            ///< Anything without a code of its own, such as an I/O error.
  kUsage = 2,            ///< The caller's words are wrong: bad argument, over a limit, bad file.
  kNotFound = 3,         ///< No such key.
  kConditionFailed = 4,  ///< The key is there, but not as the request demands.
  kUnavailable = 5,      ///< Unreachable or no quorum; surely not applied.
  kUnknownOutcome = 6,   ///< Sent, not answered: it may be applied now or later.
  kIntegrity = 7,        ///< Data that does not verify.
  kDenied = 8,           ///< Not allowed.
  kFull = 9,             ///< No room on the disks of a majority; surely not applied.
};

/// "ok", "other", "usage", "not_found", "condition_failed", "unavailable", "unknown_outcome",
/// "integrity", "denied", "full".
[[nodiscard]] std::string_view CodeName(Code code);

/// 0 ok · 1 other · 2 usage · 3 not found or condition failed · 4 unavailable, full · 5 unknown
/// outcome · 6 integrity · 7 denied.
[[nodiscard]] int ExitCode(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }
  static Status Other(std::string message) { return {Code::kOther, std::move(message)}; }
  static Status Usage(std::string message) { return {Code::kUsage, std::move(message)}; }
  static Status NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
  static Status Unavailable(std::string message) {
    return {Code::kUnavailable, std::move(message)};
  }
  static Status Unknown(std::string message) { return {Code::kUnknownOutcome, std::move(message)}; }
  static Status Full(std::string message) { return {Code::kFull, std::move(message)}; }
  static Status Integrity(std::string message) { return {Code::kIntegrity, std::move(message)}; }
  static Status Denied(std::string message) { return {Code::kDenied, std::move(message)}; }

  [[nodiscard]] bool ok() const { return code_ == Code::kOk; }
  [[nodiscard]] Code code() const { return code_; }
  /// A sentence for a person; empty when ok.
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

/// A T, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    CAIRN_CHECK(!status_.ok(), "a Result without a value carries an error");
  }

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  [[nodiscard]] const Status& status() const { return status_; }
  /// Requires: ok().
  [[nodiscard]] const T& value() const& {
    CAIRN_CHECK(ok(), "the value of a failed Result was asked for");
    return *value_;
  }
  [[nodiscard]] T&& value() && {
    CAIRN_CHECK(ok(), "the value of a failed Result was asked for");
    return *std::move(value_);
  }
  [[nodiscard]] const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace cairn
