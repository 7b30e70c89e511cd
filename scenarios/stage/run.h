// One seeded run of a scenario: a world is built, the job runs through its faults, oracles judge.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/defects.h"
#include "faults/fault_plan.h"
#include "reports/run_summary.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "scenarios/stage/kept_snapshots.h"
#include "scenarios/stage/promise.h"
#include "sim/recording/recording.h"
#include "sim/world/options.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

struct RunRequest {
  Scenario scenario;
  // LoadWorkload(scenario, seed, …). Without rows, what the scenario generates is loaded.
  Workload workload;
  uint64_t seed = 1;
  engine::Defects defects;
  // Replaces the scenario's own faults.
  std::optional<faults::FaultPlan> plan;
  sim::Keep keep = sim::Keep::kNothing;
  sim::Lens lens{};  // which part of what `keep` says
  sim::Scheduling scheduling{};
  // What chooses instead of `scheduling`: a tape of a run that had everything else in common.
  std::optional<sim::Tape> play{};
  bool records_tape = false;
  bool keeps_snapshots = false;
  // The options say that the job starts from its snapshot.
  std::optional<StartingPoint> from{};
  // Asked now and then; null: never. True: the run is given up. It may read no clock.
  std::function<bool()> stop{};
  // Told now and then how far the run itself is, not those that its judges make; null: nobody. It
  // may read no clock either.
  std::function<void(sim::SimTime)> tell{};
};

struct RunResult {
  reports::RunSummary summary;
  sim::Recording recording;  // what `keep` asked for
  sim::Ladder ladder;
  std::vector<sim::FiberTime> fiber_times;  // with Keep::kEverything
  std::vector<OutputRecord> output;         // by log partition and offset
  // Written to the output and never committed; only where `keep` asked for something.
  std::vector<OutputRecord> uncommitted;
  // By fault of the plan: why it never fired, as far as that is known (Injector::WhyNot).
  std::vector<std::string> why_not;
  Promise promise;                // whether the job owed its end, whatever came of it
  std::vector<uint32_t> cells;    // of the protocol that faults struck: scenarios/aim/cells.h
  std::optional<sim::Tape> tape;  // when one was recorded or played
  sim::TapeReport tape_report;    // when one was played
  KeptSnapshots kept;             // where they were asked for
  bool stopped = false;  // given up: inconclusive, and how far it came depends on the machine
};

// Deterministic in the request, unless it is stopped. What the scenario lets vary is varied first.
// Never fails: whatever goes wrong in the world is in the summary. What nobody has judged is
// inconclusive: a run of no records, or without an event that any oracle looks at.
RunResult Run(const RunRequest& request);

// The same for a scenario value of one's own. What is wrong with it (see Validate) makes the run
// inconclusive, with the sentences as the reason. `replay` of the summary is what to paste into a
// shell: the scenario as a file, and the command.
RunResult Run(const Scenario& scenario, uint64_t seed);

}  // namespace flinch::scenarios
