#include "scenarios/regressions/regression.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"

namespace flinch::scenarios {

namespace {

using reports::Verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;

Regression Rich() {
  return {
      .scenario = "url_clicks",
      .seed = 18446744073709551615U,
      .strategy = "fifo",
      .defects = {"sink_commits_at_snapshot"},
      .settings = {{.key = "workload.rows", .value = "1-3,9"}, {.key = "why", .value = "a=\"b\""}},
      .plan = {{{faults::AtEvent{.kind = "sink.committed", .nth = 2},
                 faults::Crash{.process = "tm-1"}}}},
      .tape = sim::Tape{.seed = 18446744073709551615U,
                        .tracks = {{.point = "scheduler",
                                    .actor = "tm-1",
                                    .count = 3,
                                    .choices = {0, 0, 2}}}},
      .expect = {.verdict = Verdict::kFailed,
                 .signature = "exactly_once:doubled",
                 .fired = 1,
                 .digest = "0123456789abcdef",
                 .build = "89abcdef"}};
}

TEST(RegressionTest, ReadsWhatItShows) {
  const std::string text = ShowToml(Rich(), "# Why.\n");
  const sim::Result<Regression> read = ParseRegression("kept.toml", text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(ShowToml(*read, "# Why.\n"), text);
  EXPECT_EQ(read->seed, Rich().seed);
  EXPECT_EQ(read->plan, Rich().plan);
  EXPECT_EQ(read->tape, Rich().tape);
  EXPECT_EQ(read->settings[1].value, "a=\"b\"");
  EXPECT_EQ(read->expect.verdict, Verdict::kFailed);
  EXPECT_EQ(read->expect.fired, 1U);
}

TEST(RegressionTest, TellsAllMistakesAtTheirPlaces) {
  const sim::Result<Regression> read =
      ParseRegression("kept.toml",
                      "version = 1\nset = [\"x\"]\nsede = \"1\"\n[expect]\nverdict = \"fialed\"\n"
                      "signature = \"\"\nfired = 0\ndigest = \"12\"\n");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message,
              AllOf(HasSubstr("kept.toml:2:8"), HasSubstr("kept.toml:3:1"),
                    HasSubstr("kept.toml:5:11"), HasSubstr("16 hexadecimal digits")));
  EXPECT_FALSE(ParseRegression("kept.toml", "").has_value());
  Regression untaped = Rich();
  untaped.tape.reset();
  const sim::Result<Regression> no_tape = ParseRegression(
      "kept.toml", "version = 1\ntape = [\"nonsense\"]\n" + ShowToml(untaped, "").substr(12));
  ASSERT_FALSE(no_tape.has_value());
  EXPECT_THAT(no_tape.error().message,
              AllOf(HasSubstr("kept.toml:2:"), HasSubstr("of the tape is no track")));
}

// ---- What a run says about it

reports::RunSummary Came(Verdict verdict, const std::string& oracle, uint64_t fired, bool same) {
  reports::RunSummary summary;
  summary.verdict = verdict;
  summary.digest = {.high = same ? 0x0123456789abcdefU : 1U, .low = 7};
  summary.faults.resize(fired);
  if (verdict == Verdict::kFailed) {
    summary.findings.push_back({.oracle = oracle, .witness = "It broke.", .details = {}});
  }
  return summary;
}

Regression Kept(Verdict verdict) {
  Regression regression = Rich();
  regression.expect.verdict = verdict;
  regression.expect.signature = "exactly_once";
  return regression;
}

TEST(JudgeTest, APlantedDefectMustBeFoundAgain) {
  const Regression planted = Kept(Verdict::kFailed);
  const auto standing = [&planted](const reports::RunSummary& summary) {
    return Judge(planted, summary).standing;
  };
  EXPECT_EQ(standing(Came(Verdict::kFailed, "exactly_once", 1, true)), Standing::kAsKept);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "exactly_once", 1, false)), Standing::kMoved);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "exactly_once", 0, false)), Standing::kMoved);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "alignment", 1, false)), Standing::kBroken);
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 1, false)), Standing::kBroken);
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 0, false)), Standing::kStale);
  EXPECT_EQ(standing(Came(Verdict::kInconclusive, "", 1, false)), Standing::kStale);
}

TEST(JudgeTest, WhatWasMendedMustPassWithTheSameFaults) {
  Regression mended = Kept(Verdict::kPassed);
  const auto standing = [&mended](const reports::RunSummary& summary) {
    return Judge(mended, summary).standing;
  };
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 1, false)), Standing::kMoved);
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 0, false)), Standing::kStale);
  EXPECT_EQ(standing(Came(Verdict::kInconclusive, "", 1, false)), Standing::kStale);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "exactly_once", 1, true)), Standing::kBroken);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "exactly_once", 0, false)), Standing::kBroken);
  EXPECT_EQ(standing(Came(Verdict::kFailed, "alignment", 1, false)), Standing::kBroken);
  // At a time, a fault strikes a moment that nobody knows any more.
  mended.plan.faults.front().when = faults::AtTime{};
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 1, false)), Standing::kStale);
  EXPECT_EQ(standing(Came(Verdict::kPassed, "", 1, true)), Standing::kAsKept);
  EXPECT_THAT(Judge(mended, Came(Verdict::kPassed, "", 1, false)).sentence,
              HasSubstr("write its digest into [expect]"));
}

}  // namespace

}  // namespace flinch::scenarios
