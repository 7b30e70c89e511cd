#include "engine/checkpoint/volume_services.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"

namespace flinch::engine {

sim::Result<void> WriteWithoutSync(sim::FileSystem& volume, std::string_view path,
                                   std::string_view bytes) {
  const sim::Result<std::unique_ptr<sim::File>> file = volume.Create(path);
  return file ? (*file)->Append(bytes) : sim::Fail(file);
}

namespace {

constexpr sim::Duration kVolumeRetry = std::chrono::milliseconds(200);

// Planted: says that it has written what a crash may still take away.
class VolumeHandleStore final : public StateHandleStore {
 public:
  VolumeHandleStore(sim::Environment& environment, std::string job, const Defects& defects)
      : environment_(environment), job_(std::move(job)), defects_(defects) {}

  sim::Result<std::vector<std::string>> Names() override {
    sim::Result<std::vector<std::string>> paths =
        environment_.shared().List(CompletedCheckpointsDirectory(job_));
    if (paths) {
      std::erase_if(*paths, [](const std::string& path) {
        return path.ends_with(".tmp");  // an Add that never was
      });
    }
    return paths;
  }

  sim::Result<Bytes> Read(const std::string& name) override {
    return environment_.shared().Read(name);
  }

  sim::Result<void> Add(CheckpointId id, std::string_view metadata_path) override {
    const auto write =
        defects_.Has(Defect::kPointerNotSynced) ? &WriteWithoutSync : &sim::WriteDurably;
    return write(environment_.shared(), PathOf(id), metadata_path);
  }

  sim::Result<void> Remove(CheckpointId id) override {
    const sim::Result<void> removed = environment_.shared().Remove(PathOf(id));
    if (!removed && removed.error().code != sim::ErrorCode::kNotFound) {
      return removed;
    }
    return environment_.shared().SyncDirectory(CompletedCheckpointsDirectory(job_));
  }

  sim::Result<bool> Has(CheckpointId id) override {
    const sim::Result<uint64_t> size = environment_.shared().Size(PathOf(id));
    if (!size && size.error().code != sim::ErrorCode::kNotFound) {
      return sim::Fail(size);
    }
    return size.has_value();
  }

 private:
  std::string PathOf(CheckpointId id) const {
    return fmt::format("{}/{:020}", CompletedCheckpointsDirectory(job_), id.value());
  }

  sim::Environment& environment_;
  std::string job_;
  Defects defects_;
};

class VolumeResultStore final : public JobResultStore {
 public:
  VolumeResultStore(sim::Environment& environment, std::string_view job)
      : environment_(environment), path_(fmt::format("/ha/{}/result", job)) {}

  sim::Result<std::optional<std::string>> Find() override {
    sim::Result<Bytes> ended = environment_.shared().Read(path_);
    if (ended) {
      return std::optional(*std::move(ended));
    }
    return ended.error().code == sim::ErrorCode::kNotFound
               ? sim::Result<std::optional<std::string>>(std::nullopt)
               : sim::Fail(ended);
  }

  sim::Result<void> Write(std::string_view status) override {
    return sim::WriteDurably(environment_.shared(), path_, status);
  }

  std::string place() const override { return "The file " + path_; }

 private:
  sim::Environment& environment_;
  std::string path_;
};

// What may fail, tried until the shared volume answers: the value, or kCorruption.
template <typename Attempt>
auto Insist(sim::Environment& environment, Attempt attempt) -> decltype(attempt()) {
  auto result = attempt();
  while (!result && result.error().code != sim::ErrorCode::kCorruption) {
    environment.Sleep(kVolumeRetry);
    result = attempt();
  }
  return result;
}

}  // namespace

std::string CompletedCheckpointsDirectory(std::string_view job) {
  return fmt::format("/ha/{}/completed", job);
}

sim::Result<FencingToken> VolumeServices::Term() {
  DurableCounter leaders(environment_, "/ha/leader");
  const sim::Result<void> recovered = Insist(environment_, [&] { return leaders.Recover(); });
  const sim::Result<uint64_t> next =
      recovered ? Insist(environment_, [&] { return leaders.Next(); }) : sim::Fail(recovered);
  return next ? sim::Result<FencingToken>(FencingToken(*next)) : sim::Fail(next);
}

std::unique_ptr<IdCounter> VolumeServices::CheckpointIds(const std::string& job) {
  return std::make_unique<DurableCounter>(environment_, fmt::format("/ha/{}/checkpoint-id", job));
}

std::unique_ptr<IdCounter> VolumeServices::Attempts(const std::string& job) {
  return std::make_unique<DurableCounter>(environment_, fmt::format("/ha/{}/attempt", job));
}

std::unique_ptr<StateHandleStore> VolumeServices::CompletedCheckpoints(const std::string& job) {
  return std::make_unique<VolumeHandleStore>(environment_, job, defects_);
}

std::unique_ptr<JobResultStore> VolumeServices::JobResults(const std::string& job) {
  return std::make_unique<VolumeResultStore>(environment_, job);
}

DurableCounter::DurableCounter(sim::Environment& environment, std::string path)
    : environment_(environment), path_(std::move(path)) {}

sim::Result<void> DurableCounter::Recover() {
  const sim::Result<Bytes> file = environment_.shared().Read(path_);
  if (!file) {
    return file.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>() : sim::Fail(file);
  }
  const sim::Result<std::string_view> content = Unseal(*file, path_);
  if (!content) {
    return sim::Fail(content);
  }
  const sim::Result<uint64_t> last = Decode<uint64_t>(*content);
  if (!last) {
    return sim::Fail(last);
  }
  last_ = *last;
  return {};
}

sim::Result<uint64_t> DurableCounter::Next() {
  const uint64_t next = ++last_;
  sim::Result<void> written = sim::WriteDurably(environment_.shared(), path_, Seal(Encode(next)));
  if (!written) {
    return sim::Fail(written);
  }
  return next;
}

}  // namespace flinch::engine
