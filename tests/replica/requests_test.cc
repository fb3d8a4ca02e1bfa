#include "replica/requests.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <set>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

WaitingRequest WaitingPut(const std::string& value = "value") {
  WaitingRequest waiting;
  waiting.is_write = true;
  waiting.request = PutOf(1, 1, "key", value);
  return waiting;
}

// --- Waiting

TEST(WaitingDeathTest, ATokenNamesOneRequest) {
  Waiting waiting;
  waiting.Add(1, WaitingPut());
  EXPECT_DEATH(waiting.Add(1, WaitingPut()), "token");
}

TEST(WaitingDeathTest, ARequestIsAnsweredOnce) {
  Waiting waiting;
  waiting.Add(1, WaitingPut());
  waiting.Remove(1);
  EXPECT_EQ(waiting.Find(1), nullptr);
  EXPECT_DEATH(waiting.Remove(1), "once");
}

TEST(WaitingTest, CountsTheBytesThatWait) {
  Waiting waiting;
  waiting.Add(1, WaitingPut(std::string(1000, 'x')));
  waiting.Add(2, WaitingPut(std::string(500, 'x')));
  EXPECT_GE(waiting.bytes(), 1500U);
  // What it was when it came is what is given back, whatever happened meanwhile to the books.
  waiting.ParkAll(7);
  waiting.Remove(1);
  waiting.Remove(2);
  EXPECT_EQ(waiting.bytes(), 0U);
  EXPECT_EQ(waiting.size(), 0U);
}

TEST(WaitingTest, WhenTheLeaderIsGoneAllAreParkedAgain) {
  Waiting waiting;
  for (Token token = 1; token <= 3; ++token) {
    waiting.Add(token, WaitingPut());
  }
  waiting.HandTo(2, 5);
  EXPECT_EQ(waiting.Parked(9), (std::vector<Token>{1, 3}));
  waiting.ParkAll(99);
  EXPECT_EQ(waiting.Parked(9), (std::vector<Token>{1, 3, 2}));
  EXPECT_EQ(waiting.Parked(2), (std::vector<Token>{1, 3}));
  EXPECT_EQ(waiting.Find(2)->parked_at, 99U);
  EXPECT_EQ(waiting.Find(1)->parked_at, 0U);  // it has been parked for longer
}

// Against the plain book: a map that is walked.
TEST(WaitingTest, WhoIsParkedOrOverdueIsRightAfterWhateverHappened) {
  constexpr Micros kPark = 30;
  constexpr Micros kExpire = 200;
  std::mt19937_64 chance(1);
  Waiting waiting;
  Token next = ~Token{0} - 500;  // tokens begin anywhere
  for (Micros now = 1; now < 5000; ++now) {
    const auto any = [&] {
      return std::next(waiting.all().begin(), static_cast<long>(chance() % waiting.size()))->first;
    };
    const auto what = chance() % 100;
    if (what < 40 || waiting.size() == 0) {
      WaitingRequest request = WaitingPut();
      request.since = request.parked_at = now;
      waiting.Add(++next, std::move(request));
    } else if (what < 65) {
      waiting.HandTo(any(), 1 + static_cast<NodeId>(chance() % 3));
    } else if (what < 80) {
      waiting.TakeBack(any(), now);
    } else if (what < 99) {
      waiting.Remove(any());
    } else {
      waiting.ParkAll(now);
    }
    std::set<Token> parked;
    std::set<Token> overdue;
    for (const auto& [token, request] : waiting.all()) {
      const bool is_parked = request.handed_to == 0;
      if (is_parked) {
        parked.insert(token);
      }
      if (now - request.since >= kExpire || (is_parked && now - request.parked_at >= kPark)) {
        overdue.insert(token);
      }
    }
    const std::vector<Token> said = waiting.Parked(waiting.size());
    EXPECT_EQ(std::set<Token>(said.begin(), said.end()), parked);
    EXPECT_EQ(said.size(), parked.size());
    EXPECT_EQ(waiting.parked(), parked.size());
    const std::vector<Token> late = waiting.Overdue(now, kPark, kExpire, waiting.size());
    EXPECT_EQ(std::set<Token>(late.begin(), late.end()), overdue);
    EXPECT_EQ(late.size(), overdue.size());
    EXPECT_LE(waiting.Overdue(now, kPark, kExpire, 1).size(), 1U);
    if (chance() % 4 == 0) {
      for (const Token token : late) {
        waiting.Remove(token);
      }
    }
  }
}

// --- Proposals

TEST(ProposalsTest, ABatchIsTakenInTheOrderOfArrival) {
  Proposals proposals;
  for (Sequence i = 1; i <= 5; ++i) {
    proposals.Add({1, i}, PutOf(1, i));
  }
  const auto first = proposals.TakeBatch(7, 3, 1'000'000);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first.front().sequence, 1U);
  EXPECT_EQ(first.back().sequence, 3U);
  EXPECT_EQ(proposals.queue_size(), 2U);
  EXPECT_EQ(proposals.TakeBatch(8, 3, 1'000'000).size(), 2U);
  EXPECT_FALSE(proposals.queued());
  EXPECT_EQ(proposals.bytes(), 0U);
}

TEST(ProposalsTest, ABatchEndsBeforeItsBytesAreTooMany) {
  Proposals proposals;
  for (Sequence i = 1; i <= 4; ++i) {
    proposals.Add({1, i}, PutOf(1, i, "key", std::string(400, 'x')));
  }
  EXPECT_EQ(proposals.TakeBatch(7, 100, 1000).size(), 2U);
}

TEST(ProposalsTest, ALoneRequestMayExceedABatchsBytes) {
  Proposals proposals;
  proposals.Add({1, 1}, PutOf(1, 1, "key", std::string(4000, 'x')));
  EXPECT_EQ(proposals.TakeBatch(7, 100, 1000).size(), 1U);
}

// R10: the same request, from wherever it comes, is proposed once and answered to all who asked.
TEST(ProposalsTest, ARequestThatIsUnderWayIsNotProposedAgain) {
  Proposals proposals;
  proposals.Add({1, 10}, PutOf(1, 1));
  proposals.Add({2, 20}, PutOf(1, 1));
  proposals.Add({1, 10}, PutOf(1, 1));  // handed over twice
  EXPECT_EQ(proposals.TakeBatch(7, 100, 1000).size(), 1U);
  proposals.Add({3, 30}, PutOf(1, 1));
  EXPECT_FALSE(proposals.queued());
  EXPECT_EQ(proposals.Finish(1, 1), (std::vector<Origin>{{1, 10}, {2, 20}, {3, 30}}));
  EXPECT_TRUE(proposals.Finish(1, 1).empty());
}

// R10: one that is decided by way of an older block keeps its place until its own turn.
TEST(ProposalsTest, ARequestThatIsStillQueuedIsNotFinished) {
  Proposals proposals;
  proposals.Add({1, 10}, PutOf(1, 1));
  EXPECT_TRUE(proposals.Finish(1, 1).empty());
  EXPECT_EQ(proposals.TakeBatch(7, 100, 1000).size(), 1U);
  EXPECT_EQ(proposals.Finish(1, 1).size(), 1U);
}

TEST(ProposalsTest, ADeposedLeaderGivesBackOnlyWhatIsInNoBlock) {
  Proposals proposals;
  proposals.Add({1, 10}, PutOf(1, 1));
  proposals.Add({1, 11}, PutOf(1, 2));
  EXPECT_EQ(proposals.TakeBatch(7, 1, 1000).size(), 1U);
  EXPECT_EQ(proposals.Clear(), (std::vector<Origin>{{1, 11}}));
  EXPECT_FALSE(proposals.queued());
  EXPECT_EQ(proposals.bytes(), 0U);
  EXPECT_TRUE(proposals.Finish(1, 1).empty());
}

TEST(ProposalsTest, SaysForWhatARequestWaits) {
  Proposals proposals;
  proposals.Add({1, 10}, PutOf(1, 1, "a"));
  proposals.Add({1, 11}, PutOf(1, 2, "b"));
  EXPECT_EQ(proposals.TakeBatch(7, 1, 1000).size(), 1U);
  const auto entries = proposals.Describe();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].what, "put a");
  EXPECT_EQ(entries[0].waits_for, "a quorum for slot 7");
  EXPECT_EQ(entries[1].waits_for, "a place in a block");
}

// --- Reads

/// All that is ready.
std::vector<Reads::Pending> TakeReady(
    Reads& reads, Slot applied, const Reads::Open& open = [](NodeId) { return true; }) {
  std::vector<Reads::Pending> ready;
  while (auto read = reads.TakeReady(applied, open)) {
    ready.push_back(*std::move(read));
  }
  EXPECT_FALSE(reads.HasReady(applied, open));
  return ready;
}

// R9: a round confirms only the reads that waited when it began.
TEST(ReadsTest, AReadThatCameDuringARoundWaitsForTheNext) {
  Reads reads;
  reads.Add({1, 1}, "early");
  reads.BeginRound(5);
  reads.Add({1, 2}, "late");
  reads.EndRound();
  const auto ready = TakeReady(reads, 5);
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].key, "early");
  EXPECT_TRUE(reads.waiting());
}

// R9: it reads at what was decided when the round began, or later.
TEST(ReadsTest, AConfirmedReadWaitsUntilItsSlotIsApplied) {
  Reads reads;
  reads.Add({1, 1}, "key");
  reads.BeginRound(5);
  EXPECT_TRUE(TakeReady(reads, 9).empty());  // not confirmed
  reads.EndRound();
  EXPECT_TRUE(TakeReady(reads, 4).empty());
  EXPECT_EQ(TakeReady(reads, 5).size(), 1U);
  EXPECT_TRUE(TakeReady(reads, 9).empty());
}

TEST(ReadsTest, TheNodesAreServedInTurn) {
  Reads reads;
  for (Token token = 1; token <= 3; ++token) {
    reads.Add({2, token}, "two");
  }
  reads.Add({1, 4}, "one");
  reads.BeginRound(5);
  reads.EndRound();
  std::vector<Token> order;
  for (const Reads::Pending& read : TakeReady(reads, 5)) {
    order.push_back(read.origin.token);
  }
  EXPECT_EQ(order, (std::vector<Token>{4, 1, 2, 3}));
}

TEST(ReadsTest, ReadsOfANodeThatTakesNoAnswersAreForgottenOnceItHasGivenThemUp) {
  Reads reads;
  reads.Add({2, 1}, "old", 100);
  reads.Add({2, 2}, "young", 200);
  reads.BeginRound(5);
  reads.EndRound();
  EXPECT_TRUE(TakeReady(reads, 5, [](NodeId) { return false; }).empty());
  reads.Forget(200);
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_EQ(TakeReady(reads, 5).at(0).key, "young");
  EXPECT_EQ(reads.bytes(), 0U);
}

TEST(ReadsTest, CountsTheBytesThatAreHere) {
  Reads reads;
  reads.Add({1, 1}, "a");
  const std::size_t one = reads.bytes();
  EXPECT_GT(one, 1U);
  reads.Add({1, 2}, "a");
  EXPECT_EQ(reads.bytes(), 2 * one);
  reads.BeginRound(5);
  reads.EndRound();
  reads.Add({1, 3}, "a");
  EXPECT_EQ(TakeReady(reads, 5).size(), 2U);
  EXPECT_EQ(reads.bytes(), one);
  EXPECT_EQ(reads.Clear().size(), 1U);
  EXPECT_EQ(reads.bytes(), 0U);
}

TEST(ReadsTest, ADeposedLeaderGivesBackEveryRead) {
  Reads reads;
  reads.Add({1, 1}, "confirmed");
  reads.BeginRound(5);
  reads.EndRound();
  reads.Add({2, 2}, "in a round");
  reads.BeginRound(5);
  reads.Add({3, 3}, "waiting");
  EXPECT_EQ(reads.size(), 3U);
  EXPECT_EQ(reads.Clear().size(), 3U);
  EXPECT_EQ(reads.size(), 0U);
}

}  // namespace
}  // namespace cairn::replica
