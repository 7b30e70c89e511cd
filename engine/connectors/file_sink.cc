#include "engine/connectors/file_sink.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr std::string_view kInProgressSuffix = ".inprogress";

void Expect(PartFilePhase phase, PartFileInput input, PartFileAction action) {
  sim::Check(Step(kPartFileTransitions, phase, input).action == action,
             "a part file that is {} is "
             "not to be {}",
             Name(phase), Name(action));
}

// Takes "7-" or "7" from the front.
std::optional<uint32_t> TakePartNumber(std::string_view& text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  }
  return number;
}

sim::Result<std::vector<PartFile>> PartsOf(const OperatorState& state, std::string_view list) {
  std::vector<PartFile> parts;
  if (const auto found = state.find(std::string(list)); found != state.end()) {
    for (const Bytes& bytes : found->second) {
      sim::Result<PartFile> part = Decode<PartFile>(bytes);
      if (!part) {
        return sim::Fail(part);
      }
      parts.push_back(*std::move(part));
    }
  }
  return parts;
}

}  // namespace

std::string_view Name(PartFilePhase phase) {
  switch (phase) {
    case PartFilePhase::kNone:
      return "none";
    case PartFilePhase::kInProgress:
      return "in progress";
    case PartFilePhase::kPending:
      return "pending";
    case PartFilePhase::kFinished:
      return "finished";
  }
  sim::Unreachable("no such phase");
}

std::string_view Name(PartFileInput input) {
  switch (input) {
    case PartFileInput::kRecord:
      return "record";
    case PartFileInput::kRoll:
      return "roll";
    case PartFileInput::kSnapshot:
      return "snapshot";
    case PartFileInput::kCheckpointComplete:
      return "checkpoint complete";
    case PartFileInput::kRestored:
      return "restored";
  }
  sim::Unreachable("no such input");
}

std::string_view Name(PartFileAction action) {
  switch (action) {
    case PartFileAction::kCreate:
      return "create";
    case PartFileAction::kAppend:
      return "append";
    case PartFileAction::kClose:
      return "close";
    case PartFileAction::kPersist:
      return "persist";
    case PartFileAction::kCopy:
      return "copy";
    case PartFileAction::kRename:
      return "rename";
    case PartFileAction::kIgnore:
      return "ignore";
  }
  sim::Unreachable("no such action");
}

std::optional<PartFileWriter> WriterOfPart(std::string_view prefix, std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string start = fmt::format(".{}-", prefix);
  if (!name.starts_with(start) || !name.ends_with(kInProgressSuffix)) {
    return std::nullopt;
  }
  name.remove_prefix(start.size());
  name.remove_suffix(kInProgressSuffix.size());
  const std::optional<uint32_t> subtask = TakePartNumber(name);
  const std::optional<uint32_t> attempt = TakePartNumber(name);
  const std::optional<uint32_t> number = TakePartNumber(name);
  if (!subtask || !attempt || !number || !name.empty()) {
    return std::nullopt;
  }
  return PartFileWriter{.subtask = *subtask, .attempt = *attempt};
}

FileWriter::FileWriter(OperatorRuntime& runtime, const FileSinkOptions& options)
    : environment_(runtime.environment()),
      volume_(runtime.environment().shared()),
      options_(options),
      defects_(DefectsOf(runtime)),
      subtask_(runtime.subtask()) {}

sim::Result<std::unique_ptr<FileWriter>> FileWriter::Open(OperatorRuntime& runtime,
                                                          const FileSinkOptions& options,
                                                          const OperatorState* restored) {
  std::unique_ptr<FileWriter> writer(new FileWriter(runtime, options));
  const sim::Result<void> done = writer->Restore(restored == nullptr ? OperatorState() : *restored);
  if (!done) {
    return sim::Fail(done);
  }
  return writer;
}

bool FileWriter::IsMine(uint32_t subtask) const {
  return subtask % subtask_.parallelism == subtask_.index.value();
}

sim::Result<void> FileWriter::Restore(const OperatorState& state) {
  const sim::Result<std::vector<PartFile>> pending = PartsOf(state, kFileSinkPendingState);
  const sim::Result<std::vector<PartFile>> in_progress = PartsOf(state, kFileSinkInProgressState);
  if (!pending || !in_progress) {
    return sim::Fail(pending ? in_progress : pending);
  }
  for (const PartFile& part : *pending) {
    if (!IsMine(part.subtask)) {
      continue;
    }
    if (sim::Result<void> finished = Finish(part, PartFileInput::kRestored); !finished) {
      return finished;
    }
  }
  for (const PartFile& part : *in_progress) {
    if (!IsMine(part.subtask)) {
      continue;
    }
    if (sim::Result<void> resumed = Resume(part); !resumed) {
      return resumed;
    }
  }
  std::vector<PartFile> named = *in_progress;
  named.insert(named.end(), pending->begin(), pending->end());
  return RemoveLeftovers(named);
}

sim::Result<void> FileWriter::Resume(const PartFile& part) {
  Expect(PartFilePhase::kInProgress, PartFileInput::kRestored, PartFileAction::kCopy);
  const std::string path = InProgressPath(part);
  sim::Result<Bytes> bytes = volume_.Read(path);
  if (!bytes && bytes.error().code == sim::ErrorCode::kNotFound) {
    bytes = volume_.Read(FinishedPath(part));  // by an attempt that this restore undoes
  }
  if (!bytes) {
    return sim::Fail(bytes);
  }
  if (bytes->size() < part.bytes) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has {} bytes, and had {} at the checkpoint.", path,
                                 bytes->size(), part.bytes));
  }
  if (!defects_.Has(Defect::kFileSinkResumesWholeFiles)) {
    bytes->resize(part.bytes);
  }
  if (open_.contains(part.bucket)) {  // of a subtask that is no more
    if (sim::Result<void> rolled = Roll(part.bucket); !rolled) {
      return rolled;
    }
  }
  sim::Result<InProgress*> copy = Create(part.bucket);
  if (!copy) {
    return sim::Fail(copy);
  }
  (*copy)->buffer = *std::move(bytes);
  copied_.push_back({.path = path});
  return Flush(**copy);
}

sim::Result<void> FileWriter::RemoveLeftovers(const std::vector<PartFile>& named) {
  const sim::Result<std::vector<std::string>> files = volume_.List(options_.path);
  if (!files) {
    return sim::Fail(files);
  }
  std::vector<std::string> kept;
  for (const PartFile& part : named) {
    kept.push_back(InProgressPath(part));
  }
  for (const std::string& file : *files) {
    const std::optional<PartFileWriter> writer = WriterOfPart(options_.prefix, file);
    const bool is_foreign =
        writer && !IsMine(writer->subtask) && !defects_.Has(Defect::kFileSinkCleansUpOthers);
    if (!writer || is_foreign || writer->attempt >= subtask_.attempt.value() ||
        std::ranges::find(kept, file) != kept.end()) {
      continue;
    }
    const sim::Result<void> removed = volume_.Remove(file);
    if (!removed && removed.error().code != sim::ErrorCode::kNotFound) {
      return removed;
    }
  }
  return {};
}

std::string FileWriter::DirectoryOfBucket(const std::string& bucket) const {
  return bucket.empty() ? options_.path : options_.path + "/" + bucket;
}

std::string FileWriter::InProgressPath(const PartFile& part) const {
  return fmt::format("{}/.{}{}", DirectoryOfBucket(part.bucket), part.name, kInProgressSuffix);
}

std::string FileWriter::FinishedPath(const PartFile& part) const {
  return fmt::format("{}/{}{}", DirectoryOfBucket(part.bucket), part.name, options_.suffix);
}

sim::Result<FileWriter::InProgress*> FileWriter::Create(const std::string& bucket) {
  InProgress created;
  created.part = {.bucket = bucket,
                  .name = fmt::format("{}-{}-{}-{}", options_.prefix, subtask_.index.value(),
                                      subtask_.attempt.value(), ++created_),
                  .subtask = subtask_.index.value()};
  sim::Result<std::unique_ptr<sim::File>> file =
      volume_.Open(InProgressPath(created.part), sim::OpenMode::kCreateUnique);
  if (!file) {
    return sim::Fail(file);
  }
  created.file = *std::move(file);
  created.first_record = environment_.Now();
  created.last_record = environment_.Now();
  // Its name must be there before a checkpoint says it.
  if (sim::Result<void> synced = volume_.SyncDirectory(DirectoryOfBucket(bucket)); !synced) {
    return sim::Fail(synced);
  }
  return &open_.insert_or_assign(bucket, std::move(created)).first->second;
}

sim::Result<void> FileWriter::Flush(InProgress& open) {
  if (open.buffer.empty()) {
    return {};
  }
  sim::Result<void> written = open.file->Append(open.buffer);
  if (written) {
    open.part.bytes += open.buffer.size();
    open.buffer.clear();
  }
  return written;
}

sim::Result<void> FileWriter::Write(const std::string& bucket, std::string_view bytes) {
  auto found = open_.find(bucket);
  if (found != open_.end() &&
      found->second.part.bytes + found->second.buffer.size() > options_.rolling.bytes_max) {
    if (sim::Result<void> rolled = Roll(bucket); !rolled) {
      return rolled;
    }
    found = open_.end();
  }
  InProgress* open = found == open_.end() ? nullptr : &found->second;
  Expect(open == nullptr ? PartFilePhase::kNone : PartFilePhase::kInProgress,
         PartFileInput::kRecord,
         open == nullptr ? PartFileAction::kCreate : PartFileAction::kAppend);
  if (open == nullptr) {
    const sim::Result<InProgress*> created = Create(bucket);
    if (!created) {
      return sim::Fail(created);
    }
    open = *created;
  }
  open->buffer += bytes;
  open->last_record = environment_.Now();
  return open->buffer.size() >= options_.buffer_bytes ? Flush(*open) : sim::Result<void>();
}

sim::Result<void> FileWriter::Roll(const std::string& bucket) {
  Expect(PartFilePhase::kInProgress, PartFileInput::kRoll, PartFileAction::kClose);
  InProgress& open = open_.at(bucket);
  sim::Result<void> closed = Flush(open);
  if (closed) {
    closed = open.file->Sync();
  }
  if (closed) {
    pending_.push_back(open.part);
    open_.erase(bucket);
  }
  return closed;
}

sim::Result<void> FileWriter::RollWhere(const std::function<bool(const InProgress&)>& is_due) {
  for (const std::string& bucket : buckets()) {
    if (is_due(open_.at(bucket))) {
      if (sim::Result<void> rolled = Roll(bucket); !rolled) {
        return rolled;
      }
    }
  }
  return {};
}

std::vector<std::string> FileWriter::buckets() const {
  std::vector<std::string> names;
  for (const auto& [bucket, open] : open_) {
    names.push_back(bucket);
  }
  return names;
}

sim::SimTime FileWriter::DueAt(const InProgress& open) const {
  return std::min(sim::Later(open.first_record, options_.rolling.rollover_interval),
                  sim::Later(open.last_record, options_.rolling.inactivity_interval));
}

sim::SimTime FileWriter::NextTimer() const {
  sim::SimTime next = sim::kForever;
  for (const auto& [bucket, open] : open_) {
    next = std::min(next, DueAt(open));
  }
  return next;
}

sim::Result<void> FileWriter::FireTimers() {
  return RollWhere([this](const InProgress& open) { return DueAt(open) <= environment_.Now(); });
}

sim::Result<void> FileWriter::EndInput() {
  return RollWhere([](const InProgress&) { return true; });
}

sim::Result<OperatorState> FileWriter::Snapshot(CheckpointId checkpoint) {
  if (options_.rolling.on_checkpoint) {
    if (sim::Result<void> rolled = EndInput(); !rolled) {
      return sim::Fail(rolled);
    }
  }
  OperatorState state;
  std::vector<Bytes>& in_progress = state[std::string(kFileSinkInProgressState)];
  for (auto& [bucket, open] : open_) {
    Expect(PartFilePhase::kInProgress, PartFileInput::kSnapshot, PartFileAction::kPersist);
    sim::Result<void> persisted = Flush(open);
    if (persisted) {
      persisted = open.file->Sync();
    }
    if (!persisted) {
      return sim::Fail(persisted);
    }
    in_progress.push_back(Encode(open.part));
  }
  std::vector<Bytes>& pending = state[std::string(kFileSinkPendingState)];
  for (PartFile& part : pending_) {
    Expect(PartFilePhase::kPending, PartFileInput::kSnapshot, PartFileAction::kIgnore);
    part.checkpoint = part.checkpoint == CheckpointId() ? checkpoint : part.checkpoint;
    pending.push_back(Encode(part));
  }
  for (Copied& copied : copied_) {
    copied.checkpoint = copied.checkpoint.value_or(checkpoint);
  }
  return state;
}

// All are attempted in order; the first error fails the task, and what is left stays pending.
sim::Result<void> FileWriter::NotifyCheckpointComplete(CheckpointId checkpoint) {
  const auto is_due = [checkpoint](const std::optional<CheckpointId>& of) {
    return of && *of != CheckpointId() && *of <= checkpoint;
  };
  while (!pending_.empty() && is_due(pending_.front().checkpoint)) {
    const PartFile part = pending_.front();
    if (sim::Result<void> finished = Finish(part, PartFileInput::kCheckpointComplete); !finished) {
      return finished;
    }
    pending_.erase(pending_.begin());
  }
  while (!copied_.empty() && is_due(copied_.front().checkpoint)) {
    const sim::Result<void> removed = volume_.Remove(copied_.front().path);
    if (!removed && removed.error().code != sim::ErrorCode::kNotFound) {
      return removed;
    }
    copied_.erase(copied_.begin());
  }
  return {};
}

sim::Result<void> FileWriter::Finish(const PartFile& part, PartFileInput input) {
  Expect(PartFilePhase::kPending, input, PartFileAction::kRename);
  const std::string finished = FinishedPath(part);
  events::Trace(environment_, events::SinkCommitting{.transaction = finished,
                                                     .checkpoint = part.checkpoint,
                                                     .subtask = subtask_.Show()});
  const sim::Result<void> renamed = volume_.Rename(InProgressPath(part), finished);
  if (!renamed && (renamed.error().code != sim::ErrorCode::kNotFound ||
                   defects_.Has(Defect::kFileSinkFinishesOnce))) {
    return renamed;
  }
  if (!renamed) {  // by an earlier attempt, then
    const sim::Result<uint64_t> size = volume_.Size(finished);
    if (!size || *size != part.bytes) {
      return sim::Fail(
          sim::ErrorCode::kCorruption,
          fmt::format("The file {} of completed checkpoint {} should have {} bytes: {} "
                      "Its records are lost.",
                      finished, part.checkpoint.value(), part.bytes,
                      size ? fmt::format("It has {}.", *size) : size.error().message));
    }
  }
  if (sim::Result<void> synced = volume_.SyncDirectory(DirectoryOfBucket(part.bucket)); !synced) {
    return synced;
  }
  events::Trace(environment_, events::SinkCommitted{.transaction = finished,
                                                    .checkpoint = part.checkpoint,
                                                    .subtask = subtask_.Show()});
  return {};
}

}  // namespace flinch::engine
