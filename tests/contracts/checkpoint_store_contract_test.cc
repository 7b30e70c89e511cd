#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/checkpoint/pending_checkpoint.h"
#include "sim/check.h"
#include "tests/contracts/contract.h"
#include "tests/contracts/coordinator.h"
#include "tests/support/bench.h"
#include "tests/support/flaky_volume.h"
#include "tests/support/frozen.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Ack = PendingCheckpoint::Ack;
using Ids = std::vector<uint64_t>;

PendingCheckpoint Pending() { return {CheckpointId(1), false, {kSource, kSink}}; }

SnapshotHandle HandleOf(const ExecutionAttemptId& task) {
  return {.vertex = task.vertex, .subtask = task.subtask, .path = "/file", .size = 1};
}

FLINK_CONTRACT(PendingCheckpointTest, testCanBeSubsumed) {
  PendingCheckpoint pending = Pending();
  EXPECT_EQ(pending.Take(CheckpointInput::kSubsumed), CheckpointAction::kNotifyAborted);
  EXPECT_EQ(pending.phase(), CheckpointPhase::kAborted);
}

FLINK_CONTRACT(PendingCheckpointTest, testCompletionFuture) {
  PendingCheckpoint given_up = Pending();
  EXPECT_EQ(given_up.Take(CheckpointInput::kDeclined), CheckpointAction::kNotifyAborted);
  PendingCheckpoint pending = Pending();
  EXPECT_EQ(pending.Acknowledge(kSource, HandleOf(kSource)), Ack::kAccepted);
  EXPECT_THROW(pending.ToCompleted(), sim::Violation) << "acknowledgements are missing";
  EXPECT_EQ(pending.Acknowledge(kSink, HandleOf(kSink)), Ack::kAccepted);
  EXPECT_EQ(pending.Take(CheckpointInput::kAllAcknowledged), CheckpointAction::kStore);
  EXPECT_EQ(pending.Take(CheckpointInput::kStored), CheckpointAction::kNotifyComplete);
  EXPECT_EQ(pending.phase(), CheckpointPhase::kCompleted);
}

FLINK_CONTRACT(PendingCheckpointTest, testNullSubtaskStateLeadsToStatelessTask) {
  PendingCheckpoint pending = Pending();
  EXPECT_EQ(pending.Acknowledge(kSource, {}), Ack::kAccepted) << "a task without state counts";
  EXPECT_EQ(pending.Acknowledge(kSink, HandleOf(kSink)), Ack::kAccepted);
  ASSERT_TRUE(pending.complete());
  EXPECT_TRUE(pending.ToCompleted().snapshots.front().operators.empty());
}

CheckpointOptions TwoAtATime() {
  return {
      .interval = 1s, .timeout = 5s, .max_concurrent = 2, .tolerable_failures = 9, .retained = 1};
}

FLINK_CONTRACT(PendingCheckpointTest, testAbortDiscardsState) {
  Coordinator declined(TwoAtATime());
  declined.Start();
  declined.Acknowledge(1, kSource);
  declined.Decline(1);
  EXPECT_THAT(declined.discarded(), ElementsAre(1));

  Coordinator expired(TwoAtATime());
  expired.Start();
  expired.Acknowledge(1, kSource);
  expired.Pass(5s);
  EXPECT_THAT(expired.discarded(), ElementsAre(1));

  Coordinator subsumed(TwoAtATime());
  subsumed.Start();
  subsumed.Acknowledge(1, kSource);
  subsumed.Pass(1s);
  subsumed.AcknowledgeAll(2);
  EXPECT_THAT(subsumed.discarded(), ElementsAre(1)) << "once";
}

FLINK_CONTRACT(PendingCheckpointTest, testSetCanceller) {
  constexpr auto kExpiry = CoordinatorTimer::Kind::kExpiry;
  Coordinator coordinator(TwoAtATime());
  coordinator.Start();
  EXPECT_TRUE(coordinator.HasTimer(kExpiry, 1));
  coordinator.Decline(1);
  EXPECT_FALSE(coordinator.HasTimer(kExpiry, 1));
  coordinator.Pass(1s);
  EXPECT_TRUE(coordinator.HasTimer(kExpiry, 2));
  coordinator.AcknowledgeAll(2);
  EXPECT_FALSE(coordinator.HasTimer(kExpiry, 2));
}

// A checkpoint of one snapshot, whose file exists.
CompletedCheckpoint MakeCheckpoint(sim::Environment& environment, uint64_t id) {
  TaskSnapshot snapshot;
  snapshot["source"].state["id"] = {std::to_string(id)};
  const sim::Result<SnapshotHandle> handle =
      tests::WriteFrozen(environment.shared(), CheckpointId(id), kSource, snapshot);
  sim::Check(handle.has_value(), "the snapshot of checkpoint {} was not written", id);
  return {.id = CheckpointId(id), .is_final = false, .snapshots = {*handle}};
}

Ids IdsOf(const CompletedCheckpointStore& store) {
  Ids ids;
  for (const CompletedCheckpoint& checkpoint : store.checkpoints()) {
    ids.push_back(checkpoint.id.value());
  }
  return ids;
}

bool Exists(sim::Environment& environment, uint64_t id) {
  return environment.shared().Read(MetadataPath("job", CheckpointId(id))).has_value();
}

// Runs `body` as a JobManager on a fresh volume.
void Run(const sim::Program& body) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", body));
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest, testAtLeastOneCheckpointRetained) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    for (const uint64_t id : {1U, 2U, 3U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      store.Subsume();
      EXPECT_THAT(IdsOf(store), ElementsAre(id)) << "the newest never goes";
      EXPECT_TRUE(Exists(environment, id));
    }
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest, testNotSubsumedIfNotNeeded) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 3);
    for (const uint64_t id : {1U, 2U, 3U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      EXPECT_THAT(store.Subsume(), IsEmpty());
    }
    EXPECT_THAT(IdsOf(store), ElementsAre(1, 2, 3));
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest, testRecoverSortedCheckpoints) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 3);
    // As names in a folder they would stand in another order.
    for (const uint64_t id : {9U, 10U, 100U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
    }
    CompletedCheckpointStore next(environment, "job", 3);
    ASSERT_TRUE(next.Recover());
    EXPECT_THAT(IdsOf(next), ElementsAre(9, 10, 100));
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest,
               testCorruptDataInStateHandleStoreShouldNotBeSkipped) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 2);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 2)));
    const sim::Result<std::vector<std::string>> pointers =
        environment.shared().List(CompletedCheckpointsDirectory("job"));
    ASSERT_TRUE(pointers);
    ASSERT_EQ(pointers->size(), 2U);
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), pointers->back(), "rubbish"));
    CompletedCheckpointStore next(environment, "job", 2);
    const sim::Result<void> recovered = next.Recover();
    ASSERT_FALSE(recovered) << "the older one would undo what sinks have committed";
    EXPECT_EQ(recovered.error().code, sim::ErrorCode::kCorruption);
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest,
               testAddCheckpointSuccessfullyShouldRemoveOldOnes) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 2)));
    EXPECT_TRUE(Exists(environment, 1)) << "first the new one, then the old one";
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(1)));
    EXPECT_FALSE(Exists(environment, 1));
    EXPECT_TRUE(Exists(environment, 2));
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest, testAddCheckpointFailedShouldNotRemoveOldOnes) {
  Run([](sim::Environment& environment) {
    tests::FlakyEnvironment flaky(environment);
    CompletedCheckpointStore store(flaky, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    const CompletedCheckpoint second = MakeCheckpoint(environment, 2);
    flaky.volume().FailNext(100, tests::Outcome::kRefused);
    EXPECT_FALSE(store.Add(second));
    flaky.volume().FailNext(0, tests::Outcome::kRefused);
    EXPECT_THAT(store.Subsume(), IsEmpty());
    EXPECT_THAT(IdsOf(store), ElementsAre(1));
    EXPECT_TRUE(Exists(environment, 1));
  });
}

FLINK_CONTRACT(DefaultCompletedCheckpointStoreTest,
               testShutdownShouldNotDiscardStateHandleWhenJobIsNotGloballyTerminalState) {
  Run([](sim::Environment& environment) {
    {
      CompletedCheckpointStore store(environment, "job", 2);
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 2)));
    }
    EXPECT_TRUE(Exists(environment, 1));
    CompletedCheckpointStore next(environment, "job", 2);
    ASSERT_TRUE(next.Recover());
    EXPECT_THAT(IdsOf(next), ElementsAre(1, 2));
  });
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testExceptionOnNoRetainedCheckpoints) {
  EngineOptions options;
  options.checkpoint.retained = 0;
  EXPECT_FALSE(options.Validate());
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testEmptyState) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    EXPECT_EQ(store.latest(), nullptr);
    EXPECT_THAT(IdsOf(store), IsEmpty());
  });
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testAddAndGetLatestCheckpoint) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 4);
    ASSERT_TRUE(store.Recover());
    for (const uint64_t id : {1U, 2U}) {
      const CompletedCheckpoint added = MakeCheckpoint(environment, id);
      ASSERT_TRUE(store.Add(added));
      ASSERT_NE(store.latest(), nullptr);
      EXPECT_EQ(store.latest()->id, CheckpointId(id));
      EXPECT_EQ(store.latest()->snapshots, added.snapshots);
      EXPECT_EQ(store.checkpoints().size(), id);
    }
  });
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testAddCheckpointMoreThanMaxRetained) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    for (const uint64_t id : {2U, 3U, 4U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(id - 1)));
      EXPECT_FALSE(Exists(environment, id - 1));
      EXPECT_THAT(IdsOf(store), ElementsAre(id));
    }
  });
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testGetAllCheckpoints) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 4);
    for (const uint64_t id : {1U, 2U, 3U, 4U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      store.Subsume();
    }
    EXPECT_THAT(IdsOf(store), ElementsAre(1, 2, 3, 4));
  });
}

FLINK_CONTRACT(CompletedCheckpointStoreTest, testAcquireLatestCompletedCheckpointId) {
  Run([](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    EXPECT_FALSE(store.Has(CheckpointId(2)));
    for (const uint64_t id : {2U, 4U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      store.Subsume();
      ASSERT_NE(store.latest(), nullptr);
      EXPECT_EQ(store.latest()->id, CheckpointId(id));
      EXPECT_TRUE(store.Has(CheckpointId(id)));
    }
  });
}

FLINK_CONTRACT(CheckpointIDCounterTestBase, testCounterIsNeverNegative) {
  Run([](sim::Environment& environment) {
    DurableCounter counter(environment, "/ha/job/checkpoint-id");
    ASSERT_TRUE(counter.Recover());
    const sim::Result<uint64_t> first = counter.Next();
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, 1U);
  });
}

FLINK_CONTRACT(CheckpointIDCounterTestBase, testSerialIncrementAndGet) {
  Run([](sim::Environment& environment) {
    DurableCounter counter(environment, "/ha/job/checkpoint-id");
    ASSERT_TRUE(counter.Recover());
    for (const uint64_t expected : {1U, 2U, 3U, 4U}) {
      const sim::Result<uint64_t> number = counter.Next();
      ASSERT_TRUE(number);
      EXPECT_EQ(*number, expected);
      EXPECT_EQ(counter.last(), expected);
    }
  });
}

FLINK_CONTRACT(CheckpointIDCounterTestBase, testSetCount) {
  Run([](sim::Environment& environment) {
    DurableCounter counter(environment, "/ha/job/checkpoint-id");
    ASSERT_TRUE(counter.Recover());
    counter.PassOver(1337);
    EXPECT_EQ(counter.last(), 1337U);
    const sim::Result<uint64_t> next = counter.Next();
    ASSERT_TRUE(next);
    EXPECT_EQ(*next, 1338U);
  });
}

FLINK_CONTRACT(CheckpointIDCounterTestBase, testReturnsInitialCount) {
  Run([](sim::Environment& environment) {
    DurableCounter counter(environment, "/ha/job/checkpoint-id");
    ASSERT_TRUE(counter.Recover());
    EXPECT_EQ(counter.last(), 0U) << "none was given out";
  });
}

FLINK_CONTRACT(CheckpointIDCounterTestBase, testSuspendKeepsState) {
  Run([](sim::Environment& environment) {
    {
      DurableCounter counter(environment, "/ha/job/checkpoint-id");
      ASSERT_TRUE(counter.Recover());
      ASSERT_TRUE(counter.Next());
      ASSERT_TRUE(counter.Next());
    }
    DurableCounter next(environment, "/ha/job/checkpoint-id");
    ASSERT_TRUE(next.Recover());
    const sim::Result<uint64_t> number = next.Next();
    ASSERT_TRUE(number);
    EXPECT_EQ(*number, 3U);
  });
}

}  // namespace
}  // namespace flinch::engine
