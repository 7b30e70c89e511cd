#include "engine/checkpoint/checkpoint_storage.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/checksum.h"
#include "tests/support/bench.h"
#include "tests/support/frozen.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr CheckpointId kId(7);
constexpr ExecutionAttemptId kTask{VertexId(2), SubtaskIndex(1), AttemptNumber(3)};
constexpr std::string_view kPath = "/checkpoints/job/chk-7/2-1-3";

TaskSnapshot Sample() {
  TaskSnapshot snapshot;
  snapshot["source"].state["offsets"] = {"one", std::string("\0\xff", 2), ""};
  snapshot["window"].keyed[KeyGroup(0)] = "a";
  snapshot["window"].keyed[KeyGroup(127)] = std::string(300, 'x');
  snapshot["filter"] = {};
  return snapshot;
}

bool Equal(const TaskSnapshot& left, const TaskSnapshot& right) {
  return std::ranges::equal(left, right, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.state == other.second.state &&
           one.second.keyed == other.second.keyed;
  });
}

void Overwrite(sim::FileSystem& volume, std::string_view path, std::string_view bytes) {
  ASSERT_TRUE(sim::WriteDurably(volume, path, bytes));
}

TEST(CheckpointStorageTest, ASnapshotComesBackAsItWasWritten) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    const sim::Result<SnapshotHandle> handle = tests::WriteFrozen(volume, kId, kTask, Sample());
    ASSERT_TRUE(handle);
    EXPECT_EQ(handle->vertex, kTask.vertex);
    EXPECT_EQ(handle->subtask, kTask.subtask);
    EXPECT_EQ(handle->path, kPath);
    EXPECT_EQ(handle->size, volume.Read(kPath)->size());
    const sim::Result<TaskSnapshot> read = ReadSnapshot(volume, *handle);
    ASSERT_TRUE(read);
    EXPECT_TRUE(Equal(*read, Sample()));
    EXPECT_EQ(read->at("window").keyed.size(), 2U);
    EXPECT_EQ(read->at("source").state.at("offsets").size(), 3U);
  }));
}

TEST(CheckpointStorageTest, ASnapshotThatIsRemovedIsGoneAndMayBeRemovedAgain) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    ASSERT_TRUE(tests::WriteFrozen(volume, kId, kTask, Sample()));
    ASSERT_TRUE(RemoveSnapshot(volume, kPath));
    EXPECT_FALSE(volume.Read(kPath));
    EXPECT_TRUE(RemoveSnapshot(volume, kPath));
  }));
}

TEST(CheckpointStorageTest, APathTellsWhoseItIs) {
  EXPECT_EQ(CheckpointOf("job", kPath), kId);
  EXPECT_EQ(CheckpointOf("job", MetadataPath("job", CheckpointId(12))), CheckpointId(12));
  for (const std::string_view other :
       {"/checkpoints/other/chk-7/2-1-3", "/checkpoints/job/chk-/x", "/checkpoints/job/chk-7",
        "/checkpoints/job/chk-7x/y", "/checkpoints/job/notes", ""}) {
    EXPECT_EQ(CheckpointOf("job", other), std::nullopt) << other;
  }
}

TEST(CheckpointStorageTest, ASnapshotSurvivesTheCrashOfItsWriter) {
  tests::Bench bench;
  sim::ProcessId writer;
  SnapshotHandle handle;
  writer = bench.Start("tm", [&handle](sim::Environment& environment) {
    handle = *tests::WriteFrozen(environment.shared(), kId, kTask, Sample());
    environment.Trace("test.written");
    environment.Sleep(std::chrono::hours(1));
  });
  ASSERT_TRUE(bench.RunUntil([&] { return !bench.Events("test.written").empty(); }));
  bench.world().Crash(writer);
  ASSERT_TRUE(bench.Run("reader", [&handle](sim::Environment& environment) {
    const sim::Result<TaskSnapshot> read = ReadSnapshot(environment.shared(), handle);
    ASSERT_TRUE(read);
    EXPECT_TRUE(Equal(*read, Sample()));
  }));
}

TEST(CheckpointStorageTest, AMissingSnapshotIsNotFound) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    const sim::Result<TaskSnapshot> read =
        ReadSnapshot(environment.shared(), {.path = "/checkpoints/none", .size = 0});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, sim::ErrorCode::kNotFound);
  }));
}

TEST(CheckpointStorageTest, DamageOfAnyByteIsCorruption) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    const auto handle = tests::WriteFrozen(volume, kId, kTask, Sample());
    const sim::Result<Bytes> whole = volume.Read(kPath);
    ASSERT_TRUE(handle && whole);
    for (size_t at = 0; at < whole->size(); ++at) {
      Bytes damaged = *whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      Overwrite(volume, kPath, damaged);
      const sim::Result<TaskSnapshot> read = ReadSnapshot(volume, *handle);
      ASSERT_FALSE(read) << "byte " << at;
      EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption) << "byte " << at;
    }
  }));
}

TEST(CheckpointStorageTest, AFileThatIsTooShortOrTooLongIsCorruption) {
  const Bytes whole = Seal("some content");
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto content = Unseal(std::string_view(whole).substr(0, size), "/file");
    ASSERT_FALSE(content) << size << " bytes";
    EXPECT_EQ(content.error().code, sim::ErrorCode::kCorruption);
  }
  EXPECT_FALSE(Unseal(whole + "x", "/file"));
  EXPECT_TRUE(Unseal(whole, "/file"));
}

TEST(CheckpointStorageTest, ASoundFileWithForeignContentIsCorruption) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    const auto handle = tests::WriteFrozen(environment.shared(), kId, kTask, Sample());
    ASSERT_TRUE(handle);
    Overwrite(environment.shared(), kPath, Seal("no snapshot"));
    const auto read = ReadSnapshot(environment.shared(), *handle);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption);
  }));
}

// As a later build might write it: sound, but of another version.
Bytes SealWithVersion(uint32_t version, std::string_view content) {
  Encoder out;
  Write(out, version);
  out.Raw(content.data(), content.size());
  Write(out, Checksum(out.bytes()));
  return out.Take();
}

TEST(CheckpointStorageTest, AnotherFormatVersionIsNamed) {
  ASSERT_EQ(SealWithVersion(2, "content"), Seal("content"));
  const Bytes later = SealWithVersion(3, "content");
  const auto content = Unseal(later, "/checkpoints/job/chk-7/_metadata");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, sim::ErrorCode::kCorruption);
  EXPECT_THAT(content.error().message, HasSubstr("/checkpoints/job/chk-7/_metadata"));
  EXPECT_THAT(content.error().message, HasSubstr("version 3"));
}

TEST(CheckpointStorageTest, SealingTakesAnyContent) {
  for (const std::string& content : {std::string(), std::string("\0", 1), std::string(999, 'z')}) {
    const Bytes sealed = Seal(content);
    EXPECT_EQ(*Unseal(sealed, "/file"), content);
  }
}

TEST(CheckpointStorageTest, TheMetadataComesBackAsItWasWritten) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    const CompletedCheckpoint written{
        .id = kId,
        .is_final = true,
        .snapshots = {{.vertex = VertexId(2), .subtask = SubtaskIndex(1), .path = "p", .size = 9}}};
    ASSERT_TRUE(WriteMetadata(environment.shared(), "job", written));
    const auto file = environment.shared().Read(MetadataPath("job", kId));
    ASSERT_TRUE(file);
    const auto content = Unseal(*file, "");
    ASSERT_TRUE(content);
    const auto read = Decode<CompletedCheckpoint>(*content);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, written.id);
    EXPECT_TRUE(read->is_final);
    EXPECT_EQ(read->snapshots, written.snapshots);
  }));
}

TEST(CheckpointStorageTest, WhatWasInFlightIsFoundAgain) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    FrozenTask frozen;
    frozen["count"] = {};
    const ChannelEdge edge{.from = OperatorId(5), .tag = {}, .to = OperatorId(6), .input = 1};
    const InFlight in_flight = {{.edge = edge,
                                 .side = ChannelSide::kInput,
                                 .producer = SubtaskIndex(4),
                                 .consumer = SubtaskIndex(1),
                                 .buffers = {"first", "second"}},
                                {.edge = edge, .producer = SubtaskIndex(3), .buffers = {}}};
    const auto handle =
        WriteSnapshot(volume, "job", kId, kTask, frozen, CheckpointKind::kUnaligned, in_flight);
    ASSERT_TRUE(handle);
    ASSERT_EQ(handle->channels.size(), 1U) << "what is empty has no handle";
    const CompletedCheckpoint written{
        .id = kId,
        .snapshots = {*handle, {.path = handle->path, .size = handle->size}},
        .kind = CheckpointKind::kUnaligned};
    ASSERT_TRUE(WriteMetadata(volume, "job", written));
    const auto read = LoadCheckpoint(volume, CheckpointDirectory("job", kId));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->snapshots, written.snapshots);
    EXPECT_EQ(read->kind, CheckpointKind::kUnaligned);
    const ChannelHandle& channel = read->snapshots.front().channels.front();
    EXPECT_EQ(channel.producer, SubtaskIndex(4));
    const auto file = volume.Read(handle->path);
    ASSERT_TRUE(file);
    EXPECT_EQ(BlockAt(*file, channel.buffers.at(0), "").value_or(""), "first");
    EXPECT_EQ(BlockAt(*file, channel.buffers.at(1), "").value_or(""), "second");
  }));
}

CompletedCheckpoint WriteSavepoint(sim::Environment& environment) {
  FrozenTask frozen;
  frozen["source"].state["id"] = {"seven"};
  const auto handle =
      WriteSnapshot(environment.shared(), "job", kId, kTask, frozen, CheckpointKind::kSavepoint);
  sim::Check(handle.has_value(), "the snapshot was not written");
  const CompletedCheckpoint written{.id = kId,
                                    .snapshots = {*handle},
                                    .kind = CheckpointKind::kSavepoint,
                                    .max_parallelism = 256};
  sim::Check(WriteMetadata(environment.shared(), "job", written).has_value(), "nor its metadata");
  return written;
}

TEST(CheckpointStorageTest, ASavepointThatWasMovedIsOneStill) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    const CompletedCheckpoint written = WriteSavepoint(environment);
    const std::string from = SavepointDirectory("job", kId);
    const auto here = LoadCheckpoint(volume, from + "/");
    ASSERT_TRUE(here) << here.error().message;
    EXPECT_EQ(here->snapshots, written.snapshots);
    EXPECT_EQ(here->kind, CheckpointKind::kSavepoint);
    EXPECT_EQ(here->max_parallelism, 256U);
    const auto files = volume.List(from);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
      const auto bytes = volume.Read(file);
      ASSERT_TRUE(bytes);
      ASSERT_TRUE(sim::WriteDurably(volume, "/elsewhere" + file.substr(from.size()), *bytes));
    }
    ASSERT_TRUE(DeleteCheckpoint(volume, from));
    const auto there = LoadCheckpoint(volume, "/elsewhere/_metadata");
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_EQ(there->directory, "/elsewhere");
    const auto read = ReadSnapshot(volume, there->snapshots.front());
    ASSERT_TRUE(read);
    EXPECT_THAT(read->at("source").state.at("id"), ElementsAre("seven"));
  }));
}

TEST(CheckpointStorageTest, WhatIsWrongWithASnapshotIsNamedByItsFile) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    const std::string file = WriteSavepoint(environment).snapshots.front().path;
    const std::string directory = SavepointDirectory("job", kId);
    const auto whole = volume.Read(file);
    ASSERT_TRUE(whole);
    const auto expect = [&](const std::string& what) {
      const auto loaded = LoadCheckpoint(volume, directory);
      ASSERT_FALSE(loaded) << what;
      EXPECT_THAT(loaded.error().message, HasSubstr(what));
    };
    Bytes damaged = *whole;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    Overwrite(volume, file, damaged);
    expect(file);
    Overwrite(volume, file, *whole + "x");
    expect(fmt::format("{} has {} bytes instead of {}", file, whole->size() + 1, whole->size()));
    ASSERT_TRUE(RemoveSnapshot(volume, file));
    expect(file + " of the snapshot does not exist");
    Overwrite(volume, directory + "/_metadata", "damaged");
    expect(directory + "/_metadata is damaged");
    ASSERT_TRUE(DeleteCheckpoint(volume, directory));
    expect("There is no snapshot at " + directory);
  }));
}

TEST(CheckpointStorageTest, DeletionTakesTheWholeCheckpointAndNothingElse) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    sim::FileSystem& volume = environment.shared();
    for (const CheckpointId id : {CheckpointId(7), CheckpointId(70)}) {
      ASSERT_TRUE(tests::WriteFrozen(volume, id, kTask, Sample()));
      ASSERT_TRUE(WriteMetadata(volume, "job", {.id = id, .snapshots = {}}));
    }
    ASSERT_TRUE(DeleteCheckpoint(volume, CheckpointDirectory("job", kId)));
    ASSERT_TRUE(DeleteCheckpoint(volume, CheckpointDirectory("job", kId)))
        << "what is gone already is no error";
  }));
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job/chk-7"), IsEmpty());
  EXPECT_THAT(bench.world().ListShared("/checkpoints/job"),
              ElementsAre("/checkpoints/job/chk-70/2-1-3", "/checkpoints/job/chk-70/_metadata"));
}

}  // namespace
}  // namespace flinch::engine
