#include "net/wire/zmtp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "net/random_messages.h"

namespace cairn::net {
namespace {

using Next = ZmtpReader::Next;

constexpr std::size_t kMost = 1000;

std::string Greeting() { return ZmtpGreeting(); }

void Give(ZmtpReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = reader.Room();
    const std::size_t some = std::min(room.size(), bytes.size());
    std::copy_n(bytes.begin(), some, room.begin());
    reader.Received(some);
    bytes.remove_prefix(some);
  }
}

std::string Part(std::string_view body, bool more = false) {
  std::string bytes;
  bytes += more ? '\1' : '\0';
  bytes += static_cast<char>(body.size());
  return bytes + std::string(body);
}

std::string Long(std::uint64_t size) {
  std::string bytes = "\2";
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(size >> shift);
  }
  return bytes;
}

// All that is there: each message, "-" for one that was refused, "?" for a ping, "!" for the end.
std::vector<std::string> TakeAll(ZmtpReader& reader) {
  std::vector<std::string> taken;
  while (true) {
    switch (reader.Take()) {
      case Next::kNothing:
        return taken;
      case Next::kMessage:
        taken.emplace_back((reader.delimited() ? "|" : "") + std::string(reader.body()));
        break;
      case Next::kRefused:
        taken.emplace_back("-");
        break;
      case Next::kPing:
        taken.emplace_back("?" + std::string(reader.body()));
        break;
      case Next::kBroken:
        taken.emplace_back("!");
        return taken;
    }
  }
}

using Strings = std::vector<std::string>;

TEST(ZmtpTest, MessagesComeWhateverPiecesTheyComeIn) {
  const std::string big(kMost, 'b');
  const std::string bytes = Greeting() + Part("one") + Part("", true) + Part("two") + Part("") +
                            Long(kMost) + big + ZmtpPing() + Part("last");
  for (const std::size_t piece : {1UL, 2UL, 7UL, 63UL, 64UL, 65UL, 500UL, bytes.size()}) {
    ZmtpReader reader(kMost);
    Strings taken;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      Give(reader, std::string_view(bytes).substr(at, piece));
      std::ranges::move(TakeAll(reader), std::back_inserter(taken));
    }
    EXPECT_EQ(taken, (Strings{"one", "|two", "", big, "?", "last"})) << piece;
    EXPECT_EQ(reader.held(), 0U);
    reader.Release();
    EXPECT_EQ(reader.capacity(), 0U) << "a connection that is silent keeps no memory";
  }
}

TEST(ZmtpTest, AMessageOfManyFramesIsRefusedAndNothingOfItKept) {
  ZmtpReader reader(kMost);
  Give(reader, Greeting());
  for (int i = 0; i < 100'000; ++i) {
    Give(reader, Part("frame", true));
    ASSERT_TRUE(TakeAll(reader).empty());
  }
  EXPECT_LT(reader.capacity(), 100'000U);
  Give(reader, Part("frame") + Part("", true) + Part("body", true) + Part("") + Part("good"));
  EXPECT_EQ(TakeAll(reader), (Strings{"-", "-", "good"}));
}

TEST(ZmtpTest, WhatIsNoZmtpEndsAtOnceAndForEver) {
  const std::string old = std::string("\xff\0\0\0\0\0\0\0\1\x7f\1", 11);
  const std::string plain =
      std::string("\xff\0\0\0\0\0\0\0\1\x7f\3\1PLAIN", 17) + std::string(47, 0);
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), old, plain, Greeting().substr(0, 64) + Part("no READY"),
        Greeting() + Long(kMost + 1), Greeting() + Long(~std::uint64_t{0}),
        Greeting() + std::string("\x40\1x", 3),
        Greeting() + std::string("\6\0\0\0\0\0\1\0\0", 9)}) {
    ZmtpReader reader(kMost);
    Give(reader, bytes);
    EXPECT_EQ(TakeAll(reader), Strings{"!"}) << bytes;
    Give(reader, Part("good"));
    EXPECT_EQ(TakeAll(reader), Strings{"!"});
  }
}

TEST(ZmtpTest, TwistedBytesNeverTakeMoreMemoryThanAFrame) {
  testing::RandomMessages random(5);
  for (int i = 0; i < 3000; ++i) {
    ZmtpReader reader(kMost);
    std::string bytes = Greeting() + Part("one") + Part("", true) + Part("two") + ZmtpPing() +
                        Long(300) + random.Bytes(300);
    random.Flip(bytes);
    random.Flip(bytes);
    Give(reader, bytes);
    (void)TakeAll(reader);
    (void)reader.Room();
    EXPECT_LT(reader.capacity(), 64U * 1024);
  }
}

TEST(ZmtpTest, WhatAFrameWritesAReaderReads) {
  for (const std::size_t size : {0UL, 1UL, 255UL, 256UL, 999UL}) {
    for (const bool delimited : {false, true}) {
      ZmtpFrame frame;
      const std::string body(size, 'x');
      std::copy(body.begin(), body.end(), frame.Allocate(size));
      ZmtpReader reader(kMost);
      Give(reader, Greeting());
      Give(reader, frame.Close(delimited));
      EXPECT_EQ(TakeAll(reader), Strings{(delimited ? "|" : "") + body});
    }
  }
}

}  // namespace
}  // namespace cairn::net
