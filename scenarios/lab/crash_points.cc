#include "scenarios/lab/crash_points.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/random.h"

namespace flinch::scenarios {

namespace {

// Longer than a connection takes to break, shorter than a heartbeat's time-out may be.
constexpr sim::Duration kRestartAfter = std::chrono::milliseconds(300);

constexpr std::string_view kWorld = "world";

}  // namespace

std::vector<CrashPoint> CrashPointsOf(const sim::Recording& recording) {
  std::vector<CrashPoint> points;
  std::map<std::pair<std::string, std::string>, uint64_t> counts;
  for (const sim::RecordedEvent& event : recording.events) {
    if (event.process == kWorld || event.kind.starts_with("sim.") ||
        event.kind.starts_with("fault.")) {
      continue;
    }
    const uint64_t nth = ++counts[{event.process, event.kind}];
    points.push_back({.process = event.process, .event = event.kind, .nth = nth});
  }
  return points;
}

std::vector<std::vector<CrashPoint>> DrawCrashPairs(const std::vector<CrashPoint>& points,
                                                    uint64_t count, uint64_t seed) {
  std::vector<std::vector<CrashPoint>> pairs;
  if (points.size() < 2) {
    return pairs;
  }
  sim::Random random = sim::Random(seed).Split("hunt/crash-pairs");
  while (pairs.size() < count) {
    const uint64_t left = random.Below(points.size());
    uint64_t right = random.Below(points.size() - 1);
    right += right >= left ? 1U : 0U;
    pairs.push_back({points[std::min(left, right)], points[std::max(left, right)]});
  }
  return pairs;
}

faults::FaultPlan PlanOfCrashes(const std::vector<CrashPoint>& points) {
  faults::FaultPlan plan;
  for (const CrashPoint& point : points) {
    plan.faults.push_back(
        {.when = faults::AtEvent{.kind = point.event, .nth = point.nth, .process = point.process},
         .what = faults::Crash{.process = point.process, .restart_after = kRestartAfter}});
  }
  return plan;
}

}  // namespace flinch::scenarios
