#include "storage/directory/identity.h"

#include <gtest/gtest.h>

#include "storage/ledger/schema.h"
#include "tests/storage/chains.h"

namespace cairn::storage {
namespace {

Identity Sample() {
  Identity identity;
  identity.cluster = Genesis()->hash;
  identity.cluster_name = "my cluster = \"ours\" \xc3\xa9";
  identity.node = 4;
  identity.incarnation = 0x00ff00000000abcd;
  return identity;
}

TEST(IdentityTest, IsReadAsItWasWritten) {
  const std::string text = FormatIdentity(Sample());
  const auto parsed = ParseIdentity(text, "/d/identity");
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed.value(), Sample());
  EXPECT_NE(text.find("\nnode = 4\n"), std::string::npos);
  EXPECT_NE(text.find("\nincarnation = 00ff00000000abcd\n"), std::string::npos);
}

TEST(IdentityTest, NoFlippedBitMakesSomebodyElse) {
  const std::string text = FormatIdentity(Sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto parsed = ParseIdentity(flipped, "/d/identity");
      ASSERT_FALSE(parsed.ok()) << flipped;
      EXPECT_NE(parsed.status().message().find("/d/identity"), std::string::npos);
    }
  }
}

TEST(IdentityTest, NoCutOffTextIsAnIdentity) {
  const std::string text = FormatIdentity(Sample());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(ParseIdentity(text.substr(0, length), "/d/identity").ok()) << length;
  }
}

TEST(IdentityTest, NamesBothVersionsOfANewerFormat) {
  Identity newer = Sample();
  newer.format = 2;
  const Status status = ParseIdentity(FormatIdentity(newer), "/d/identity").status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_NE(status.message().find("version 2, and this program knows versions up to 1"),
            std::string::npos)
      << status.message();
}

TEST(IdentityTest, IncarnationsDifferAndAreNeverZero) {
  const Incarnation one = DrawIncarnation().value();
  const Incarnation two = DrawIncarnation().value();
  EXPECT_NE(one, 0U);
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace cairn::storage
