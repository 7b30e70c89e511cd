// The moments of a run at which a process can be crashed: each event that it traced.
//
// From the recording of a run without faults. A plan made of one of them meets just that moment
// again: until the crash, the run is the recorded one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "sim/recording/recording.h"
#include "sim/time.h"

namespace flinch::scenarios {

// The nth event of this kind that this process traces.
struct CrashPoint {
  std::string process;
  std::string event;
  uint64_t nth = 1;

  friend bool operator==(const CrashPoint&, const CrashPoint&) = default;
};

// One for each event of a process, in the order of the recording; the world's own events and steps
// of the kernel are nobody's.
std::vector<CrashPoint> CrashPointsOf(const sim::Recording& recording);

// `count` pairs of different moments, drawn from the seed; the same one may come twice. None of
// fewer than two points.
std::vector<std::vector<CrashPoint>> DrawCrashPairs(const std::vector<CrashPoint>& points,
                                                    uint64_t count, uint64_t seed);

// Crashes at each of the points, and boots again after a while.
faults::FaultPlan PlanOfCrashes(const std::vector<CrashPoint>& points);

}  // namespace flinch::scenarios
