// Every write of a run as a moment to die at: nobody needs to probe for the last one.
//
//   const auto experiment = [](const CrashPoint& crash) {
//     World world({.seed = 7});
//     const HostId host = world.AddHost("db");
//     const ProcessId process = world.AddProcess(host, "db", Database);
//     Arm(world, crash);
//     world.Run([&] { return !world.IsAlive(process); });
//     world.Restart(process);
//     …
//     return WritesOf(world);
//   };
//   for (const CrashPoint& crash : CrashPoints(experiment)) {
//     experiment(crash);
//   }
//
// A process dies before the write, which does not happen. What it had not synced meets the
// CrashFate of its disk; with kDrawn, each seed draws another one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/world/world.h"

namespace flinch::sim {

struct CrashPoint {
  std::optional<HostId> host;  // nothing: the shared volume
  // A write or sync of that disk, counted from 1 over all processes (World::WritesOf); 0: nobody
  // dies, which is the run that the others are counted in.
  uint64_t write = 0;

  friend bool operator==(const CrashPoint&, const CrashPoint&) = default;
};

// "before write 17 of host 0", "without a crash".
std::string Show(const CrashPoint& point);

// Before the world runs.
void Arm(World& world, const CrashPoint& point);

// All writes of a world so far, disk by disk.
std::vector<CrashPoint> WritesOf(const World& world);

// Builds a world, arms the point, runs it, and returns its writes.
using CrashExperiment = std::function<std::vector<CrashPoint>(const CrashPoint& point)>;

// All crash points of the experiment: runs it once, without a crash. A run without any write is
// an error of the experiment, and a broken invariant.
std::vector<CrashPoint> CrashPoints(const CrashExperiment& experiment);

}  // namespace flinch::sim
