// A sink that writes files on the shared volume, of which readers see only what is finished.
//
// Shape:    a directory per bucket, in it part files, of which each subtask writes its own:
//             /out/2026-01-01/.part-1-2-7.inprogress    subtask 1, attempt 2, its 7th
//             /out/2026-01-01/part-1-2-7.csv            the same, finished
//           Readers pass over names with a dot in front, as those of Flink's files do.
// Phases:   see kPartFileTransitions. A file that is rolled is complete and pending; the
//           notification of a checkpoint that holds it gives it its name. One that is in progress
//           at a snapshot is synced, and its length is in the state.
// Rolling:  by size, age and idleness, or with each checkpoint (FileRollingPolicy).
// Restore:  what was pending is finished, however often that was tried. What was in progress is
//           copied up to its length into a file of this attempt, and goes on there: so whatever
//           writes on in the old one, a zombie say, writes into nothing. The old one goes with the
//           first complete checkpoint that has the new one. What earlier attempts of this
//           subtask left, and no state names, is removed.
// State:    "in-progress" and "pending": PartFile each.
// Errors:   one of the volume fails the task; the next attempt finishes what was pending. A pending
//           file that is gone is lost output: the task fails, and says so.
// Survives: what the log's sink does (connectors/log_sink.h), but not a restore from a checkpoint
//           that is older than what was finished.
// Source:   Flink's FileSink, FileWriterBucket, DefaultRollingPolicy.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/defects.h"
#include "engine/serializer.h"
#include "engine/stream_operator.h"
#include "engine/transition_table.h"
#include "sim/disk.h"
#include "sim/environment.h"

namespace flinch::engine {

enum class PartFilePhase : uint8_t { kNone, kInProgress, kPending, kFinished };

enum class PartFileInput : uint8_t {
  kRecord,
  kRoll,  // it is large, old or idle enough, or the input has ended
  kSnapshot,
  kCheckpointComplete,  // this one's, or a later one
  kRestored,
};

enum class PartFileAction : uint8_t { kCreate, kAppend, kClose, kPersist, kCopy, kRename, kIgnore };

std::string_view Name(PartFilePhase phase);
std::string_view Name(PartFileInput input);
std::string_view Name(PartFileAction action);

inline constexpr auto kPartFileTransitions = [] {
  using Phase = PartFilePhase;
  using Input = PartFileInput;
  using Action = PartFileAction;
  return std::to_array<Transition<Phase, Input, Action>>({
      {Phase::kNone, Input::kRecord, Phase::kInProgress, Action::kCreate},
      {Phase::kInProgress, Input::kRecord, Phase::kInProgress, Action::kAppend},
      {Phase::kInProgress, Input::kSnapshot, Phase::kInProgress, Action::kPersist},
      {Phase::kInProgress, Input::kRestored, Phase::kInProgress, Action::kCopy},
      {Phase::kInProgress, Input::kRoll, Phase::kPending, Action::kClose},
      // Its checkpoint may fail: a later one finishes it.
      {Phase::kPending, Input::kSnapshot, Phase::kPending, Action::kIgnore},
      {Phase::kPending, Input::kCheckpointComplete, Phase::kFinished, Action::kRename},
      {Phase::kPending, Input::kRestored, Phase::kFinished, Action::kRename},
  });
}();
static_assert(IsDeterministic(kPartFileTransitions));
static_assert(EveryPhaseReachable(kPartFileTransitions));

// When a file is complete. Flink's defaults.
struct FileRollingPolicy {
  uint64_t bytes_max = uint64_t{128} << 20;                     // behind the record that exceeds it
  sim::Duration rollover_interval = std::chrono::minutes(1);    // since its first record
  sim::Duration inactivity_interval = std::chrono::minutes(1);  // since its last
  bool on_checkpoint = false;
};

struct FileSinkOptions {
  std::string path;  // of the directory: "/out"
  std::string prefix = "part";
  std::string suffix{};  // ".csv"
  FileRollingPolicy rolling{};
  uint64_t buffer_bytes = 4096;  // before they are written
};

// An entry of both lists of the state.
struct PartFile {
  std::string bucket;
  std::string name;  // "part-1-2-7"
  uint32_t subtask = 0;
  uint64_t bytes = 0;
  CheckpointId checkpoint;  // the first that has it pending; none for one in progress

  friend bool operator==(const PartFile&, const PartFile&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.bucket);
    visit(self.name);
    visit(self.subtask);
    visit(self.bytes);
    visit(self.checkpoint);
  }
};

inline constexpr std::string_view kFileSinkInProgressState = "in-progress";
inline constexpr std::string_view kFileSinkPendingState = "pending";

// Who wrote a part file.
struct PartFileWriter {
  uint32_t subtask = 0;
  uint32_t attempt = 0;

  friend bool operator==(const PartFileWriter&, const PartFileWriter&) = default;
};

// Of a file in progress of a sink with this prefix, by its path or name; nothing for all else.
std::optional<PartFileWriter> WriterOfPart(std::string_view prefix, std::string_view path);

// What a file sink does that does not depend on the type of its records. All calls may suspend.
class FileWriter {
 public:
  static sim::Result<std::unique_ptr<FileWriter>> Open(OperatorRuntime& runtime,
                                                       const FileSinkOptions& options,
                                                       const OperatorState* restored);

  sim::Result<void> Write(const std::string& bucket, std::string_view bytes);
  // Nothing more comes: what is in progress is pending from here on.
  sim::Result<void> EndInput();
  sim::Result<OperatorState> Snapshot(CheckpointId checkpoint);
  sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint);

  // When the next file is old or idle enough.
  sim::SimTime NextTimer() const;
  sim::Result<void> FireTimers();

  // Buckets with a file in progress, and files that are pending.
  std::vector<std::string> buckets() const;

  size_t pending() const { return pending_.size(); }

 private:
  struct InProgress {
    PartFile part;
    std::unique_ptr<sim::File> file;
    std::string buffer;  // not written yet
    sim::SimTime first_record;
    sim::SimTime last_record;
  };

  // A file that a restore has copied, until a checkpoint has the copy.
  struct Copied {
    std::string path;
    std::optional<CheckpointId> checkpoint{};
  };

  FileWriter(OperatorRuntime& runtime, const FileSinkOptions& options);

  sim::Result<void> Restore(const OperatorState& state);
  sim::Result<void> Resume(const PartFile& part);
  // Of earlier attempts, and named by none of these.
  sim::Result<void> RemoveLeftovers(const std::vector<PartFile>& named);
  sim::Result<InProgress*> Create(const std::string& bucket);
  sim::Result<void> Flush(InProgress& open);
  // In progress no more.
  sim::Result<void> Roll(const std::string& bucket);
  sim::Result<void> RollWhere(const std::function<bool(const InProgress&)>& is_due);
  sim::Result<void> Finish(const PartFile& part, PartFileInput input);
  bool IsMine(uint32_t subtask) const;
  sim::SimTime DueAt(const InProgress& open) const;
  std::string DirectoryOfBucket(const std::string& bucket) const;
  std::string InProgressPath(const PartFile& part) const;
  std::string FinishedPath(const PartFile& part) const;

  sim::Environment& environment_;
  sim::FileSystem& volume_;
  FileSinkOptions options_;
  Defects defects_;
  SubtaskInfo subtask_;
  std::map<std::string, InProgress> open_;  // by bucket
  std::vector<PartFile> pending_;
  std::vector<Copied> copied_;
  uint64_t created_ = 0;
};

// The typed sink.
template <typename T>
class FileSink final : public StreamOperator {
 public:
  using In = T;
  using EncodeRecord = std::function<std::string(const T&)>;             // a line with its end, say
  using AssignBucket = std::function<std::string(const T&, EventTime)>;  // "": the directory itself

  // Under another parallelism each subtask looks for its own, and for those of subtasks that are no
  // more; whose files must stay it learns from all.
  static std::vector<std::string> SharedLists() {
    return {std::string(kFileSinkInProgressState), std::string(kFileSinkPendingState)};
  }

  FileSink(FileSinkOptions options, EncodeRecord encode, AssignBucket bucket_of = {})
      : options_(std::move(options)),
        encode_(std::move(encode)),
        bucket_of_(std::move(bucket_of)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    sim::Result<std::unique_ptr<FileWriter>> writer = FileWriter::Open(runtime, options_, restored);
    if (!writer) {
      return sim::Fail(writer);
    }
    writer_ = *std::move(writer);
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const T& value = *static_cast<const T*>(record.value);
    return writer_->Write(bucket_of_ ? bucket_of_(value, record.timestamp) : std::string(),
                          encode_(value));
  }

  // Nobody is behind a sink.
  sim::Result<void> ProcessWatermark(EventTime) override { return {}; }

  sim::SimTime NextTimer() const override { return writer_->NextTimer(); }

  sim::Result<void> FireTimers() override { return writer_->FireTimers(); }

  sim::Result<void> Finish() override { return writer_->EndInput(); }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta& meta) override {
    return writer_->Snapshot(meta.id);
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) override {
    return writer_->NotifyCheckpointComplete(checkpoint);
  }

 private:
  FileSinkOptions options_;
  EncodeRecord encode_;
  AssignBucket bucket_of_;
  std::unique_ptr<FileWriter> writer_;
};

}  // namespace flinch::engine
