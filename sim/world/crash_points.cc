#include "sim/world/crash_points.h"

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::sim {

std::string Show(const CrashPoint& point) {
  if (point.write == 0) {
    return "without a crash";
  }
  return point.host ? fmt::format("before write {} of host {}", point.write, point.host->value())
                    : fmt::format("before write {} of the shared volume", point.write);
}

void Arm(World& world, const CrashPoint& point) {
  if (point.write == 0) {
    return;
  }
  if (point.host) {
    world.CrashAtWrite(*point.host, point.write);
  } else {
    world.CrashAtSharedWrite(point.write);
  }
}

std::vector<CrashPoint> WritesOf(const World& world) {
  std::vector<CrashPoint> points;
  const auto add = [&](std::optional<HostId> host, uint64_t writes) {
    for (uint64_t write = 1; write <= writes; ++write) {
      points.push_back({.host = host, .write = write});
    }
  };
  for (const HostId host : world.Hosts()) {
    add(host, world.WritesOf(host));
  }
  add(std::nullopt, world.WritesOfShared());
  return points;
}

std::vector<CrashPoint> CrashPoints(const CrashExperiment& experiment) {
  std::vector<CrashPoint> points = experiment(CrashPoint{});
  Check(!points.empty(), "an experiment wrote to no disk: it has no crash points to try");
  return points;
}

}  // namespace flinch::sim
