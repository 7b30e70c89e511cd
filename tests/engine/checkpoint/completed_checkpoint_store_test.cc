#include "engine/checkpoint/completed_checkpoint_store.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/bench.h"
#include "tests/support/flaky_volume.h"
#include "tests/support/frozen.h"

namespace flinch::engine {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using namespace std::chrono_literals;

constexpr ExecutionAttemptId kTask{VertexId(0), SubtaskIndex(0), AttemptNumber(1)};

// A checkpoint of one snapshot, whose file exists.
CompletedCheckpoint MakeCheckpoint(sim::Environment& environment, uint64_t id) {
  TaskSnapshot snapshot;
  snapshot["source"].state["id"] = {std::to_string(id)};
  const sim::Result<SnapshotHandle> handle =
      tests::WriteFrozen(environment.shared(), CheckpointId(id), kTask, snapshot);
  sim::Check(handle.has_value(), "the snapshot of checkpoint {} was not written", id);
  return {.id = CheckpointId(id), .is_final = false, .snapshots = {*handle}};
}

// The newest checkpoint of a store, which must be whole; 0: none.
uint64_t WholeLatest(sim::Environment& environment, const CompletedCheckpointStore& store) {
  if (store.latest() == nullptr) {
    return 0;
  }
  const uint64_t id = store.latest()->id.value();
  for (const SnapshotHandle& handle : store.latest()->snapshots) {
    const sim::Result<TaskSnapshot> snapshot = ReadSnapshot(environment.shared(), handle);
    EXPECT_TRUE(snapshot) << "checkpoint " << id << " points to nothing";
    if (snapshot) {
      EXPECT_THAT(snapshot->at("source").state.at("id"), ElementsAre(std::to_string(id)));
    }
  }
  return id;
}

std::vector<std::string> Pointers(tests::Bench& bench) {
  return bench.world().ListShared("/ha/job/completed");
}

TEST(CompletedCheckpointStoreTest, IsEmptyAtFirst) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    EXPECT_EQ(store.latest(), nullptr);
    EXPECT_THAT(store.Subsume(), IsEmpty());
  }));
}

TEST(CompletedCheckpointStoreTest, FindsAfterARestartWhatWasAdded) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 3)));
    EXPECT_EQ(WholeLatest(environment, store), 3U);
  }));
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    EXPECT_EQ(WholeLatest(environment, store), 3U);
    CompletedCheckpointStore other(environment, "other", 1);
    ASSERT_TRUE(other.Recover());
    EXPECT_EQ(other.latest(), nullptr) << "jobs do not share checkpoints";
  }));
}

TEST(CompletedCheckpointStoreTest, RecoversIdsInTheirOrderAndNotInThatOfTheirDigits) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 3);
    for (const uint64_t id : {2U, 9U, 10U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
    }
    CompletedCheckpointStore again(environment, "job", 3);
    ASSERT_TRUE(again.Recover());
    EXPECT_EQ(WholeLatest(environment, again), 10U);
  }));
}

TEST(CompletedCheckpointStoreTest, SubsumesAllButTheNewest) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 2);
    for (const uint64_t id : {1U, 2U, 4U, 5U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
    }
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(1), CheckpointId(2)));
    EXPECT_EQ(WholeLatest(environment, store), 5U);
    EXPECT_THAT(store.Subsume(), IsEmpty());
  }));
  EXPECT_THAT(Pointers(bench), SizeIs(2));
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job/chk-2"), IsEmpty());
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job/chk-4"), SizeIs(2));
}

TEST(CompletedCheckpointStoreTest, WhatCouldNotBeDeletedIsDeletedWithTheNext) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& real) {
    tests::FlakyEnvironment environment(real);
    CompletedCheckpointStore store(environment, "job", 1);
    for (const uint64_t id : {1U, 2U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
    }
    environment.volume().SparingNext(2);  // the pointer
    environment.volume().FailNext(1, tests::Outcome::kRefused);
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(1)));
    EXPECT_FALSE(environment.volume().List("/checkpoints/job/chk-1")->empty());
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 3)));
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(2)));
    environment.volume().FailNext(1, tests::Outcome::kRefused);
    (void)MakeCheckpoint(real, 4);
    store.Discard(std::vector{CheckpointId(4)});
    EXPECT_FALSE(store.clean());
    EXPECT_FALSE(environment.volume().List("/checkpoints/job/chk-4")->empty());
    EXPECT_THAT(store.Subsume(), IsEmpty());
    EXPECT_TRUE(store.clean());
  }));
  EXPECT_EQ(bench.Events(events::kCheckpointDeleted).size(), 3U);
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job"), SizeIs(2)) << "those of 3";
}

TEST(CompletedCheckpointStoreTest, SweepsWhatAnEarlierMasterLeft) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 2);
    for (const uint64_t id : {2U, 4U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
    }
    for (const uint64_t id : {1U, 3U, 7U, 9U}) {
      (void)MakeCheckpoint(environment, id);
    }
    // One that a listing would have missed.
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/ha/job/completed/00000000000000000003",
                                  "/checkpoints/job/chk-3/_metadata"));
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/checkpoints/job/notes", "mine"));
  }));
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    ASSERT_TRUE(environment.shared().Remove("/ha/job/completed/00000000000000000003"));
    CompletedCheckpointStore store(environment, "job", 2);
    ASSERT_TRUE(store.Recover());
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/ha/job/completed/00000000000000000003",
                                  "/checkpoints/job/chk-3/_metadata"));
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 8)));
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(2)));
    EXPECT_EQ(WholeLatest(environment, store), 8U);
  }));
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job"),
              ElementsAre("/checkpoints/job/chk-3/0-0-1", "/checkpoints/job/chk-4/0-0-1",
                          "/checkpoints/job/chk-4/_metadata", "/checkpoints/job/chk-8/0-0-1",
                          "/checkpoints/job/chk-8/_metadata", "/checkpoints/job/chk-9/0-0-1",
                          "/checkpoints/job/notes"))
      << "nobody is still at work on what is older than the newest; 9 may become one";
}

// What the earlier master had begun lies above all that it had stored.
TEST(CompletedCheckpointStoreTest, SweepsAgainBehindTheFirstOfItsOwn) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 6)));
    (void)MakeCheckpoint(environment, 7);
  }));
  ASSERT_TRUE(bench.Run("jm", [&bench](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    EXPECT_FALSE(store.clean());
    EXPECT_THAT(store.Subsume(), IsEmpty());
    EXPECT_TRUE(store.clean()) << "7 may become one, as far as the store knows";
    EXPECT_FALSE(bench.world().ListShared("/checkpoints/job/chk-7").empty());
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 8)));
    EXPECT_FALSE(store.clean());
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(6)));
    EXPECT_TRUE(store.clean());
    // From here on files are its own.
    (void)MakeCheckpoint(environment, 9);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 10)));
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(8)));
    EXPECT_FALSE(bench.world().ListShared("/checkpoints/job/chk-9").empty());
  }));
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job/chk-7"), IsEmpty());
}

TEST(CompletedCheckpointStoreTest, KeepsOneEvenWhenToldToKeepNone) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 0);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    EXPECT_THAT(store.Subsume(), IsEmpty());
    EXPECT_EQ(WholeLatest(environment, store), 1U);
  }));
}

TEST(CompletedCheckpointStoreTest, AnOlderCheckpointAfterANewerOneBreaksAnInvariant) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 5)));
    EXPECT_THROW((void)store.Add(MakeCheckpoint(environment, 4)), sim::Violation);
  }));
}

// What becomes of /ha/job/completed/<5> when it is replaced by this.
struct UnreadableCase {
  std::string_view name;
  std::string_view pointer;   // the content of the pointer file
  std::string_view metadata;  // the content of /checkpoints/job/chk-5/_metadata
};

class CompletedCheckpointStoreUnreadableTest : public ::testing::TestWithParam<UnreadableCase> {};

TEST_P(CompletedCheckpointStoreUnreadableTest, RecoveryFailsRatherThanFallBack) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 2);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 4)));
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 5)));
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/ha/job/completed/00000000000000000005",
                                  GetParam().pointer));
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/checkpoints/job/chk-5/_metadata",
                                  GetParam().metadata));
    CompletedCheckpointStore again(environment, "job", 2);
    const sim::Result<void> recovered = again.Recover();
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().code, sim::ErrorCode::kCorruption);
  }));
}

INSTANTIATE_TEST_SUITE_P(
    Damages, CompletedCheckpointStoreUnreadableTest,
    ::testing::Values(UnreadableCase{"pointer_to_nothing", "/checkpoints/job/chk-6/_metadata", ""},
                      UnreadableCase{"empty_pointer", "", ""},
                      UnreadableCase{"damaged_metadata", "/checkpoints/job/chk-5/_metadata",
                                     "damaged beyond recognition"},
                      UnreadableCase{"empty_metadata", "/checkpoints/job/chk-5/_metadata", ""}),
    [](const auto& damage) { return std::string(damage.param.name); });

// What the first life of the JobManager in the crash tests got done before it died.
struct Done {
  uint64_t added = 0;
  bool subsumed = false;
};

// Adds 1 and 2 and subsumes; dies at `crash`; the next life recovers and goes on.
void CrashAt(sim::SimTime crash, uint64_t seed, Done& done, bool& survived) {
  tests::Bench bench(seed);
  bool recovered = false;
  const auto first_life = [&](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    for (const uint64_t id : {1U, 2U}) {
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, id)));
      done.added = id;
    }
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(1)));
    done.subsumed = true;
    environment.Sleep(1h);
  };
  const auto second_life = [&](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Recover());
    const uint64_t latest = WholeLatest(environment, store);
    EXPECT_THAT(latest, AnyOf(Eq(done.added), Eq(done.added + 1)));
    if (done.subsumed) {
      EXPECT_EQ(latest, 2U);
    }
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 3)));
    store.Subsume();
    EXPECT_EQ(WholeLatest(environment, store), 3U);
    recovered = true;
  };
  const sim::ProcessId jm = bench.Start("jm", [&](sim::Environment& environment) {
    environment.incarnation() == 1 ? first_life(environment) : second_life(environment);
  });
  bench.CrashAt(crash, jm, 1ms);
  survived = bench.RunUntil([&] { return recovered; });
  EXPECT_THAT(Pointers(bench), ElementsAre(HasSubstr("00000003")));
}

TEST(CompletedCheckpointStoreTest, ACrashAtAnyMomentLeavesTheOldOrTheNewNeverNeither) {
  std::set<std::pair<uint64_t, bool>> stages;  // so that the test itself is seen to reach them
  sim::SimTime crash(0ms);
  for (Done done; !done.subsumed; crash += 500us) {
    done = Done();
    bool survived = false;
    CrashAt(crash, 1 + static_cast<uint64_t>(sim::Nanos(crash)), done, survived);
    ASSERT_TRUE(survived) << sim::Show(crash);
    stages.emplace(done.added, done.subsumed);
    ASSERT_LT(crash, sim::SimTime(2s)) << "the first life never gets through";
  }
  EXPECT_THAT(stages, SizeIs(4));
}

TEST(CompletedCheckpointStoreTest, AnAddWhoseOutcomeIsUnknownCanBeRepeated) {
  for (const tests::Outcome outcome : {tests::Outcome::kRefused, tests::Outcome::kDoneUnanswered}) {
    for (int spared = 0; spared < 6; ++spared) {
      tests::Bench bench;
      ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& real) {
        tests::FlakyEnvironment environment(real);
        CompletedCheckpointStore store(environment, "job", 1);
        const CompletedCheckpoint checkpoint = MakeCheckpoint(environment, 1);
        environment.volume().SparingNext(spared);
        environment.volume().FailNext(1, outcome);
        ASSERT_FALSE(store.Add(checkpoint)) << spared;
        EXPECT_EQ(store.latest(), nullptr) << "it is not known to be there";
        ASSERT_TRUE(store.Add(checkpoint));
        EXPECT_EQ(WholeLatest(environment, store), 1U);
        CompletedCheckpointStore again(environment, "job", 1);
        ASSERT_TRUE(again.Recover());
        EXPECT_EQ(WholeLatest(environment, again), 1U);
      }));
      EXPECT_THAT(Pointers(bench), SizeIs(1));
    }
  }
}

TEST(CompletedCheckpointStoreTest, AnAddThatEndedHalfwayIsNotRecovered) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& real) {
    tests::FlakyEnvironment environment(real);
    CompletedCheckpointStore store(environment, "job", 1);
    const CompletedCheckpoint checkpoint = MakeCheckpoint(environment, 1);
    environment.volume().SparingNext(4);  // the metadata, and the pointer under another name
    environment.volume().FailNext(1, tests::Outcome::kRefused);
    ASSERT_FALSE(store.Add(checkpoint));
    CompletedCheckpointStore again(environment, "job", 1);
    ASSERT_TRUE(again.Recover());
    EXPECT_EQ(again.latest(), nullptr);
  }));
  EXPECT_THAT(Pointers(bench), ElementsAre(HasSubstr(".tmp")));
}

TEST(CompletedCheckpointStoreTest, ASubsumptionThatFailsIsMadeGoodByTheNext) {
  for (const tests::Outcome outcome : {tests::Outcome::kRefused, tests::Outcome::kDoneUnanswered}) {
    for (int spared = 0; spared < 5; ++spared) {
      tests::Bench bench;
      ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& real) {
        tests::FlakyEnvironment environment(real);
        CompletedCheckpointStore store(environment, "job", 1);
        ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
        ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 2)));
        environment.volume().SparingNext(spared);
        environment.volume().FailNext(1, outcome);
        const size_t at_first = store.Subsume().size();
        EXPECT_EQ(environment.volume().failures_left(), 0);
        ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 3)));
        EXPECT_EQ(at_first + store.Subsume().size(), 2U);
        EXPECT_EQ(WholeLatest(environment, store), 3U);
      }));
      EXPECT_THAT(Pointers(bench), ElementsAre(HasSubstr("00000003")));
    }
  }
}

TEST(DurableCounterTest, CountsFromOneAndGoesOnAfterARestart) {
  tests::Bench bench;
  for (const uint64_t first : {1U, 3U, 5U}) {
    ASSERT_TRUE(bench.Run("jm", [first](sim::Environment& environment) {
      DurableCounter counter(environment, "/ha/job/counter");
      ASSERT_TRUE(counter.Recover());
      EXPECT_EQ(counter.Next().value(), first);
      EXPECT_EQ(counter.Next().value(), first + 1);
    }));
  }
}

TEST(DurableCounterTest, NeverGivesANumberTwiceWheneverItsProcessDies) {
  for (int64_t life = 1; life <= 60; ++life) {
    tests::Bench bench(static_cast<uint64_t>(life));
    std::vector<uint64_t> given;
    const sim::ProcessId jm = bench.Start("jm", [&given](sim::Environment& environment) {
      DurableCounter counter(environment, "/ha/job/counter");
      ASSERT_TRUE(counter.Recover());
      for (;;) {
        const sim::Result<uint64_t> next = counter.Next();
        ASSERT_TRUE(next);
        given.push_back(*next);
      }
    });
    for (int64_t crash = 1; crash <= 20; ++crash) {
      bench.CrashAt(sim::SimTime(crash * (life * 1ms + 40ms)), jm, 1ms);
    }
    bench.RunFor(sim::Duration((life * 1ms + 40ms) * 21));
    ASSERT_FALSE(given.empty());
    for (size_t i = 1; i < given.size(); ++i) {
      ASSERT_LT(given[i - 1], given[i]) << "lives of " << life << " ms";
    }
  }
}

TEST(DurableCounterTest, ANumberWhoseIncrementFailedIsBurnt) {
  for (const tests::Outcome outcome : {tests::Outcome::kRefused, tests::Outcome::kDoneUnanswered}) {
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("jm", [outcome](sim::Environment& real) {
      tests::FlakyEnvironment environment(real);
      DurableCounter counter(environment, "/ha/job/counter");
      ASSERT_TRUE(counter.Recover());
      environment.volume().FailNext(1, outcome);
      EXPECT_FALSE(counter.Next());
      EXPECT_EQ(counter.Next().value(), 2U);
    }));
  }
}

TEST(DurableCounterTest, ADamagedFileFailsRecoveryInsteadOfStartingAgain) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    DurableCounter counter(environment, "/ha/job/counter");
    ASSERT_EQ(counter.Next().value(), 1U);
    for (const std::string& content : {std::string(), std::string("12"), Seal("12")}) {
      ASSERT_TRUE(sim::WriteDurably(environment.shared(), "/ha/job/counter", content));
      DurableCounter again(environment, "/ha/job/counter");
      const sim::Result<void> recovered = again.Recover();
      ASSERT_FALSE(recovered);
      EXPECT_EQ(recovered.error().code, sim::ErrorCode::kCorruption);
    }
  }));
}

CompletedCheckpoint MakeSavepoint(sim::Environment& environment, uint64_t id, CheckpointKind kind) {
  FrozenTask frozen;
  frozen["source"].state["id"] = {std::to_string(id)};
  const sim::Result<SnapshotHandle> handle =
      WriteSnapshot(environment.shared(), "job", CheckpointId(id), kTask, frozen, kind);
  sim::Check(handle.has_value(), "the snapshot of savepoint {} was not written", id);
  return {.id = CheckpointId(id), .snapshots = {*handle}, .kind = kind, .is_unclaimed = true};
}

TEST(CompletedCheckpointStoreTest, OnlyASavepointThatStopsTheJobIsInTheStoreAndItsFilesStay) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    ASSERT_TRUE(store.Add(MakeSavepoint(environment, 2, CheckpointKind::kSavepoint)));
    EXPECT_EQ(WholeLatest(environment, store), 1U);
    ASSERT_TRUE(store.Add(MakeSavepoint(environment, 3, CheckpointKind::kSavepointSuspend)));
    EXPECT_THAT(store.Subsume(), ElementsAre(CheckpointId(1)));
    CompletedCheckpointStore again(environment, "job", 1);
    ASSERT_TRUE(again.Recover());
    EXPECT_EQ(WholeLatest(environment, again), 3U) << "what stopped the job was committed";
    ASSERT_TRUE(again.Add(MakeCheckpoint(environment, 4)));
    EXPECT_THAT(again.Subsume(), ElementsAre(CheckpointId(3)));
  }));
  EXPECT_THAT(bench.world().ListShared("/savepoints/job"), SizeIs(4)) << "both are the user's";
}

TEST(CompletedCheckpointStoreTest, WhatIsAdoptedIsAllThereIs) {
  for (const bool is_claimed : {false, true}) {
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("jm", [is_claimed](sim::Environment& environment) {
      CompletedCheckpointStore store(environment, "job", 2);
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
      ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 2)));
      ASSERT_TRUE(store.Add(MakeSavepoint(environment, 3, CheckpointKind::kSavepointSuspend)));
      sim::Result<CompletedCheckpoint> named =
          LoadCheckpoint(environment.shared(), SavepointDirectory("job", CheckpointId(3)));
      ASSERT_TRUE(named);
      named->is_unclaimed = !is_claimed;
      ASSERT_TRUE(store.Adopt(*named, false));
      CompletedCheckpointStore again(environment, "job", 1);
      again.SetFloor(CheckpointId(3));
      ASSERT_TRUE(again.Recover());
      EXPECT_EQ(WholeLatest(environment, again), 3U);
      EXPECT_THAT(again.checkpoints(), SizeIs(1));
      ASSERT_TRUE(again.Add(MakeCheckpoint(environment, 4)));
      again.Subsume();
    }));
    EXPECT_THAT(Pointers(bench), SizeIs(1));
    EXPECT_THAT(bench.world().ListShared("/savepoints/job"), SizeIs(is_claimed ? 0 : 2));
    EXPECT_THAT(bench.world().ListShared("/checkpoints/job"), SizeIs(2)) << "of checkpoint 4";
  }
}

TEST(CompletedCheckpointStoreTest, CheckpointsOfEarlierRunsAreNotSweptAway) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    CompletedCheckpointStore store(environment, "job", 1);
    ASSERT_TRUE(store.Add(MakeCheckpoint(environment, 1)));
    sim::Result<CompletedCheckpoint> named =
        LoadCheckpoint(environment.shared(), CheckpointDirectory("job", CheckpointId(1)));
    ASSERT_TRUE(named);
    named->is_unclaimed = true;
    ASSERT_TRUE(store.Adopt(*named, true));
    CompletedCheckpointStore again(environment, "job", 1);
    again.SetFloor(CheckpointId(1));
    ASSERT_TRUE(again.Recover());
    for (const uint64_t id : {2U, 3U, 4U}) {
      ASSERT_TRUE(again.Add(MakeCheckpoint(environment, id)));
      again.Subsume();
    }
    EXPECT_TRUE(LoadCheckpoint(environment.shared(), CheckpointDirectory("job", CheckpointId(1))));
    ASSERT_TRUE(again.Clear());
  }));
  EXPECT_THAT(Pointers(bench), IsEmpty());
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job"), SizeIs(2)) << "of checkpoint 1";
}

}  // namespace
}  // namespace flinch::engine
