#include "node/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <thread>
#include <vector>

namespace cairn::node {
namespace {

bool Readable(const Mailbox& mailbox, int timeout_ms) {
  pollfd item{mailbox.fd(), POLLIN, 0};
  return ::poll(&item, 1, timeout_ms) == 1 && (item.revents & POLLIN) != 0;
}

TEST(MailboxTest, NobodyAskedNothingWaits) {
  Mailbox mailbox;
  EXPECT_FALSE(Readable(mailbox, 0));
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(MailboxTest, AQuestionWakesTheLoopAndItsPagesComeBackInOrder) {
  Mailbox mailbox;
  std::vector<std::string> pages;
  std::thread console([&] {
    Page page = mailbox.Ask("printBlockchain");
    pages.push_back(page.text);
    while (page.more) {
      page = mailbox.Next();
      pages.push_back(page.text);
    }
  });
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(Readable(mailbox, -1));
    const auto question = mailbox.Take();
    ASSERT_TRUE(question.has_value());
    EXPECT_EQ(question->next, i > 1);
    EXPECT_EQ(question->line, i == 1 ? "printBlockchain" : "");
    mailbox.Answer({"page " + std::to_string(i), i < 3, false});
  }
  console.join();
  EXPECT_EQ(pages, (std::vector<std::string>{"page 1", "page 2", "page 3"}));
}

TEST(MailboxTest, ATakenQuestionWakesTheLoopNoMore) {
  Mailbox mailbox;
  std::thread console([&] { (void)mailbox.Ask("status"); });
  EXPECT_TRUE(Readable(mailbox, -1));
  EXPECT_TRUE(mailbox.Take().has_value());
  EXPECT_FALSE(Readable(mailbox, 0));
  EXPECT_FALSE(mailbox.Take().has_value());
  mailbox.Answer({});
  console.join();
}

TEST(MailboxTest, EveryLineGetsItsOwnAnswer) {
  constexpr int kLines = 200;
  Mailbox mailbox;
  int right = 0;
  std::thread console([&] {
    for (int i = 0; i < kLines; ++i) {
      const std::string line = "line " + std::to_string(i);
      right += mailbox.Ask(line).text == "answer to " + line ? 1 : 0;
    }
  });
  for (int answered = 0; answered < kLines;) {
    EXPECT_TRUE(Readable(mailbox, -1));
    if (const auto question = mailbox.Take()) {
      mailbox.Answer({"answer to " + question->line, false, false});
      ++answered;
    }
  }
  console.join();
  EXPECT_EQ(right, kLines);
}

}  // namespace
}  // namespace cairn::node
