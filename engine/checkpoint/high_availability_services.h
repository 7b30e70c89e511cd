// What a master must find again when it takes over from another: the seam behind which it lies.
//
// Shape:  one object per master and term. Everything it gives refers to one job, outlives nobody
//         but its master, and is used from one fiber at a time.
// Fencing: what a master writes counts only as long as it leads; kFenced tells it that it does not.
// Errors: a write that fails with anything but kFenced has an outcome that nobody knows: read again
//         or write the same again. Calls may suspend.
// Source: Flink's HighAvailabilityServices, StateHandleStore, CheckpointIDCounter, JobResultStore.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "sim/result.h"

namespace flinch::engine {

// Numbers that are never given out twice, whoever asks and whatever crashes: 1, 2, … . For
// checkpoint ids, attempts and terms.
class IdCounter {
 public:
  virtual ~IdCounter() = default;

  // Reads what was given out by those who came before. Before anything else.
  virtual sim::Result<void> Recover() = 0;
  // A number whose increment failed is burnt.
  virtual sim::Result<uint64_t> Next() = 0;

  // Gives out no number up to this one.
  void PassOver(uint64_t number) { last_ = std::max(last_, number); }

  // The last number that was given out, also by those who came before; 0: none.
  uint64_t last() const { return last_; }

 protected:
  uint64_t last_ = 0;
};

// Pointers to completed checkpoints: a name each, and the path of the checkpoint's metadata. The
// pointer makes the checkpoint; its files lie elsewhere.
class StateHandleStore {
 public:
  virtual ~StateHandleStore() = default;

  // The names of all pointers.
  virtual sim::Result<std::vector<std::string>> Names() = 0;
  // Where the pointer of this name points to.
  virtual sim::Result<Bytes> Read(const std::string& name) = 0;
  // Durable when it succeeds. Adding the same again succeeds.
  virtual sim::Result<void> Add(CheckpointId id, std::string_view metadata_path) = 0;
  // Durable when it succeeds. That it is gone already is no error.
  virtual sim::Result<void> Remove(CheckpointId id) = 0;
  virtual sim::Result<bool> Has(CheckpointId id) = 0;
};

// How a job has ended, so that no later master runs it again.
class JobResultStore {
 public:
  virtual ~JobResultStore() = default;

  // Nothing: the job has not ended.
  virtual sim::Result<std::optional<std::string>> Find() = 0;
  virtual sim::Result<void> Write(std::string_view status) = 0;
  // Where it lies, for people.
  virtual std::string place() const = 0;
};

class HighAvailabilityServices {
 public:
  virtual ~HighAvailabilityServices() = default;

  // The term of this master: the fencing token of everything it leads. Asked once.
  // kCorruption: nobody can tell any more which one it is.
  virtual sim::Result<FencingToken> Term() = 0;

  virtual std::unique_ptr<IdCounter> CheckpointIds(const std::string& job) = 0;
  virtual std::unique_ptr<IdCounter> Attempts(const std::string& job) = 0;
  virtual std::unique_ptr<StateHandleStore> CompletedCheckpoints(const std::string& job) = 0;
  virtual std::unique_ptr<JobResultStore> JobResults(const std::string& job) = 0;
};

}  // namespace flinch::engine
