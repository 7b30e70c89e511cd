#include "scenarios/explain/explain.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "reports/plain_text.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_toml.h"
#include "tests/support/golden.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
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
  const sim::Result<Story> story =
      Explain(Small(R"({when={event="sink.committed"},do={crash="tm-1",restart_after="1s"}})",
                    engine::Defect::kSinkCommitsAtSnapshot));
  ASSERT_TRUE(story.has_value()) << story.error().message;
  EXPECT_LE(story->sentences.size(), 12U);
  EXPECT_THAT(story->sentences, Contains(AllOf(HasSubstr("Checkpoint 1 was never stored, yet "),
                                               HasSubstr(" was committed at #"))));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("Fault 0 (crash tm-1) came at #")));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("The record with key \"/page/1\"")));
  std::string text;
  for (const std::string& sentence : story->sentences) {
    text += reports::Wrap(sentence, 2);
  }
  EXPECT_TRUE(tests::MatchesGolden("scenarios/explain/README.md", "story",
                                   fmt::format("```\n{}```\n", text)));
}

TEST(ExplainTest, TellsAnEarlyNotification) {
  const sim::Result<Story> story =
      Explain(Small(R"({when={event="job.unrecoverable"},do={crash="tm-1"}})",
                    engine::Defect::kNotifiesBeforeStored));
  ASSERT_TRUE(story.has_value()) << story.error().message;
  EXPECT_THAT(story->sentences, Contains(HasSubstr("No fault is needed for it")));
  EXPECT_THAT(
      story->sentences,
      Contains(HasSubstr("Checkpoint 1 was never stored, yet its completion was notified")));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("without notifies_before_stored passes")));
}

// A job that does not finish did nothing wrong to a record.
TEST(ExplainTest, TellsOfAJobThatStallsWhoWaitsForWhat) {
  const sim::Result<Story> story =
      Explain(Small(R"({when={event="job.unrecoverable"},do={crash="tm-1"}})",
                    engine::Defect::kBarriersOfEndedChannelsAreLost));
  ASSERT_TRUE(story.has_value()) << story.error().message;
  EXPECT_THAT(story->signature, ::testing::AnyOf(HasSubstr("job_finishes"), HasSubstr("progress")));
  EXPECT_THAT(story->sentences, Not(Contains(HasSubstr("Every transaction"))));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("The job's status is RUNNING since #")));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("executions came to no end")));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("Checkpoint ")));
  EXPECT_THAT(story->sentences, Contains(HasSubstr("Who waits: ")));
  EXPECT_THAT(
      story->sentences,
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
  const sim::Result<Story> story = Explain(request);
  ASSERT_TRUE(story.has_value()) << story.error().message;
  EXPECT_THAT(story->sentences, Contains(HasSubstr("without fault 0 (crash tm-1) it ")));
}

TEST(ExplainTest, HasNothingToTellOfARunThatPasses) {
  RunRequest request = Small(R"({when={event="job.unrecoverable"},do={crash="tm-1"}})",
                             engine::Defect::kNotifiesBeforeStored);
  request.defects = {};
  const sim::Result<Story> story = Explain(request);
  ASSERT_FALSE(story.has_value());
  EXPECT_THAT(story.error().message, HasSubstr("nothing to explain"));
}

TEST(MoveFaultTest, MovesByAStepInEachWayThatThereIs) {
  const faults::Action what = faults::Crash{.process = "tm-1"};
  const faults::Fault second{faults::AtEvent{.kind = "a", .nth = 2}, what};
  EXPECT_EQ(std::get<faults::AtEvent>(MoveFault(second, Move::kEarlier)->when).nth, 1U);
  EXPECT_EQ(std::get<faults::AtEvent>(MoveFault(second, Move::kLater)->when).nth, 3U);
  EXPECT_FALSE(MoveFault({faults::AtEvent{.kind = "a"}, what}, Move::kEarlier).has_value());
  EXPECT_FALSE(MoveFault({faults::AtTime{}, what}, Move::kEarlier).has_value());
  EXPECT_EQ(
      std::get<faults::AfterFault>(MoveFault({faults::AfterFault{}, what}, Move::kLater)->when)
          .delay,
      std::chrono::milliseconds(10));
}

}  // namespace

}  // namespace flinch::scenarios
