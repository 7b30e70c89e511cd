// Flink's SharedStateRegistryTest and its kin: whose the files of incremental checkpoints are, and
// whose the key groups.

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/checkpoint/shared_state.h"
#include "engine/checkpoint/shared_state_registry.h"
#include "engine/checkpoint/uploaded_files.h"
#include "engine/state/key_groups.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CompletedCheckpoint Holding(uint64_t id, const std::vector<std::string>& paths) {
  OperatorHandles handles{.database = DatabaseHandle()};
  for (const std::string& path : paths) {
    handles.database->files.push_back({.name = path, .path = path});
  }
  return {.id = CheckpointId(id), .snapshots = {{.path = "own", .operators = {{"op", handles}}}}};
}

FLINK_CONTRACT(SharedStateRegistryTest, testRegistryNormal) {
  SharedStateRegistry registry;
  registry.Register(Holding(1, {"first"}));
  registry.Register(Holding(2, {"second", "first"}));
  EXPECT_TRUE(registry.Has("first") && registry.Has("second"));
  const CompletedCheckpoint third = Holding(3, {"third"});
  registry.Register(third);
  EXPECT_THAT(registry.Unregister(std::vector{third}), ElementsAre("first", "second"));
  EXPECT_FALSE(registry.Has("first") || registry.Has("second"));
}

FLINK_CONTRACT(SharedStateRegistryTest, testUnregisterWithUnexistedKey) {
  SharedStateRegistry registry;
  EXPECT_THAT(registry.Unregister({}), IsEmpty());
  const CompletedCheckpoint unknown = Holding(7, {"x"});
  EXPECT_THAT(registry.Unregister(std::vector{unknown}), IsEmpty());
}

FLINK_CONTRACT(SharedStateRegistryTest, testUnregisterUnusedSavepointState) {
  CompletedCheckpoint savepoint = Holding(1, {"theirs"});
  savepoint.is_unclaimed = true;
  SharedStateRegistry registry;
  registry.Register(savepoint);
  const CompletedCheckpoint next = Holding(2, {"ours"});
  registry.Register(next);
  EXPECT_THAT(registry.Unregister(std::vector{next}), IsEmpty()) << "nobody removes what is theirs";
  EXPECT_FALSE(registry.Has("theirs"));
}

FLINK_CONTRACT(SharedStateRegistryTest, testUnregisterNonInitialCheckpoint) {
  SharedStateRegistry registry;
  const CompletedCheckpoint first = Holding(1, {"a"});
  const CompletedCheckpoint second = Holding(2, {"b"});
  registry.Register(first);
  registry.Register(second);
  EXPECT_THAT(registry.Unregister(std::vector{first}), ElementsAre("b"));
  EXPECT_TRUE(registry.Has("a"));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testSharedStateRegistrationOnRestore) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    const auto write = [&](const std::string& path) {
      EXPECT_TRUE(sim::WriteDurably(environment.shared(), path, "x"));
    };
    const auto exists = [&](const std::string& path) {
      return environment.shared().Size(path).has_value();
    };
    const std::string old = SharedDirectory("job") + "/1-0-0-1-7-a";
    const std::string shared = SharedDirectory("job") + "/2-0-0-1-7-b";
    write(old);
    write(shared);
    CompletedCheckpointStore before(environment, "job", 2);
    CompletedCheckpoint first = Holding(1, {old, shared});
    CompletedCheckpoint second = Holding(2, {shared});
    for (CompletedCheckpoint* const each : {&first, &second}) {
      each->snapshots.front().path = CheckpointDirectory("job", each->id) + "/own";
      each->snapshots.front().size = 1;
      write(each->snapshots.front().path);
      ASSERT_TRUE(before.Add(*each));
    }
    CompletedCheckpointStore after(environment, "job", 1);
    after.SetShares();
    ASSERT_TRUE(after.Recover());
    EXPECT_THAT(after.Subsume(), ElementsAre(CheckpointId(1)));
    EXPECT_FALSE(exists(old)) << "nobody holds it any more";
    EXPECT_TRUE(exists(shared)) << "a restored checkpoint holds it";
  }));
}

FLINK_CONTRACT(RocksIncrementalSnapshotStrategyTest, testCheckpointIsIncremental) {
  UploadedFiles files;
  const auto plan = [&files](uint64_t id, const std::vector<std::string>& names) {
    std::vector<std::string> reused;
    std::vector<SharedFile> uploaded;
    for (const PlannedTable& table : files.Plan(CheckpointId(id), names, [id](const auto& name) {
           return fmt::format("{}@{}", name, id);
         })) {
      if (table.known) {
        reused.push_back(table.path);
      }
      uploaded.push_back({.name = table.name, .path = table.path});
    }
    files.Uploaded(uploaded);
    return reused;
  };
  EXPECT_THAT(plan(1, {"a"}), IsEmpty());
  EXPECT_THAT(plan(2, {"a", "b"}), IsEmpty()) << "nobody has said that checkpoint 1 is complete";
  files.Confirm(CheckpointId(2));
  EXPECT_THAT(plan(3, {"a", "b", "c"}), ElementsAre("a@2", "b@2"));
  files.Abort(CheckpointId(3));
  EXPECT_THAT(plan(4, {"a", "c"}), ElementsAre("a@2"));
}

// ---- Key groups ---------------------------------------------------------------------------------

FLINK_CONTRACT(KeyGroupRangeAssignmentTest, testCheckKeyGroupAssignmentToRanges) {
  for (uint32_t max_parallelism = 1; max_parallelism <= 130; max_parallelism += 3) {
    for (uint32_t parallelism = 1; parallelism <= max_parallelism; ++parallelism) {
      uint32_t next = 0;
      for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
        const KeyGroupRange range = RangeOf(SubtaskIndex(subtask), max_parallelism, parallelism);
        ASSERT_EQ(range.first.value(), next);
        const uint32_t size = range.last.value() - range.first.value() + 1;
        ASSERT_LE(max_parallelism / parallelism, size);
        ASSERT_LE(size, (max_parallelism + parallelism - 1) / parallelism);
        for (uint32_t group = next; group < next + size; ++group) {
          ASSERT_EQ(OwnerOf(KeyGroup(group), max_parallelism, parallelism), SubtaskIndex(subtask));
        }
        next += size;
      }
      ASSERT_EQ(next, max_parallelism);
    }
  }
}

// ---- Parts that are no files --------------------------------------------------------------------

constexpr ExecutionAttemptId kTask{
    .vertex = VertexId(1), .subtask = SubtaskIndex(0), .attempt = AttemptNumber(1)};

// A part with one entry of so many bytes; whether it is a file is told, and it is read again.
void ExpectPart(size_t bytes, const PartPlacement& placement, CheckpointKind kind, bool is_file) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    FrozenTask task;
    task["op"].state["list"] = {sim::Bytes(bytes, 'x')};
    const auto part =
        WriteSnapshot(volume, "job", CheckpointId(3), kTask, task, kind, {}, placement);
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_EQ(!part->content.has_value(), is_file);
    EXPECT_EQ(volume.Size(part->path).has_value(), is_file);
    const CompletedCheckpoint taken{.id = CheckpointId(3), .snapshots = {*part}, .kind = kind};
    ASSERT_TRUE(WriteMetadata(volume, "job", taken));
    const auto loaded = LoadCheckpoint(volume, DirectoryOfCheckpoint("job", taken));
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(LastAttemptOf(*loaded), 1U);
    const auto read = ReadSnapshot(volume, loaded->snapshots.front());
    EXPECT_EQ(read->at("op").state.at("list").front().size(), bytes);
    EXPECT_TRUE(RemoveSnapshot(volume, part->path)) << "there may be nothing to remove";
  }));
}

FLINK_CONTRACT(FsCheckpointStateOutputStreamTest, testStateBelowMemThreshold) {
  ExpectPart(222, {.inline_max = 512}, CheckpointKind::kAligned, false);
  ExpectPart(100'000, {.inline_max = 200'000}, CheckpointKind::kAligned, false);
}

FLINK_CONTRACT(FsCheckpointStateOutputStreamTest, testStateAboveMemThreshold) {
  ExpectPart(576'446, {.inline_max = 17}, CheckpointKind::kAligned, true);
  ExpectPart(200'001, {.inline_max = 200'000}, CheckpointKind::kAligned, true);
  ExpectPart(222, {.inline_max = 512}, CheckpointKind::kSavepoint, true);
}

FLINK_CONTRACT(FsCheckpointStateOutputStreamTest, testZeroThreshold) {
  ExpectPart(10, {}, CheckpointKind::kAligned, true);
}

FLINK_CONTRACT(MemoryCheckpointOutputStreamTest, testStateStream) {
  ExpectPart(1'000'000, PartPlacement::InMemory(), CheckpointKind::kAligned, false);
}

FLINK_CONTRACT(MemoryCheckpointOutputStreamTest, testOversizedState) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    FrozenTask task;
    task["op"].state["list"] = {sim::Bytes(PartPlacement::kInMemoryMax, 'x')};
    const auto part = WriteSnapshot(environment.shared(), "job", CheckpointId(3), kTask, task,
                                    CheckpointKind::kAligned, {}, PartPlacement::InMemory());
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, sim::ErrorCode::kNoSpace);
    EXPECT_EQ(part.error().message,
              "The part /checkpoints/job/chk-3/1-0-1 of the checkpoint has more than the 5242880 "
              "bytes that a task may keep with the JobManager. Set "
              "execution.checkpointing.storage = filesystem.");
  }));
}

}  // namespace
}  // namespace flinch::engine
