// What a scenario under a plan of faults is promised: that its job finishes once healed.
//
// Intuition: the budget before the fact. A time-out shorter than the way that it waits for, or a
//            simulated time shorter than the work, is asked of no engine: a job that then does not
//            finish is nobody's bug, and the sentence here says what to change. Computed from the
//            scenario, its input and the plan alone, before anything runs; printed as `budget` by
//            `flinch run --json`.
// Promise:   where all clauses hold, a right engine finishes the job. The other way round is not
//            claimed: bounds are rough, and a run beyond them may pass.
// Source:    reference simulation.md, R-L2 (TigerBeetle's excuses that were wrong): the excuse is a
//            computed object that is printed, and a test on small clusters tries it by brute force.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// What a clause is about: that the job finishes after the healing, or only that it need not wait
// for anybody before that.
enum class Owed : uint8_t { kFinish, kMeanwhile };

struct Clause {
  std::string_view name;  // "slots", "heartbeat", "ask", "request", "checkpoint", …
  Owed owed = Owed::kFinish;
  bool holds = true;
  std::string sentence{};  // whole: what is compared with what, and what to change where it fails

  friend bool operator==(const Clause&, const Clause&) = default;
};

struct Promise {
  std::vector<Clause> clauses;

  // That the job finishes.
  bool holds() const { return excuse().empty(); }

  // The sentence of the first clause that lets a job not finish; "" where none does.
  std::string excuse() const;

  friend bool operator==(const Promise&, const Promise&) = default;
};

// Pure. The scenario has no problems, and nothing left to vary.
Promise PromiseOf(const Scenario& scenario, const faults::FaultPlan& plan,
                  const Workload& workload);

// How many TaskManagers, whichever they are, the job can do without.
uint32_t SpareTaskManagers(const Scenario& scenario);

// The longest time without a completed checkpoint that a healed job may need: for everything that
// may have to run into its time-out, and for a barrier behind all rows, twice.
sim::Duration PatienceOf(const engine::EngineOptions& options, uint64_t rows);

}  // namespace flinch::scenarios
