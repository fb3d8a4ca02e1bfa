#include "load/load_work.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/check.h"

namespace cairn::load {
namespace {

constexpr std::size_t kNoiseBytes = 4096;

}  // namespace

LoadWork::LoadWork(LoadOp op, std::uint64_t keys, std::size_t value_size, std::uint64_t seed)
    : op_(op), keys_(keys), value_size_(value_size), random_(seed) {
  CAIRN_CHECK(keys_ > 0, "a key space has keys");
  noise_.resize(value_size_ + kNoiseBytes);
  std::ranges::generate(noise_, [this] { return static_cast<char>(random_()); });
}

std::optional<LoadOperation> LoadWork::Next() {
  if (op_ == LoadOp::kFill) {
    return filled_ == keys_ ? std::nullopt : std::optional<LoadOperation>({true, filled_++});
  }
  const std::uint64_t dice = random_();
  const bool is_write = op_ == LoadOp::kPut || (op_ == LoadOp::kMix && (dice >> 63) == 0);
  return LoadOperation{is_write, (dice & ~(std::uint64_t{1} << 63)) % keys_};
}

void LoadWork::SetKey(std::uint64_t number, std::string* key) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "bench-%010llu",
                                   static_cast<unsigned long long>(number));
  key->assign(text.data(), static_cast<std::size_t>(length));
}

void LoadWork::SetValue(std::string_view key, std::string* value) {
  value->assign(noise_, random_() % kNoiseBytes, value_size_);
  std::copy_n(key.begin(), std::min(key.size(), value->size()), value->begin());
}

bool LoadWork::Belongs(std::string_view key, std::string_view value) {
  const std::size_t length = std::min(key.size(), value.size());
  return value.substr(0, length) == key.substr(0, length);
}

}  // namespace cairn::load
