#include "api/operation.h"

#include <gtest/gtest.h>

#include "common/limits.h"

namespace cairn::api {
namespace {

Request PutOf(const std::string& key, const std::string& value) {
  Request request;
  request.client = 7;
  request.sequence = 1;
  request.key = key;
  request.value = value;
  return request;
}

TEST(OperationTest, EveryOperationHasANameAndTheUnknownOnesTheirNumber) {
  for (const Op op : {Op::kPut, Op::kDel, Op::kGenesis, Op::kForm, Op::kReadmit, Op::kRecover}) {
    ASSERT_NE(FindOperation(op), nullptr);
    EXPECT_EQ(NameOf(op), FindOperation(op)->name);
  }
  EXPECT_EQ(FindOperation(static_cast<Op>(200)), nullptr);
  EXPECT_EQ(NameOf(static_cast<Op>(200)), "op 200");
}

TEST(OperationTest, ARequestAtTheLimitsIsTakenAndOneByteMoreIsNot) {
  const std::string key(kMaxKeyBytes, 'k');
  const std::string value(kMaxValueBytes, 'v');
  EXPECT_TRUE(CheckRequest(PutOf(key, value)).ok());
  EXPECT_EQ(CheckRequest(PutOf(key + "k", "")).message(),
            "the key has 4097 bytes, the limit is 4096 (4 KiB)");
  EXPECT_EQ(CheckRequest(PutOf("k", value + "v")).message(),
            "the value has 1048577 bytes, the limit is 1048576 (1 MiB)");
  EXPECT_EQ(CheckRequest(PutOf("", "v")).code(), Code::kUsage);
}

TEST(OperationTest, ADeleteHasNoValue) {
  Request request = PutOf("k", "");
  request.op = Op::kDel;
  EXPECT_TRUE(CheckRequest(request).ok());
  request.value = "v";
  EXPECT_EQ(CheckRequest(request).message(), "a del has no value");
}

TEST(OperationTest, TheClustersOwnOperationsAreNoneOfClients) {
  for (const Op op : {Op::kGenesis, Op::kForm, Op::kReadmit, Op::kRecover, static_cast<Op>(200)}) {
    Request request = PutOf("k", "v");
    request.op = op;
    EXPECT_EQ(CheckRequest(request).code(), Code::kDenied) << NameOf(op);
  }
}

TEST(OperationTest, AWriteNamesItsSession) {
  Request request = PutOf("k", "v");
  request.client = 0;
  EXPECT_EQ(CheckRequest(request).code(), Code::kUsage);
  request = PutOf("k", "v");
  request.sequence = 0;
  EXPECT_EQ(CheckRequest(request).code(), Code::kUsage);
}

}  // namespace
}  // namespace cairn::api
