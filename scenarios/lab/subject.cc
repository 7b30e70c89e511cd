#include "scenarios/lab/subject.h"

#include <algorithm>

#include <fmt/format.h>

#include "scenarios/lab/portable_path.h"
#include "sim/check.h"

namespace flinch::lab {

uint64_t Attempt::Knob(std::string_view name) const {
  const auto found = std::ranges::find(knobs, name, &KnobValue::name);
  sim::Check(found != knobs.end(), "the subject has no knob {}", name);
  return found->value;
}

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  sim::Unreachable("verdict {}", static_cast<int>(verdict));
}

Judgement JudgementOf(const Attempt& attempt, const sim::World& world,
                      const faults::Injector& injector, const sim::Outcome& outcome,
                      const std::optional<Failure>& failure) {
  Judgement judgement{.digest = world.digest(),
                      .events = world.events(),
                      .end = world.Now(),
                      .fired = {injector.fired().begin(), injector.fired().end()},
                      .recording = world.recording()};
  if (attempt.world.NeedsTape()) {
    judgement.tape = world.tape();
    judgement.tape_report = world.tape_report();
  }
  if (outcome.violation) {
    judgement.verdict = Verdict::kFailed;
    judgement.signature = "invariant";
    judgement.witness = fmt::format("{} ({}).", outcome.violation->what, outcome.violation->where);
  } else if (failure) {
    judgement.verdict = Verdict::kFailed;
    judgement.signature = failure->signature.empty() ? "failed" : failure->signature;
    const std::string place = scenarios::ShowPlace(failure->where);
    judgement.witness =
        place.empty() ? failure->witness : fmt::format("{} ({})", failure->witness, place);
  } else if (outcome.ending == sim::Ending::kLimit) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.witness = "The run came to a limit of its world before it could be judged.";
  }
  return judgement;
}

}  // namespace flinch::lab
