// One disk of a world: its volume, its faults, and the time that an operation takes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/choices.h"
#include "sim/kernel/volume.h"
#include "sim/kernel/volume_faults.h"
#include "sim/world/disk_options.h"

namespace flinch::sim {

class Kernel;
struct Incarnation;

class DiskModel {
 public:
  // `kind` and `host` together are its name, which is the actor of all its choice points; both
  // outlive it.
  DiskModel(Kernel& kernel, const Choices& choices, std::string_view kind, std::string_view host,
            const DiskOptions& options);

  Volume& volume() { return parts().volume; }

  const Volume& volume() const { return parts().volume; }

  VolumeFaults& faults() { return parts().faults; }

  // What its crashed writer had not synced meets its fate.
  void Crash(ProcessId writer);

  const DiskOptions& options() const { return options_; }

  std::string name() const { return std::string(kind_).append(host_); }

  const VolumeCondition& condition() const { return parts().faults.condition(); }

  // From now on; lets those who hang look again.
  void SetCondition(const VolumeCondition& condition);

  // Suspends for as long as the request takes, its faults included.
  void Spend(Incarnation& incarnation, const DiskRequest& request);

  // What a process owes for requests that did not wait.
  struct Debt {
    SimTime until = kEpoch;  // they would have taken until then
    std::optional<DiskOperation> stalled;
    std::string stalled_path;  // what hung
  };

  // Does not suspend.
  void Owe(Incarnation& incarnation, const DiskRequest& request, Debt& debt);
  // Suspends.
  void Pay(Incarnation& incarnation, Debt& debt);

  // Whether the process dies before this write or sync, which is counted.
  bool CountsToDeath(const DiskRequest& request);

  uint64_t writes() const { return writes_; }

  // At the n-th of them, counted from 1; a number that has passed never comes.
  void DieAtWrite(uint64_t number) { dies_at_ = number; }

  // What a process that has ended had open.
  void CloseAll(ProcessId owner);

  // Records that a fault fired; `detail` is what else it drew.
  void Note(DiskFault fault, const Incarnation& incarnation, const DiskRequest& request,
            uint64_t detail = 0);

 private:
  Kernel& kernel_;
  std::string_view kind_;
  std::string_view host_;
  const DiskOptions& options_;  // the kernel's

  // Made at the first use: most hosts never touch their disk.
  struct Parts {
    Parts(const Choices& choices, const std::string& name, const DiskOptions& options)
        : volume(options, choices.Point("disk.crash", name)),
          faults(choices, name),
          latency(choices.Point("disk.latency", name)),
          sync(choices.Point("disk.sync", name)) {}

    Volume volume;
    VolumeFaults faults;
    ChoicePoint latency;
    ChoicePoint sync;
  };

  Parts& parts() const {
    if (parts_ == nullptr) [[unlikely]] {
      parts_ = std::make_unique<Parts>(choices_, name(), options_);
    }
    return *parts_;
  }

  // How long it waits for its turn at that time, and how long it takes then; notes what slows it.
  Duration TurnOf(Incarnation& incarnation, const DiskRequest& request, SimTime at);
  Duration SpanOf(Incarnation& incarnation, const DiskRequest& request);
  // Suspends while a fault makes it wait for another condition.
  void AwaitStall(Incarnation& incarnation, const DiskRequest& request);

  const Choices& choices_;
  uint64_t writes_ = 0;  // and syncs, of all processes, from the start
  uint64_t dies_at_ = 0;
  mutable std::unique_ptr<Parts> parts_;
  std::vector<FiberId> stalled_;
};

}  // namespace flinch::sim
