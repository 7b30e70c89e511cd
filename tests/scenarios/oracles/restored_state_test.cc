#include "scenarios/oracles/restored_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> Judge(const RecordingBuilder& history) {
  RestoredState oracle;
  history.ShowTo(oracle);
  return oracle.Judge({});
}

void Snapshot(RecordingBuilder& history, int64_t id, std::string_view subtask, int64_t entries) {
  history.By("tm-1").Tell("checkpoint.snapshot",
                          {{"id", id}, {"subtask", subtask}, {"attempt", 1}, {"entries", entries}});
}

void Start(RecordingBuilder& history, std::string_view subtask, int64_t checkpoint,
           int64_t entries) {
  history.By("tm-1").Tell(
      "task.started",
      {{"subtask", subtask}, {"attempt", 2}, {"checkpoint", checkpoint}, {"entries", entries}});
}

void Trigger(RecordingBuilder& history) {
  history.By("jm").Tell("checkpoint.triggered", {{"id", 9}});
}

TEST(RestoredStateTest, PassesWhenTheEntriesMoveBetweenSubtasks) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Snapshot(history, 1, "window[1]", 7);
  Start(history, "window[0]", 1, 2);
  Start(history, "window[1]", 1, 4);
  Start(history, "window[2]", 1, 6);
  Trigger(history);
  EXPECT_THAT(Judge(history), IsEmpty());
  RestoredState oracle;
  history.ShowTo(oracle);
  EXPECT_EQ(oracle.seen(), 1U);
}

void RestoreRegion(RecordingBuilder& history) {
  history.By("jm").Tell("job.restored",
                        {{"checkpoint", 1}, {"attempt", 2}, {"subtasks", 1}, {"all", 0}});
}

TEST(RestoredStateTest, OfARegionEachSubtaskIsCompared) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Snapshot(history, 1, "window[1]", 7);
  RestoreRegion(history);
  Start(history, "window[1]", 1, 7);
  Trigger(history);
  EXPECT_THAT(Judge(history), IsEmpty());
}

TEST(RestoredStateTest, OfARegionAnEntryIsLost) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Snapshot(history, 1, "window[1]", 7);
  RestoreRegion(history);
  Start(history, "window[1]", 1, 6);
  Trigger(history);
  EXPECT_THAT(Judge(history), SizeIs(1));
}

TEST(RestoredStateTest, FailsWhenAnEntryIsLost) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Start(history, "window[0]", 1, 4);
  Trigger(history);
  const auto findings = Judge(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "Attempt 2 restored 4 entries of the state of window from checkpoint 1, which holds 5 "
            "(event #3 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "lost");
  EXPECT_EQ(findings[0].role, "window");
}

TEST(RestoredStateTest, FailsWhenAnEntryIsDoubled) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Start(history, "window[0]", 1, 5);
  Start(history, "window[1]", 1, 1);
  Trigger(history);
  ASSERT_THAT(Judge(history), SizeIs(1));
  EXPECT_EQ(Judge(history)[0].breach, "doubled");
}

TEST(RestoredStateTest, SaysNothingOfAStartFromNothingOrWhileTasksAreMissing) {
  RecordingBuilder history;
  Snapshot(history, 1, "window[0]", 5);
  Start(history, "window[0]", 0, 0);
  Trigger(history);
  EXPECT_THAT(Judge(history), IsEmpty());
  RecordingBuilder untriggered;
  Snapshot(untriggered, 1, "window[0]", 5);
  Start(untriggered, "window[0]", 1, 4);
  EXPECT_THAT(Judge(untriggered), IsEmpty());
}

// The oracle that sees it first, so that all runs with this cause have one signature.
TEST(RestoredStateWitnessTest, SeesThePlantedDefectBeforeTheOutputIsWrong) {
  const Scenario* scenario = FindLibraryScenario("url_clicks");
  engine::Defects defects;
  defects.Plant(engine::Defect::kKeyGroupRangeEndExclusive);
  uint64_t failed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const sim::Result<Workload> workload = LoadWorkload(*scenario, seed, std::nullopt);
    ASSERT_TRUE(workload);
    const RunResult result = scenarios::Run(
        {.scenario = *scenario, .workload = *workload, .seed = seed, .defects = defects});
    if (result.summary.verdict == reports::Verdict::kFailed) {
      ++failed;
      EXPECT_EQ(result.summary.signature, "restored_state:lost@window/trigger") << "seed " << seed;
    }
  }
  EXPECT_GT(failed, 0U);
}

}  // namespace

}  // namespace flinch::scenarios
