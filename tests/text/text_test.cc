#include "text/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::text {
namespace {

TEST(TextTest, KnowsWellFormedUtf8) {
  for (const std::string& good :
       {std::string(), std::string("abc"), std::string("Gr\xc3\xbc\xc3\x9f"),
        std::string("\xe2\x82\xac"), std::string("\xf0\x9f\x8f\x94"), std::string("a\0b", 3),
        std::string("\xed\x9f\xbf"), std::string("\xf4\x8f\xbf\xbf")}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
}

TEST(TextTest, KnowsWhatIsNoUtf8) {
  for (const char* bad : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf",
                          "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "ok\xfe"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(TextTest, WritesBase64AsInRfc4648) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64(std::string("\xff\x00\xfe", 3)), "/wD+");
}

TEST(TextTest, QuotesSoThatNothingReachesTheTerminalUnseen) {
  EXPECT_EQ(Quote("plain"), "\"plain\"");
  EXPECT_EQ(Quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(Quote("\n\r\t\x1b[31m"), "\"\\n\\r\\t\\x1b[31m\"");
  EXPECT_EQ(Quote("\xc2\x9b"), "\"\\xc2\\x9b\"");
  EXPECT_EQ(Quote("\xc3\xbc\xff"), "\"\xc3\xbc\\xff\"");
}

TEST(TextTest, CutsWhatIsLong) {
  EXPECT_EQ(Quote(std::string(100, 'a'), 3), "\"aaa\"... (100 bytes)");
  EXPECT_EQ(Quote("aaa", 3), "\"aaa\"");
}

TEST(TextTest, WritesClientsAndTimes) {
  EXPECT_EQ(ClientText(0), "0000000000000000");
  EXPECT_EQ(ClientText(0xFEDCBA9876543210), "fedcba9876543210");
  EXPECT_EQ(SecondsText(2'460'000), "2.5 s");
  EXPECT_EQ(MillisText(2'460), "2.5 ms");
  EXPECT_EQ(TimeText(0), "1970-01-01 00:00:00.000000 UTC");
  EXPECT_EQ(TimeText(1'714'564'800'000'123), "2024-05-01 12:00:00.000123 UTC");
}

TEST(TextTest, JoinsWordsAsInASentence) {
  EXPECT_EQ(JoinWords(std::vector<int>{}), "");
  EXPECT_EQ(JoinWords(std::vector<int>{1}), "1");
  EXPECT_EQ(JoinWords(std::vector<int>{1, 2}), "1 and 2");
  EXPECT_EQ(JoinWords(std::vector<std::string>{"a", "b", "c"}), "a, b and c");
}

TEST(TextTest, NamesNodes) {
  EXPECT_EQ(NodesText(std::vector<NodeId>{3}), "node 3");
  EXPECT_EQ(NodesText(std::vector<NodeId>{1, 2, 3}), "nodes 1, 2 and 3");
}

TEST(TextTest, LargeCountsAreReadInGroupsOfThree) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(52'000), "52,000");
  EXPECT_EQ(CountText(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace cairn::text
