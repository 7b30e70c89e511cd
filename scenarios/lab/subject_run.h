// One run of a subject: what makes it, what came of it, and the token that says both.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "faults/swarm_options.h"
#include "scenarios/lab/setting.h"
#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/subject.h"
#include "scenarios/lab/token.h"
#include "scenarios/lab/unit_result.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"
#include "sim/world/scheduling.h"
#include "sim/world/tape.h"

namespace flinch::lab {

// A subject, and what a run of it without faults has shown: who is there, and what they trace.
struct Surveyed {
  const Subject* subject = nullptr;
  faults::Cast cast{};
  faults::SwarmOptions swarm{};
};

// Runs it once, in a process of its own. kInvalidArgument when that does not pass: then nothing
// that faults do would mean anything. The subject outlives what comes back.
sim::Result<Surveyed> Survey(const Subject& subject);

struct SubjectRun {
  uint64_t seed = 1;
  sim::Scheduling scheduling{};
  std::vector<KnobValue> knobs{};           // that are not as usual
  std::optional<faults::FaultPlan> plan{};  // nothing: drawn from the seed
  std::optional<sim::Tape> play{};          // what chooses instead of `scheduling`
  bool records_tape = false;
};

// Knobs as they are typed. kInvalidArgument for a name that there is not, or for no number.
sim::Result<std::vector<KnobValue>> ReadKnobs(const Subject& subject,
                                              const std::vector<scenarios::Setting>& settings);

// Whatever the subject does, there is a judgement, unless it ends the process.
Judgement Perform(const Surveyed& surveyed, const SubjectRun& run,
                  sim::Keep keep = sim::Keep::kNothing);

// The plan of the run: its own, or the drawn one.
faults::FaultPlan PlanOf(const Surveyed& surveyed, const SubjectRun& run);

scenarios::ReplayToken TokenOf(const Surveyed& surveyed, const SubjectRun& run,
                               const Judgement& judgement);

// kInvalidArgument where the token says what the subject does not know.
sim::Result<SubjectRun> RunOf(const Surveyed& surveyed, const scenarios::ReplayToken& token);

// Of a hunt.
scenarios::UnitResult DescribeUnit(const Surveyed& surveyed, const std::vector<KnobValue>& knobs,
                                   const scenarios::Unit& unit);
scenarios::UnitResult PerformUnit(const Surveyed& surveyed, const std::vector<KnobValue>& knobs,
                                  const scenarios::Unit& unit);

// A hash of this program's own file: of the code that a run depends on.
const std::string& ProgramBuild();

// "00:00.412  crash  s1", for each fault that fired.
std::vector<std::string> StoryOf(const Judgement& judgement);

}  // namespace flinch::lab
