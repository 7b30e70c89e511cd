// README.md shows what really happens: its run, its example, its list of promises.
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "reports/run_summary.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/request.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/token.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/stage/run.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

std::string ReadSource(const std::string& path) {
  std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ReadmeTest, TheRunThatItShowsIsTheRunThatOneGets) {
  const std::string readme = ReadSource("README.md");
  const Scenario* scenario = FindLibraryScenario("url_clicks");
  const sim::Result<Workload> workload = LoadWorkload(*scenario, 7, std::nullopt);
  const RunResult result =
      scenarios::Run({.scenario = *scenario, .workload = *workload, .seed = 7});
  std::istringstream lines(reports::ShowText(result.summary));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  time")) {  // real time is real
      EXPECT_NE(readme.find(line), std::string::npos) << line;
    }
  }
}

// `flinch replay README.md` is identical.
TEST(ReadmeTest, TheTokenThatItShowsIsTheRunThatOneGets) {
  const sim::Result<ReplayToken> token = FindToken(ReadSource("README.md"));
  ASSERT_TRUE(token.has_value()) << token.error().message;
  const sim::Result<PreparedRun> prepared = Prepare(ArgumentsOf(*token));
  ASSERT_TRUE(prepared.has_value()) << prepared.error().message;
  const RunResult result = scenarios::Run(prepared->request);
  ReplayToken now = TokenOf(prepared->token, result.summary);
  now.build_id = token->build_id;  // it moves with every source, the run does not
  EXPECT_EQ(ShowToken(*token), ShowToken(now));
}

// The projects are built and run by tests/package.
TEST(ReadmeTest, WhatTheRoomTeachesIsWhatTheOutsideProjectsDo) {
  const std::string project =
      ReadSource("tests/package/own_job/main.cc") + ReadSource("tests/package/own_test/main.cc");
  const std::string readme = ReadSource("scenarios/README.md");
  constexpr std::string_view kBegin = "```cpp\n";
  size_t blocks = 0;
  for (size_t at = readme.find(kBegin); at != std::string::npos; at = readme.find(kBegin, at)) {
    at += kBegin.size();
    const std::string block = readme.substr(at, readme.find("```", at) - at);
    EXPECT_NE(project.find(block), std::string::npos) << block;
    ++blocks;
  }
  EXPECT_EQ(blocks, 5U);
}

TEST(ReadmeTest, TheExampleThatItShowsIsTheFile) {
  const std::string example = ReadSource("scenarios/examples/two_crashes.toml");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(ReadSource("README.md").find(example), std::string::npos);
  const sim::Result<Scenario> scenario =
      LoadScenario(std::string(FLINCH_SOURCE_DIR) + "/scenarios/examples/two_crashes.toml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  const sim::Result<Workload> workload = LoadWorkload(*scenario, 1, std::nullopt);
  const RunResult result =
      scenarios::Run({.scenario = *scenario, .workload = *workload, .seed = 1});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(result.summary.faults.size(), 2U);
}

TEST(ReadmeTest, EveryOracleIsListed) {
  const std::string readme = ReadSource("README.md");
  for (const OracleInfo& oracle : OracleCatalogue()) {
    EXPECT_NE(readme.find(std::string(oracle.promise)), std::string::npos) << oracle.name;
  }
}

}  // namespace

}  // namespace flinch::scenarios
