#include "load/report.h"

#include <gtest/gtest.h>

namespace cairn::load {
namespace {

BenchRun RunOf(std::uint64_t operations) {
  BenchRun run;
  run.op = "put";
  run.options.clients = 4;
  run.result.elapsed = 2'000'000;
  run.result.connections = run.options.connections;
  run.result.operations = operations;
  for (std::uint64_t i = 0; i < operations; ++i) {
    run.result.latency.Record(1000);
  }
  return run;
}

TEST(ReportTest, ThroughputIsPerSecondOfTheMeasuredTime) {
  const text::Json json = BenchJson(RunOf(500));
  EXPECT_EQ(json["operations"], 500);
  EXPECT_EQ(json["throughput"], 250.0);
  EXPECT_EQ(json["errors"], text::Json::object());
}

TEST(ReportTest, WhatMustNotBeOverlookedIsSaid) {
  BenchRun run = RunOf(10);
  EXPECT_EQ(BenchRemarks(run), "");
  run.result.errors[Code::kUnavailable] = 3;
  run.result.not_found = 7;
  EXPECT_NE(BenchRemarks(run).find("3 operations failed"), std::string::npos) << BenchRemarks(run);
  EXPECT_NE(BenchRemarks(run).find("7 reads found no key"), std::string::npos) << BenchRemarks(run);
}

TEST(ReportTest, TheMedianIsThatOfTheRuns) {
  const std::vector<BenchRun> runs = {RunOf(100), RunOf(900), RunOf(300)};
  EXPECT_NE(BenchMedian(runs).find("150"), std::string::npos) << BenchMedian(runs);
}

}  // namespace
}  // namespace cairn::load
