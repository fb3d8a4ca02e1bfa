// Every file of tests/scenarios/cases is one test: its commands are run, and what they tell is
// compared with what the file says. With CAIRN_REWRITE=1 in the environment the files are rewritten
// instead, and the diff is for a person to read.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "scenarios/case_file.h"
#include "scenarios/script.h"

namespace cairn::scenarios {
namespace {

namespace fs = std::filesystem;

/// Their names, without the extension.
std::vector<std::string> Cases() {
  std::vector<std::string> cases;
  for (const auto& entry : fs::directory_iterator(CAIRN_SCENARIO_CASES)) {
    if (entry.path().extension() == ".txt") {
      cases.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(cases);
  return cases;
}

/// "a-lost-promise" is the test ALostPromise.
std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  bool begins = true;
  for (const char c : info.param) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      begins = true;
      continue;
    }
    name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = false;
  }
  return name;
}

bool Rewrites() {
  const char* wish = std::getenv("CAIRN_REWRITE");  // NOLINT(concurrency-mt-unsafe)
  return wish != nullptr && std::string_view(wish) == "1";
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

/// Runs the block's commands; nothing told is one line, so that every block has an output.
std::vector<std::string> Play(Script* script, const CaseBlock& block, const std::string& where) {
  std::string told;
  for (const std::string& command : block.commands) {
    const auto output = script->Run(command);
    EXPECT_TRUE(output.ok()) << where << ": " << command << ": " << output.status().message();
    told += output.ok() ? output.value() : "";
  }
  EXPECT_EQ(told.find("BROKEN"), std::string::npos) << where << " breaks a rule:\n" << told;
  return told.empty() ? std::vector<std::string>{"(nothing)"} : LinesOf(told);
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, TellsWhatTheFileSays) {
  const fs::path path = fs::path(CAIRN_SCENARIO_CASES) / (GetParam() + ".txt");
  const auto text = ReadText(path);
  ASSERT_TRUE(text.ok()) << text.status().message();
  const auto parsed = ParseCase(text.value());
  ASSERT_TRUE(parsed.ok()) << path << ": " << parsed.status().message();
  CaseFile file = parsed.value();
  Script script;
  for (CaseBlock& block : file.blocks) {
    const std::string where = path.string() + ":" + std::to_string(block.line);
    std::vector<std::string> told = Play(&script, block, where);
    if (!Rewrites()) {
      EXPECT_EQ(Joined(block.output), Joined(told)) << where << ": " << Joined(block.commands);
    }
    block.output = std::move(told);
  }
  if (Rewrites() && RenderCase(file) != text.value()) {
    const Status written = WriteText(path, RenderCase(file));
    EXPECT_TRUE(written.ok()) << written.message();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ScenarioTest, testing::ValuesIn(Cases()), TestName);

}  // namespace
}  // namespace cairn::scenarios
