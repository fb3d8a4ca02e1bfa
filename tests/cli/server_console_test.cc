#include "cli/server_console.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/node/fixture.h"

namespace cairn::cli {
namespace {

using node::testing::ChainMaker;
using node::testing::Nodes;

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// The console of node 1, which leads.
class ConsoleTest : public ::testing::Test {
 protected:
  explicit ConsoleTest(NodeId count = 1, bool allow_faults = true) : nodes_(count, allow_faults) {}

  void Start() {
    nodes_.Start();
    nodes_.AwaitLeader();
    console_.emplace(&nodes_[1]);
  }
  std::string Say(const std::string& line) {
    Page page = console_->Execute(line);
    std::string text = page.text;
    pages_ = 1;
    while (page.more) {
      page = console_->NextPage();
      text += page.text;
      ++pages_;
    }
    EXPECT_FALSE(page.leave) << line;
    return text;
  }

  Nodes nodes_;
  std::optional<Console> console_;
  int pages_ = 0;
};

class ConsoleOfTwoTest : public ConsoleTest {
 protected:
  ConsoleOfTwoTest() : ConsoleTest(2) {}
};

class ConsoleWithoutFaultsTest : public ConsoleTest {
 protected:
  ConsoleWithoutFaultsTest() : ConsoleTest(2, false) {}
};

TEST_F(ConsoleTest, PrintBlockchainShowsEveryBlockWithItsOperations) {
  Start();
  ASSERT_EQ(nodes_.Put(1, "colour", "blue").code, Code::kOk);
  const std::string text = Say("printBlockchain");
  EXPECT_TRUE(Contains(text, "genesis of cluster \"test\" with node 1")) << text;
  EXPECT_TRUE(Contains(text, "form the cluster: node 1 is ")) << text;
  EXPECT_TRUE(Contains(text, "put \"colour\" = \"blue\"")) << text;
  EXPECT_TRUE(Contains(text, "3 blocks, all decided\n")) << text;
  EXPECT_TRUE(Contains(text, nodes_[1].Report().replica.tip_hash.Hex().substr(0, 12))) << text;
}

TEST_F(ConsoleTest, PrintBlockchainShowsTheLastOnesOrARange) {
  Start();
  ASSERT_EQ(nodes_.Put(1, "a", "1").code, Code::kOk);
  ASSERT_EQ(nodes_.Put(1, "b", "2").code, Code::kOk);
  const std::string last = Say("printBlockchain 1");
  EXPECT_EQ(last.find("block 3\n"), 0U) << last;
  EXPECT_TRUE(Contains(last, "4 blocks, all decided\n")) << last;
  const std::string range = Say("pb(1, 2)");
  EXPECT_EQ(range.find("block 1\n"), 0U) << range;
  EXPECT_TRUE(Contains(range, "block 2\n")) << range;
  EXPECT_FALSE(Contains(range, "block 3\n")) << range;
  EXPECT_EQ(Say("pb 99"), Say("printBlockchain"));
  EXPECT_TRUE(Contains(Say("pb 7 9"), "the newest block of node 1 is that of slot 3"));
  for (const std::string wrong : {"pb x", "pb 3 1", "pb 1 2 3", "pb -1"}) {
    EXPECT_TRUE(Contains(Say(wrong), "printBlockchain 5 the last five")) << wrong;
  }
}

TEST_F(ConsoleTest, ShortFormsMeanTheSame) {
  Start();
  EXPECT_EQ(Say("pb"), Say("printBlockchain"));
  EXPECT_EQ(Say("pkv"), Say("printKVStore"));
  EXPECT_EQ(Say("pq"), Say("printQueue"));
  EXPECT_EQ(Say("state"), Say("status"));
}

TEST_F(ConsoleTest, CommandsKnowNoUpperAndLowerCase) {
  Start();
  EXPECT_EQ(Say("PRINTblockchain()"), Say("printBlockchain"));
}

TEST_F(ConsoleTest, LongAnswersComeInPagesThatMissNothing) {
  {
    ChainMaker maker(nodes_.DirectoryOf(1), nodes_.cluster());
    Sequence sequence = 0;
    while (maker.tip() < 200) {
      std::vector<Request> requests;
      for (int i = 0; i < 8; ++i) {
        ++sequence;
        requests.push_back(
            node::testing::PutRequest(sequence, "key" + std::to_string(sequence), "v"));
      }
      maker.Add(std::move(requests));
    }
    maker.Write(200);
  }
  Start();
  const std::string chain = Say("printBlockchain");
  EXPECT_GE(pages_, 3);
  EXPECT_EQ(Count(chain, "put \"key"), 199U * 8);
  EXPECT_TRUE(Contains(chain, "201 blocks, all decided\n"));

  const std::string store = Say("printKVStore");
  EXPECT_GE(pages_, 3);
  EXPECT_EQ(Count(store, " = \"v\"\n"), 199U * 8);
  EXPECT_TRUE(Contains(store, "1592 keys at slot 200\n"));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < store.size(); at = store.find('\n', at) + 1) {
    lines.push_back(store.substr(at, store.find('\n', at) - at));
  }
  lines.pop_back();
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
  EXPECT_EQ(lines.front(), "\"key1\" = \"v\"");
  EXPECT_EQ(lines.back(), "\"key999\" = \"v\"");
}

TEST_F(ConsoleTest, BlocksThatAreNotYetDecidedAreCounted) {
  {
    ChainMaker maker(nodes_.DirectoryOf(1), nodes_.cluster());
    maker.PutUpTo(5);
    maker.Write(3);
  }
  nodes_.Start();
  console_.emplace(&nodes_[1]);
  EXPECT_TRUE(Contains(Say("printBlockchain"),
                       "6 blocks, of which the last 2 are not yet known as decided\n"));
}

TEST_F(ConsoleTest, PrintKvStoreShowsKeysInOrder) {
  Start();
  EXPECT_EQ(Say("printKVStore"), "0 keys at slot 1\n");
  ASSERT_EQ(nodes_.Put(1, "b", "two\nlines").code, Code::kOk);
  EXPECT_EQ(Say("printKVStore"), "\"b\" = \"two\\nlines\"\n1 key at slot 2\n");
  ASSERT_EQ(nodes_.Put(1, "a", "first").code, Code::kOk);
  EXPECT_EQ(Say("printKVStore"), "\"a\" = \"first\"\n\"b\" = \"two\\nlines\"\n2 keys at slot 3\n");
}

TEST_F(ConsoleTest, PrintQueueSaysThatNothingWaits) {
  Start();
  EXPECT_EQ(Say("printQueue"), "0 waiting\n");
}

TEST_F(ConsoleOfTwoTest, PrintQueueSaysForWhatARequestWaits) {
  Start();
  nodes_.Crash(2);
  ASSERT_TRUE(nodes_.RunUntil([&] { return nodes_[1].Report().replica.leader == 0; }));
  const config::NodeAddress& address = *nodes_.cluster().Find(1);
  auto link = client::ClientLink::Open(address.host, address.client_port,
                                       node::testing::GenesisOf(nodes_.cluster())->hash, "test");
  ASSERT_TRUE(link.ok());
  client::ClientLink& caller = **link.operator->();
  ASSERT_TRUE(caller.Send({1, api::Write{node::testing::PutRequest(1, "colour", "blue")}}).ok());
  ASSERT_TRUE(nodes_.RunUntil([&] {
    (void)caller.Receive(0);  // what it sends leaves when it looks
    return !nodes_[1].Queue().empty();
  }));
  EXPECT_EQ(Say("printQueue"), "\"put colour\" waits for a leader\n1 waiting\n");
}

TEST_F(ConsoleTest, StatusSaysWhoLeads) {
  Start();
  const std::string text = Say("status");
  EXPECT_TRUE(Contains(text, "node 1 is a leader; ballot ")) << text;
  EXPECT_TRUE(Contains(text, nodes_[1].Report().replica.tip_hash.Hex())) << text;
  EXPECT_TRUE(Contains(text, "\nnode 1 leads\n")) << text;
}

TEST_F(ConsoleOfTwoTest, StatusShowsTheLinks) {
  Start();
  ASSERT_TRUE(nodes_.RunUntil([&] { return nodes_[1].Report().links.at(0).state == "up"; }));
  EXPECT_TRUE(Contains(Say("status"), "\nlink to node 2: up\n"));
}

TEST_F(ConsoleTest, AnUnknownCommandIsNamed) {
  Start();
  EXPECT_EQ(Say("printEverything now"),
            "there is no command \"printEverything\" here: type help for the list\n");
}

TEST_F(ConsoleTest, WhatClientsTypeIsSentToItsPlace) {
  Start();
  for (const std::string line : {"Operation(put, k, v)", "operation(get, k)", "put k v", "get k"}) {
    const std::string text = Say(line);
    EXPECT_TRUE(Contains(text, "is a command for clients")) << text;
    EXPECT_TRUE(Contains(text, "`cairn client 1`")) << text;
  }
}

TEST_F(ConsoleTest, AnEmptyLineHasAnEmptyAnswer) {
  Start();
  EXPECT_EQ(Say(""), "");
  EXPECT_EQ(Say("  \t"), "");
}

TEST_F(ConsoleTest, ALineThatCantBeTakenApartIsAnsweredWithTheReason) {
  Start();
  EXPECT_TRUE(Contains(Say("failLink(1,2"), "parenthesis is not closed"));
}

TEST_F(ConsoleTest, HelpListsEveryCommand) {
  Start();
  const std::string text = Say("help");
  for (const std::string& name : Console::CommandNames()) {
    EXPECT_TRUE(Contains(text, "  " + name)) << name;
  }
  EXPECT_TRUE(Contains(text, "failLink(A,B)"));
}

TEST_F(ConsoleTest, CompletionKnowsWhichCommandsTakeParentheses) {
  const std::vector<std::string> names = Console::CommandNames();
  EXPECT_NE(std::find(names.begin(), names.end(), "failLink("), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "printQueue"), names.end());
}

TEST_F(ConsoleTest, OldHandsHearThatItIsConnected) {
  Start();
  EXPECT_EQ(Say("c"),
            "connected: nodes connect by themselves; node 1 is connected with 1 of 1 nodes (itself "
            "included); node 1 leads\n");
}

TEST_F(ConsoleTest, TheCommandToLeaveLeaves) {
  Start();
  for (const std::string line : {"e", "quit", "EXIT"}) {
    EXPECT_TRUE(console_->Execute(line).leave) << line;
  }
  EXPECT_EQ(Say("?"), Say("help"));
}

TEST_F(ConsoleTest, ArgumentsForACommandThatTakesNoneChangeNothing) {
  Start();
  EXPECT_EQ(Say("failProcess(3)"),
            "failProcess takes no arguments: it is about this node, node 1, or what it has\n");
  EXPECT_TRUE(Contains(Say("e 2"), "e takes no arguments"));
}

TEST_F(ConsoleOfTwoTest, ALinkIsCutAndMended) {
  Start();
  EXPECT_EQ(Say("failLink(1,2)"),
            "the link between node 1 and node 2 is cut, in both directions\n");
  EXPECT_TRUE(Contains(Say("status"), "link to node 2: cut\n"));
  EXPECT_EQ(Say("fixLink 2 1"), "the link between node 1 and node 2 is mended\n");
  EXPECT_FALSE(Contains(Say("status"), "cut"));
  EXPECT_EQ(Say("failLink 2"), "the link between node 1 and node 2 is cut, in both directions\n");
  EXPECT_EQ(Say("fixLink(P1,P2)"), "the link between node 1 and node 2 is mended\n");
}

TEST_F(ConsoleOfTwoTest, WrongEndsOfALinkAreAnsweredWithTheRightForm) {
  Start();
  for (const std::string line : {"failLink", "failLink(1,2,1)", "failLink(a,b)"}) {
    EXPECT_EQ(Say(line), "failLink wants the two ends of a link, for example failLink(1,2)\n");
  }
  EXPECT_TRUE(Contains(Say("fixLink"), "for example fixLink(1,2)"));
  EXPECT_TRUE(Contains(Say("failLink(1)"), "two different nodes"));
  EXPECT_TRUE(Contains(Say("failLink(1,3)"), "for example failLink(1,2)"));
  EXPECT_TRUE(Contains(Say("failLink(1,1)"), "two different nodes"));
  EXPECT_FALSE(Contains(Say("status"), "cut"));
}

TEST_F(ConsoleWithoutFaultsTest, FaultsAreRefusedInWords) {
  Start();
  const std::string refusal =
      "faults are not allowed in this cluster: set allow_faults = true in " +
      nodes_.cluster().path + " and start the nodes again\n";
  EXPECT_EQ(Say("failLink(1,2)"), refusal);
  EXPECT_EQ(Say("fixLink(1,2)"), refusal);
  EXPECT_EQ(Say("failProcess"), refusal);
}

TEST_F(ConsoleOfTwoTest, ReconnectLeavesOutWhomItIsTold) {
  Start();
  EXPECT_EQ(Say("reconnect 2"),
            "all connections are closed; node 2 is left out: nothing is sent there and nothing is "
            "taken from there until the next reconnect\n");
  EXPECT_TRUE(nodes_.RunUntil([&] { return nodes_[1].Report().links.at(0).state == "silent"; }));
  EXPECT_EQ(Say("reconnect"), "the connections to node 2 were closed and are being opened again\n");
  EXPECT_TRUE(nodes_.RunUntil([&] { return nodes_[1].Report().links.at(0).state == "up"; }));
  Say("failLink(1,2)");
  EXPECT_EQ(Say("reconnect"),
            "the connections to node 2 were closed and are being opened again; the link to node 2 "
            "stays cut until fixLink mends it\n");
}

TEST_F(ConsoleOfTwoTest, ReconnectKnowsOnlyOtherNodes) {
  Start();
  const std::string file = nodes_.cluster().path;
  EXPECT_EQ(Say("reconnect 1"), "there is no other node 1 in " + file + "\n");
  EXPECT_EQ(Say("reconnect 3"), "there is no other node 3 in " + file + "\n");
  EXPECT_TRUE(Contains(Say("reconnect x"), "is no node"));
}

}  // namespace
}  // namespace cairn::cli
