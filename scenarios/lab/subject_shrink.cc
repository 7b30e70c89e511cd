#include "scenarios/lab/subject_shrink.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/lab/number_ranges.h"
#include "scenarios/lab/removal.h"

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

// Under so many other seeds a run with fewer faults is tried, and one with less work.
constexpr uint64_t kSeedsForFaults = 40;
constexpr uint64_t kSeedsForKnobs = 10;

// The plan for a run that does a part of the work: what waits for the n-th event of a kind waits
// for as early a one of those that are left.
faults::FaultPlan Earlier(faults::FaultPlan plan, uint64_t part, uint64_t whole) {
  for (faults::Fault& fault : plan.faults) {
    if (auto* const event = std::get_if<faults::AtEvent>(&fault.when)) {
      event->nth =
          std::max<uint64_t>(event->nth / whole * part + event->nth % whole * part / whole, 1);
    }
  }
  return plan;
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
      smaller = RemoveFaults();
      smaller |= MergeFaults();
      smaller |= RemoveFaultsUnderOtherSeeds();
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

  bool TryPlan(faults::FaultPlan plan) {
    SubjectRun candidate = best_.run;
    candidate.plan = std::move(plan);
    return Try(candidate);
  }

  // Whole kinds of faults first, then chunks of them.
  bool RemoveFaults() {
    const size_t before = best_.run.plan->faults.size();
    RemoveKinds();
    const faults::FaultPlan plan = *best_.run.plan;
    const std::vector<reports::FiredFault> fired = FiredIn(best_.judgement);
    scenarios::KeepFewest(
        NumberRanges::From(0, plan.faults.size()),
        [&](const NumberRanges& kept) {
          return TryPlan(scenarios::KeepFaults(plan, kept.Numbers(), fired));
        },
        {}, [this] { return IsStopped(); });
    return best_.run.plan->faults.size() < before;
  }

  void RemoveKinds() {
    std::set<std::string_view> kinds;
    for (const faults::Fault& fault : best_.run.plan->faults) {
      kinds.insert(faults::KindOf(fault.what));
    }
    for (const std::string_view kind : kinds) {
      TryWithout([kind](const faults::Fault& fault) { return faults::KindOf(fault.what) == kind; });
    }
  }

  bool TryWithout(const std::function<bool(const faults::Fault&)>& goes) {
    const faults::FaultPlan& plan = *best_.run.plan;
    std::vector<uint64_t> kept;
    for (size_t index = 0; index < plan.faults.size(); ++index) {
      if (!goes(plan.faults[index])) {
        kept.push_back(index);
      }
    }
    return TryPlan(scenarios::KeepFaults(plan, kept, FiredIn(best_.judgement)));
  }

  // Two that do alike are one that lasts longer.
  bool MergeFaults() {
    bool fewer = false;
    for (bool again = true; again && !IsStopped();) {
      again = std::ranges::any_of(
          scenarios::MergedFaults(*best_.run.plan, FiredIn(best_.judgement), surveyed_.cast),
          [this](const faults::FaultPlan& plan) { return TryPlan(plan); });
      fewer |= again;
    }
    return fewer;
  }

  // A fault may be there for nothing but the chance of this seed: who leads, which message is slow.
  // Another seed may bring the same without it.
  bool RemoveFaultsUnderOtherSeeds() {
    const size_t before = best_.run.plan->faults.size();
    for (uint64_t seed = 1; seed <= kSeedsForFaults && !IsStopped(); ++seed) {
      if (RemoveOneUnder(seed)) {
        RemoveFaults();
        seed = 0;
      }
    }
    return best_.run.plan->faults.size() < before;
  }

  bool RemoveOneUnder(uint64_t seed) {
    const SubjectRun whole = best_.run;
    const size_t count = whole.plan->faults.size();
    const std::vector<reports::FiredFault> fired = FiredIn(best_.judgement);
    for (size_t without = count; without-- > 0;) {
      std::vector<uint64_t> kept;
      for (size_t index = 0; index < count; ++index) {
        if (index != without) {
          kept.push_back(index);
        }
      }
      SubjectRun candidate = whole;
      candidate.seed = seed;
      candidate.play.reset();
      candidate.plan = scenarios::KeepFaults(*whole.plan, kept, fired);
      if (Try(candidate)) {
        return true;
      }
    }
    return false;
  }

  uint64_t ValueOf(const Knob& knob) const {
    const auto given = std::ranges::find(best_.run.knobs, knob.name, &KnobValue::name);
    return given == best_.run.knobs.end() ? knob.usual : given->value;
  }

  bool LowerKnobs() {
    bool smaller = false;
    for (const Knob& knob : surveyed_.subject->knobs) {
      const uint64_t value = ValueOf(knob);
      smaller |= scenarios::FindSmaller(value, knob.least, [this, &knob](uint64_t lower) {
                   return TryKnob(knob, lower);
                 }) < value;
    }
    return smaller;
  }

  bool TryKnob(const Knob& knob, uint64_t value) {
    const uint64_t before = ValueOf(knob);
    SubjectRun candidate = best_.run;
    std::erase_if(candidate.knobs,
                  [&knob](const KnobValue& known) { return known.name == knob.name; });
    candidate.knobs.push_back({.name = knob.name, .value = value});
    if (Try(candidate)) {
      return true;
    }
    candidate.plan = Earlier(*candidate.plan, value, before);
    bool is_taken = candidate.plan != best_.run.plan && Try(candidate);
    for (uint64_t seed = 1; seed <= kSeedsForKnobs && !is_taken; ++seed) {
      candidate.seed = seed;
      candidate.play.reset();
      is_taken = Try(candidate);
    }
    return is_taken;
  }

  bool PlainSchedule() {
    const sim::Scheduling plain = sim::ParseScheduling("fifo").value();
    if (best_.run.scheduling == plain && !best_.run.play) {
      return false;
    }
    SubjectRun candidate = best_.run;
    candidate.play.reset();
    candidate.scheduling = plain;
    return Try(candidate);
  }

  bool SimplifyFaults() {
    bool simpler = false;
    for (size_t fault = 0; fault < best_.run.plan->faults.size(); ++fault) {
      for (bool again = true; again && !IsStopped();) {
        again =
            std::ranges::any_of(scenarios::SimplerFaults(*best_.run.plan, fault, surveyed_.cast),
                                [this](const faults::FaultPlan& plan) { return TryPlan(plan); });
        simpler |= again;
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
