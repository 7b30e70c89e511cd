// One disk of a world: its volume, its faults, and the time that an operation takes.
#pragma once

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

  const Choices& choices_;
  mutable std::unique_ptr<Parts> parts_;
  std::vector<FiberId> stalled_;
};

}  // namespace flinch::sim
