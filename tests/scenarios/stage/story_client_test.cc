#include "scenarios/stage/story_client.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using testing::ElementsAre;
using testing::HasSubstr;

RunResult Tell(std::string_view name, faults::FaultPlan plan = {}) {
  RunRequest request{.scenario = *FindLibraryScenario(name),
                     .workload = {},
                     .seed = 1,
                     .plan = std::move(plan),
                     .keep = sim::Keep::kEverything};
  return Run(request);
}

// The texts of a field of all events of a kind, in their order.
std::vector<std::string> TextsOf(const RunResult& result, std::string_view kind,
                                 std::string_view field) {
  std::vector<std::string> texts;
  for (const sim::RecordedEvent& event : result.recording.events) {
    if (event.kind == kind) {
      texts.emplace_back(event.Text(field).value_or("?"));
    }
  }
  return texts;
}

TEST(StoryClientTest, AJobIsStoppedAndResumedWithOtherParallelisms) {
  const RunResult result = Tell("stop_and_resume");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << reports::ShowText(result.summary);
  EXPECT_EQ(result.summary.restarts, 0U) << "a resumption is none";
  EXPECT_THAT(TextsOf(result, events::kJobSubmitted, "arguments"),
              ElementsAre("parallelism=7", "parallelism=3"));
  EXPECT_THAT(TextsOf(result, events::kOperationEnded, "outcome"),
              ElementsAre("done", "done", "done", "done", "done"));
  EXPECT_THAT(TextsOf(result, events::kSavepointTriggered, "type"),
              ElementsAre("savepoint", "suspend", "suspend"));
}

TEST(StoryClientTest, AnUpgradeFindsItsStateAndOneThatWouldLoseSomeIsRefused) {
  const RunResult result = Tell("upgrade_story");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << reports::ShowText(result.summary);
  const std::vector<std::string> refused = TextsOf(result, events::kJobRefused, "reason");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused.front(), HasSubstr("state of operator 'audit'"));
}

TEST(StoryClientTest, ADrainedJobHasTheResultsOfWhatItHasRead) {
  const RunResult result = Tell("drain_ends_the_job");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << reports::ShowText(result.summary);
  EXPECT_GT(result.summary.records_out, 0U);
  EXPECT_THAT(TextsOf(result, events::kSavepointTriggered, "type"),
              ElementsAre("savepoint", "terminate"));
}

// The second restart is from the final checkpoint of the first, which is no savepoint.
TEST(StoryClientTest, ADrainedJobReadsNothingMoreHoweverOftenItFailsOver) {
  faults::FaultPlan plan;
  constexpr auto kSoon = std::chrono::milliseconds(300);
  plan.faults.push_back(
      {.when = faults::AtEvent{.kind = std::string(events::kSavepointStored), .nth = 2},
       .what = faults::Crash{.process = "tm-1", .restart_after = kSoon}});
  plan.faults.push_back(
      {.when = faults::AtEvent{.kind = std::string(events::kCheckpointStored), .nth = 8},
       .what = faults::Crash{.process = "tm-2", .restart_after = kSoon}});
  const RunResult result = Tell("drain_ends_the_job", plan);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << reports::ShowText(result.summary);
  EXPECT_EQ(result.summary.restarts, 2U);
}

TEST(StoryClientTest, GoesOnWhereItWasWhenItDies) {
  faults::FaultPlan plan;
  plan.faults.push_back(
      {.when = faults::AtEvent{.kind = std::string(events::kSavepointStored), .nth = 2},
       .what =
           faults::Crash{.process = "client", .restart_after = std::chrono::milliseconds(300)}});
  const RunResult result = Tell("stop_and_resume", plan);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed) << reports::ShowText(result.summary);
  EXPECT_THAT(TextsOf(result, events::kJobSubmitted, "arguments"),
              ElementsAre("parallelism=7", "parallelism=3"));
}

}  // namespace

}  // namespace flinch::scenarios
