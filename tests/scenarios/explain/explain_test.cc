#include "scenarios/explain/explain.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "reports/plain_text.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_toml.h"
#include "tests/paths.h"
#include "tests/support/golden.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// One record, one TaskManager, one crash.
RunRequest Small(const std::string& fault, engine::Defect defect) {
  RunRequest request{.scenario = *FindLibraryScenario("url_clicks"), .workload = {}, .seed = 7};
  for (const std::string_view setting :
       {"cluster.task_managers=1", "cluster.slots_each=1", "job.parallelism=1",
        "workload.partitions=1", "workload.records=1", "workload.keys=1"}) {
    const Setting parsed = *ParseSetting(setting);
    EXPECT_TRUE(ApplySetting(request.scenario, parsed.key, parsed.value).has_value());
  }
  request.workload = *LoadWorkload(request.scenario, request.seed, std::nullopt);
  request.scheduling = {.strategy = sim::Strategy::kFifo};
  request.defects.Plant(defect);
  request.plan = *faults::ParseInlineFaults(std::vector{fault}, CastOf(request.scenario));
  return request;
}

TEST(ExplainTest, NamesRecordCheckpointFaultAndTheMissingStep) {
  const Story story =
      Explain(Small(R"({when={event="sink.committed"},do={crash="tm-1",restart_after="1s"}})",
                    engine::Defect::kSinkCommitsAtSnapshot));
  EXPECT_LE(story.sentences.size(), 12U);
  EXPECT_THAT(story.sentences,
              Contains(AllOf(HasSubstr("sink[0] in attempt 1 on tm-1 committed it at #"),
                             HasSubstr("checkpoint 1 was never stored"))));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Fault 0 (crash tm-1) came at #")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("The record with key \"/page/1\"")));
  std::string text;
  for (const std::string& sentence : story.sentences) {
    text += reports::Wrap(sentence, 2);
  }
  EXPECT_TRUE(tests::MatchesGolden("scenarios/explain/README.md", "story",
                                   fmt::format("```\n{}```\n", text)));
}

TEST(ExplainTest, TellsAnEarlyNotification) {
  const Story story = Explain(Small(R"({when={event="job.unrecoverable"},do={crash="tm-1"}})",
                                    engine::Defect::kNotifiesBeforeStored));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("No fault is needed for it")));
  EXPECT_THAT(
      story.sentences,
      Contains(HasSubstr("Checkpoint 1 was never stored, yet its completion was notified")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("without notifies_before_stored passes")));
}

// A job that does not finish did nothing wrong to a record.
TEST(ExplainTest, TellsOfAJobThatStallsWhoWaitsForWhat) {
  const Story story = Explain(Small(R"({when={event="job.unrecoverable"},do={crash="tm-1"}})",
                                    engine::Defect::kBarriersOfEndedChannelsAreLost));
  EXPECT_THAT(story.signature, ::testing::AnyOf(HasSubstr("job_finishes"), HasSubstr("progress")));
  EXPECT_THAT(story.sentences, Not(Contains(HasSubstr("Every transaction"))));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("The job's status is RUNNING since #")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("executions came to no end")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Checkpoint ")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Who waits: ")));
  EXPECT_THAT(
      story.sentences,
      Contains(HasSubstr("The run without barriers_of_ended_channels_are_lost passes; it ")));
}

// The second fault waits for the first: without it, it comes when it came.
TEST(ExplainTest, TriesARunWithoutAFaultThatAnotherOneWaitsFor) {
  RunRequest request = Small(R"({when={event="sink.committed"},do={crash="tm-1"}})",
                             engine::Defect::kSinkCommitsAtSnapshot);
  request.plan = *faults::ParseInlineFaults(
      std::vector<std::string>{R"({when={event="sink.committed"},do={crash="tm-1"}})",
                               R"({when={after=0,delay="1s"},do={restart="tm-1"}})"},
      CastOf(request.scenario));
  const Story story = Explain(request);
  EXPECT_THAT(story.sentences, Contains(HasSubstr("without fault 0 (crash tm-1) it ")));
}

TEST(ExplainTest, TellsWhatARunThatPassesWentThrough) {
  RunRequest request =
      Small(R"({when={event="sink.precommitted"},do={crash="tm-1",restart_after="1s"}})",
            engine::Defect::kNotifiesBeforeStored);
  request.defects = {};
  request.scenario.options.sink.transaction_timeout = std::chrono::seconds(5);
  const Story story = Explain(request);
  EXPECT_EQ(story.verdict, reports::Verdict::kPassed)
      << fmt::format("{}", fmt::join(story.sentences, "\n"));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Nothing is broken: ")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Not promised: sink.transaction-timeout is 5s")));
  EXPECT_THAT(story.sentences, Contains(AllOf(HasSubstr("Fault 0 (crash tm-1) came at #"),
                                              HasSubstr("; it was restarted at #"))));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("The job was restarted from ")));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("he job finished at #")));
  EXPECT_THAT(story.sentences, Not(Contains(HasSubstr("(restart tm-1)"))));
}

TEST(ExplainTest, TellsWhyARunIsInconclusiveAndWhatStandsStill) {
  const sim::Result<Scenario> scenario =
      ReadScenario(FLINCH_SOURCE_DIR "/tests/reports_from_outside/txn-outage.toml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  RunRequest request{.scenario = *scenario, .workload = {}, .seed = 1};
  request.workload = *LoadWorkload(request.scenario, request.seed, std::nullopt);
  const Story story = Explain(request);
  EXPECT_EQ(story.verdict, reports::Verdict::kInconclusive);
  EXPECT_EQ(story.signature, "");
  EXPECT_THAT(story.sentences,
              Contains(AllOf(HasSubstr("The run is inconclusive: "), HasSubstr("time-out"))));
  EXPECT_THAT(story.sentences, Contains(HasSubstr("Fault 0 (")));
}

// ---- Stories without a run to compare with ------------------------------------------------------
//
// They name who did what nobody may: as they must of a bug that is in no list of defects.

constexpr uint64_t kSeedsTried = 200;

struct GuiltyCase {
  std::string_view defect;
  std::string_view guilty;    // what some sentence says, an expression
  std::string_view innocent;  // what no sentence says
  // "key=value": under which it shows soon.
  std::array<std::string_view, 2> settings{};
};

class GuiltyTest : public ::testing::TestWithParam<GuiltyCase> {};

// The first run that breaks a promise.
Story StoryOf(const GuiltyCase& tested) {
  Scenario scenario = *FindLibraryScenario("small_job");
  for (const std::string_view text : tested.settings) {
    if (!text.empty()) {
      const Setting setting = *ParseSetting(text);
      EXPECT_TRUE(ApplySetting(scenario, setting.key, setting.value).has_value()) << text;
    }
  }
  RunRequest request{.scenario = scenario, .workload = {}};
  request.defects.Plant(*engine::FindDefect(tested.defect));
  for (request.seed = 1; request.seed <= kSeedsTried; ++request.seed) {
    request.workload = *LoadWorkload(scenario, request.seed, std::nullopt);
    if (Run(request).summary.verdict == reports::Verdict::kFailed) {
      return Explain(request, {.compares = false});
    }
  }
  return {};
}

TEST_P(GuiltyTest, IsNamedWithoutAComparison) {
  const Story story = StoryOf(GetParam());
  const std::string text = fmt::format("{}", fmt::join(story.sentences, "\n"));
  EXPECT_EQ(story.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(story.sentences, Contains(ContainsRegex(std::string(GetParam().guilty)))) << text;
  EXPECT_THAT(text, Not(HasSubstr(std::string(GetParam().innocent))));
  EXPECT_THAT(text, Not(HasSubstr("The run without"))) << "nothing is compared";
}

INSTANTIATE_TEST_SUITE_P(
    Planted, GuiltyTest,
    ::testing::Values(
        GuiltyCase{
            "sink_commits_at_snapshot",
            "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ committed it at .*no commit may come "
            "before its checkpoint",
            "aborted it instead"},
        GuiltyCase{
            "sink_aborts_with_its_checkpoint",
            "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ aborted it at .*instead of keeping it",
            "before the sinks"},
        GuiltyCase{"sink_forgets_the_final_checkpoint", "sink.[0-9]+. never asked for it",
                   "before the sinks"},
        GuiltyCase{"sink_commits_leftovers",
                   "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ committed it"
                   "( at .*never stored|, and it had never been pre-committed)",
                   "before the sinks"},
        GuiltyCase{"completes_one_ack_short",
                   "jm completed it though it had no acknowledgement of [a-z>-]+.[0-9]+.",
                   "aborted it instead"},
        GuiltyCase{
            "clean_up_by_age",
            "jm deleted the files of checkpoint [0-9]+ at .*nothing newer had taken its place",
            "ransaction \""},
        GuiltyCase{"late_snapshot_is_left",
                   "wrote a snapshot for it after it had been given up and acknowledged it, .*: "
                   "from there "
                   "on it was for jm to delete, which did not",
                   "ransaction \"",
                   {"execution.checkpointing.timeout=40ms",
                    "execution.checkpointing.tolerable-failed-checkpoints=100000"}},
        GuiltyCase{"recovers_the_oldest",
                   "restored from checkpoint [0-9]+, though checkpoint [0-9]+ was in the store",
                   "before the sinks"},
        GuiltyCase{
            "tasks_outlive_their_master",
            "tm-[0-9]+ registered anew with jm at .*, while source->parse.[0-9]+. of attempt .* "
            "had not ended: a TaskManager that has lost its JobManager ends its tasks first",
            "before the sinks"},
        GuiltyCase{"cancel_sent_once", "executions came to no end: .*CANCELING", "The record"}),
    [](const auto& tested) { return std::string(tested.param.defect); });

}  // namespace

}  // namespace flinch::scenarios
