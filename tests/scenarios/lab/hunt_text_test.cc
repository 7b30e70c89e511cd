#include "scenarios/lab/hunt_text.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/aim/cells.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

UnitResult Failure(uint64_t unit, std::string signature) {
  return {.unit = unit,
          .scenario = "url_clicks",
          .seed = unit + 1,
          .search = "random",
          .verdict = UnitVerdict::kFailed,
          .digest = std::to_string(unit),
          .events = 94'012,
          .sim_ns = 3'600'000'000'000,
          .checkpoints = 3,
          .faults = {{"crash", 1}},
          .cells = {1, 2},
          .signature = std::move(signature),
          .oracle = "exactly_once",
          .witness = "The record with key \"x\" is missing.",
          .story = {"00:01.582  crash  tm-3"},
          .replay = "replay fl1~x"};
}

std::vector<uint32_t> Cells() {
  std::vector<uint32_t> cells(CellCount());
  std::iota(cells.begin(), cells.end(), 0U);
  return cells;
}

HuntReport ReportOf(const Tally& tally) {
  return {.names = {"url_clicks"},
          .search = "portfolio",
          .tally = tally,
          .progress = {.runs = tally.runs(), .runs_now = tally.runs(), .elapsed_ns = 2'000'000'000},
          .cells = Cells(),
          .never_struck = NeverStruck(Cells(), tally.cells()),
          .fault_kinds = {"crash", "cut"},
          .faults_undrawn = {"bit_rot", "restart"},
          .dimensions = {"cluster.task_managers", "cluster.slots_each", "job.parallelism",
                         "job.window", "sink.batch-records"},
          .program = "/opt/flinch"};
}

TEST(HuntTextTest, TellsEachGroupOnceWithItsReplayLine) {
  Tally tally;
  for (uint64_t unit = 0; unit < 500; ++unit) {
    tally.Add(Failure(unit, "exactly_once:lost"));
  }
  tally.Add(Failure(500, "early"));
  const std::string text = ShowText(ReportOf(tally));
  EXPECT_THAT(text, AllOf(StartsWith("url_clicks  501 failures in 2 groups\n"),
                          HasSubstr("1. exactly_once:lost\n   500 of 501 runs; the simplest: "
                                    "url_clicks seed 1 (1 fault, 94,012 events)\n"),
                          HasSubstr("\n/opt/flinch replay fl1~x\n"), HasSubstr("\n2. early\n"),
                          HasSubstr("never fired   cut\n"),
                          HasSubstr("never drawn   bit_rot (faults.damages_storage = false), "
                                    "restart\n"),
                          HasSubstr(fmt::format("steps struck  2 of {}, by a fault", CellCount())),
                          HasSubstr("not struck    trigger/tm, barrier_sent/source, "),
                          Not(HasSubstr("95 %"))));
}

TEST(HuntTextTest, TellsInWhatNoSeedDiffered) {
  Tally tally;
  UnitResult run = Failure(1, "early");
  run.varied = {"job.window"};
  for (run.unit = 1; run.unit <= 20; ++run.unit) {  // of fewer it says nothing
    tally.Add(run);
  }
  EXPECT_THAT(ShowText(ReportOf(tally)),
              HasSubstr("never varied  cluster.* (2), job.parallelism, sink.batch-records\n"));
  const nlohmann::json object = nlohmann::json::parse(ShowJson(ReportOf(tally)));
  EXPECT_EQ(object["never_varied"].size(), 4U) << object["never_varied"];
  run.varied = {"cluster.task_managers", "cluster.slots_each", "job.parallelism",
                "sink.batch-records"};
  tally.Add(run);
  EXPECT_THAT(ShowText(ReportOf(tally)), Not(HasSubstr("never varied")));
}

TEST(HuntTextTest, TellsTheSmallestRunOfAGroup) {
  Tally tally;
  tally.Add(Failure(3, "exactly_once:lost"));
  ShrunkGroup smallest{.signature = "exactly_once:lost",
                       .unit = 3,
                       .replay = "replay fl1~y",
                       .faults = 1,
                       .records = 2,
                       .events = 12'345,
                       .witness = "It is gone.",
                       .story = {"00:00.100  crash  tm-1"}};
  tally.AddShrunk(smallest);
  EXPECT_THAT(ShowText(ReportOf(tally)),
              AllOf(HasSubstr("   00:00.100  crash  tm-1\n   It is gone.\n"
                              "   replay, as found:\n/opt/flinch replay fl1~x\n"
                              "   replay, the smallest (1 fault, 2 records, 12,345 events):\n"
                              "/opt/flinch replay fl1~y\n"),
                    Not(HasSubstr("tm-3"))));
  const nlohmann::json object = nlohmann::json::parse(ShowJson(ReportOf(tally)));
  EXPECT_EQ(object["groups"][0]["smallest"]["replay"], "/opt/flinch replay fl1~y");
  EXPECT_EQ(object["groups"][0]["replay"], "/opt/flinch replay fl1~x");
  smallest.stopped = true;
  smallest.events = 1;
  tally.AddShrunk(smallest);
  EXPECT_THAT(ShowText(ReportOf(tally)), HasSubstr("the smallest so far (1 fault"));
}

// What three runs have not tried is nearly everything.
TEST(HuntTextTest, AReportOfAFewRunsIsShort) {
  Tally tally;
  for (uint64_t unit = 0; unit < 3; ++unit) {
    UnitResult result = Failure(unit, "");
    result.verdict = UnitVerdict::kPassed;
    tally.Add(result);
  }
  const std::string text = ShowText(ReportOf(tally));
  EXPECT_LE(std::ranges::count(text, '\n'), 9) << text;
  EXPECT_THAT(text, AllOf(Not(HasSubstr("never")), Not(HasSubstr("not struck"))));
}

TEST(HuntTextTest, SilenceHasABound) {
  Tally tally;
  for (uint64_t unit = 0; unit < 300; ++unit) {
    UnitResult result = Failure(unit, "");
    result.verdict = UnitVerdict::kPassed;
    tally.Add(result);
  }
  EXPECT_THAT(ShowText(ReportOf(tally)),
              AllOf(StartsWith("url_clicks  no failure\n"),
                    HasSubstr("0 failures in 300 seeds: at most 1 % of such runs fail (3/300, at "
                              "95 %)\n")));
}

TEST(HuntTextTest, NoBoundIsAboveTheWhole) {
  Tally tally;
  UnitResult result = Failure(1, "");
  result.verdict = UnitVerdict::kPassed;
  tally.Add(result);
  EXPECT_THAT(ShowText(ReportOf(tally)), HasSubstr("at most 100 % of such runs fail (3/1,"));
}

TEST(HuntTextTest, WhatIsNoSampleHasNoBound) {
  Tally tally;
  UnitResult result = Failure(1, "");
  result.verdict = UnitVerdict::kPassed;
  tally.Add(result);
  HuntReport report = ReportOf(tally);
  report.is_exhaustive = true;
  EXPECT_THAT(ShowText(report),
              AllOf(HasSubstr("0 failures at 1 crash point of this seed"), Not(HasSubstr("95 %"))));
}

TEST(HuntTextTest, AStoryHasAtMostEightLines) {
  UnitResult result = Failure(1, "x");
  for (int fault = 0; fault < 30; ++fault) {
    result.story.push_back("00:02.000  cut  jm/tm-" + std::to_string(fault));
  }
  for (const size_t words : {1U, 100U, 1000U}) {
    result.witness = "";
    for (size_t word = 0; word < words; ++word) {
      result.witness += "word ";
    }
    const std::string story = ShowStory(result.story, result.witness);
    EXPECT_LE(std::ranges::count(story, '\n'), 8);
    EXPECT_THAT(story, HasSubstr("word"));
  }
  result.witness = "Lost.";
  EXPECT_THAT(
      ShowStory(result.story, result.witness),
      AllOf(HasSubstr("… 25 faults before\n"), HasSubstr("tm-29"), Not(HasSubstr("tm-3\n"))));
}

TEST(HuntTextTest, JsonHasWhatProgramsAskFor) {
  Tally tally;
  tally.Add(Failure(0, "lost"));
  const nlohmann::json object = nlohmann::json::parse(ShowJson(ReportOf(tally)));
  for (const char* const key :
       {"runs", "passed", "failed", "inconclusive", "nondeterministic", "groups",
        "seeds_per_second", "sim_seconds", "cells_hit", "cells_total"}) {
    EXPECT_TRUE(object.contains(key)) << key;
  }
  EXPECT_EQ(object["runs"], 1);
  EXPECT_EQ(object["failed"], 1);
  EXPECT_EQ(object["seeds_per_second"], 0.5);
  EXPECT_EQ(object["sim_seconds"], 3600);
  EXPECT_EQ(object["groups"][0]["signature"], "lost");
  EXPECT_EQ(object["groups"][0]["replay"], "/opt/flinch replay fl1~x");
}

TEST(HuntTextTest, TellsHowItGoesOn) {
  const HuntProgress progress = {.runs = 1'234,
                                 .runs_now = 100,
                                 .of = 20'000,
                                 .elapsed_ns = 2'000'000'000,
                                 .since_news_ns = 90'000'000'000,
                                 .sim_ns = 7'200'000'000'000,
                                 .failures = 2,
                                 .groups = 1,
                                 .cells_hit = 41};
  EXPECT_EQ(ShowStatus(progress, 312, 20), "1234 of 20,000  50 s");
  EXPECT_EQ(ShowStatus(progress, 312, 200),
            "1234 of 20,000  50 seeds/s  2.0 h simulated  steps struck 41/312  2 failures in "
            "1 group  nothing new for 90 s");
  EXPECT_EQ(ShowStep(progress, "new step", 312),
            "#1234 new step    steps: 41/312 failures: 2 groups: 1 sim: 2.0 h seeds/s: 50");
  EXPECT_EQ(ShowStep(progress, "so far", 0),
            "#1234 so far      failures: 2 groups: 1 sim: 2.0 h seeds/s: 50");
}

}  // namespace

}  // namespace flinch::scenarios
