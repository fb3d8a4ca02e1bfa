#include "kv/table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::kv {
namespace {

std::vector<std::string> KeysOf(const Table& table, std::string_view from, std::string_view to) {
  std::vector<std::string> keys;
  table.Scan(from, to, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

TEST(MemoryTableTest, HoldsTheLastValueOfAKeyUntilItIsErased) {
  MemoryTable table;
  EXPECT_FALSE(table.Get("a").has_value());
  table.Put("a", "1");
  table.Put("a", "2");
  EXPECT_EQ(table.Get("a"), "2");
  table.Erase("a");
  table.Erase("a");
  EXPECT_FALSE(table.Get("a").has_value());
}

TEST(MemoryTableTest, ScansTheKeysOfARangeInByteOrder) {
  MemoryTable table;
  for (const char* key : {"b", "\xff", "a", "ab", "c", ""}) {
    table.Put(key, "");
  }
  EXPECT_EQ(KeysOf(table, "", ""), (std::vector<std::string>{"", "a", "ab", "b", "c", "\xff"}));
  EXPECT_EQ(KeysOf(table, "a", "c"), (std::vector<std::string>{"a", "ab", "b"}));
  EXPECT_EQ(KeysOf(table, "aa", "aa"), (std::vector<std::string>{}));
  EXPECT_EQ(KeysOf(table, "c", ""), (std::vector<std::string>{"c", "\xff"}));
}

TEST(MemoryTableTest, AScanEndsWhenItsVisitorHasEnough) {
  MemoryTable table;
  table.Put("a", "");
  table.Put("b", "");
  int visits = 0;
  table.Scan("", "", [&](std::string_view, std::string_view) {
    ++visits;
    return false;
  });
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace cairn::kv
