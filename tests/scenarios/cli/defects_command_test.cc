#include "scenarios/cli/defects_command.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/commands.h"
#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(DefectsCommandTest, TellsWhenAnOracleFindsIt) {
  const tests::Outcome told =
      tests::Flinch({"defects", "sink_commits_at_snapshot", "--seeds", "1..4", "--json"});
  EXPECT_EQ(told.exit_code, kExitPassed) << told.out << told.err;
  const json object = json::parse(told.out);
  ASSERT_EQ(object["rows"].size(), 1U);
  const json& row = object["rows"][0];
  for (const char* const key :
       {"defect", "source", "class", "found", "first_seed", "failing_share", "oracle"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(row["defect"], "sink_commits_at_snapshot");
  EXPECT_EQ(row["found"], true);
  EXPECT_EQ(row["first_seed"], "1");
  EXPECT_EQ(row["failing_share"], 1.0);
  EXPECT_EQ(object["control"]["runs"], 4);
  EXPECT_EQ(object["control"]["alarms"], 0);
}

TEST(DefectsCommandTest, PrintsATable) {
  std::ostringstream out;
  std::ostringstream err;
  DefectsCommand({.only = {"sink_commits_at_snapshot"}, .seeds = {.first = 1, .last = 2}},
                 ProgressStyle::kQuiet, out, err);
  EXPECT_THAT(out.str(),
              AllOf(HasSubstr("1 of 1 found; search: portfolio, seeds 1..2"),
                    HasSubstr("median seeds  portfolio 1\n"), HasSubstr("0 alarms in 2 runs")));
}

TEST(DefectsCommandTest, ComparesTheSearches) {
  const std::vector<std::string> words = {
      "defects", "sink_commits_at_snapshot", "--seeds", "1..2", "--search", "all", "--quick"};
  const tests::Outcome table = tests::Flinch(words);
  EXPECT_EQ(table.exit_code, kExitPassed) << table.out << table.err;
  EXPECT_THAT(
      table.out,
      AllOf(HasSubstr("random        pct        pos      swarm      cells  portfolio  found by\n"),
            HasSubstr("1 of 1 found; search: all, seeds 1..2"),
            HasSubstr("median seeds  random 1  pct 1"),
            HasSubstr("\nsearch     found       runs    failing  a second  rare, a second\n"),
            HasSubstr("\nswarm          1 ")));
  std::vector<std::string> for_programs = words;
  for_programs.emplace_back("--json");
  const json object = json::parse(tests::Flinch(for_programs).out);
  ASSERT_EQ(object["rows"].size(), 6U);
  EXPECT_EQ(object["rows"][4]["search"], "cells");
  EXPECT_EQ(object["rows"][4]["seeds"], 1);
  EXPECT_EQ(object["median_seeds"].begin().value()["pos"], 1);
  ASSERT_EQ(object["searches"].size(), 6U);
  for (const json& search : object["searches"]) {
    // The time of the runs themselves: a first one takes a millisecond at least, and no hour.
    EXPECT_GT(search["processor_seconds"], 0.001) << search;
    EXPECT_LT(search["processor_seconds"], 3600) << search;
    EXPECT_EQ(search["found"], 1) << search;
  }
  EXPECT_EQ(object["control"]["runs"], 2);
}

TEST(DefectsCommandTest, TriesEachSeedOnAllGrounds) {
  const tests::Outcome told =
      tests::Flinch({"defects", "window_includes_its_end", "--seeds", "1..3", "--json"});
  const json object = json::parse(told.out);
  const json& row = object["rows"][0];
  EXPECT_EQ(row["scenario"], "small_job --set workload.out_of_order=0s") << row;
  EXPECT_EQ(std::to_string(row["seeds"].get<uint64_t>()), row["first_seed"]);
  EXPECT_EQ(object["control"]["runs"], 3) << "where it was found";
}

TEST(DefectsCommandTest, RefusesADefectThatIsNone) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunProgram("/opt/flinch",
                       std::vector<std::string>{"defects", "sink_commits_at_snapshop"}, out, err),
            kExitUsage);
  EXPECT_THAT(err.str(), HasSubstr("Did you mean \"sink_commits_at_snapshot\"?"));
}

}  // namespace

}  // namespace flinch::scenarios
