#include "scenarios/stage/run.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "engine/events.h"
#include "faults/fault_plan_toml.h"
#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

RunResult RunClicks(uint64_t seed, std::string_view plan_text,
                    void (*change)(Scenario&) = nullptr) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  if (change != nullptr) {
    change(scenario);
  }
  const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
  EXPECT_TRUE(workload.has_value());
  const sim::Result<faults::FaultPlan> plan =
      faults::ParseFaultPlan("plan.toml", std::string(plan_text));
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return Run({.scenario = scenario,
              .workload = *workload,
              .seed = seed,
              .defects = {},
              .plan = *plan,
              .keep = sim::Keep::kTrace});
}

// Some of these seeds restore the job from its final checkpoint: then only the coordinator can know
// that another one is due.
TEST(RunTest, NoJobWaitsForAnIntervalAtItsEnd) {
  for (const uint64_t seed : {12U, 27U, 39U, 57U}) {
    Scenario scenario = *FindLibraryScenario("url_clicks");
    scenario.options.checkpoint.interval = 1h;
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    const RunResult result =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed});
    EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << "seed " << seed;
    EXPECT_LT(result.summary.sim_time, sim::SimTime(5min)) << "seed " << seed;
  }
}

TEST(RunTest, RowsBehindTheBoundAreJudgedWhereALawKnowsOfThem) {
  const auto run = [](const std::string& name) {
    Scenario scenario = *FindLibraryScenario(name);
    scenario.job.out_of_orderness = 1s;
    const sim::Result<Workload> workload = LoadWorkload(scenario, 3, std::nullopt);
    return scenarios::Run({.scenario = scenario, .workload = *workload, .seed = 3}).summary;
  };
  const reports::RunSummary counted = run("url_clicks");
  EXPECT_EQ(counted.verdict, reports::Verdict::kPassed);
  ASSERT_FALSE(counted.late.empty());
  EXPECT_TRUE(counted.late.back().starts_with("Dropped: row "));
  const reports::RunSummary unknown = run("user_sessions");
  EXPECT_EQ(unknown.verdict, reports::Verdict::kInconclusive);
  EXPECT_TRUE(unknown.reason.starts_with("Rows lie further behind than job.out_of_orderness"));
}

// What a damaged disk has taken nobody can give back; whatever is lost with it is no bug.
TEST(RunTest, ADamagedStorageIsNobodysFault) {
  for (const uint64_t seed : {28U, 81U, 218U}) {
    Scenario scenario = *FindLibraryScenario("url_clicks");
    scenario.faults.swarm.damages_storage = true;
    scenario.faults.swarm.others_max = 8;
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    const RunResult result =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed});
    EXPECT_NE(result.summary.verdict, reports::Verdict::kFailed) << "seed " << seed;
  }
}

TEST(RunTest, AJobManagerThatCannotReadItsDataFailsTheJob) {
  const RunResult result = RunClicks(1, R"(
version = 1
[[fault]]
when = { at = "3s" }
do = { bit_rot = "shared", ratio = "100%", for = "10s" }
[[fault]]
when = { at = "3.1s" }
do = { crash = "jm", restart_after = "100ms" }
)");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_NE(result.summary.reason.find("The JobManager could not recover after bit_rot"),
            std::string::npos)
      << result.summary.reason;
}

TEST(RunTest, TheNthEventOfAPlanIsTheNth) {
  const RunResult result = RunClicks(7, R"(
version = 1
[[fault]]
when = { event = "checkpoint.stored", nth = 3 }
do = { crash = "tm-2", restart_after = "300ms" }
)");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  int stored = 0;
  bool crashed = false;
  for (const sim::RecordedEvent& event : result.recording.events) {
    stored += event.kind == "checkpoint.stored" && !crashed ? 1 : 0;
    crashed = crashed || event.kind == "fault.crash";
  }
  EXPECT_TRUE(crashed);
  EXPECT_EQ(stored, 3);
}

// A crash while a task waits for its own fibers to end: once it hit a destructor that waited, and
// took the whole program with it.
TEST(RunTest, ACrashDuringTheEndOfATaskIsLikeAnyOther) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    for (const std::string_view nth : {"1", "2", "3", "4"}) {
      const RunResult result = RunClicks(seed, R"(
version = 1
[[fault]]
when = { at = "1.2s" }
do = { cut = ["jm", "tm-1"], for = "2s" }
[[fault]]
when = { event = "task.canceled", nth = )" + std::string(nth) +
                                                   R"(, process = "tm-1" }
do = { crash = "tm-1", restart_after = "300ms" }
)");
      EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << seed;
    }
  }
}

// The answer to a partition request that is late by a second is waited for: once the consumer asked
// again, was told that the partition is taken, and the attempt failed ten seconds later.
TEST(RunTest, ALateAnswerToAPartitionRequestCostsNoRestart) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const RunResult result = RunClicks(seed, R"(
version = 1
[[fault]]
when = { event = "task.started", nth = 4 }
do = { cut = ["tm-1", "tm-2"], for = "1500ms", one_way = true }
)");
    EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << seed;
    EXPECT_EQ(result.summary.restarts, 0U) << seed;
  }
}

TEST(RunTest, AnInputThatCannotBePublishedInTimeIsInconclusive) {
  const RunResult result = RunClicks(1, "version = 1\n", [](Scenario& scenario) {
    scenario.limits.simulated_time = 5s;
    scenario.limits.heal_after = 2s;
  });
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_NE(result.summary.reason.find("limits.simulated_time is 5s"), std::string::npos)
      << result.summary.reason;
}

TEST(RunTest, AJobThatMayNotRestartIsInconclusiveWhenItMust) {
  const RunResult result =
      RunClicks(1, R"(
version = 1
[[fault]]
when = { at = "2s" }
do = { crash = "tm-1", restart_after = "300ms" }
)",
                [](Scenario& scenario) { scenario.options.restart.attempts = 0; });
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_NE(result.summary.reason.find("fixed-delay.attempts"), std::string::npos);
}

TEST(RunTest, ARunThatEndsAtALimitTellsWhoWaitsForWhatAndWhatCameLast) {
  const RunResult result = RunClicks(1, "version = 1\n", [](Scenario& scenario) {
    scenario.limits.simulated_time = 5s;
    scenario.limits.heal_after = 2s;
  });
  EXPECT_NE(result.summary.stuck.find("fibers:\n"), std::string::npos) << result.summary.stuck;
  EXPECT_NE(result.summary.stuck.find("last events of jm:\n"), std::string::npos);
  EXPECT_EQ(RunClicks(1, "version = 1\n").summary.stuck, "");
}

// Who gives no rows means the scenario's own.
TEST(RunTest, EventsOfChannelsCanBeLeftOut) {
  const RunResult whole = RunClicks(7, "version = 1\n");
  const RunResult less = RunClicks(
      7, "version = 1\n", [](Scenario& scenario) { scenario.limits.channel_events = false; });
  const auto barriers = [](const RunResult& result) {
    return std::ranges::count(result.recording.events, engine::events::kBarrierReceived,
                              &sim::RecordedEvent::kind);
  };
  EXPECT_GT(barriers(whole), 0);
  EXPECT_EQ(barriers(less), 0);
  EXPECT_EQ(less.summary.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(less.summary.records_out, whole.summary.records_out);
}

TEST(RunTest, ARequestWithoutAWorkloadHasTheScenariosOwn) {
  const Scenario scenario = *FindLibraryScenario("url_clicks");
  const RunResult bare = scenarios::Run({.scenario = scenario, .workload = {}, .seed = 7});
  EXPECT_EQ(bare.summary.records_in, 2000U);
  EXPECT_EQ(bare.summary.digest, scenarios::Run(scenario, 7).summary.digest);
}

TEST(RunTest, WhatNobodyJudgedIsNoPass) {
  Scenario nothing = *FindLibraryScenario("url_clicks");
  nothing.workload.rows = *RowSelection::Parse("none");
  const RunResult empty = scenarios::Run({.scenario = nothing, .workload = {}, .seed = 7});
  EXPECT_EQ(empty.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_EQ(empty.summary.reason, "No record was published, so there was nothing to judge.");

  Scenario blind = *FindLibraryScenario("url_clicks");
  blind.faults.source = FaultSource::kNone;
  blind.workload.records = 60;
  blind.oracles = {"restored_state"};
  const RunResult unseen = scenarios::Run(blind, 7);
  EXPECT_EQ(unseen.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_EQ(unseen.summary.reason,
            "Nothing was judged: restored_state saw no event that concerns it.");
}

TEST(RunTest, IsGivenUpWhenItIsStopped) {
  const Scenario scenario = *FindLibraryScenario("url_clicks");
  const RunResult stopped = scenarios::Run(
      {.scenario = scenario, .workload = {}, .seed = 7, .stop = [] { return true; }});
  EXPECT_TRUE(stopped.stopped);
  EXPECT_EQ(stopped.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_LT(stopped.summary.events, 1'000U);
}

}  // namespace

}  // namespace flinch::scenarios
