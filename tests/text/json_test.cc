#include "text/json.h"

#include <gtest/gtest.h>

namespace cairn::text {
namespace {

TEST(JsonTest, BytesAreTextWhereTheyAreUtf8) {
  EXPECT_EQ(Dump(BytesJson("gr\xc3\xbc\xc3\x9f")), "\"gr\xc3\xbc\xc3\x9f\"");
  EXPECT_EQ(Dump(BytesJson("")), "\"\"");
  EXPECT_EQ(Dump(BytesJson("\xff")), R"({"base64":"/w=="})");
  EXPECT_EQ(Dump(BytesJson(std::string("a\0\n\"", 4))), R"("a\u0000\n\"")");
}

TEST(JsonTest, WhateverBytesAreInItBecomesALine) {
  EXPECT_EQ(Dump(Json{{"a", std::string("\xff\n")}}), "{\"a\":\"\xef\xbf\xbd\\n\"}");
}

}  // namespace
}  // namespace cairn::text
