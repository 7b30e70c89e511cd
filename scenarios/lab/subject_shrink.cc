#include "scenarios/lab/subject_shrink.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/lab/number_ranges.h"
#include "scenarios/lab/removal.h"
#include "sim/check.h"

namespace flinch::lab {

namespace {

using scenarios::NumberRanges;

std::vector<reports::FiredFault> FiredIn(const Judgement& judgement) {
  std::vector<reports::FiredFault> fired;
  for (const faults::FiredFault& fault : judgement.fired) {
    fired.push_back(
        {.kind = fault.kind, .target = fault.target, .at = fault.at, .fault = fault.fault});
  }
  return fired;
}

class Shrinker {
 public:
  Shrinker(const Surveyed& surveyed, const SubjectRun& run, const std::function<bool()>& stop)
      : surveyed_(surveyed), stop_(stop) {
    best_.run = run;
    best_.run.plan = PlanOf(surveyed, run);
    best_.judgement = Perform(surveyed, best_.run);
    best_.runs = 1;
  }

  ShrunkRun Shrink() && {
    bool smaller = best_.judgement.verdict == Verdict::kFailed;
    while (smaller && !IsStopped()) {
      smaller = false;
      smaller |= RemoveFaults();
      smaller |= LowerKnobs();
      smaller |= PlainSchedule();
      smaller |= SimplifyFaults();
    }
    best_.stopped = stopped_;
    return std::move(best_);
  }

 private:
  bool IsStopped() {
    stopped_ = stopped_ || stop_();
    return stopped_;
  }

  // Takes the candidate when it fails like the first run.
  bool Try(const SubjectRun& candidate) {
    if (IsStopped()) {
      return false;
    }
    ++best_.runs;
    Judgement judgement = Perform(surveyed_, candidate);
    if (judgement.verdict != Verdict::kFailed || judgement.signature != best_.judgement.signature) {
      return false;
    }
    best_.run = candidate;
    best_.judgement = std::move(judgement);
    return true;
  }

  bool RemoveFaults() {
    const SubjectRun whole = best_.run;
    const std::vector<reports::FiredFault> fired = FiredIn(best_.judgement);
    const size_t before = whole.plan->faults.size();
    scenarios::KeepFewest(
        NumberRanges::From(0, before),
        [&](const NumberRanges& kept) {
          SubjectRun candidate = whole;
          candidate.plan = scenarios::KeepFaults(*whole.plan, kept.Numbers(), fired);
          return Try(candidate);
        },
        {}, [this] { return IsStopped(); });
    return best_.run.plan->faults.size() < before;
  }

  bool LowerKnobs() {
    bool smaller = false;
    for (const Knob& knob : surveyed_.subject->knobs) {
      const auto given = std::ranges::find(best_.run.knobs, knob.name, &KnobValue::name);
      const uint64_t value = given == best_.run.knobs.end() ? knob.usual : given->value;
      const auto with = [&](uint64_t candidate_value) {
        SubjectRun candidate = best_.run;
        std::erase_if(candidate.knobs,
                      [&knob](const KnobValue& known) { return known.name == knob.name; });
        candidate.knobs.push_back({.name = knob.name, .value = candidate_value});
        return Try(candidate);
      };
      smaller |= scenarios::FindSmaller(value, knob.least, with) < value;
    }
    return smaller;
  }

  bool PlainSchedule() {
    const sim::Scheduling plain = sim::ParseScheduling("fifo").value();
    if (best_.run.scheduling == plain) {
      return false;
    }
    SubjectRun candidate = best_.run;
    candidate.scheduling = plain;
    return Try(candidate);
  }

  bool SimplifyFaults() {
    bool simpler = false;
    for (size_t fault = 0; fault < best_.run.plan->faults.size(); ++fault) {
      for (bool again = true; again && !IsStopped();) {
        again = false;
        for (faults::FaultPlan& plan :
             scenarios::SimplerFaults(*best_.run.plan, fault, surveyed_.cast)) {
          SubjectRun candidate = best_.run;
          candidate.plan = std::move(plan);
          if (Try(candidate)) {
            again = true;
            simpler = true;
            break;
          }
        }
      }
    }
    return simpler;
  }

  const Surveyed& surveyed_;
  const std::function<bool()>& stop_;
  ShrunkRun best_;
  bool stopped_ = false;
};

}  // namespace

ShrunkRun ShrinkRun(const Surveyed& surveyed, const SubjectRun& run,
                    const std::function<bool()>& stop) {
  return Shrinker(surveyed, run, stop).Shrink();
}

}  // namespace flinch::lab
