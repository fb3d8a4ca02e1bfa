#include "chain/sha256_lanes.h"

#if defined(__x86_64__)

#include <cpuid.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

// Of functions that take vectors or return them. They are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace cairn::chain {
namespace {

constexpr std::size_t kWords = 16;  // of a block
constexpr std::size_t kRounds = 64;

using Lanes [[gnu::vector_size(sizeof(std::uint32_t) * kSha256Lanes)]] = std::uint32_t;
using State = std::array<Lanes, 8>;
using Words = std::array<Lanes, kWords>;
using Places = std::array<const std::uint8_t*, kSha256Lanes>;

// Section 4.2.2.
constexpr std::array<std::uint32_t, kRounds> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
// Section 5.3.3.
constexpr std::array<std::uint32_t, 8> kInitialState = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

template <int kBits>
[[gnu::always_inline]] inline Lanes RotateRight(const Lanes& x) {
  return (x >> kBits) | (x << (32 - kBits));
}

/// The words of the block at each place.
[[gnu::always_inline]] inline Words Load(const Places& places) {
  Words words;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWords; ++i) {
    const auto of = [&](std::size_t lane) {
      std::uint32_t word = 0;
      std::memcpy(&word, places[lane] + i * sizeof word, sizeof word);
      return __builtin_bswap32(word);
    };
    words[i] = Lanes{of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)};
  }
  return words;
}

/// The next sixteen words of the message schedule, in the place of those before.
[[gnu::always_inline]] inline void Extend(Words& w) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWords; ++i) {
    const Lanes x = w[(i + 1) % kWords];
    const Lanes y = w[(i + 14) % kWords];
    w[i] += (RotateRight<7>(x) ^ RotateRight<18>(x) ^ (x >> 3)) + w[(i + 9) % kWords] +
            (RotateRight<17>(y) ^ RotateRight<19>(y) ^ (y >> 10));
  }
}

/// Sixteen rounds, from `constants` on.
[[gnu::always_inline]] inline void Rounds(const std::uint32_t* constants, const Words& words,
                                          State& state) {
  auto [a, b, c, d, e, f, g, h] = state;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWords; ++i) {
    const Lanes one = h + (RotateRight<6>(e) ^ RotateRight<11>(e) ^ RotateRight<25>(e)) +
                      ((e & f) ^ (~e & g)) + constants[i] + words[i];
    const Lanes two =
        (RotateRight<2>(a) ^ RotateRight<13>(a) ^ RotateRight<22>(a)) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + one;
    d = c;
    c = b;
    b = a;
    a = one + two;
  }
  state = {a, b, c, d, e, f, g, h};
}

[[gnu::always_inline]] inline void Compress(const Places& places, State& state) {
  Words words = Load(places);
  State rounds = state;
  for (std::size_t first = 0; first < kRounds; first += kWords) {
    if (first > 0) {
      Extend(words);
    }
    Rounds(&kRoundConstants[first], words, rounds);
  }
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] += rounds[i];
  }
}

[[gnu::always_inline]] inline Hash DigestOf(const State& state, std::size_t lane) {
  Hash digest;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::uint32_t word = __builtin_bswap32(state[i][lane]);
    std::memcpy(digest.bytes.data() + i * sizeof word, &word, sizeof word);
  }
  return digest;
}

[[gnu::always_inline]] inline void HashAll(std::span<const PaddedMessage> messages,
                                           std::span<Hash* const> digests) {
  State state;
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] = Lanes{} + kInitialState[i];
  }
  // A lane without a message, or whose message is through, goes on with what is there.
  Places places;
  std::size_t most = 0;
  for (std::size_t lane = 0; lane < kSha256Lanes; ++lane) {
    const PaddedMessage& message = messages[std::min(lane, messages.size() - 1)];
    places[lane] = message.bytes();
    most = std::max(most, message.blocks());
  }
  for (std::size_t block = 1; block <= most; ++block) {
    Compress(places, state);
    for (std::size_t lane = 0; lane < messages.size(); ++lane) {
      if (block < messages[lane].blocks()) {
        places[lane] += kSha256BlockBytes;
      } else if (block == messages[lane].blocks()) {
        *digests[lane] = DigestOf(state, lane);
      }
    }
  }
}

[[gnu::target("avx2")]] void HashByAvx2(std::span<const PaddedMessage> messages,
                                        std::span<Hash* const> digests) {
  HashAll(messages, digests);
}

bool HasInstructionsForSha256() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

}  // namespace

HashSideBySide SideBySideByAvx2() { return __builtin_cpu_supports("avx2") ? &HashByAvx2 : nullptr; }

HashSideBySide FastestSideBySide() {
  return HasInstructionsForSha256() ? nullptr : SideBySideByAvx2();
}

}  // namespace cairn::chain

#else

namespace cairn::chain {

HashSideBySide SideBySideByAvx2() { return nullptr; }
HashSideBySide FastestSideBySide() { return nullptr; }

}  // namespace cairn::chain

#endif
