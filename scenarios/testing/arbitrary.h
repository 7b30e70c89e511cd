// RapidCheck generators of scenarios and fault plans, which shrink: for properties over (job,
// workload, cluster, options, plan).
//
//   RC_GTEST_PROP(MyJob, SurvivesAnyPlanOnAnyCluster, ()) {
//     const Scenario scenario = *AnyVariationOf(MyScenario());
//     const faults::FaultPlan plan = *AnyPlanOf(scenario);
//     …
//   }
//
// Shape:  what is drawn is what the program draws for a seed (scenarios/model/vary.h, the
//         scenario's swarm); the seed itself is never shrunk, since a smaller one is no simpler. A
//         plan shrinks by faults left out, then by simpler faults; a variation by fields set back
//         to the scenario's own.
// Needs:  RapidCheck at the user's.
// Source: RapidCheck, doc/generators.md and doc/displaying.md.
#pragma once

#include <cstddef>
#include <numeric>
#include <ostream>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "faults/fault_plan.h"
#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/input/workload.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/vary.h"

namespace flinch::faults {

// How RapidCheck shows what it drew.
inline void showValue(const FaultPlan& plan, std::ostream& out) { out << '\n' << ShowToml(plan); }

}  // namespace flinch::faults

namespace flinch::scenarios {

inline void showValue(const Scenario& scenario, std::ostream& out) {
  out << '\n' << ShowToml(scenario);
}

// The plans that are simpler in one way, the boldest first.
inline ::rc::Seq<faults::FaultPlan> SimplerPlans(const faults::FaultPlan& plan,
                                                 const faults::Cast& cast) {
  std::vector<uint64_t> all(plan.faults.size());
  std::iota(all.begin(), all.end(), uint64_t{0});
  const auto edits = [plan, cast](size_t fault) {
    return ::rc::seq::fromContainer(SimplerFaults(plan, fault, cast));
  };
  return ::rc::seq::concat(
      ::rc::seq::map(
          ::rc::shrink::removeChunks(all),
          [plan](const std::vector<uint64_t>& kept) { return KeepFaults(plan, kept, {}); }),
      ::rc::seq::mapcat(::rc::seq::range<size_t>(0, plan.faults.size()), edits));
}

// What the scenario's swarm draws, whatever its faults.source says. The scenario is valid.
inline ::rc::Gen<faults::FaultPlan> AnyPlanOf(Scenario scenario) {
  scenario.faults.source = FaultSource::kSwarm;
  return [scenario = std::move(scenario)](const ::rc::Random& random, int /*size*/) {
    const uint64_t seed = ::rc::Random(random).next();
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    return ::rc::shrinkable::shrinkRecur(PlanOf(scenario, workload ? *workload : Workload{}, seed),
                                         [cast = CastOf(scenario)](const faults::FaultPlan& plan) {
                                           return SimplerPlans(plan, cast);
                                         });
  };
}

// The scenario on another cluster, with other options, sizes and speeds. It is valid, and so are
// those it shrinks to.
inline ::rc::Gen<Scenario> AnyVariationOf(Scenario base) {
  base.vary = {};
  return [base = std::move(base)](const ::rc::Random& random, int /*size*/) {
    Scenario varied = base;
    varied.vary = {.cluster = true, .options = true, .knobs = true, .healing = true};
    const auto simpler = [base](const Scenario& from) {
      const auto apply = [base](const std::vector<Setting>& settings) {
        Scenario fewer = base;
        for (const Setting& setting : settings) {
          if (!ApplySetting(fewer, setting.key, setting.value)) {
            break;
          }
        }
        return fewer;
      };
      return ::rc::seq::filter(
          ::rc::seq::map(::rc::shrink::removeChunks(SettingsBetween(base, from)), apply),
          [](const Scenario& scenario) { return Validate(scenario).has_value(); });
    };
    return ::rc::shrinkable::shrinkRecur(Vary(std::move(varied), ::rc::Random(random).next()),
                                         simpler);
  };
}

}  // namespace flinch::scenarios
