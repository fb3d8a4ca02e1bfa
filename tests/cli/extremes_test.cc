// Whatever a node answers, field by field at its extremes: the client says so or takes no notice,
// and neither stops nor waits for ever.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/render.h"
#include "cli/summary.h"
#include "client/client.h"
#include "client/fake_cluster.h"
#include "load/load.h"

namespace cairn::cli {
namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};
const std::vector<std::uint64_t> kNumbers = {0, 1, (std::uint64_t{1} << 56) - 1, kMost - 1, kMost};
const std::vector<std::string> kTexts = {"", std::string(1 << 16, 'x'),
                                         std::string("\0\n\x1b[2J", 6)};

std::vector<api::Answer> Answers() {
  std::vector<api::Answer> answers;
  for (const Code code : {Code::kOk, Code::kOther, Code::kUsage, Code::kNotFound,
                          Code::kUnavailable, Code::kUnknownOutcome, Code::kFull}) {
    for (const std::uint64_t number : kNumbers) {
      for (const std::string& text : kTexts) {
        answers.push_back({code, text, number, text, static_cast<NodeId>(number)});
      }
    }
  }
  return answers;
}

TEST(ClientExtremesTest, AnAnswerAtItsExtremesIsTakenOrRefusedAndNothingHangs) {
  for (const api::Answer& answer : Answers()) {
    client::FakeCluster fake(3);
    fake.SetAnswers([&](const api::CallBody&) { return answer; });
    client::Client client(fake.cluster, client::Options{}, fake.MakeEnvironment());
    const Micros began = fake.now;
    const client::OperationResult put = client.Put("key", "value");
    const client::OperationResult get = client.Get("key");
    const client::OperationResult stale = client.GetStale(1, "key");
    const auto batch = client.Run(
        {{client::Operation::Kind::kPut, "a", "b"}, {client::Operation::Kind::kGet, "a", ""}});
    EXPECT_EQ(batch.size(), 2U);
    EXPECT_LE(fake.now - began, 6 * client::Options{}.timeout);
    if (answer.code != Code::kOk) {
      EXPECT_FALSE(put.ok() || get.ok() || stale.ok());
    } else {
      EXPECT_EQ(get.value, answer.value);
    }
    for (const client::OperationResult* result : {&put, &get, &stale}) {
      EXPECT_FALSE(OperationJson({"put", "key", "value"}, *result, true).dump().empty());
    }
  }
}

// R10: a leader refuses a session that began at a slot that no chain has reached, and names one
// that its own has. Whoever told the client the other slot has spoiled nothing.
TEST(ClientExtremesTest, AClientThatWasToldAFalseSlotTakesTheLeaders) {
  constexpr Slot kDecided = 11;
  for (const Slot slot : {Slot{12}, Slot{1} << 40, (Slot{1} << 56) - 1, kMost}) {
    client::FakeCluster fake(3);
    for (auto& [id, node] : fake.nodes) {
      node.delay = 10'000;
      node.welcome.decided = slot;
    }
    fake.SetAnswers([&](const api::CallBody& body) -> api::ReplyBody {
      const auto* write = std::get_if<api::Write>(&body);
      return write != nullptr && write->request.session_base > kDecided
                 ? client::FakeCluster::Failed(Code::kUnavailable, "beyond the chain", kDecided, 1)
                 : client::FakeCluster::Ok(kDecided);
    });
    client::Client client(fake.cluster, client::Options{}, fake.MakeEnvironment());
    EXPECT_TRUE(client.Put("a", "b").ok()) << slot;
    fake.now += 60'000'000;  // The next session begins, with a greeting.
    EXPECT_TRUE(client.Put("a", "b").ok()) << slot;

    client::Client other(fake.cluster, client::Options{}, fake.MakeEnvironment());
    for (const client::OperationResult& result :
         other.Run({{client::Operation::Kind::kPut, "a", "b"},
                    {client::Operation::Kind::kPut, "c", "d"}})) {
      EXPECT_TRUE(result.ok()) << slot;
    }

    load::LoadOptions options;
    options.clients = 2;
    options.nodes = {1};
    options.duration = 1'000'000;
    load::Load load(fake.cluster, options, fake.MakeEnvironment());
    const Result<load::LoadResult> result = load.Run(nullptr);
    ASSERT_TRUE(result.ok());
    EXPECT_GT(result->operations, 0U) << slot;
    EXPECT_EQ(result->Errors(), 0U) << slot;
  }
}

TEST(ClientExtremesTest, AGreetingAtItsExtremesStopsNothing) {
  for (const std::uint64_t number : kNumbers) {
    client::FakeCluster fake(3);
    for (auto& [id, node] : fake.nodes) {
      node.delay = 10'000;
      node.welcome.decided = number;
      node.welcome.leader = static_cast<NodeId>(number);
    }
    client::Client client(fake.cluster, client::Options{}, fake.MakeEnvironment());
    EXPECT_TRUE(client.Put("a", "b").ok()) << number;
    load::LoadOptions options;
    options.clients = 4;
    options.nodes = {1};
    options.duration = 100'000;
    load::Load load(fake.cluster, options, fake.MakeEnvironment());
    const Result<load::LoadResult> result = load.Run(nullptr);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->Errors(), 0U);
  }
}

TEST(ClientExtremesTest, AReportAtItsExtremesIsShown) {
  for (const std::uint64_t number : kNumbers) {
    for (const std::string& text : kTexts) {
      client::FakeCluster fake(3);
      fake.SetAnswers([&](const api::CallBody&) {
        api::StatusReport report;
        report.replica.node = static_cast<NodeId>(number);
        report.replica.role = report.replica.words = text;
        report.replica.ballot =
            report.replica.promised = {number, static_cast<NodeId>(number), number};
        report.replica.decided = report.replica.applied = report.replica.tip = number;
        report.replica.goal = report.replica.lost = report.replica.ahead = number;
        report.replica.leader = static_cast<NodeId>(number);
        report.replica.heard = number;
        report.dropped = report.verified = report.sessions = report.incarnation = number;
        report.links = {{static_cast<NodeId>(number), text}};
        report.notes = {text};
        return report;
      });
      client::Client client(fake.cluster, client::Options{}, fake.MakeEnvironment());
      const std::vector<client::NodeReport> reports = client.StatusOfAll();
      ASSERT_EQ(reports.size(), 3U);
      const cli::Summary summary = cli::Summarize(reports);
      EXPECT_FALSE(cli::StatusText(reports, summary).empty());
      EXPECT_FALSE(cli::StatusJson(reports, summary).dump().empty());
    }
  }
}

TEST(ClientExtremesTest, AChainWhoseEndIsFarAwayIsNotWaitedFor) {
  for (const std::uint64_t number : kNumbers) {
    client::FakeCluster fake(3);
    fake.SetAnswers([&](const api::CallBody& body) -> api::ReplyBody {
      api::ChainPart part;
      part.tip = number;
      part.decided = number;
      return std::holds_alternative<api::ChainCall>(body) ? api::ReplyBody(part)
                                                          : api::ReplyBody(api::StatusReport{});
    });
    client::Client client(fake.cluster, client::Options{}, fake.MakeEnvironment());
    for (const Slot from : kNumbers) {
      EXPECT_FALSE(client.Chain(1, from, std::nullopt, [](const Block&, Slot) {}).ok());
      EXPECT_FALSE(client.Chain(1, from, kMost, [](const Block&, Slot) {}).ok());
    }
  }
}

}  // namespace
}  // namespace cairn::cli
