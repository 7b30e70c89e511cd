#include "engine/checkpoint/completed_checkpoint_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/checkpoint/shared_state.h"
#include "engine/events.h"

namespace flinch::engine {

namespace {

// Behind the path in a pointer: the files are somebody else's.
constexpr std::string_view kUnclaimed = "\nunclaimed";

}  // namespace

CompletedCheckpointStore::CompletedCheckpointStore(sim::Environment& environment, std::string job,
                                                   uint32_t retained,
                                                   std::unique_ptr<StateHandleStore> pointers,
                                                   const Defects& defects)
    : environment_(environment),
      job_(std::move(job)),
      retained_(std::max(retained, 1U)),
      pointers_(std::move(pointers)),
      defects_(defects) {}

CompletedCheckpointStore::CompletedCheckpointStore(sim::Environment& environment,
                                                   const std::string& job, uint32_t retained,
                                                   const Defects& defects)
    : CompletedCheckpointStore(environment, job, retained,
                               VolumeServices(environment, defects).CompletedCheckpoints(job),
                               defects) {}

sim::Result<CompletedCheckpoint> CompletedCheckpointStore::Read(const std::string& name) const {
  sim::FileSystem& volume = environment_.shared();
  const sim::Result<Bytes> pointer = pointers_->Read(name);
  if (!pointer) {
    return sim::Fail(pointer);
  }
  std::string_view metadata = *pointer;
  const bool is_unclaimed = metadata.ends_with(kUnclaimed);
  metadata.remove_suffix(is_unclaimed ? kUnclaimed.size() : 0);
  const sim::Result<Bytes> file = volume.Read(metadata);
  if (!file && (file.error().code == sim::ErrorCode::kNotFound ||
                file.error().code == sim::ErrorCode::kInvalidArgument)) {
    return sim::Fail(
        sim::ErrorCode::kCorruption,
        fmt::format("The store's pointer {} points to nothing: {}", name, file.error().message));
  }
  if (!file) {
    return sim::Fail(file);
  }
  sim::Result<CompletedCheckpoint> checkpoint = DecodeMetadata(*file, metadata);
  if (checkpoint) {
    checkpoint->is_unclaimed = is_unclaimed;
  }
  return checkpoint;
}

sim::Result<void> CompletedCheckpointStore::Recover() {
  const sim::Result<std::vector<std::string>> names = pointers_->Names();
  if (!names) {
    return sim::Fail(names);
  }
  checkpoints_.clear();
  shared_ = SharedStateRegistry();
  for (const std::string& name : *names) {
    sim::Result<CompletedCheckpoint> checkpoint = Read(name);
    if (checkpoint) {
      if (!defects_.Has(Defect::kSharedFilesUnknownAfterRestore)) {
        shared_.Register(*checkpoint);
      }
      checkpoints_.push_back(*std::move(checkpoint));
    } else if (!defects_.Has(Defect::kUnreadableCheckpointIsPassedOver)) {
      return sim::Fail(checkpoint);
    }
  }
  std::ranges::sort(checkpoints_, {}, &CompletedCheckpoint::id);
  found_ = latest() == nullptr ? CheckpointId() : latest()->id;
  swept_.reset();
  if (defects_.Has(Defect::kRecoversTheOldest)) {
    std::ranges::reverse(checkpoints_);
  }
  return {};
}

sim::Result<void> CompletedCheckpointStore::Add(const CompletedCheckpoint& checkpoint) {
  if (sim::Result<void> written = WriteMetadata(
          environment_.shared(), job_, checkpoint,
          defects_.Has(Defect::kMetadataNotSynced) ? &WriteWithoutSync : &sim::WriteDurably);
      !written) {
    return written;
  }
  if (checkpoint.kind == CheckpointKind::kSavepoint) {
    if (defects_.Has(Defect::kRetentionCountsSavepoints)) {
      checkpoints_.push_back(checkpoint);
    }
    return {};  // the job goes on from its checkpoints
  }
  if (sim::Result<void> pointed = WritePointer(checkpoint); !pointed) {
    return pointed;
  }
  sim::Check(checkpoints_.empty() || checkpoints_.back().id < checkpoint.id,
             "checkpoint {} is stored after a later one", checkpoint.id.value());
  checkpoints_.push_back(checkpoint);
  shared_.Register(checkpoint);
  return {};
}

sim::Result<void> CompletedCheckpointStore::WritePointer(const CompletedCheckpoint& checkpoint) {
  return pointers_->Add(checkpoint.id,
                        DirectoryOfCheckpoint(job_, checkpoint) + "/_metadata" +
                            std::string(checkpoint.is_unclaimed ? kUnclaimed : std::string_view()));
}

// Its pointer is gone.
void CompletedCheckpointStore::Forget(const CompletedCheckpoint& checkpoint) {
  if (!checkpoint.is_unclaimed) {
    unreferenced_.emplace(checkpoint.id, DirectoryOfCheckpoint(job_, checkpoint));
  }
}

sim::Result<void> CompletedCheckpointStore::Adopt(const CompletedCheckpoint& checkpoint,
                                                  bool keeps) {
  if (sim::Result<void> pointed = WritePointer(checkpoint); !pointed) {
    return pointed;
  }
  for (const CompletedCheckpoint& known : checkpoints_) {
    if (known.id == checkpoint.id) {
      continue;
    }
    if (sim::Result<void> removed = pointers_->Remove(known.id); !removed) {
      return removed;
    }
    if (!keeps) {
      Forget(known);
    }
  }
  checkpoints_ = {checkpoint};
  shared_.Register(checkpoint);
  ForgetShared(keeps);
  (void)DeleteUnreferenced();  // a later clean-up tries again
  return {};
}

sim::Result<void> CompletedCheckpointStore::Clear() {
  while (!checkpoints_.empty()) {
    if (sim::Result<void> removed = pointers_->Remove(checkpoints_.back().id); !removed) {
      return removed;
    }
    Forget(checkpoints_.back());
    checkpoints_.pop_back();
    ForgetShared(false);
  }
  return DeleteUnreferenced() ? sim::Result<void>()
                              : sim::Fail(sim::ErrorCode::kUnavailable, "Files are left.");
}

std::vector<CheckpointId> CompletedCheckpointStore::Subsume() {
  std::vector<CheckpointId> subsumed;
  if (!DeleteUnreferenced()) {
    return subsumed;
  }
  const uint32_t kept = defects_.Right(retained_, Defect::kRetainsOneFewer, retained_ - 1);
  while (checkpoints_.size() > kept) {
    const CompletedCheckpoint oldest = checkpoints_.front();
    // The pointer goes first: a crash in between leaks files, but leaves no pointer to nothing.
    if (!pointers_->Remove(oldest.id)) {
      break;  // the next clean-up tries again
    }
    checkpoints_.erase(checkpoints_.begin());
    subsumed.push_back(oldest.id);
    events::Trace(environment_, events::CheckpointSubsumed{.id = oldest.id});
    Forget(oldest);
    ForgetShared(false);
    if (!DeleteUnreferenced()) {
      return subsumed;  // the next clean-up tries again
    }
  }
  if (IsSweepDue()) {
    Sweep();
  }
  return subsumed;
}

void CompletedCheckpointStore::Discard(std::span<const CheckpointId> ids) {
  for (const CheckpointId id : ids) {
    unreferenced_.emplace(id, CheckpointDirectory(job_, id));
  }
  DiscardShared(ids);
  (void)DeleteUnreferenced();
}

void CompletedCheckpointStore::DiscardShared(std::span<const CheckpointId> ids) {
  if (shares_) {
    unshared_.insert(ids.begin(), ids.end());
    (void)DeleteUnreferenced();
  }
}

void CompletedCheckpointStore::DiscardSavepoints(std::span<const CheckpointId> ids) {
  for (const CheckpointId id : ids) {
    unreferenced_.emplace(id, SavepointDirectory(job_, id));
  }
  if (!ids.empty()) {
    (void)DeleteUnreferenced();
  }
}

bool CompletedCheckpointStore::clean() const {
  return unreferenced_.empty() && unshared_.empty() && doomed_.empty() &&
         checkpoints_.size() <= retained_ && !IsSweepDue();
}

bool CompletedCheckpointStore::IsSweepDue() const {
  return found_ && latest() != nullptr &&
         (!swept_ || (*swept_ <= *found_ && *swept_ != latest()->id));
}

bool CompletedCheckpointStore::DeleteUnreferenced() {
  while (!unreferenced_.empty()) {
    const auto [id, directory] = *unreferenced_.begin();
    if (!DeleteCheckpoint(environment_.shared(), directory)) {
      return false;
    }
    unreferenced_.erase(id);
    events::Trace(environment_, events::CheckpointDeleted{.id = id});
  }
  while (!doomed_.empty()) {
    if (!DeleteFile(*doomed_.begin())) {
      return false;
    }
    doomed_.erase(doomed_.begin());
  }
  return DeleteUnshared();
}

bool CompletedCheckpointStore::DeleteFile(const std::string& path) {
  if (!RemoveSnapshot(environment_.shared(), path)) {
    return false;
  }
  events::Trace(environment_, events::SharedFileDeleted{.path = path});
  return true;
}

// What nobody has registered of those that are over.
bool CompletedCheckpointStore::DeleteUnshared() {
  if (unshared_.empty()) {
    return true;
  }
  const sim::Result<std::vector<std::string>> paths =
      environment_.shared().List(SharedDirectory(job_));
  if (!paths) {
    return false;
  }
  for (const std::string& path : *paths) {
    const std::optional<CheckpointId> id = SharedBy(job_, path);
    if (id && unshared_.contains(*id) && !shared_.Has(path) && !DeleteFile(path)) {
      return false;
    }
  }
  unshared_.clear();
  return true;
}

void CompletedCheckpointStore::ForgetShared(bool keeps) {
  const std::span<const CompletedCheckpoint> kept = checkpoints_;
  for (std::string& path : shared_.Unregister(defects_.Right(
           kept, Defect::kSubsumedTakesSharedFiles, std::span<const CompletedCheckpoint>()))) {
    if (!keeps) {
      doomed_.insert(std::move(path));
    }
  }
}

// Below the newest stored checkpoint nothing will be stored any more: what is not in the store was
// left by a JobManager that died, or by a task that was late.
void CompletedCheckpointStore::Sweep() {
  const sim::Result<std::vector<std::string>> paths =
      environment_.shared().List(CheckpointsDirectory(job_));
  if (!paths) {
    return;  // the next clean-up tries again
  }
  swept_ = latest()->id;
  std::set<CheckpointId> left;
  for (const std::string& path : *paths) {
    if (const std::optional<CheckpointId> id = SharedBy(job_, path);
        id && *id > floor_ && *id <= latest()->id && !shared_.Has(path)) {
      doomed_.insert(path);
    }
    if (const std::optional<CheckpointId> id = CheckpointOf(job_, path);
        id && *id > floor_ && *id < latest()->id && !Has(*id)) {
      left.insert(*id);
    }
  }
  std::erase_if(left, [&](CheckpointId id) {
    // A listing may have missed its pointer.
    return pointers_->Has(id).value_or(true);
  });
  Discard(std::vector<CheckpointId>(left.begin(), left.end()));
}

bool CompletedCheckpointStore::Has(CheckpointId id) const {
  return std::ranges::find(checkpoints_, id, &CompletedCheckpoint::id) != checkpoints_.end();
}

}  // namespace flinch::engine
