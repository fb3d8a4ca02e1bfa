#include "crash/check.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cairn::crash {
namespace {

using Kind = Record::Kind;

/// A small true story: two clients, one key, and the chain that came of it.
class CheckTest : public testing::Test {
 protected:
  static constexpr ClientId kAnn = 0xa;
  static constexpr ClientId kBob = 0xb;

  static Record Write(Kind kind, const std::string& value, Code code, Micros called,
                      ClientId client, Sequence sequence, Slot slot) {
    return {kind, "k", value, code, called, called + 5, client, sequence, slot};
  }
  static Record Read(const std::string& value, Micros called, Slot slot) {
    return {Kind::kGet, "k", value, value.empty() ? Code::kNotFound : Code::kOk, called, called + 5,
            0,          0,   slot};
  }
  static ChainBlock::Entry Put(ClientId client, Sequence sequence, const std::string& value) {
    return {Op::kPut, "k", value, client, sequence};
  }

  void SetUp() override {
    chain = {{0, {{Op::kGenesis, "", "", 0, 0}}}, {1, {{Op::kForm, "", "", 0, 0}}},
             {2, {Put(kAnn, 1, "one")}},          {3, {Put(kBob, 1, "two"), Put(kAnn, 1, "one")}},
             {4, {{Op::kDel, "k", "", kAnn, 2}}}, {5, {Put(kBob, 3, "four")}}};
    history = {Read("", 0, 1),
               Write(Kind::kPut, "one", Code::kOk, 10, kAnn, 1, 2),
               Read("one", 20, 2),
               Write(Kind::kPut, "two", Code::kUnknownOutcome, 30, kBob, 1, 0),
               Read("two", 40, 3),
               Write(Kind::kDel, "", Code::kOk, 50, kAnn, 2, 4),
               Read("", 60, 4),
               Write(Kind::kPut, "three", Code::kUnavailable, 70, kBob, 2, 0),
               Write(Kind::kPut, "four", Code::kOk, 80, kBob, 3, 5),
               Read("four", 90, 5)};
  }

  [[nodiscard]] std::string Breaches() const {
    std::string rules;
    for (const std::string& breach : Judge(history, chain).breaches) {
      rules += breach.substr(0, 2) + " ";
    }
    return rules;
  }

  std::vector<Record> history;
  std::vector<ChainBlock> chain;
};

TEST_F(CheckTest, FindsNothingInATrueStory) {
  const Verdict verdict = Judge(history, chain);
  EXPECT_TRUE(verdict.breaches.empty()) << verdict.breaches.front();
  EXPECT_EQ(verdict.keys, 1U);
  EXPECT_EQ(verdict.operations, 10U);
  EXPECT_EQ(verdict.acknowledged_writes, 3U);
  EXPECT_EQ(verdict.reads, 5U);
  EXPECT_EQ(verdict.refused, 1U);
  EXPECT_EQ(verdict.unknown_applied, 1U);
  EXPECT_EQ(verdict.asked_again, 1U);
}

TEST_F(CheckTest, FindsAnAcknowledgedWriteThatTheChainHasLost) {
  chain.pop_back();
  chain.push_back({5, {}});
  history.pop_back();
  EXPECT_EQ(Breaches(), "C2 ");
}

TEST_F(CheckTest, FindsALostWriteByTheReadsAfterItToo) {
  history.back() = Read("", 90, 5);
  EXPECT_EQ(Breaches(), "C1 C5 ");
}

TEST_F(CheckTest, FindsAStaleRead) {
  history.back() = Read("two", 90, 3);
  EXPECT_EQ(Breaches(), "C1 ") << "the value is that of an older slot: only the order betrays it";
}

TEST_F(CheckTest, FindsAReadOfWhatTheChainDoesNotSay) {
  history[2].slot = 1;
  EXPECT_EQ(Breaches(), "C5 ");
}

TEST_F(CheckTest, FindsAnAnswerThatNamesAnotherSlot) {
  history[1].slot = 3;
  EXPECT_EQ(Breaches(), "C2 ");
}

TEST_F(CheckTest, FindsADeletionThatWasAnsweredWrongly) {
  history[5].code = Code::kNotFound;
  EXPECT_EQ(Breaches(), "C1 C5 ");
}

TEST_F(CheckTest, FindsARefusedWriteThatWasApplied) {
  history[8].code = Code::kUnavailable;
  history.pop_back();
  EXPECT_EQ(Breaches(), "C3 ");
}

TEST_F(CheckTest, FindsWhatNobodyAskedFor) {
  chain.push_back({6, {Put(0xc, 1, "ghost")}});
  EXPECT_EQ(Breaches(), "C4 ");
}

TEST_F(CheckTest, FindsAValueThatChangedOnItsWay) {
  chain[3].entries[0].value = NameOf("two.twX");
  history[4].value = "damaged (7 bytes)";
  EXPECT_EQ(Breaches(), "C1 C4 ");
}

TEST_F(CheckTest, FindsAnAnswerThatNoFaultExplains) {
  history[7].code = Code::kIntegrity;
  EXPECT_EQ(Breaches(), "C6 ");
}

TEST_F(CheckTest, TakesARequestThatIsDecidedAfterALaterOneAsNotApplied) {
  chain.push_back({6, {Put(kBob, 2, "three")}});
  EXPECT_EQ(Breaches(), "");
}

TEST_F(CheckTest, CountsReadmissions) {
  chain.push_back({6, {{Op::kReadmit, "", "", 0, 0}}});
  EXPECT_EQ(Judge(history, chain).readmissions, 1U);
}

TEST_F(CheckTest, ReadsBackTheHistoryThatItWrote) {
  std::stringstream lines;
  for (const Record& record : history) {
    lines << LineOf(record) << '\n';
  }
  const Result<std::vector<Record>> again = ReadHistory(lines);
  ASSERT_TRUE(again.ok()) << again.status().message();
  ASSERT_EQ(again->size(), history.size());
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(LineOf(again.value()[i]), LineOf(history[i]));
  }
  EXPECT_EQ(again.value()[1].client, kAnn);
}

TEST_F(CheckTest, NamesTheLineThatIsNoRecord) {
  std::stringstream lines(LineOf(history[0]) + "\n{\"op\":\"put\"}\n");
  const Result<std::vector<Record>> read = ReadHistory(lines);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.status().message().find("line 2"), std::string::npos) << read.status().message();
}

TEST_F(CheckTest, WantsTheChainFromItsGenesisAndWithoutAGap) {
  std::stringstream lines(R"({"slot":0,"requests":[]})"
                          "\n"
                          R"({"slot":2,"requests":[]})"
                          "\n");
  EXPECT_FALSE(ReadChain(lines).ok());
}

TEST(RecordTest, GivesTheNameOfAValueBackOnlyIfEveryByteIsRight) {
  for (const std::size_t size : {0U, 5U, 6U, 7U, 11U, 4096U}) {
    EXPECT_EQ(NameOf(ValueOf("c3-17", size)), "c3-17");
  }
  std::string value = ValueOf("c3-17", 100);
  value[60] ^= 1;
  EXPECT_EQ(NameOf(value), "damaged (100 bytes)");
  EXPECT_EQ(NameOf(""), "damaged (0 bytes)");
}

}  // namespace
}  // namespace cairn::crash
