// Performs the units of a hunt, one at a time: in workers.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/cli/command_line.h"
#include "scenarios/cli/request.h"
#include "scenarios/lab/unit_result.h"
#include "scenarios/lab/units.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

// What is hunted: a run whose seed and variations the units fill in. Its scenario is read once, and
// all that the user could have got wrong is found then.
struct HuntTarget {
  RunArguments run;
  std::string label;         // what its results are called: by the scenario, and alone by it
  Scenario scenario;         // as it was loaded, without the run's settings
  Scenario settled;          // with them, before it varies
  std::string content_hash;  // of all that the first seed's run is made of
  bool has_faults = false;
  // Its faults where they are written down.
  std::optional<faults::FaultPlan> plan{};
  // The cells that it is worth aiming at, phases mixed. None where faults are not drawn.
  std::vector<std::string> aims{};
};

sim::Result<HuntTarget> LoadTarget(const RunArguments& run);

class SeedRunner {
 public:
  explicit SeedRunner(std::vector<HuntTarget> targets) : targets_(std::move(targets)) {}

  const std::vector<HuntTarget>& targets() const { return targets_; }

  UnitResult Perform(const Unit& unit) const;

  // What is known without running: for a unit that ended its process. It is replayed by `run`.
  UnitResult Describe(const Unit& unit) const;

  // The run as words behind the program's name: "run url_clicks --seed 7 …".
  std::string RunWords(const Unit& unit) const;

 private:
  RunArguments ArgumentsFor(const Unit& unit) const;

  std::vector<HuntTarget> targets_;
};

// Where the fault-free run of a target can be crashed, and what is set for it: that the world heals
// only behind the last of these points.
struct CrashTrace {
  std::vector<CrashPoint> points;
  std::vector<Setting> settings{};
};

// Of each target. kUnavailable when it was stopped.
sim::Result<std::vector<CrashTrace>> TraceCrashPoints(
    const std::vector<HuntTarget>& targets, uint64_t seed,
    const std::function<bool()>& stop = [] { return false; });

}  // namespace flinch::scenarios
