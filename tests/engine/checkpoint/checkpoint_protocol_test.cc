// How a checkpoint ends that does not complete, as the coordinator takes the protocol's steps, and
// what that counts for.
#include "engine/checkpoint/checkpoint_protocol.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/engine/checkpoint/coordinator_stage.h"
#include "tests/support/frozen.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using namespace std::chrono_literals;

// The longest that the durable id may take on the shared volume.
constexpr sim::Duration kIdTime = 60ms;

TEST(CheckpointProtocolTest, GivesUpAtTheTimeoutAndTellsAllTasks) {
  CoordinatorStage stage;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.job.heard.clear();
    ASSERT_TRUE(stage.Await(events::kCheckpointAborted));
    EXPECT_THAT(stage.job.heard,
                ElementsAre("abort source[0] 1", "abort source[1] 1", "abort sink[0] 1"));
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, 2));
  });
  const sim::RecordedEvent aborted = stage.bench.Events(events::kCheckpointAborted).front();
  EXPECT_EQ(aborted.Text("reason"), "CHECKPOINT_EXPIRED");
  const std::vector<sim::SimTime> triggered = stage.Times(events::kCheckpointTriggered);
  EXPECT_EQ(aborted.time - triggered[0], 3s);
  EXPECT_LE(triggered[1] - aborted.time, kIdTime) << "another one was due meanwhile";
}

TEST(CheckpointProtocolTest, ADeclineEndsTheCheckpointAndItsFiles) {
  CoordinatorStage stage;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    const SnapshotHandle handle =
        *tests::WriteFrozen(stage.volume(), CheckpointId(1), SourceTask(0), TaskSnapshot());
    stage.Do([&] {
      stage.job.coordinator->OnAcknowledge(SourceTask(0), CheckpointId(1), handle);
      stage.job.coordinator->OnDecline(CheckpointId(1), "no space left");
    });
    EXPECT_EQ(stage.Heard("abort"), 3U);
    stage.Sleep(500ms);
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job/chk-1"), IsEmpty());
  });
  EXPECT_EQ(stage.bench.Events(events::kCheckpointAborted).front().Text("reason"),
            "CHECKPOINT_DECLINED");
}

TEST(CheckpointProtocolTest, MoreDeclinesInARowThanToleratedFailTheJob) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 2;
  stage.Play([&] {
    const auto decline = [&](uint64_t id) {
      ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, id));
      stage.Do([&] { stage.job.coordinator->OnDecline(CheckpointId(id), "full"); });
    };
    stage.Start();
    decline(1);
    decline(2);
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, 3));
    stage.Do([&] { stage.job.AcknowledgeAll(CheckpointId(3)); });
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
    decline(4);
    decline(5);
    EXPECT_EQ(stage.Heard("fail"), 0U) << "one that completed between them begins a new row";
    decline(6);
    EXPECT_EQ(stage.Heard("fail"), 1U);
  });
  EXPECT_THAT(stage.job.heard.back(),
              "fail More than 2 checkpoints failed in a row; the last one, 6, with "
              "CHECKPOINT_DECLINED.");
}

TEST(CheckpointProtocolTest, FailuresInARowAreCountedAcrossRestarts) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 1;
  stage.Play([&] {
    for (uint64_t id = 1; id <= 2; ++id) {
      stage.Start();
      ASSERT_TRUE(stage.Await(events::kCheckpointTriggered, id));
      stage.Do([&] {
        stage.job.coordinator->OnDecline(CheckpointId(id), "full");
        stage.job.coordinator->Stop();
      });
    }
  });
  EXPECT_EQ(stage.Heard("fail"), 1U);
}

TEST(CheckpointProtocolTest, AnIdThatCannotBeDrawnCountsAgainstTheTolerableNumber) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 0;
  stage.Play([&] {
    stage.volume().FailNext(1, tests::Outcome::kRefused);
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointAborted));
  });
  EXPECT_EQ(stage.bench.Events(events::kCheckpointAborted).front().Text("reason"), "IO_EXCEPTION");
  EXPECT_THAT(stage.job.heard.back(),
              "fail More than 0 checkpoints failed in a row; the last one, 1, with IO_EXCEPTION.");
}

TEST(CheckpointProtocolTest, ExpiriesCountAgainstTheTolerableNumber) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 0;
  stage.Play([&] {
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointAborted));
  });
  EXPECT_EQ(stage.Heard("fail"), 1U);
}

TEST(CheckpointProtocolTest, TriggersThatFailDoNotCountAgainstTheTolerableNumber) {
  CoordinatorStage stage;
  stage.options.tolerable_failures = 0;
  stage.job.reachable = false;
  stage.Play([&] {
    stage.Start();
    stage.Sleep(5s);
    EXPECT_EQ(stage.Heard("fail"), 0U);
    stage.job.reachable = true;
    stage.job.acknowledges_after = 10ms;
    stage.Sleep(2s);
  });
  EXPECT_GE(stage.Times(events::kCheckpointAborted).size(), 4U);
  EXPECT_EQ(stage.bench.Events(events::kCheckpointAborted).front().Text("reason"),
            "TRIGGER_CHECKPOINT_FAILURE");
  EXPECT_GE(stage.Times(events::kCheckpointStored).size(), 1U);
}

SnapshotHandle Upload(sim::FileSystem& volume, uint64_t id, const ExecutionAttemptId& task) {
  return *tests::WriteFrozen(volume, CheckpointId(id), task, TaskSnapshot());
}

TEST(CheckpointProtocolTest, ASnapshotThatComesTooLateOrFromNobodyIsRemoved) {
  for (const bool planted : {false, true}) {
    CoordinatorStage stage;
    if (planted) {
      stage.defects.Plant(Defect::kLateSnapshotIsLeft);
    }
    stage.Play([&] {
      CheckpointCoordinator& coordinator = *stage.job.coordinator;
      stage.Start();
      ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
      const ExecutionAttemptId zombie{VertexId(1), SubtaskIndex(0), AttemptNumber(9)};
      const SnapshotHandle foreign = Upload(stage.volume(), 1, zombie);
      stage.Do([&] { coordinator.OnAcknowledge(zombie, CheckpointId(1), foreign); });
      stage.Sleep(200ms);
      EXPECT_EQ(stage.bench.world().ListShared("/checkpoints/job").size(), planted ? 1U : 0U);
      stage.Do([&] { coordinator.OnDecline(CheckpointId(1), "full"); });
      stage.Sleep(200ms);
      const SnapshotHandle late = Upload(stage.volume(), 1, SinkTask(0));
      stage.Do([&] { coordinator.OnAcknowledge(SinkTask(0), CheckpointId(1), late); });
      stage.Sleep(200ms);
    });
    EXPECT_EQ(stage.bench.world().ListShared("/checkpoints/job").size(), planted ? 1U : 0U);
  }
}

// The task could not write its snapshot, nor remove what it had written of it.
TEST(CheckpointProtocolTest, WhatALateDeclineLeavesIsRemoved) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] { coordinator.OnDecline(CheckpointId(1), "full"); });
    stage.Sleep(200ms);
    Upload(stage.volume(), 1, SinkTask(0));
    stage.Do([&] { coordinator.OnDecline(CheckpointId(1), "full, too"); });
    stage.Sleep(200ms);
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"), IsEmpty());
  });
}

TEST(CheckpointProtocolTest, ALateSnapshotThatCannotBeRemovedNowIsRemovedLater) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    stage.Do([&] { coordinator.OnDecline(CheckpointId(1), "full"); });
    stage.Sleep(200ms);
    const SnapshotHandle late = Upload(stage.volume(), 1, SinkTask(0));
    stage.bench.world().SetSharedVolume({.request_lost = sim::Percent(100)});
    stage.Do([&] { coordinator.OnAcknowledge(SinkTask(0), CheckpointId(1), late); });
    stage.Sleep(200ms);
    stage.bench.world().SetSharedVolume({});
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"), SizeIs(1));
    stage.job.acknowledges_after = 10ms;
    stage.Sleep(3s);
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"),
                ::testing::Each(::testing::Not(::testing::HasSubstr("chk-1/"))));
  });
}

// No other checkpoint follows that would take it along.
TEST(CheckpointProtocolTest, ADeletionThatFailedIsTriedAgainByTheClock) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    Upload(stage.volume(), 1, SinkTask(0));
    stage.bench.world().SetSharedVolume({.request_lost = sim::Percent(100)});
    stage.Do([&] { coordinator.Stop(); });
    stage.Sleep(2s);
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"), SizeIs(1));
    stage.bench.world().SetSharedVolume({});
    stage.Sleep(2s);
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job"), IsEmpty());
  });
}

// However long it hangs, and whatever is to be removed meanwhile.
TEST(CheckpointProtocolTest, AVolumeThatHangsBreaksNoInvariantOfTheJobManager) {
  CoordinatorStage stage;
  stage.options.timeout = 500ms;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    Upload(stage.volume(), 1, SinkTask(0));
    stage.bench.world().SetSharedVolume({.outage = sim::Outage::kHangs});
    for (uint32_t attempt = 2; attempt < 3'000; ++attempt) {
      const ExecutionAttemptId zombie{VertexId(1), SubtaskIndex(0), AttemptNumber(attempt)};
      stage.Do([&] {
        coordinator.OnAcknowledge(zombie, CheckpointId(1), SnapshotOf(zombie));
        coordinator.OnDecline(CheckpointId(1), "full");
        coordinator.DiscardWhatIsOver(CheckpointId(1));
      });
    }
    stage.Sleep(60s);
    EXPECT_THAT(stage.Ids(events::kCheckpointAborted), ElementsAre(1));
    stage.bench.world().SetSharedVolume({});
    stage.job.acknowledges_after = 10ms;
    ASSERT_TRUE(stage.Await(events::kCheckpointStored)) << "and then it goes on";
    EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job/chk-1"), IsEmpty());
  });
}

TEST(CheckpointProtocolTest, AnAcknowledgementThatIsRepeatedTakesNoFileFromItsCheckpoint) {
  CoordinatorStage stage;
  stage.Play([&] {
    CheckpointCoordinator& coordinator = *stage.job.coordinator;
    stage.Start();
    ASSERT_TRUE(stage.Await(events::kCheckpointTriggered));
    std::vector<SnapshotHandle> snapshots;
    for (const ExecutionAttemptId& task : stage.job.Tasks()) {
      snapshots.push_back(Upload(stage.volume(), 1, task));
    }
    const auto acknowledge = [&] {
      for (size_t i = 0; i < snapshots.size(); ++i) {
        coordinator.OnAcknowledge(stage.job.Tasks()[i], CheckpointId(1), snapshots[i]);
      }
    };
    // Pending, being stored, and stored.
    stage.Do([&] { coordinator.OnAcknowledge(SourceTask(0), CheckpointId(1), snapshots[0]); });
    stage.Do(acknowledge);
    stage.Do(acknowledge);
    ASSERT_TRUE(stage.Await(events::kCheckpointStored));
    stage.Do(acknowledge);
    stage.Sleep(500ms);
  });
  EXPECT_THAT(stage.bench.world().ListShared("/checkpoints/job/chk-1"), SizeIs(4));
}

}  // namespace
}  // namespace flinch::engine
