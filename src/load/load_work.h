#pragma once
// What a load asks for: keys of 16 bytes, drawn alike from a key space or each once in turn, and
// values of one size that begin with their key, so that a read can tell whether it got its own.

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace cairn::load {

enum class LoadOp : std::uint8_t {
  kPut,
  kGet,   ///< Linearizable.
  kMix,   ///< One half each, at random.
  kFill,  ///< Puts every key of the key space once.
};

struct LoadOperation {
  bool is_write = false;
  std::uint64_t number = 0;  ///< Of the key.
};

class LoadWork {
 public:
  /// Requires: keys above 0.
  LoadWork(LoadOp op, std::uint64_t keys, std::size_t value_size, std::uint64_t seed);

  /// Nothing if all is done: only kFill comes to an end.
  std::optional<LoadOperation> Next();

  /// "bench-0000000042".
  static void SetKey(std::uint64_t number, std::string* key);
  /// Each time another one; bytes that can't be compressed.
  void SetValue(std::string_view key, std::string* value);
  /// A value that SetValue made for this key, of whatever size.
  [[nodiscard]] static bool Belongs(std::string_view key, std::string_view value);

 private:
  LoadOp op_;
  std::uint64_t keys_;
  std::size_t value_size_;
  std::uint64_t filled_ = 0;
  std::mt19937_64 random_;
  std::string noise_;
};

}  // namespace cairn::load
