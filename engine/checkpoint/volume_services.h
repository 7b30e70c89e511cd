// High availability by the shared volume alone: for a cluster with one JobManager.
//
//   /ha/leader                    the last term
//   /ha/<job>/attempt             the last attempt
//   /ha/<job>/checkpoint-id       the last checkpoint id
//   /ha/<job>/completed/<id>      a pointer: the path of the checkpoint's metadata
//   /ha/<job>/result              how the job has ended
//
// Nobody is elected: who starts leads, and draws a new term. So there must be one JobManager at a
// time. Nothing fences its writes but that.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/checkpoint/high_availability_services.h"
#include "engine/defects.h"
#include "sim/environment.h"

namespace flinch::engine {

// Planted in place of sim::WriteDurably: nothing says when it will be durable.
sim::Result<void> WriteWithoutSync(sim::FileSystem& volume, std::string_view path,
                                   std::string_view bytes);

// Where the pointers lie: one file per checkpoint, named by its id with leading zeros. A name that
// ends in ".tmp" is none.
std::string CompletedCheckpointsDirectory(std::string_view job);

// A counter in a file.
class DurableCounter final : public IdCounter {
 public:
  DurableCounter(sim::Environment& environment, std::string path);

  sim::Result<void> Recover() override;
  sim::Result<uint64_t> Next() override;

 private:
  sim::Environment& environment_;
  std::string path_;
};

class VolumeServices final : public HighAvailabilityServices {
 public:
  explicit VolumeServices(sim::Environment& environment, const Defects& defects = {})
      : environment_(environment), defects_(defects) {}

  // Waits for the volume as long as it takes.
  sim::Result<FencingToken> Term() override;

  std::unique_ptr<IdCounter> CheckpointIds(const std::string& job) override;
  std::unique_ptr<IdCounter> Attempts(const std::string& job) override;
  std::unique_ptr<StateHandleStore> CompletedCheckpoints(const std::string& job) override;
  std::unique_ptr<JobResultStore> JobResults(const std::string& job) override;

 private:
  sim::Environment& environment_;
  Defects defects_;
};

}  // namespace flinch::engine
