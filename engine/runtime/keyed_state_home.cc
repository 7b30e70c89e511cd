#include "engine/runtime/keyed_state_home.h"

#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/shared_state.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_store.h"

namespace flinch::engine {

KeyedStateHome::KeyedStateHome(sim::Environment& environment, const TaskDeployment& deployment,
                               const OperatorSpec& spec, const StateOptions& options,
                               const Defects& defects)
    : environment_(environment),
      deployment_(deployment),
      spec_(spec),
      options_(options),
      defects_(defects),
      backend_(std::make_unique<KeyedStateBackend>(
          RangeOf(deployment.task.subtask, deployment.max_parallelism, deployment.parallelism),
          deployment.max_parallelism)) {
  backend_->ExpectKeys(spec.inputs.front().key.reads);
  if (defects.Has(Defect::kMigrationIsSkipped)) {
    backend_->SkipMigrations();
  }
}

// Of one operator of one attempt: nobody else ever has it.
std::string KeyedStateHome::Directory() const {
  const ExecutionAttemptId& task = deployment_.task;
  return fmt::format("{}/{}/{}-{}-{}/{:x}", StateDirectoryOf(environment_.process_name()),
                     deployment_.job_name, task.vertex.value(), task.subtask.value(),
                     task.attempt.value(), spec_.id().value());
}

sim::Result<KeyedStateHome::Copies> KeyedStateHome::Download(
    std::span<const TaskSnapshot> snapshots) const {
  Copies copies;
  for (const TaskSnapshot& snapshot : snapshots) {
    const auto found = snapshot.find(spec_.state_name());
    if (found == snapshot.end() || !found->second.database) {
      continue;
    }
    const DatabaseHandle& handle = *copies.handles.emplace_back(&*found->second.database);
    sim::Result<DatabaseContent> content = Decode<DatabaseContent>(found->second.database_content);
    if (!content) {
      return sim::Fail(content);
    }
    const std::string directory = fmt::format("{}/{}", Directory(), copies.databases.size());
    if (sim::Result<void> copied =
            DownloadTables(environment_.shared(), environment_.disk(), handle.files, directory);
        !copied) {
      return sim::Fail(copied);
    }
    copies.databases.push_back({.directory = directory, .content = *std::move(content)});
  }
  return copies;
}

sim::Result<void> KeyedStateHome::Restore(const OperatorSnapshot& snapshot) {
  if (!snapshot.database || IsOnDisk(options_.type)) {
    return backend_->Restore(snapshot.keyed, defects_);
  }
  TaskSnapshot copy{{spec_.state_name(), snapshot}};
  sim::FileSystem& volume = environment_.shared();
  if (sim::Result<void> turned =
          TurnIntoGroups(copy, [&volume](const std::string& path) { return volume.Read(path); });
      !turned) {
    return turned;
  }
  return backend_->Restore(copy.begin()->second.keyed, defects_);
}

sim::Result<void> KeyedStateHome::Open(std::span<const TaskSnapshot> snapshots) {
  if (IsOnDisk(options_.type)) {
    const sim::Result<Copies> copies = Download(snapshots);
    if (!copies) {
      return sim::Fail(copies);
    }
    const sim::Result<size_t> base =
        OpenOnDisk(environment_, *backend_, Directory(),
                   {.write_buffer_bytes = options_.write_buffer_bytes,
                    .clips_copies = !defects_.Has(Defect::kCopiesAreNotClipped)},
                   copies->databases);
    if (!base) {
      return sim::Fail(base);
    }
    if (*base < copies->handles.size() && copies->handles[*base]->is_reusable) {
      uploads_.Restore(copies->handles[*base]->files);
    }
  }
  for (const TaskSnapshot& snapshot : snapshots) {
    const auto found = snapshot.find(spec_.state_name());
    if (found == snapshot.end()) {
      continue;  // the operator is new: it starts empty
    }
    if (sim::Result<void> restored = Restore(found->second); !restored) {
      return restored;
    }
  }
  return {};
}

void KeyedStateHome::Freeze(const CheckpointMeta& meta, FrozenOperator& into) {
  const bool shares_files =
      backend_->disk() != nullptr && options_.incremental && !IsSavepoint(meta.options.kind);
  if (!shares_files) {
    into.keyed = backend_->Freeze(defects_.Has(Defect::kUploadReadsLiveState));
    return;
  }
  into.keyed = backend_->FreezeFiles();
  into.tables = uploads_.Plan(meta.id, into.keyed->files()->names, [&](const std::string& name) {
    return SharedPath(deployment_.job_name, meta.id, deployment_.task, spec_.id(), name);
  });
}

void KeyedStateHome::OnUploaded(const OperatorHandles& handles) {
  if (handles.database) {
    uploads_.Uploaded(handles.database->files);
  }
}

void KeyedStateHome::Settle() {
  if (backend_->disk() != nullptr) {
    backend_->disk()->store().Settle();
  }
}

void KeyedStateHome::Drop() {
  if (backend_->disk() != nullptr) {
    backend_.reset();  // the operator has pointers into it, and is not called any more
    // What a disk in trouble keeps goes when the TaskManager starts again.
    (void)RemoveDatabase(environment_.disk(), Directory());
  }
}

}  // namespace flinch::engine
