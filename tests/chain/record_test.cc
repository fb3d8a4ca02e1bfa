#include "chain/record.h"

#include <gtest/gtest.h>

#include <string>

#include "common/limits.h"

namespace cairn::chain {
namespace {

std::string Encode(const Request& request) {
  Writer w;
  AppendRecord(w, request, request.value);
  return w.Take();
}

TEST(RecordTest, ComesBackAsItWas) {
  const Request request{~0ULL, 1ULL << 63, 3, 4, Op::kDel, std::string("\0k", 2), "v\xff"};
  const Result<Request> decoded = DecodeRecord(Encode(request));
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded.value(), request);
}

TEST(RecordTest, IsRefusedWhenCutOrWithBytesBehindIt) {
  const std::string bytes = Encode({1, 2, 3, 4, Op::kPut, "key", "value"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(DecodeRecord(bytes.substr(0, length)).status().code(), Code::kIntegrity) << length;
  }
  EXPECT_EQ(DecodeRecord(bytes + '\0').status().code(), Code::kIntegrity);
}

TEST(RecordTest, ANewerVersionIsRefusedWithBothVersions) {
  std::string bytes = Encode({1, 2, 3, 4, Op::kPut, "key", "value"});
  bytes[0] = 77;
  const Status status = DecodeRecord(bytes).status();
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_NE(status.message().find("version 77"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("version 1"), std::string::npos) << status.message();
}

TEST(RecordTest, KeysAndValuesUpToTheLimitFitAndOneByteMoreDoesNot) {
  Request request{
      1, 2, 3, 4, Op::kPut, std::string(kMaxKeyBytes, 'k'), std::string(kMaxValueBytes, 'v')};
  EXPECT_TRUE(DecodeRecord(Encode(request)).ok());
  EXPECT_TRUE(CheckRequest(request, 5).ok());
  request.key += 'k';
  EXPECT_EQ(DecodeRecord(Encode(request)).status().code(), Code::kIntegrity);
  EXPECT_EQ(CheckRequest(request, 5).code(), Code::kIntegrity);
  request.key.clear();
  request.value += 'v';
  EXPECT_EQ(DecodeRecord(Encode(request)).status().code(), Code::kIntegrity);
  EXPECT_EQ(CheckRequest(request, 5).code(), Code::kIntegrity);
}

TEST(RecordTest, OperationsStandOnlyWhereTheyBelong) {
  Request request;
  for (int op = 0; op < 256; ++op) {
    request.op = static_cast<Op>(op);
    const bool anywhere = request.op == Op::kPut || request.op == Op::kDel;
    EXPECT_EQ(CheckRequest(request, 0).ok(), anywhere || request.op == Op::kGenesis) << op;
    EXPECT_EQ(CheckRequest(request, 1).ok(), anywhere || request.op == Op::kForm) << op;
    const bool later = request.op == Op::kReadmit || request.op == Op::kRecover;
    EXPECT_EQ(CheckRequest(request, 2).ok(), anywhere || later) << op;
  }
}

}  // namespace
}  // namespace cairn::chain
