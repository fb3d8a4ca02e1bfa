#include "chain/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "chain/sha256_lanes.h"

namespace cairn::chain {
namespace {

// FIPS 180-4 examples.
TEST(Sha256Test, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(Sha256("").Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").Hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").Hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256(std::string(1'000'000, 'a')).Hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// By another program: the digest of the digests, one behind the other.
TEST(Sha256Test, PadsEveryLength) {
  std::string digests;
  for (std::size_t length = 0; length < 1200; ++length) {
    const Hash hash = Sha256(std::string(length, 'a'));
    digests.append(hash.bytes.begin(), hash.bytes.end());
  }
  EXPECT_EQ(Sha256(digests).Hex(),
            "d51644dc6bd94e0194227592b67830f80abd490cdcd593be3402ff61e845d2c2");
}

TEST(Sha256Test, TakesPartsAsOneText) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
  EXPECT_EQ(Sha256(std::initializer_list<std::string_view>{}), Sha256(""));
}

// Of all lengths that are padded differently, in another order each time.
std::vector<std::string> Messages(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> messages(count);
  for (std::string& message : messages) {
    message.resize(random() % (random() % 4 == 0 ? 3000 : 300));
    std::ranges::generate(message, [&] { return static_cast<char>(random()); });
  }
  return messages;
}

TEST(Sha256Test, ManyMessagesHaveTheDigestsThatEachHas) {
  for (std::size_t count = 0; count < 100; ++count) {
    const std::vector<std::string> messages = Messages(count, count);
    std::vector<MessageParts> parts;
    for (const std::string_view message : messages) {
      const std::size_t half = message.size() / 2;
      parts.push_back({message.substr(0, half), "", message.substr(half)});
    }
    const std::vector<Hash> digests = Sha256Each(parts);
    ASSERT_EQ(digests.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(digests[i], Sha256(messages[i])) << i << " of " << count;
    }
  }
}

TEST(Sha256Test, ShortMessagesOfEveryLengthAreHashedSideBySide) {
  const HashSideBySide side_by_side = SideBySideByAvx2();
  if (side_by_side == nullptr) {
    GTEST_SKIP() << "this processor has no AVX2";
  }
  std::mt19937_64 random(1);
  for (std::size_t length = 0; length < 400; ++length) {
    // All of one length, and some among others; from one message to as many as there are lanes.
    std::vector<std::string> messages = Messages(1 + length % kSha256Lanes, length);
    for (std::string& message : messages) {
      if (length % 3 == 0 || random() % 2 == 0) {
        message.resize(length, 'x');
      }
    }
    std::array<PaddedMessage, kSha256Lanes> padded;
    std::array<Hash, kSha256Lanes> digests;
    std::array<Hash*, kSha256Lanes> to{};
    std::size_t count = 0;
    std::vector<Hash> expected;
    for (const std::string& message : messages) {
      const std::array<std::string_view, 1> parts{message};
      if (padded[count].Take(parts)) {
        to[count] = &digests[count];
        ++count;
        expected.push_back(Sha256(message));
      }
    }
    if (count > 0) {
      side_by_side(std::span(padded).first(count), std::span(to).first(count));
    }
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(digests[i], expected[i]) << i << " of " << count << ", length " << length;
    }
  }
}

TEST(Sha256Test, WorksOnEveryThreadAtOnce) {
  const Hash expected = Sha256("abc");
  std::vector<Hash> found(4);
  std::vector<std::thread> threads;
  threads.reserve(found.size());
  for (Hash& hash : found) {
    threads.emplace_back([&hash] {
      for (int i = 0; i < 1000; ++i) {
        hash = Sha256("abc");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Hash& hash : found) {
    EXPECT_EQ(hash, expected);
  }
}

}  // namespace
}  // namespace cairn::chain
