// A client may call anything: every field of its calls at its extremes, at every node, in the midst
// of elections and restarts. It is answered, nobody dies of it, and the others' sessions, keys and
// writes are what they were. (What the codec would refuse before a replica hears it is tried, too:
// what holds without that door holds behind it. The frames themselves: process/extremes_test.py.)

#include <gtest/gtest.h>

#include <array>

#include "common/limits.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr std::array<std::uint64_t, 7> kExtremes = {
    0,
    1,
    kMaxOpenRequests,
    std::uint64_t{1} << 40,
    (std::uint64_t{1} << 56) - 1,  // as net/wire/wire.h has it
    std::uint64_t{1} << 63,
    ~std::uint64_t{0}};
constexpr ClientId kFirstStranger = 20'000;
constexpr std::size_t kKeys = 7;

/// Every field at its extremes, one at a time and numbers in pairs; each in a session of its own,
/// but where the client's id is the extreme.
std::vector<Request> Calls() {
  std::vector<Request> calls;
  const auto begin = [&]() -> Request& {
    Request& call = calls.emplace_back();
    call.client = kFirstStranger + calls.size();
    call.sequence = call.first_open = 1;
    call.key = "stranger";
    call.value = "value";
    return call;
  };
  constexpr std::array<std::uint64_t Request::*, 4> kNumbers = {
      &Request::client, &Request::sequence, &Request::first_open, &Request::session_base};
  for (const auto one : kNumbers) {
    for (const auto other : kNumbers) {
      for (const std::uint64_t first : kExtremes) {
        for (const std::uint64_t second : kExtremes) {
          Request& call = begin();
          call.*one = first;
          call.*other = second;
        }
      }
    }
  }
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, kMaxKeyBytes, kMaxKeyBytes + 1, std::size_t{64} << 10}) {
    begin().key.assign(bytes, '\0');
    begin().key.assign(bytes, '\xff');
  }
  for (const std::size_t bytes : {std::size_t{0}, kMaxValueBytes, kMaxValueBytes + 1}) {
    begin().value.assign(bytes, '\xff');
    Request& call = begin();
    call.op = Op::kDel;
    call.value.assign(bytes, 'x');
  }
  return calls;
}

/// A story with somebody beside the strangers, who writes, and remembers what was answered.
struct Story {
  explicit Story(std::size_t nodes, std::uint64_t seed) : s(nodes, seed) {}

  void WriteAll() {
    for (std::size_t i = 0; i < kKeys; ++i) {
      ASSERT_TRUE(s.Writes(s.world.ids()[i % s.world.ids().size()], 5 * kSecond));
      ++written;
    }
  }
  std::optional<api::Answer> Read(NodeId node, const std::string& key) {
    auto answer = std::make_shared<std::optional<api::Answer>>();
    if (!s.world.Read(node, key, [answer](const api::Answer& a) { *answer = a; })) {
      return std::nullopt;
    }
    (void)s.world.RunUntil([&] { return answer->has_value(); }, 12 * kSecond);
    return *answer;
  }
  /// What was written last under each key is there (Scenario::Put).
  void ExpectWhatWasWritten() {
    for (std::uint64_t value = written; value > written - kKeys; --value) {
      const auto answer = Read(1, "k" + std::to_string(value % kKeys));
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->value, std::to_string(value));
    }
  }
  void ExpectAnswers(const std::vector<Request>& calls, NodeId node) {
    auto answers = std::make_shared<std::size_t>(0);
    for (const Request& call : calls) {
      ASSERT_TRUE(s.world.Write(node, call, [answers](const api::Answer&) { ++*answers; }));
      ASSERT_TRUE(s.world.Read(node, call.key, [answers](const api::Answer&) { ++*answers; }));
    }
    EXPECT_TRUE(s.world.RunUntil([&] { return *answers == 2 * calls.size(); }, 30 * kSecond))
        << *answers << " answers of " << 2 * calls.size() << " at node " << node << "; "
        << s.Trouble();
  }

  Scenario s;
  std::uint64_t written = 0;
};

void ExpectOneState(const World& world) {
  kv::MemoryTable table;
  kv::StateMachine fold = world.NewMachine(&table);
  for (Slot slot = 1; slot <= world.machine(1).applied(); ++slot) {
    fold.Apply(*world.disk(1).Read(slot));
  }
  for (const NodeId id : world.ids()) {
    EXPECT_TRUE(world.table(id) == table) << "R11: node " << id;
  }
}

TEST(ClientExtremesTest, WhateverAClientCallsTheOthersKeepTheirHistory) {
  const std::vector<Request> calls = Calls();
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Story story(3, seed);
    Scenario& s = story.s;
    ASSERT_TRUE(s.Form());
    story.WriteAll();
    for (const NodeId node : s.world.ids()) {
      story.ExpectAnswers(calls, node);
      story.WriteAll();
      s.world.MakeStand(node);
      story.ExpectAnswers(calls, node);  // again: retries, in the midst of an election
      s.world.KillFor(node, 100'000);
      s.world.RunFor(kSecond);
      story.ExpectWhatWasWritten();
      story.WriteAll();
    }
    for (const NodeId node : s.world.ids()) {
      s.world.Kill(node);
    }
    for (const NodeId node : s.world.ids()) {
      s.world.Start(node);
    }
    ASSERT_TRUE(s.world.RunUntil([&] { return s.Settled() && s.world.Leader() != 0; }, kSecond * 5))
        << s.Trouble();
    story.ExpectWhatWasWritten();
    story.WriteAll();
    ASSERT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 5 * kSecond)) << s.Trouble();
    ExpectOneState(s.world);
    EXPECT_EQ(s.Trouble(), "none");
  }
}

// A forged transmission in the name of a session that others do not know can't be told apart from
// it; but whatever a stranger says in its own name, a retry of somebody else gets the first answer.
TEST(ClientExtremesTest, ARetryBesideStrangersGetsTheFirstAnswer) {
  Scenario s(3, 5);
  ASSERT_TRUE(s.Form());
  Request request;
  request.client = 4'712;
  request.sequence = request.first_open = 1;
  request.key = "once";
  request.value = "first";
  std::vector<Slot> slots;
  for (int i = 0; i < 3; ++i) {
    auto answer = std::make_shared<std::optional<api::Answer>>();
    ASSERT_TRUE(
        s.world.Write(s.world.Leader(), request, [answer](const api::Answer& a) { *answer = a; }));
    ASSERT_TRUE(s.world.RunUntil([&] { return answer->has_value(); }, 12 * kSecond));
    ASSERT_EQ((*answer)->code, Code::kOk) << (*answer)->message;
    slots.push_back((*answer)->slot);
    for (const Request& call : Calls()) {
      (void)s.world.Write(1, call, [](const api::Answer&) {});
    }
    s.world.RunFor(kSecond);
    s.world.KillFor(s.world.Leader(), 100'000);
    ASSERT_TRUE(
        s.world.RunUntil([&] { return s.Settled() && s.world.Leader() != 0; }, 20 * kSecond));
  }
  EXPECT_EQ(slots, std::vector<Slot>(3, slots.front()));
}

}  // namespace
}  // namespace cairn::sim
