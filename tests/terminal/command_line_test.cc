#include "terminal/command_line.h"

#include <gtest/gtest.h>

#include "terminal/line_editor.h"
#include "text/text.h"

namespace cairn::terminal {
namespace {

using Words = std::vector<std::string>;

/// The word and the arguments in one list; an error as "!" with its sentence.
Words Parse(const std::string& line) {
  Result<CommandLine> parsed = ParseCommandLine(line);
  if (!parsed.ok()) {
    EXPECT_EQ(parsed.status().code(), Code::kUsage);
    return {"!", parsed.status().message()};
  }
  Words words = {parsed->word};
  words.insert(words.end(), parsed->arguments.begin(), parsed->arguments.end());
  return words;
}

TEST(CommandLineTest, SpacesAroundCommasAreNoData) {
  const Words put = {"Operation", "put", "k", "v"};
  for (const char* line :
       {"Operation(put,k,v)", "Operation(put, k, v)", "  Operation( put ,\tk ,  v )  ",
        "Operation (put, k, v)", "Operation put k v", "Operation(\"put\", 'k', \"v\")\r"}) {
    EXPECT_EQ(Parse(line), put) << line;
  }
}

TEST(CommandLineTest, SpacesInsideAnArgumentAreData) {
  EXPECT_EQ(Parse("Operation(put, my key, hello  world)"),
            (Words{"Operation", "put", "my key", "hello  world"}));
  EXPECT_EQ(Parse("Operation(put, \" k \", v)"), (Words{"Operation", "put", " k ", "v"}));
}

TEST(CommandLineTest, QuotesAllowCommasSpacesAndParentheses) {
  EXPECT_EQ(Parse("Operation(put, \"a, b\", 'c)d')"), (Words{"Operation", "put", "a, b", "c)d"}));
  EXPECT_EQ(Parse("put \"a b\" 'c \"d\"'"), (Words{"put", "a b", "c \"d\""}));
  EXPECT_EQ(Parse("put \"\" ''"), (Words{"put", "", ""}));
}

TEST(CommandLineTest, QuotesReadEscapes) {
  EXPECT_EQ(Parse(R"(put "a\"b\\c" "\n\r\t\x41\xfF\'")"),
            (Words{"put", "a\"b\\c", "\n\r\tA\xff'"}));
  EXPECT_EQ(Parse(R"(put k "a\0b")"), (Words{"put", "k", std::string("a\0b", 3)}));
  EXPECT_EQ(Parse(R"(put 'it\'s' v)"), (Words{"put", "it's", "v"}));
}

TEST(CommandLineTest, WithoutQuotesEveryByteIsItself) {
  EXPECT_EQ(Parse(R"(Operation(put, it's, C:\new\x41))"),
            (Words{"Operation", "put", "it's", R"(C:\new\x41)"}));
  EXPECT_EQ(Parse("put gr\xc3\xbc\xc3\x9f \xff\xfe"),
            (Words{"put", "gr\xc3\xbc\xc3\x9f", "\xff\xfe"}));
  EXPECT_EQ(Parse("put k a\"b"), (Words{"put", "k", "a\"b"}));
  EXPECT_EQ(Parse("put --k -v"), (Words{"put", "--k", "-v"}));
}

TEST(CommandLineTest, ReadsBackWhatQuoteWrites) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(Parse("Operation(put, k, " + text::Quote(bytes, 1000) + ")"),
            (Words{"Operation", "put", "k", bytes}));
}

TEST(CommandLineTest, BracketsThatCloseKeepCommasAndSpacesTogether) {
  const std::string json = R"({"a": 1, "b": [2, "}"]})";
  EXPECT_EQ(Parse("Operation(put, d, " + json + ")"), (Words{"Operation", "put", "d", json}));
  EXPECT_EQ(Parse("put d " + json), (Words{"put", "d", json}));
  EXPECT_EQ(Parse("Operation(put, [1, 2], x)"), (Words{"Operation", "put", "[1, 2]", "x"}));
  EXPECT_EQ(Parse("Operation(put, d, {a)"), (Words{"Operation", "put", "d", "{a"}))
      << "what is not closed is data";
  EXPECT_EQ(Parse("Operation(put, d, {a} b)"), (Words{"Operation", "put", "d", "{a} b"}));
}

TEST(CommandLineTest, TheLastParenthesisCloses) {
  EXPECT_EQ(Parse("Operation(put, k, f(x))"), (Words{"Operation", "put", "k", "f(x)"}));
  EXPECT_EQ(Parse("printBlockchain()"), (Words{"printBlockchain"}));
  EXPECT_EQ(Parse("printBlockchain ( )"), (Words{"printBlockchain"}));
  EXPECT_EQ(Parse("failLink (1, 3)"), (Words{"failLink", "1", "3"}));
}

TEST(CommandLineTest, ArgumentsOfPutMayBeginWithAParenthesis) {
  EXPECT_EQ(Parse("put (a) (b)"), (Words{"put", "(a)", "(b)"}));
  EXPECT_EQ(Parse("GET (a)"), (Words{"GET", "(a)"}));
  EXPECT_EQ(Parse("put(a, b)"), (Words{"put", "a", "b"}));
}

TEST(CommandLineTest, KeepsEmptyArgumentsBetweenCommas) {
  EXPECT_EQ(Parse("Operation(put, k, )"), (Words{"Operation", "put", "k", ""}));
  EXPECT_EQ(Parse("f(,)"), (Words{"f", "", ""}));
}

TEST(CommandLineTest, AnEmptyLineHasNoWord) {
  EXPECT_EQ(Parse(""), Words{""});
  EXPECT_EQ(Parse(" \t\r"), Words{""});
}

TEST(CommandLineTest, SaysWhatIsWrongWithALine) {
  EXPECT_EQ(Parse("put \"k v"),
            (Words{"!",
                   "a quote is not closed; end the argument with \", or write \\\" for a "
                   "quote in it"}));
  EXPECT_EQ(Parse("Operation(put, k, v"),
            (Words{"!", "the parenthesis is not closed; end the line with )"}));
  EXPECT_EQ(Parse("Operation("),
            (Words{"!", "the parenthesis is not closed; end the line with )"}));
  EXPECT_EQ(Parse("Operation(put, \"k\" x, v)"),
            (Words{"!",
                   "after the closing quote stands \"x\"; write a comma or the closing "
                   "parenthesis there"}));
  EXPECT_EQ(Parse("put \"k\"x v"),
            (Words{"!", "after the closing quote stands \"x\"; write a space there"}));
  const std::string escape =
      "a backslash between quotes begins \\\" \\' \\\\ \\n \\r \\t \\0 or \\xNN; write \\\\ for a "
      "backslash itself";
  EXPECT_EQ(Parse(R"(put k "\q")"), (Words{"!", escape}));
  EXPECT_EQ(Parse(R"(put k "\x4")"), (Words{"!", escape}));
}

TEST(CommandLineTest, CommandWordsHaveNoCase) {
  EXPECT_TRUE(ParseCommandLine("PRINTblockchain").value().Is("printBlockchain"));
  EXPECT_FALSE(ParseCommandLine("printBlock").value().Is("printBlockchain"));
}

TEST(CommandLineTest, ReadsNodeIdsWithAndWithoutCommas) {
  using Ids = std::vector<NodeId>;
  EXPECT_EQ(ParseNodeIds({"1", "3"}).value(), (Ids{1, 3}));
  EXPECT_EQ(ParseNodeIds({"1,3"}).value(), (Ids{1, 3}));
  EXPECT_EQ(ParseNodeIds({"1,", "3"}).value(), (Ids{1, 3}));
  EXPECT_EQ(ParseNodeIds({"P1", "p3"}).value(), (Ids{1, 3}));
  EXPECT_EQ(ParseNodeIds({}).value(), Ids{});
  for (const char* wrong : {"0", "10", "x", "1x", "P", "P0", "PP1", "-1", "99999999999999999999"}) {
    EXPECT_EQ(ParseNodeIds({wrong}).status().code(), Code::kUsage) << wrong;
  }
}

TEST(CompletionTest, WritesWhatIsCertainAndListsTheRest) {
  const Words commands = {"printBlockchain", "printKVStore", "printQueue", "failLink(", "help"};
  EXPECT_EQ(Complete("pr", commands).text, "print");
  EXPECT_EQ(Complete("pr", commands).choices.size(), 3U);
  EXPECT_EQ(Complete("PRINTB", commands).text, "printBlockchain ");
  EXPECT_TRUE(Complete("PRINTB", commands).choices.empty());
  EXPECT_EQ(Complete("f", commands).text, "failLink(");
  EXPECT_EQ(Complete("x", commands).text, "x");
  EXPECT_TRUE(Complete("x", commands).choices.empty());
  EXPECT_EQ(Complete("", commands).choices.size(), 5U);
}

}  // namespace
}  // namespace cairn::terminal
