#include "chain/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

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
  for (std::size_t length = 0; length < 600; ++length) {
    const Hash hash = Sha256(std::string(length, 'a'));
    digests.append(hash.bytes.begin(), hash.bytes.end());
  }
  EXPECT_EQ(Sha256(digests).Hex(),
            "8520cdf1d55befde61aa07e3db8407b1eeeb921cb02cbdba42f7abd7a9cc7f53");
}

TEST(Sha256Test, TakesPartsAsOneText) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
  EXPECT_EQ(Sha256(std::initializer_list<std::string_view>{}), Sha256(""));
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
