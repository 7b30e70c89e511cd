// What a scenario under a plan of faults can be promised, before anything runs.
//
// Intuition: some options ask for trouble whatever the engine does: a transaction that is given up
//            before its checkpoint can be complete, fewer restarts than there are faults. The
//            sentences here say so; `flinch check` and `flinch run` print them.
// Promise:   none for the verdict. What excuses a run is what happened in it (budget.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// What a clause is about: that the job finishes after the healing, or only that it need not wait
// for anybody before that.
enum class Owed : uint8_t { kFinish, kMeanwhile };

struct Clause {
  std::string_view name;  // "slots", "transaction", "restarts"
  Owed owed = Owed::kFinish;
  bool holds = true;
  std::string sentence{};  // whole: what is compared with what, and what to change where it fails

  friend bool operator==(const Clause&, const Clause&) = default;
};

struct Promise {
  std::vector<Clause> clauses;

  // That the job finishes.
  bool holds() const { return excuses().empty(); }

  // The sentences of the clauses that let a job not finish.
  std::vector<std::string> excuses() const;

  friend bool operator==(const Promise&, const Promise&) = default;
};

// Pure. The scenario has no problems, and nothing left to vary.
Promise PromiseOf(const Scenario& scenario, const faults::FaultPlan& plan);

}  // namespace flinch::scenarios
