#include "chain/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <span>
#include <string>
#include <vector>

#include "chain/record.h"
#include "chain/sha256.h"
#include "tests/chain/leaf.h"

namespace cairn::chain {
namespace {

Hash Leaf(const std::string& entry) { return Sha256({std::string(1, '\0'), entry}); }

Hash Node(const Hash& left, const Hash& right) {
  return Sha256({"\1", BytesOf(left), BytesOf(right)});
}

std::vector<Hash> Leaves(std::size_t count) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back(Leaf("entry " + std::to_string(i)));
  }
  return leaves;
}

TEST(MerkleTest, RootOfNothingIsTheHashOfNothing) { EXPECT_EQ(MerkleRoot({}), Sha256("")); }

TEST(MerkleTest, RootOfOneIsTheLeafItself) { EXPECT_EQ(MerkleRoot(Leaves(1)), Leaf("entry 0")); }

// RFC 6962, section 2.1: the left subtree holds the largest power of two below the count.
TEST(MerkleTest, HasTheShapesOfRfc6962) {
  const std::vector<Hash> l = Leaves(8);
  const Hash n01 = Node(l[0], l[1]);
  const Hash n23 = Node(l[2], l[3]);
  const Hash n45 = Node(l[4], l[5]);
  const Hash n67 = Node(l[6], l[7]);
  const Hash n03 = Node(n01, n23);
  EXPECT_EQ(MerkleRoot(Leaves(2)), n01);
  EXPECT_EQ(MerkleRoot(Leaves(3)), Node(n01, l[2]));
  EXPECT_EQ(MerkleRoot(Leaves(4)), n03);
  EXPECT_EQ(MerkleRoot(Leaves(5)), Node(n03, l[4]));
  EXPECT_EQ(MerkleRoot(Leaves(6)), Node(n03, n45));
  EXPECT_EQ(MerkleRoot(Leaves(7)), Node(n03, Node(n45, l[6])));
  EXPECT_EQ(MerkleRoot(Leaves(8)), Node(n03, Node(n45, n67)));
}

// The definition itself, split by split.
Hash RootByRfc6962(std::span<const Hash> leaves) {
  if (leaves.size() == 1) {
    return leaves.front();
  }
  const std::size_t left = std::bit_floor(leaves.size() - 1);
  return Node(RootByRfc6962(leaves.first(left)), RootByRfc6962(leaves.subspan(left)));
}

TEST(MerkleTest, HasTheRootOfRfc6962ForEveryNumberOfLeaves) {
  const std::vector<Hash> leaves = Leaves(300);
  for (std::size_t count = 1; count <= leaves.size(); ++count) {
    const std::vector<Hash> some(leaves.begin(), leaves.begin() + static_cast<long>(count));
    EXPECT_EQ(MerkleRoot(some), RootByRfc6962(some)) << count;
  }
}

TEST(MerkleTest, OrderAndNumberOfLeavesMatter) {
  std::vector<Hash> swapped = Leaves(3);
  std::swap(swapped[0], swapped[1]);
  EXPECT_NE(MerkleRoot(swapped), MerkleRoot(Leaves(3)));
  std::vector<Hash> repeated = Leaves(3);
  repeated.push_back(repeated.back());
  EXPECT_NE(MerkleRoot(repeated), MerkleRoot(Leaves(3)));
}

TEST(MerkleTest, ALeafCommitsToEveryFieldOfItsRequest) {
  const Request base{1, 2, 3, 4, Op::kPut, "key", "value"};
  std::vector<Request> others(7, base);
  others[0].client = 9;
  others[1].sequence = 9;
  others[2].first_open = 9;
  others[3].session_base = 9;
  others[4].op = Op::kDel;
  others[5].key = "kex";
  others[6].value = "valux";
  for (const Request& other : others) {
    EXPECT_NE(RequestLeaf(other), RequestLeaf(base));
  }
}

TEST(MerkleTest, BytesCannotMoveFromTheKeyIntoTheValue) {
  EXPECT_NE(RequestLeaf({1, 2, 3, 4, Op::kPut, "ab", "c"}),
            RequestLeaf({1, 2, 3, 4, Op::kPut, "a", "bc"}));
}

TEST(MerkleTest, ALeafNeedsOnlyTheDigestOfTheValue) {
  // Written out by hand: with the value gone and its digest kept, the leaf can still be computed.
  std::string entry{1};
  for (const char number : {'\1', '\2', '\3', '\4'}) {
    entry += number;
    entry += std::string(7, '\0');
  }
  entry += std::string("\1\3\0\0\0key\x20\0\0\0", 12);
  entry += BytesOf(Sha256("value"));
  EXPECT_EQ(RequestLeaf({1, 2, 3, 4, Op::kPut, "key", "value"}), Leaf(entry));
}

// The root over the records of requests, as they stand in a block.
Hash RootOfRecords(const std::vector<Request>& requests) {
  std::vector<std::string> records;
  for (const Request& request : requests) {
    Writer record;
    AppendRecord(record, request, request.value);
    records.push_back(record.Take());
  }
  std::vector<PlacedRecord> placed;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    placed.push_back({records[i], requests[i].value.size()});
  }
  return RequestsRoot(placed);
}

TEST(MerkleTest, RootOfRequestsIsTheRootOfTheirLeaves) {
  const Request a{1, 2, 3, 4, Op::kPut, "a", "1"};
  const Request b{1, 3, 3, 4, Op::kDel, "b", ""};
  EXPECT_EQ(RootOfRecords({}), Sha256(""));
  EXPECT_EQ(RootOfRecords({a}), RequestLeaf(a));
  EXPECT_EQ(RootOfRecords({a, b}), Node(RequestLeaf(a), RequestLeaf(b)));
}

TEST(MerkleTest, RootOfRequestsIsThatOfTheirLeavesForEveryNumberAndSize) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < 70; ++i) {
    EXPECT_EQ(RootOfRecords(requests), RootOfLeaves(requests)) << i;
    const std::size_t key = i % 9 == 0 ? 4096 : i;
    const std::size_t value = i % 7 == 0 ? 70'000 : 37 * i;
    requests.push_back({i, 2, 3, 4, Op::kPut, std::string(key, 'k'), std::string(value, 'v')});
  }
}

}  // namespace
}  // namespace cairn::chain
