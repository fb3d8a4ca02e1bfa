#include "storage/state/state_overlay.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace cairn::storage {
namespace {

using Model = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> Text(std::optional<std::string_view> value) {
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

/// Random changes with many keys that change again, to longer values, shorter ones and none.
void ChangeBoth(Overlay* overlay, Model* model, std::mt19937_64* random, int changes) {
  for (int i = 0; i < changes; ++i) {
    const std::string key = "key" + std::to_string((*random)() % 2000);
    if ((*random)() % 5 == 0) {
      overlay->Erase(key);
      (*model)[key] = std::nullopt;
    } else {
      const std::string value((*random)() % 300, static_cast<char>('a' + (*random)() % 26));
      overlay->Put(key, value);
      (*model)[key] = value;
    }
  }
  overlay->Settle();
}

TEST(OverlayTest, RemembersTheLastChangeOfEachKey) {
  std::mt19937_64 random(1);
  Overlay overlay;
  Model model;
  for (int round = 0; round < 20; ++round) {
    ChangeBoth(&overlay, &model, &random, 1000);
    ASSERT_EQ(overlay.size(), model.size());
    for (const auto& [key, value] : model) {
      const Overlay::Entry* const found = overlay.Find(key);
      ASSERT_NE(found, nullptr);
      ASSERT_EQ(Text(found->value()), value);
    }
    EXPECT_EQ(overlay.Find("no such key"), nullptr);
  }
}

TEST(OverlayTest, IsSortedWhenAsked) {
  std::mt19937_64 random(2);
  Overlay overlay;
  Model model;
  ChangeBoth(&overlay, &model, &random, 5000);
  const auto sorted = overlay.Sorted();
  ASSERT_EQ(sorted.size(), model.size());
  auto expected = model.begin();
  for (const Overlay::Entry* entry : sorted) {
    EXPECT_EQ(entry->key(), expected->first);
    EXPECT_EQ(Text(entry->value()), expected->second);
    ++expected;
  }
}

TEST(OverlayTest, ACursorWalksItsRangeInOrder) {
  std::mt19937_64 random(3);
  Overlay overlay;
  Model model;
  ChangeBoth(&overlay, &model, &random, 3000);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"key1", "key2"}, {"key15", ""}, {"", "key7"}, {"key3", "key3"}, {"z", ""}}) {
    auto expected = model.lower_bound(from);
    const auto end = to.empty() ? model.end() : model.lower_bound(to);
    for (Overlay::Cursor at(&overlay, from, to); at.at() != nullptr; at.Next(), ++expected) {
      ASSERT_NE(expected, end);
      EXPECT_TRUE(at.IsAt(expected->first));
    }
    EXPECT_EQ(expected, end) << from << " .. " << to;
  }
  EXPECT_EQ(Overlay::Cursor(nullptr, "", "").at(), nullptr);
}

TEST(OverlayTest, KeysAndValuesAreAnyBytes) {
  Overlay overlay;
  const std::string zeros(3, '\0');
  overlay.Put("", zeros);
  overlay.Put(zeros, "");
  overlay.Put("large", std::string(3 << 20, 'x'));
  overlay.Settle();
  EXPECT_EQ(overlay.Find("")->value(), zeros);
  EXPECT_EQ(overlay.Find(zeros)->value(), "");
  EXPECT_EQ(overlay.Find("large")->value()->size(), std::size_t{3} << 20);
}

TEST(OverlayTest, AKeyThatChangesForEverTakesItsMemoryOnceAndItsReplayEachTime) {
  Overlay overlay;
  for (std::size_t i = 0; i < 100'000; ++i) {
    overlay.Put("key", std::string(i % 1000, 'x'));  // Grows step by step, as a session does.
  }
  overlay.Settle();
  EXPECT_LT(overlay.held_bytes(), 20'000U);
  EXPECT_GT(overlay.changed_bytes(), 100'000U * 500);
}

}  // namespace
}  // namespace cairn::storage
