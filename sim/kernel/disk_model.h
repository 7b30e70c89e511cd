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
  // `name` is the actor of all its choice points.
  DiskModel(Kernel& kernel, const Choices& choices, std::string name, const DiskOptions& options);

  Volume& volume() { return volume_; }

  const Volume& volume() const { return volume_; }

  VolumeFaults& faults() { return faults_; }

  const DiskOptions& options() const { return options_; }

  std::string_view name() const { return name_; }

  const VolumeCondition& condition() const { return faults_.condition(); }

  // From now on; lets those who hang look again.
  void SetCondition(const VolumeCondition& condition);

  // Suspends for as long as the request takes, its faults included.
  void Spend(Incarnation& incarnation, const DiskRequest& request);

  // Records that a fault fired.
  void Note(DiskFault fault, const Incarnation& incarnation, const DiskRequest& request);

 private:
  Kernel& kernel_;
  std::string name_;
  DiskOptions options_;
  Volume volume_;
  VolumeFaults faults_;
  ChoicePoint latency_;
  ChoicePoint sync_;
  std::vector<FiberId> stalled_;
};

}  // namespace flinch::sim
