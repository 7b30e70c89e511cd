#include "engine/checkpoint/checkpoint_coordinator.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/engine/checkpoint/coordinator_stage.h"

namespace flinch::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

using namespace std::chrono_literals;

// The longest that the durable id, or the durable checkpoint, may take on the shared volume.
constexpr sim::Duration kIdTime = 60ms;
constexpr sim::Duration kStoreTime = 120ms;

TEST(CheckpointCoordinatorTest, TriggersAtTheInterval) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 50ms;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(10s);
  });
  const std::vector<sim::SimTime> times = stage.Times(events::kCheckpointTriggered);
  EXPECT_THAT(times.size(), AllOf(Ge(9U), Le(11U)));
  EXPECT_LE(times.front(), sim::SimTime(1s + 2 * kIdTime));
  for (size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], 1s - kIdTime);
    EXPECT_LE(times[i] - times[i - 1], 1s + kIdTime);
  }
}

TEST(CheckpointCoordinatorTest, TheFirstTriggerComesAtARandomPointOfTheFirstInterval) {
  std::vector<int64_t> firsts;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CoordinatorStage stage(seed);
    stage.Play([&] {
      stage.Start();
      stage.Sleep(2s);
    });
    firsts.push_back(sim::Nanos(stage.Times(events::kCheckpointTriggered).front()));
  }
  std::ranges::sort(firsts);
  EXPECT_LT(firsts.front(), sim::Duration(300ms).count());
  EXPECT_GT(firsts.back(), sim::Duration(700ms).count());
}

TEST(CheckpointCoordinatorTest, AsksTheSourcesAndTellsAllTasks) {
  CoordinatorStage stage;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    EXPECT_THAT(stage.job.heard, ElementsAre("trigger source[0] 1", "trigger source[1] 1"));
    stage.job.heard.clear();
    stage.Do([&] { stage.job.AcknowledgeAll(CheckpointId(1)); });
    ASSERT_TRUE(stage.Await(events::kCheckpointNotified));
    EXPECT_THAT(stage.job.heard,
                ElementsAre("complete source[0] 1", "complete source[1] 1", "complete sink[0] 1"));
    EXPECT_EQ(stage.job.coordinator->latest()->id, CheckpointId(1));
    EXPECT_THAT(stage.job.coordinator->latest()->snapshots, SizeIs(3));
  });
}

TEST(CheckpointCoordinatorTest, LeavesTheMinimalPauseAfterACompletion) {
  CoordinatorStage stage;
  stage.options.min_pause = 700ms;
  stage.job.acknowledges_after = 600ms;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(20s);
  });
  const std::vector<sim::SimTime> triggered = stage.Times(events::kCheckpointTriggered);
  const std::vector<sim::SimTime> stored = stage.Times(events::kCheckpointStored);
  ASSERT_GE(stored.size(), 10U);
  for (size_t i = 0; i < stored.size() && i + 1 < triggered.size(); ++i) {
    EXPECT_GE(triggered[i + 1] - stored[i], 700ms);
    EXPECT_LE(triggered[i + 1] - stored[i], 700ms + kIdTime) << "and no longer than needed";
  }
}

TEST(CheckpointCoordinatorTest, HasAtMostOneInProgressAndMakesUpForOneThatWasDue) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 2500ms;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(20s);
  });
  const std::vector<sim::SimTime> triggered = stage.Times(events::kCheckpointTriggered);
  const std::vector<sim::SimTime> stored = stage.Times(events::kCheckpointStored);
  ASSERT_GE(stored.size(), 6U);
  for (size_t i = 0; i < stored.size() && i + 1 < triggered.size(); ++i) {
    EXPECT_GE(triggered[i + 1], stored[i]);
    EXPECT_LE(triggered[i + 1] - stored[i], kIdTime);
  }
}

TEST(CheckpointCoordinatorTest, AfterASlowOneTheIntervalHoldsAgain) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 2500ms;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.job.acknowledges_after = 10ms;
    stage.Sleep(10s);
  });
  const std::vector<sim::SimTime> triggered = stage.Times(events::kCheckpointTriggered);
  ASSERT_GE(triggered.size(), 7U);
  for (size_t i = 3; i < triggered.size(); ++i) {
    EXPECT_GE(triggered[i] - triggered[i - 1], 1s - kIdTime);
  }
}

TEST(CheckpointCoordinatorTest, TriggersNothingWhenTheTasksStopWhileTheIdIsDrawn) {
  CoordinatorStage stage;
  stage.options.interval = 100ms;
  stage.options.min_pause = 100ms;  // so that the first trigger comes after just the interval
  stage.Play([&] {
    stage.Start();
    stage.Sleep(101ms);
    stage.job.all_running = false;
    stage.Sleep(3s);
    EXPECT_THAT(stage.job.heard, IsEmpty());
    stage.job.all_running = true;
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(2)) << "the id was drawn";
}

TEST(CheckpointCoordinatorTest, TriggersNothingUntilAllTasksRun) {
  CoordinatorStage stage;
  stage.job.all_running = false;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(5s);
    EXPECT_THAT(stage.job.heard, IsEmpty());
    stage.job.all_running = true;
    stage.Sleep(1s + kIdTime);
    EXPECT_THAT(stage.job.heard, Contains("trigger source[0] 1"));
  });
}

TEST(CheckpointCoordinatorTest, AcknowledgementsThatAreUnknownDoubledOrOfAnotherIdDoNotCount) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    const ExecutionAttemptId foreign{VertexId(1), SubtaskIndex(0), AttemptNumber(2)};
    stage.Do([&] {
      coordinator.OnAcknowledge(foreign, CheckpointId(1), SnapshotOf(foreign));
      coordinator.OnAcknowledge(SinkTask(0), CheckpointId(2), SnapshotOf(SinkTask(0)));
      for (int repeat = 0; repeat < 3; ++repeat) {
        coordinator.OnAcknowledge(SourceTask(0), CheckpointId(1),
                                  SnapshotOf(SourceTask(0), "/" + std::to_string(repeat)));
      }
      coordinator.OnAcknowledge(SourceTask(1), CheckpointId(1), SnapshotOf(SourceTask(1)));
      coordinator.OnDecline(CheckpointId(2), "of another checkpoint");
      coordinator.OnTriggerFailed(CheckpointId(7));
    });
    EXPECT_THAT(stage.Ids(events::kCheckpointAckReceived), SizeIs(2));
    EXPECT_THAT(stage.Ids(events::kCheckpointCompleted), IsEmpty());
    stage.Do(
        [&] { coordinator.OnAcknowledge(SinkTask(0), CheckpointId(1), SnapshotOf(SinkTask(0))); });
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
    EXPECT_EQ(coordinator.latest()->snapshots.front().path, "/0") << "the first one counts";
  });
}

TEST(CheckpointCoordinatorTest, WhatComesAfterTheEndOfACheckpointChangesNothing) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] {
      coordinator.OnDecline(CheckpointId(1), "");
      stage.job.AcknowledgeAll(CheckpointId(1));
      coordinator.OnDecline(CheckpointId(1), "");
    });
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, 2));
    stage.Do([&] {
      stage.job.AcknowledgeAll(CheckpointId(2));
      // Everybody has acknowledged: the decision stands.
      coordinator.OnDecline(CheckpointId(2), "");
      coordinator.OnTriggerFailed(CheckpointId(2));
      stage.job.AcknowledgeAll(CheckpointId(2));
    });
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
    stage.Do([&] {
      stage.job.AcknowledgeAll(CheckpointId(2));
      coordinator.OnDecline(CheckpointId(2), "");
    });
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointAborted), ElementsAre(1));
  EXPECT_THAT(stage.Ids(events::kCheckpointCompleted), ElementsAre(2));
  EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(2));
}

TEST(CheckpointCoordinatorTest, StopAbortsWhatIsPendingAndTriggersNoMore) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 0;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    bool settled = false;
    stage.Do([&] {
      stage.job.coordinator->Stop();
      stage.job.coordinator->Settle([&] { settled = true; });
    });
    EXPECT_TRUE(settled) << "nothing is being stored";
    stage.Do([&] { stage.job.AcknowledgeAll(CheckpointId(1)); });
    stage.Sleep(10s);
    EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(1));
    EXPECT_EQ(stage.Heard("fail"), 0U);
    EXPECT_EQ(stage.Heard("abort"), 3U);
    stage.job.acknowledges_after = 10ms;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
  });
  EXPECT_EQ(stage.bench.Events(events::kCheckpointAborted).front().Text("reason"), "JOB_FAILOVER");
  EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(2));
}

TEST(CheckpointCoordinatorTest, StopWhileAnIdIsDrawnBurnsTheId) {
  CoordinatorStage stage;
  stage.options.interval = 200ms;
  stage.Play([&] {
    for (int round = 0; round < 20; ++round) {
      stage.Start();
      stage.Sleep(std::chrono::milliseconds(3 + round * 13));
      stage.Do([&] { stage.job.coordinator->Stop(); });
    }
    stage.job.heard.clear();
    stage.Sleep(1s);
    EXPECT_THAT(stage.job.heard, IsEmpty());
  });
  const std::vector<int64_t> ids = stage.Ids(events::kCheckpointTriggered);
  ASSERT_FALSE(ids.empty());
  EXPECT_GT(ids.back(), static_cast<int64_t>(ids.size())) << "no id was burnt: choose other times";
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST(CheckpointCoordinatorTest, SettleWaitsForACheckpointThatIsBeingStored) {
  CoordinatorStage stage;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    std::vector<CheckpointId> latest_when_settled;
    stage.Do([&] {
      stage.job.AcknowledgeAll(CheckpointId(1));
      stage.job.coordinator->Stop();
      stage.job.coordinator->Settle(
          [&] { latest_when_settled.push_back(stage.job.coordinator->latest()->id); });
    });
    EXPECT_THAT(latest_when_settled, IsEmpty());
    EXPECT_EQ(stage.Heard("abort"), 0U);
    stage.Sleep(kStoreTime);
    EXPECT_THAT(latest_when_settled, ElementsAre(CheckpointId(1)));
    EXPECT_EQ(stage.Heard("complete"), 3U) << "it is complete, whatever became of the attempt";
    stage.Sleep(5s);
    EXPECT_THAT(latest_when_settled, SizeIs(1));
    EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(1));
  });
}

TEST(CheckpointCoordinatorTest, NotifiesOnlyOfWhatIsInTheStore) {
  for (const bool planted : {false, true}) {
    CoordinatorStage stage;
    if (planted) {
      stage.defects.Plant(Defect::kNotifiesBeforeStored);
    }
    stage.job.acknowledges_after = 10ms;
    size_t durable = 0;
    stage.job.on_complete = [&](CheckpointId) {
      durable += stage.bench.world().ListShared("/ha/job/completed").empty() ? 0U : 1U;
    };
    stage.Play([&] {
      stage.Start();
      ASSERT_TRUE(stage.Await(events::kCheckpointStored));
      stage.Sleep(1ms);
    });
    EXPECT_EQ(stage.Heard("complete"), 3U);
    EXPECT_EQ(durable, planted ? 0U : 3U);
  }
}

TEST(CheckpointCoordinatorTest, SubsumesAfterTheNewCheckpointIsStoredAndAnnounced) {
  CoordinatorStage stage;
  stage.options.retained = 2;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointDeleted, 3));
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointSubsumed), ElementsAre(1, 2, 3));
  const std::vector<sim::RecordedEvent> subsumed = stage.bench.Events(events::kCheckpointSubsumed);
  const std::vector<sim::RecordedEvent> stored = stage.bench.Events(events::kCheckpointStored);
  const std::vector<sim::RecordedEvent> notified = stage.bench.Events(events::kCheckpointNotified);
  for (size_t i = 0; i < subsumed.size(); ++i) {
    EXPECT_GT(subsumed[i].id, stored.at(i + 2).id);
    EXPECT_GT(notified.at(i + 2).id, stored.at(i + 2).id);
    EXPECT_GT(subsumed[i].id, notified.at(i + 2).id);
  }
  EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job/chk-3"), IsEmpty());
  EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job/chk-4"), SizeIs(1));
}

TEST(CheckpointCoordinatorTest, AVolumeThatFailsDelaysACheckpointAndDoesNotUndoIt) {
  for (const tests::Outcome outcome : {tests::Outcome::kRefused, tests::Outcome::kDoneUnanswered}) {
    CoordinatorStage stage;
    stage.options.tolerable_failures = 0;
    stage.options.timeout = 500ms;
    stage.Play([&] {
      stage.Start();
      ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
      stage.volume().FailNext(30, outcome);
      stage.Do([&] { stage.job.AcknowledgeAll(CheckpointId(1)); });
      ASSERT_TRUE(stage.Await(events::kCheckpointStored));
    });
    EXPECT_GT(stage.Times(events::kCheckpointStored).front(),
              stage.Times(events::kCheckpointTriggered).front() + 2s);
    EXPECT_THAT(stage.Ids(events::kCheckpointAborted), IsEmpty()) << "the decision was made";
    EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(1));
  }
}

TEST(CheckpointCoordinatorTest, AVolumeThatRefusesAnIdSkipsOneTrigger) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.volume().FailNext(1, tests::Outcome::kRefused);
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(2));
}

TEST(CheckpointCoordinatorTest, TheFinalCheckpointComesAtOnceAndNothingFollows) {
  CoordinatorStage stage;
  stage.options.interval = 10s;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.Do([&] {
      stage.job.coordinator->Start();
      stage.job.all_at_end = true;
      stage.job.coordinator->OnEndOfInput();
    });
    stage.Sleep(kIdTime + 10ms + kStoreTime);
    EXPECT_EQ(stage.Heard("complete sink[0] 1 final"), 1U);
    stage.Sleep(35s);
    EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(1)) << "nothing can follow";
    EXPECT_EQ(stage.Heard("complete sink[0] 1 final"), 1U) << "the job repeats what may be lost";
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointNotified), ElementsAre(1));
}

// As of a job that was restored from its final checkpoint: no task will reach its end again.
TEST(CheckpointCoordinatorTest, TheFinalCheckpointComesAtOnceWhenAllAreAtTheirEndFromTheStart) {
  for (const bool planted : {false, true}) {
    CoordinatorStage stage;
    stage.options.interval = 1h;
    stage.options.min_pause = 1h;
    stage.job.acknowledges_after = 10ms;
    stage.job.all_at_end = true;
    if (planted) {
      stage.defects.Plant(Defect::kFinalWaitsAfterRestore);
    }
    for (int master = 0; master < 2; ++master) {
      stage.Play([&] {
        stage.Start();
        stage.Sleep(kIdTime + 10ms + kStoreTime);
      });
    }
    EXPECT_EQ(stage.Heard("complete sink[0] 2 final"), planted ? 0U : 1U);
  }
}

TEST(CheckpointCoordinatorTest, ThePauseDoesNotHoldBackTheFinalCheckpoint) {
  CoordinatorStage stage;
  stage.options.min_pause = 30s;
  stage.options.interval = 20s;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(21s);
    EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(1));
    stage.Do([&] {
      stage.job.all_at_end = true;
      stage.job.coordinator->OnEndOfInput();
    });
    stage.Sleep(kIdTime + 10ms + kStoreTime);
    EXPECT_EQ(stage.Heard("complete sink[0] 2 final"), 1U);
  });
}

TEST(CheckpointCoordinatorTest, AFinalCheckpointThatFailsIsFollowedByAnotherSoon) {
  CoordinatorStage stage;
  stage.options.interval = 1h;
  stage.job.all_at_end = true;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] { stage.job.coordinator->OnDecline(CheckpointId(1), "full"); });
    stage.Sleep(300ms);
    EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(1, 2));
    // Nor is one lost for which there was no id.
    stage.Do([&] { stage.job.coordinator->OnTriggerFailed(CheckpointId(2)); });
    stage.Sleep(100ms);
    stage.volume().FailNext(1, tests::Outcome::kRefused);
    stage.Sleep(500ms);
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointTriggered), ElementsAre(1, 2, 4));
}

TEST(CheckpointCoordinatorTest, AFinalCheckpointThatIsStoredAfterTheStopIsAnnouncedOnce) {
  CoordinatorStage stage;
  stage.job.all_at_end = true;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] {
      stage.job.AcknowledgeAll(CheckpointId(1));
      stage.job.coordinator->Stop();
    });
    stage.Sleep(10s);
    EXPECT_EQ(stage.Heard("complete sink[0] 1 final"), 1U);
  });
}

TEST(CheckpointCoordinatorTest, ACheckpointIsFinalByWhatHeldWhenItWasTriggered) {
  CoordinatorStage stage;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] {
      stage.job.all_at_end = true;
      stage.job.coordinator->OnEndOfInput();
      stage.job.AcknowledgeAll(CheckpointId(1));
    });
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, 2));
    EXPECT_EQ(stage.Heard("complete sink[0] 1"), 1U);
    EXPECT_EQ(stage.Heard("complete sink[0] 1 final"), 0U);
    stage.Do([&] { stage.job.AcknowledgeAll(CheckpointId(2)); });
    ASSERT_TRUE(stage.Await(events::kCheckpointStored, 2));
    stage.Sleep(1ms);
    EXPECT_EQ(stage.Heard("complete sink[0] 2 final"), 1U);
  });
}

TEST(CheckpointCoordinatorTest, IdsGrowAcrossMastersWheneverTheyDie) {
  CoordinatorStage stage;
  stage.options.interval = 150ms;
  stage.options.timeout = 200ms;
  for (int64_t master = 0; master < 30; ++master) {
    stage.job.acknowledges_after =
        master % 3 == 0 ? std::nullopt : std::optional<sim::Duration>(10ms);
    stage.Play([&] {
      stage.Start();
      stage.Sleep(100ms + master * 11ms);
    });
  }
  const std::vector<int64_t> ids = stage.Ids(events::kCheckpointTriggered);
  ASSERT_GT(ids.size(), 20U);
  for (size_t i = 1; i < ids.size(); ++i) {
    EXPECT_LT(ids[i - 1], ids[i]);
  }
}

TEST(CheckpointCoordinatorTest, IdsGoOnBehindTheStoreWhenTheirCounterIsGone) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointStored, 3));
    stage.Do([&] { stage.job.coordinator->Stop(); });
    stage.Sleep(200ms);
    ASSERT_TRUE(stage.volume().Remove("/ha/job/checkpoint-id"));
  });
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointStored, 4));
  });
  EXPECT_THAT(stage.Ids(events::kCheckpointStored), ElementsAre(1, 2, 3, 4));
}

// Also of a job that has ended: nothing is started.
TEST(CheckpointCoordinatorTest, ANewMasterRemovesWhatTheOldOneLeft) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointStored, 2));
    stage.bench.world().SetSharedVolume({.request_lost = sim::Percent(100)});
    stage.Sleep(500ms);
  });
  stage.bench.world().SetSharedVolume({});
  stage.Play([&] {
    stage.Do([&] { stage.job.coordinator->CleanUp(); });
    stage.Sleep(1s);
    const std::string kept = "chk-" + std::to_string(stage.job.coordinator->latest()->id.value());
    EXPECT_THAT(stage.bench.world().ListShared("/ha/job/completed"), ::testing::SizeIs(1));
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"),
                ::testing::Each(::testing::HasSubstr(kept)));
  });
}

TEST(CheckpointCoordinatorTest, ANewMasterFindsTheLatestCheckpointOfTheOldOne) {
  CoordinatorStage stage;
  stage.job.acknowledges_after = 10ms;
  stage.Play([&] {
    EXPECT_EQ(stage.job.coordinator->latest(), nullptr);
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointSubsumed, 2));
  });
  const int64_t last = stage.Ids(events::kCheckpointStored).back();
  stage.Play([&] {
    ASSERT_NE(stage.job.coordinator->latest(), nullptr);
    EXPECT_EQ(stage.job.coordinator->latest()->id, CheckpointId(static_cast<uint64_t>(last)));
    EXPECT_THAT(stage.job.coordinator->latest()->snapshots, SizeIs(3));
  });
}

}  // namespace
}  // namespace flinch::engine
