#include "kv/sessions.h"

#include <gtest/gtest.h>

#include "common/limits.h"

namespace cairn::kv {
namespace {

Request Put(ClientId client, Sequence sequence, Sequence first_open = 0, Slot base = 0) {
  return {client, sequence, first_open, base, Op::kPut, "k", "v"};
}

// As the state machine does it; nothing means that the request was applied.
std::optional<Code> Try(Sessions& sessions, const Request& request, Slot slot, Micros time = 0) {
  if (const std::optional<Outcome> known = sessions.Begin(request, slot, time)) {
    return known->code;
  }
  sessions.Record(request, {Code::kOk, slot});
  return std::nullopt;
}

TEST(SessionsTest, ARetryIsToldTheFirstOutcome) {
  MemoryTable table;
  Sessions sessions(&table, 10);
  EXPECT_EQ(sessions.Begin(Put(1, 1), 5, 0), std::nullopt);
  sessions.Record(Put(1, 1), {Code::kNotFound, 5});
  EXPECT_EQ(sessions.Begin(Put(1, 1), 9, 0), (Outcome{Code::kNotFound, 5}));
  EXPECT_EQ(sessions.Recall(1, 1), (Outcome{Code::kNotFound, 5}));
  EXPECT_EQ(sessions.Recall(1, 2), std::nullopt);
  EXPECT_EQ(sessions.Recall(2, 1), std::nullopt);
}

TEST(SessionsTest, RequestsSideBySideAreAppliedOnceInAnyOrder) {
  MemoryTable table;
  Sessions sessions(&table, 10);
  for (const Sequence sequence : {5, 3, 4, 1, 2}) {
    EXPECT_EQ(Try(sessions, Put(1, sequence, 1), 1), std::nullopt) << sequence;
  }
  for (const Sequence sequence : {1, 2, 3, 4, 5}) {
    EXPECT_EQ(Try(sessions, Put(1, sequence, 1), 2), Code::kOk) << sequence;
  }
}

TEST(SessionsTest, WhatTheClientHasIsForgottenAndNeverAppliedAgain) {
  MemoryTable table;
  Sessions sessions(&table, 10);
  EXPECT_EQ(Try(sessions, Put(1, 1), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, 2), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, 3, 2), 2), std::nullopt);
  EXPECT_EQ(sessions.Recall(1, 1), std::nullopt);
  EXPECT_EQ(sessions.Recall(1, 2), (Outcome{Code::kOk, 1}));
  EXPECT_EQ(Try(sessions, Put(1, 1), 3), Code::kUnknownOutcome);
}

TEST(SessionsTest, AMalformedRequestIsRefusedNowAndInEveryLaterCopy) {
  MemoryTable table;
  Sessions sessions(&table, 10);
  const Request far = Put(1, kMaxOpenRequests + 1, 1);
  for (const Request& bad : {Put(0, 1), Put(1, 0), Put(1, 4, 5), far}) {
    EXPECT_EQ(Try(sessions, bad, 1), Code::kUsage);
  }
  EXPECT_EQ(sessions.size(), 0U);
  EXPECT_EQ(Try(sessions, Put(1, kMaxOpenRequests, 1), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, kMaxOpenRequests + 1, 900), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, far, 2), Code::kUsage);
}

TEST(SessionsTest, RemembersNoMoreOutcomesThanMayBeOpen) {
  MemoryTable table;
  Sessions sessions(&table, 10);
  Sequence applied = 0;
  for (Sequence sequence = 1; sequence <= 3 * kMaxOpenRequests; ++sequence) {
    const Sequence first = sequence < kMaxOpenRequests ? 1 : sequence - kMaxOpenRequests + 1;
    applied += Try(sessions, Put(1, sequence, first), 1) == std::nullopt ? 1U : 0U;
  }
  EXPECT_EQ(applied, 3 * kMaxOpenRequests);
  sessions.EndBlock();
  // 37 bytes and 17 for each outcome, see sessions.h.
  table.Scan("s", "t", [](std::string_view, std::string_view value) {
    EXPECT_EQ(value.size(), 37 + 17 * kMaxOpenRequests);
    return true;
  });
}

TEST(SessionsTest, TheLongestUnusedGoesFirst) {
  MemoryTable table;
  Sessions sessions(&table, 2, 0);
  EXPECT_EQ(Try(sessions, Put(1, 1), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(2, 1), 2), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, 2), 3), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(3, 1), 4), std::nullopt);
  EXPECT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions.horizon(), 2U);
  EXPECT_TRUE(sessions.Recall(1, 1).has_value());
  EXPECT_FALSE(sessions.Recall(2, 1).has_value());
}

TEST(SessionsTest, ARetryDoesNotKeepASessionAlive) {
  MemoryTable table;
  Sessions sessions(&table, 2, 0);
  EXPECT_EQ(Try(sessions, Put(1, 1), 1), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(2, 1), 2), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, 1), 3), Code::kOk);
  EXPECT_EQ(Try(sessions, Put(3, 1), 4), std::nullopt);
  EXPECT_FALSE(sessions.Recall(1, 1).has_value());
}

TEST(SessionsTest, ARetryAfterEvictionIsAnUnknownOutcomeAndNoSecondApplication) {
  MemoryTable table;
  Sessions sessions(&table, 1, 0);
  // The client knew slot 4 when it began; its request was decided at 5.
  EXPECT_EQ(Try(sessions, Put(1, 1, 0, 4), 5), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(2, 1, 0, 5), 6), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(1, 1, 0, 4), 7), Code::kUnknownOutcome);
  EXPECT_EQ(Try(sessions, Put(1, 2, 0, 4), 7), Code::kUnknownOutcome);
}

TEST(SessionsTest, ANewClientThatKnowsTooOldASlotIsRefusedAndOneThatKnowsEnoughBegins) {
  MemoryTable table;
  Sessions sessions(&table, 1, 0);
  EXPECT_EQ(Try(sessions, Put(1, 1, 0, 4), 5), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(2, 1, 0, 4), 6), std::nullopt);
  ASSERT_EQ(sessions.horizon(), 5U);
  EXPECT_EQ(Try(sessions, Put(3, 1, 0, 4), 7), Code::kUnknownOutcome);
  EXPECT_EQ(Try(sessions, Put(4, 1, 0, 5), 7), std::nullopt);
}

TEST(SessionsTest, AnEvictedSessionLeavesTheTable) {
  MemoryTable table;
  Sessions sessions(&table, 1, 0);
  EXPECT_EQ(Try(sessions, Put(1, 1), 1), std::nullopt);
  sessions.EndBlock();
  EXPECT_EQ(Try(sessions, Put(2, 1), 2), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(3, 1, 0, 2), 2), std::nullopt);
  sessions.EndBlock();
  int left = 0;
  table.Scan("s", "t", [&](std::string_view, std::string_view) { return ++left > 0; });
  EXPECT_EQ(left, 1);
  EXPECT_EQ(Sessions(&table, 1).horizon(), 2U);
}

TEST(SessionsTest, LoadedFromTheTableTheyGoOnAsIfNothingHadHappened) {
  MemoryTable lived_table;
  MemoryTable loaded_table;
  Sessions lived(&lived_table, 3, 1);
  for (Slot slot = 1; slot <= 60; ++slot) {
    // Made anew at each block, the sessions must remember order of use, horizon and outcomes.
    Sessions loaded(&loaded_table, 3, 1);
    EXPECT_EQ(loaded.size(), lived.size());
    for (Sequence i = 0; i < 3; ++i) {
      const Request request = Put(1 + slot * 7 % 5 + i % 2, slot + i, slot / 2, slot - slot % 4);
      EXPECT_EQ(Try(loaded, request, slot, slot), Try(lived, request, slot, slot))
          << "slot " << slot;
    }
    loaded.EndBlock();
    lived.EndBlock();
    ASSERT_EQ(loaded_table, lived_table) << "slot " << slot;
  }
  EXPECT_GT(lived.horizon(), 0U);
}

// --- room

TEST(SessionsTest, ASessionInUseIsNotEvictedAndTheNewcomerIsRefusedInstead) {
  MemoryTable table;
  Sessions sessions(&table, 2, 100);
  EXPECT_EQ(Try(sessions, Put(1, 1), 1, 1000), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(2, 1), 2, 1050), std::nullopt);
  EXPECT_EQ(Try(sessions, Put(3, 1), 3, 1099), Code::kFull);
  EXPECT_EQ(sessions.horizon(), 0U);
  EXPECT_TRUE(sessions.Recall(1, 1).has_value());
  EXPECT_FALSE(sessions.Recall(3, 1).has_value()) << "nothing is remembered of it";
  // The same request, once the longest unused one is at rest.
  EXPECT_EQ(Try(sessions, Put(3, 1, 0, 3), 4, 1100), std::nullopt);
  EXPECT_FALSE(sessions.Recall(1, 1).has_value());
  EXPECT_EQ(sessions.size(), 2U);
}

TEST(SessionsTest, AHundredThousandOthersDoNotEvictASessionInUse) {
  MemoryTable table;
  Sessions sessions(&table, kMaxSessions);
  constexpr ClientId kOthers = 2 * kMaxSessions;
  // All come within the time for which a session in use is kept.
  const auto at = [](ClientId client) { return 1 + client * (kSessionRest - 2) / (kOthers + 1); };
  EXPECT_EQ(Try(sessions, Put(1, 1), 1, at(0)), std::nullopt);
  for (ClientId client = 1; client <= kOthers; ++client) {
    (void)Try(sessions, Put(1 + client, 1, 0, client), client + 1, at(client));
  }
  EXPECT_EQ(sessions.size(), kMaxSessions);
  EXPECT_EQ(Try(sessions, Put(1, 1), kOthers + 2, at(kOthers)), Code::kOk) << "the first outcome";
  EXPECT_EQ(Try(sessions, Put(1, 2), kOthers + 3, at(kOthers)), std::nullopt);
  EXPECT_EQ(sessions.horizon(), 0U);
}

TEST(SessionsTest, WhoseSessionIsInUseGoesOnWhileNewcomersAreRefused) {
  MemoryTable table;
  Sessions sessions(&table, 3, 100);
  std::size_t refused = 0;
  // Four that take turns where three fit: three of them never notice.
  for (Slot slot = 1; slot <= 400; ++slot) {
    const auto code = Try(sessions, Put(1 + slot % 4, slot, slot), slot, slot);
    EXPECT_TRUE(code == std::nullopt || (code == Code::kFull && slot % 4 == 0)) << "slot " << slot;
    refused += code == Code::kFull ? 1U : 0U;
  }
  EXPECT_EQ(refused, 100U);
}

TEST(SessionsTest, TheOutcomesOfAllSessionsTogetherAreBounded) {
  MemoryTable table;
  constexpr std::uint64_t kClients = 6;
  Sessions sessions(&table, kClients, 100);
  std::size_t applied = 0;
  for (Sequence sequence = 1; sequence <= kMaxOpenRequests; ++sequence) {
    for (ClientId client = 1; client <= kClients; ++client) {
      const auto code = Try(sessions, Put(client, sequence, 1), sequence, 1);
      EXPECT_TRUE(code == std::nullopt || code == Code::kFull);
      EXPECT_TRUE(code == std::nullopt || sequence > kFairOutcomes) << "each has its share";
      applied += code == std::nullopt ? 1U : 0U;
    }
  }
  EXPECT_EQ(sessions.outcomes(), applied);
  EXPECT_LE(sessions.outcomes(), kMaxOpenRequests + kFairOutcomes * kClients);
  // Who says that he has the answers goes on.
  EXPECT_EQ(Try(sessions, Put(1, 2000, 2000), 9, 1), std::nullopt);
  sessions.EndBlock();
  EXPECT_EQ(Sessions(&table, kClients, 100).outcomes(), sessions.outcomes());
}

TEST(SessionsTest, WhereOneHasManyOpenRequestsTheOthersHaveTheirShare) {
  MemoryTable table;
  Sessions sessions(&table, 2, 100);
  for (Sequence sequence = 1; sequence <= kMaxOpenRequests; ++sequence) {
    EXPECT_EQ(Try(sessions, Put(1, sequence, 1), 1, 1), std::nullopt);
  }
  for (Sequence sequence = 1; sequence <= kFairOutcomes; ++sequence) {
    EXPECT_EQ(Try(sessions, Put(2, sequence, 1), 2, 2), std::nullopt);
  }
  EXPECT_EQ(Try(sessions, Put(2, 99, 1), 3, 100), Code::kFull);
  // At rest, the one makes room for the outcomes of the other.
  EXPECT_EQ(Try(sessions, Put(2, 99, 1), 4, 101), std::nullopt);
  EXPECT_EQ(sessions.size(), 1U);
}

TEST(SessionsTest, WhatALeaderRefusesForWantOfRoomABlockWouldRefuse) {
  MemoryTable table;
  Sessions sessions(&table, 3, 40);
  std::size_t refused = 0;
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    const Micros time = i / 2;
    const Request request = Put(1 + i % 4, i, i - i % 29, i / 3);
    const bool room = sessions.HasRoomFor(request, time);
    const bool is_refused = Try(sessions, request, i / 3, time) == Code::kFull;
    EXPECT_TRUE(room || is_refused) << i;
    refused += is_refused ? 1U : 0U;
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace cairn::kv
