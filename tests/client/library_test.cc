#include "client/library.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "client/fake_cluster.h"
#include "common/limits.h"

namespace cairn {
namespace {

using Kind = Client::Operation::Kind;
using Outcome = Client::Outcome;

class LibraryTest : public ::testing::Test {
 protected:
  LibraryTest()
      : client_(std::make_unique<Client::Impl>(fake_.cluster, client::Options{},
                                               fake_.MakeEnvironment())) {}

  client::FakeCluster fake_{3};
  Client client_;
};

TEST_F(LibraryTest, EveryOutcomeHasItsName) {
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_EQ(client_.Put("k", "v").slot, 11U);
  EXPECT_EQ(client_.Put("", "v").outcome, Outcome::kUsage);
  EXPECT_EQ(client_.Put("k", std::string(kMaxValueBytes + 1, 'v')).outcome, Outcome::kUsage);
}

TEST_F(LibraryTest, AWriteWithoutAnAnswerIsUnknownAndAReadIsUnavailable) {
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  EXPECT_EQ(client_.Put("k", "v").outcome, Outcome::kUnknown);
  EXPECT_EQ(client_.Get("k").outcome, Outcome::kUnavailable);
}

TEST_F(LibraryTest, ManyThreadsUseOneClientAndNoSequenceIsUsedTwice) {
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        done += client_.Put("k" + std::to_string(t), std::to_string(i)).ok() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(done, 400);
  std::set<std::pair<ClientId, Sequence>> seen;
  for (const auto& [id, node] : fake_.nodes) {
    for (std::size_t i = 0; i < node.calls.size(); ++i) {
      seen.emplace(node.WriteAt(i).client, node.WriteAt(i).sequence);
    }
  }
  EXPECT_EQ(seen.size(), 400U);
}

TEST_F(LibraryTest, ABatchHasItsRepliesInTheOrderOfItsOperations) {
  const std::vector<Client::Reply> replies =
      client_.Run({{Kind::kPut, "a", "1"}, {Kind::kPut, "", "1"}, {Kind::kGet, "a", ""}});
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(replies[0].ok());
  EXPECT_EQ(replies[1].outcome, Outcome::kUsage);
  EXPECT_TRUE(replies[2].ok());
}

TEST_F(LibraryTest, WhatWaitsIsBoundedAndWhatIsTooMuchIsRefusedAtOnce) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::promise<void> begun;
  client_.RunAsync({Kind::kPut, "first", "v"}, [&begun, open](const Client::Reply&) {
    begun.set_value();
    open.wait();
  });
  begun.get_future().wait();  // From now on nothing is taken.
  std::atomic<int> refused = 0;
  std::atomic<int> settled = 0;
  const std::string value(kMaxValueBytes, 'v');
  constexpr int kMany = 2 * static_cast<int>(kMaxQueuedBytes / kMaxValueBytes);
  for (int i = 0; i < kMany; ++i) {
    client_.RunAsync({Kind::kPut, "k", value}, [&](const Client::Reply& reply) {
      refused += reply.outcome == Outcome::kUnavailable ? 1 : 0;
      ++settled;
    });
  }
  EXPECT_GE(refused, kMany / 2);
  gate.set_value();
  EXPECT_TRUE(client_.Put("last", "v").ok()) << "there is room again";
  EXPECT_EQ(settled, kMany);
}

TEST(LibraryCloseTest, WhatWasNotSentIsReportedAndNothingIsLeftWaiting) {
  client::FakeCluster fake(3);
  std::vector<std::future<Client::Reply>> futures;
  std::promise<void> begun;
  std::promise<void> gate;
  {
    auto client = std::make_unique<Client>(
        std::make_unique<Client::Impl>(fake.cluster, client::Options{}, fake.MakeEnvironment()));
    client->RunAsync({Kind::kPut, "first", "v"}, [&](const Client::Reply&) {
      begun.set_value();
      gate.get_future().wait();
    });
    begun.get_future().wait();
    for (int i = 0; i < 10; ++i) {
      futures.push_back(client->RunAsync({Kind::kPut, "k", "v"}));
    }
    std::thread closer([&] { client.reset(); });
    gate.set_value();
    closer.join();
  }
  for (std::future<Client::Reply>& future : futures) {
    const Client::Reply reply = future.get();
    EXPECT_TRUE(reply.ok() || reply.outcome == Outcome::kUnavailable);
  }
}

TEST(LibraryOpenTest, AClusterFileThatCanNotBeUsedIsASentence) {
  std::string error;
  EXPECT_EQ(Client::Open({.cluster_file = "/nowhere/cluster.toml"}, &error), nullptr);
  EXPECT_NE(error.find("/nowhere/cluster.toml"), std::string::npos) << error;
}

}  // namespace
}  // namespace cairn
