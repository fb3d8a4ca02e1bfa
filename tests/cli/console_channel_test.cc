#include "cli/console_channel.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <thread>
#include <vector>

namespace cairn::cli {
namespace {

bool Readable(const ConsoleChannel& channel, int timeout_ms) {
  pollfd item{channel.fd(), POLLIN, 0};
  return ::poll(&item, 1, timeout_ms) == 1 && (item.revents & POLLIN) != 0;
}

TEST(ConsoleChannelTest, NobodyAskedNothingWaits) {
  ConsoleChannel channel;
  EXPECT_FALSE(Readable(channel, 0));
  EXPECT_FALSE(channel.Take().has_value());
}

TEST(ConsoleChannelTest, AQuestionWakesTheLoopAndItsPagesComeBackInOrder) {
  ConsoleChannel channel;
  std::vector<std::string> pages;
  std::thread console([&] {
    Page page = channel.Ask("printBlockchain");
    pages.push_back(page.text);
    while (page.more) {
      page = channel.Next();
      pages.push_back(page.text);
    }
  });
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(Readable(channel, -1));
    const auto question = channel.Take();
    ASSERT_TRUE(question.has_value());
    EXPECT_EQ(question->next, i > 1);
    EXPECT_EQ(question->line, i == 1 ? "printBlockchain" : "");
    channel.Answer({"page " + std::to_string(i), i < 3, false});
  }
  console.join();
  EXPECT_EQ(pages, (std::vector<std::string>{"page 1", "page 2", "page 3"}));
}

TEST(ConsoleChannelTest, ATakenQuestionWakesTheLoopNoMore) {
  ConsoleChannel channel;
  std::thread console([&] { (void)channel.Ask("status"); });
  EXPECT_TRUE(Readable(channel, -1));
  EXPECT_TRUE(channel.Take().has_value());
  EXPECT_FALSE(Readable(channel, 0));
  EXPECT_FALSE(channel.Take().has_value());
  channel.Answer({});
  console.join();
}

TEST(ConsoleChannelTest, EveryLineGetsItsOwnAnswer) {
  constexpr int kLines = 200;
  ConsoleChannel channel;
  int right = 0;
  std::thread console([&] {
    for (int i = 0; i < kLines; ++i) {
      const std::string line = "line " + std::to_string(i);
      right += channel.Ask(line).text == "answer to " + line ? 1 : 0;
    }
  });
  for (int answered = 0; answered < kLines;) {
    EXPECT_TRUE(Readable(channel, -1));
    if (const auto question = channel.Take()) {
      channel.Answer({"answer to " + question->line, false, false});
      ++answered;
    }
  }
  console.join();
  EXPECT_EQ(right, kLines);
}

}  // namespace
}  // namespace cairn::cli
