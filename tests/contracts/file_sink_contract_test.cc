// Flink's tests of file sinks, of ours: in a world with a shared volume.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "engine/connectors/file_sink.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"
#include "tests/support/plain_runtime.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class NobodyBehind final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override { return {}; }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }
};

// One attempt of one subtask.
class WriterStage {
 public:
  WriterStage(sim::Environment& environment, uint32_t attempt, const FileRollingPolicy& rolling,
              const OperatorState* restored = nullptr, uint32_t subtask = 0,
              uint32_t parallelism = 1)
      : runtime_({.environment = environment,
                  .output = output_,
                  .subtask = {.name = "sink",
                              .index = SubtaskIndex(subtask),
                              .parallelism = parallelism,
                              .attempt = AttemptNumber(attempt)},
                  .keyed_state = nullptr,
                  .defects = {}}) {
    sim::Result<std::unique_ptr<FileWriter>> opened =
        FileWriter::Open(runtime_, {.path = "/out", .rolling = rolling}, restored);
    EXPECT_TRUE(opened) << opened.error().message;
    writer_ = *std::move(opened);
  }

  void Write(const std::string& bucket, const std::string& text) {
    EXPECT_TRUE(writer_->Write(bucket, text));
  }

  OperatorState Snapshot(uint64_t id) {
    sim::Result<OperatorState> state = writer_->Snapshot(CheckpointId(id));
    EXPECT_TRUE(state);
    return state.value_or(OperatorState());
  }

  void Complete(uint64_t id) { EXPECT_TRUE(writer_->NotifyCheckpointComplete(CheckpointId(id))); }

  FileWriter& writer() { return *writer_; }

 private:
  NobodyBehind output_;
  tests::PlainRuntime runtime_;
  std::unique_ptr<FileWriter> writer_;
};

constexpr FileRollingPolicy kWithCheckpoints{.on_checkpoint = true};
constexpr FileRollingPolicy kSeldom{.rollover_interval = 1h, .inactivity_interval = 1h};

size_t InProgressIn(const OperatorState& state) {
  return state.at(std::string(kFileSinkInProgressState)).size();
}

size_t PendingIn(const OperatorState& state) {
  return state.at(std::string(kFileSinkPendingState)).size();
}

// Files by their paths: finished, or with a dot in front.
std::map<std::string, std::string> Files(sim::Environment& environment) {
  std::map<std::string, std::string> files;
  const sim::Result<std::vector<std::string>> names = environment.shared().List("/out");
  EXPECT_TRUE(names);
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    files[name.substr(5)] = environment.shared().Read(name).value_or("gone");
  }
  return files;
}

void InWorld(const std::function<void(sim::Environment&)>& body) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", body));
}

FLINK_CONTRACT(FileWriterBucketTest, testOnCheckpointNoPendingRecoverable) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kSeldom);
    stage.Write("b", "text");
    const OperatorState state = stage.Snapshot(1);
    EXPECT_EQ(InProgressIn(state), 1);
    EXPECT_EQ(PendingIn(state), 0);
    EXPECT_THAT(Files(environment), ElementsAre(Pair("b/.part-0-1-1.inprogress", "text")));
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testOnCheckpointRollingOnCheckpoint) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kWithCheckpoints);
    stage.Write("b", "text");
    const OperatorState state = stage.Snapshot(1);
    EXPECT_EQ(InProgressIn(state), 0);
    EXPECT_EQ(PendingIn(state), 1);
    stage.Complete(1);
    EXPECT_THAT(Files(environment), ElementsAre(Pair("b/part-0-1-1", "text")));
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testOnCheckpointMultiplePendingFiles) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, {.bytes_max = 0});
    for (const char* text : {"1", "2", "3"}) {
      stage.Write("b", text);
    }
    const OperatorState state = stage.Snapshot(1);
    EXPECT_EQ(PendingIn(state), 2);
    EXPECT_EQ(InProgressIn(state), 1);
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testOnCheckpointWithInProgressFileToCleanup) {
  InWorld([](sim::Environment& environment) {
    WriterStage before(environment, 1, kSeldom);
    before.Write("b", "text");
    const OperatorState state = before.Snapshot(1);
    WriterStage after(environment, 2, kSeldom, &state);
    (void)after.Snapshot(2);
    // The old one may still be restored.
    EXPECT_THAT(Files(environment), SizeIs(2));
    after.Complete(2);
    EXPECT_THAT(Files(environment), ElementsAre(Pair("b/.part-0-2-1.inprogress", "text")));
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testFlush) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kSeldom);
    stage.Write("b", "text");
    ASSERT_TRUE(stage.writer().EndInput());
    EXPECT_THAT(stage.writer().buckets(), IsEmpty());
    EXPECT_EQ(PendingIn(stage.Snapshot(1)), 1);
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testRollingOnProcessingTime) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, {.rollover_interval = 10s, .inactivity_interval = 1h});
    stage.Write("b", "1");
    environment.Sleep(9s);
    ASSERT_TRUE(stage.writer().FireTimers());
    EXPECT_THAT(stage.writer().buckets(), ElementsAre("b"));
    environment.Sleep(1s);
    ASSERT_TRUE(stage.writer().FireTimers());
    EXPECT_THAT(stage.writer().buckets(), IsEmpty());
    EXPECT_EQ(stage.writer().pending(), 1);
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testRestoreWithInprogressFileSupportResume) {
  InWorld([](sim::Environment& environment) {
    WriterStage before(environment, 1, kSeldom);
    before.Write("b", "before ");
    const OperatorState state = before.Snapshot(1);
    before.Write("b", "lost");
    (void)before.Snapshot(2);  // never complete
    WriterStage after(environment, 2, kSeldom, &state);
    EXPECT_THAT(after.writer().buckets(), ElementsAre("b"));
    before.Write("b", "a zombie's");
    (void)before.Snapshot(3);
    after.Write("b", "after");
    ASSERT_TRUE(after.writer().EndInput());
    (void)after.Snapshot(4);
    after.Complete(4);
    EXPECT_EQ(Files(environment)["b/part-0-2-1"], "before after");
  });
}

FLINK_CONTRACT(FileWriterBucketTest, testRestoringWithOnlyPendingFiles) {
  InWorld([](sim::Environment& environment) {
    WriterStage before(environment, 1, kWithCheckpoints);
    OperatorState state;
    for (uint64_t id = 1; id <= 4; ++id) {
      before.Write("b", std::to_string(id));
      state = before.Snapshot(id);
    }
    EXPECT_EQ(PendingIn(state), 4);
    before.Complete(2);  // the first two have their names already
    WriterStage after(environment, 2, kWithCheckpoints, &state);
    EXPECT_THAT(after.writer().buckets(), IsEmpty());
    EXPECT_THAT(Files(environment),
                ElementsAre(Pair("b/part-0-1-1", "1"), Pair("b/part-0-1-2", "2"),
                            Pair("b/part-0-1-3", "3"), Pair("b/part-0-1-4", "4")));
  });
}

OperatorState Together(const OperatorState& first, const OperatorState& second) {
  OperatorState all = first;
  for (const auto& [list, entries] : second) {
    all[list].insert(all[list].end(), entries.begin(), entries.end());
  }
  return all;
}

FLINK_CONTRACT(FileWriterBucketTest, testMergeWithInprogressFileSupportResume) {
  InWorld([](sim::Environment& environment) {
    WriterStage first(environment, 1, kSeldom, nullptr, 0, 2);
    WriterStage second(environment, 1, kSeldom, nullptr, 1, 2);
    first.Write("b", "one");
    second.Write("b", "two");
    const OperatorState state = Together(first.Snapshot(1), second.Snapshot(1));
    WriterStage merged(environment, 2, kSeldom, &state);
    EXPECT_THAT(merged.writer().buckets(), ElementsAre("b"));
    EXPECT_EQ(merged.writer().pending(), 1);
  });
}

FLINK_CONTRACT(FileWriterTest, testSnapshotAndRestore) {
  InWorld([](sim::Environment& environment) {
    WriterStage before(environment, 1, kSeldom);
    for (const char* bucket : {"test1", "test2", "test3"}) {
      before.Write(bucket, bucket);
    }
    const OperatorState state = before.Snapshot(1);
    EXPECT_EQ(InProgressIn(state), 3);
    WriterStage after(environment, 2, kWithCheckpoints, &state);
    EXPECT_THAT(after.writer().buckets(), ElementsAre("test1", "test2", "test3"));
  });
}

FLINK_CONTRACT(FileWriterTest, testMergingForRescaling) {
  InWorld([](sim::Environment& environment) {
    WriterStage first(environment, 1, kSeldom, nullptr, 0, 2);
    WriterStage second(environment, 1, kSeldom, nullptr, 1, 2);
    for (const char* bucket : {"test1", "test2", "test3"}) {
      first.Write(bucket, "first ");
    }
    for (const char* bucket : {"test1", "test2"}) {
      second.Write(bucket, "second ");
    }
    const OperatorState state = Together(first.Snapshot(1), second.Snapshot(1));
    WriterStage merged(environment, 2, kSeldom, &state);
    EXPECT_THAT(merged.writer().buckets(), ElementsAre("test1", "test2", "test3"));
    EXPECT_EQ(merged.writer().pending(), 2);
    ASSERT_TRUE(merged.writer().EndInput());
    (void)merged.Snapshot(2);
    merged.Complete(2);
    std::vector<std::string> texts;
    for (const auto& [name, text] : Files(environment)) {
      texts.push_back(name.substr(0, 6) + text);
    }
    EXPECT_THAT(texts, UnorderedElementsAre("test1/first ", "test1/second ", "test2/first ",
                                            "test2/second ", "test3/first "));
  });
}

FLINK_CONTRACT(FileWriterTest, testBucketIsRemovedWhenNotActive) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kWithCheckpoints);
    stage.Write("b", "text");
    (void)stage.Snapshot(1);
    stage.Complete(1);
    EXPECT_THAT(stage.writer().buckets(), IsEmpty());
    EXPECT_EQ(stage.writer().pending(), 0);
    EXPECT_EQ(stage.writer().NextTimer(), sim::kForever);
  });
}

FLINK_CONTRACT(FileWriterTest, testOnProcessingTime) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, {.rollover_interval = 10s, .inactivity_interval = 1h});
    stage.Write("test1", "1");
    environment.Sleep(5s);
    stage.Write("test2", "2");
    environment.Sleep(stage.writer().NextTimer() - environment.Now());
    ASSERT_TRUE(stage.writer().FireTimers());
    EXPECT_THAT(stage.writer().buckets(), ElementsAre("test2"));
    EXPECT_EQ(stage.writer().pending(), 1);
  });
}

FLINK_CONTRACT(FileCommitterTest, testCommitPendingFile) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kWithCheckpoints);
    stage.Write("b", "1");
    (void)stage.Snapshot(1);
    stage.Write("b", "2");
    (void)stage.Snapshot(2);
    stage.Complete(1);
    EXPECT_THAT(Files(environment),
                ElementsAre(Pair("b/.part-0-1-2.inprogress", "2"), Pair("b/part-0-1-1", "1")));
    stage.Complete(1);  // twice
    stage.Complete(2);
    EXPECT_EQ(stage.writer().pending(), 0);
  });
}

FLINK_CONTRACT(FileCommitterTest, testCleanupInProgressFiles) {
  InWorld([](sim::Environment& environment) {
    WriterStage mine(environment, 1, kSeldom, nullptr, 0, 2);
    WriterStage another(environment, 1, kSeldom, nullptr, 1, 2);
    mine.Write("b", "one");
    another.Write("b", "two");
    (void)mine.Snapshot(1);
    const OperatorState theirs = another.Snapshot(1);
    // From nothing: what was in progress is of no use. The other's is none of its business.
    WriterStage again(environment, 2, kSeldom, nullptr, 0, 2);
    EXPECT_THAT(Files(environment), ElementsAre(Pair("b/.part-1-1-1.inprogress", "two")));
    WriterStage other(environment, 2, kSeldom, &theirs, 1, 2);
    EXPECT_THAT(other.writer().buckets(), ElementsAre("b"));
  });
}

TEST(FileSinkTest, APendingFileThatIsGoneFailsTheTaskByItsName) {
  InWorld([](sim::Environment& environment) {
    WriterStage stage(environment, 1, kWithCheckpoints);
    stage.Write("b", "1");
    (void)stage.Snapshot(1);
    ASSERT_TRUE(environment.shared().Remove("/out/b/.part-0-1-1.inprogress"));
    const sim::Result<void> failed = stage.writer().NotifyCheckpointComplete(CheckpointId(1));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, testing::HasSubstr("/out/b/part-0-1-1"));
  });
}

TEST(FileSinkTest, NamesOfOthersAreNone) {
  EXPECT_EQ(WriterOfPart("part", "/out/b/.part-1-22-3.inprogress"),
            (PartFileWriter{.subtask = 1, .attempt = 22}));
  for (const char* name : {".part-1-2-3", "part-1-2-3.inprogress", ".part-1-2.inprogress",
                           ".part-1-2-3-4.inprogress", ".parts-1-2-3.inprogress", ""}) {
    EXPECT_FALSE(WriterOfPart("part", name)) << name;
  }
}

}  // namespace
}  // namespace flinch::engine
