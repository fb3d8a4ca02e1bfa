#include "cli/usage.h"

#include <gtest/gtest.h>

#include "cli/command_fixture.h"
#include "cli/render.h"

namespace cairn::cli {
namespace {

using UsageTest = CommandFixture;

TEST_F(UsageTest, AMistypedVerbIsNamedWithTheNearestOne) {
  EXPECT_EQ(Run({"stauts"}), 2);
  EXPECT_EQ(err_,
            "cairn: there is no verb \"stauts\"; did you mean status? `cairn --help` lists the "
            "verbs\n");
  EXPECT_EQ(Run({"fault", "failLnk", "1", "2"}), 2);
  EXPECT_EQ(
      err_,
      "cairn fault: there is no verb \"failLnk\"; did you mean failLink? `cairn fault --help` "
      "lists the verbs\n");
  EXPECT_EQ(Run({"xyzzyx-9", "k", "v"}), 2);
  EXPECT_EQ(err_, "cairn: there is no verb \"xyzzyx-9\"; `cairn --help` lists the verbs\n");
}

TEST_F(UsageTest, WithJsonWrongWordsAreAnsweredWithOneJsonObject) {
  const std::vector<std::vector<std::string>> wrong = {
      {"stauts", "--json"},
      {"put", "k", "--json"},
      {"--json"},
      {"put", "k", "v", "--timeout", "x", "--json"},
      {"chain", "--from", "no", "--json"},
      {"fault", "--json"},
      {"put", "k", "v", "w", "--json"}};
  for (const std::vector<std::string>& words : wrong) {
    EXPECT_EQ(Run(words), 2);
    EXPECT_EQ(err_, "");
    const text::Json json = text::Json::parse(out_);
    EXPECT_EQ(json["ok"], false) << out_;
    EXPECT_EQ(json["error"], "usage") << out_;
    EXPECT_FALSE(json["message"].get<std::string>().empty());
  }
}

TEST_F(UsageTest, HelpIsNoError) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_NE(out_.find("put"), std::string::npos);
  EXPECT_EQ(Run({"put", "--help", "--json"}), 0);
  EXPECT_NE(out_.find("KEY"), std::string::npos);
}

}  // namespace
}  // namespace cairn::cli
