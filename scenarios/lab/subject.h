// Anybody's system, as it is hunted: a world of processes under faults, and a judge.
//
//   lab::Subject subject{.name = "ledger",
//                        .what = "Money moves, and none is made.",
//                        .faults = {.crash_targets = {{"a"}, {"b"}}, .hosts = {"a", "b"}},
//                        .run = RunLedger};
//   int main(int argc, char** argv) { return lab::Main(argc, argv, {subject}); }
//
//   lab::Judgement RunLedger(const lab::Attempt& attempt) {
//     World world(attempt.world);
//     …                                             // hosts and processes
//     Injector injector(world, attempt.plan, attempt.heal_at);
//     const Outcome outcome = world.Run(…);
//     return lab::JudgementOf(attempt, world, injector, outcome, WhatIsWrong(world));
//   }
//
// Contract: the same attempt gives the same run. That is all that hunting, shrinking, replaying and
//           keeping need; nothing here knows what kind of system it is.
// Survives: in a hunt, a subject that prints, exits, throws, never ends, or takes all memory: each
//           of these is a verdict, and the hunt goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "faults/injector.h"
#include "faults/swarm_options.h"
#include "sim/random.h"
#include "sim/recording/recording.h"
#include "sim/time.h"
#include "sim/world/options.h"
#include "sim/world/tape.h"
#include "sim/world/world.h"

namespace flinch::lab {

// A size of the system or of its work. Shrinking makes it as small as it can.
struct Knob {
  std::string name;  // "commands"
  uint64_t usual = 0;
  uint64_t least = 0;
};

struct KnobValue {
  std::string name;
  uint64_t value = 0;
};

// One run that is asked for.
struct Attempt {
  sim::WorldOptions world;  // the seed, the schedule, what is kept
  faults::FaultPlan plan;
  sim::SimTime heal_at;  // from here on nothing breaks: the horizon of the subject's faults
  std::vector<KnobValue> knobs{};

  // Of a knob that the subject has.
  uint64_t Knob(std::string_view name) const;
};

// What is wrong with a run.
struct Failure {
  // What failures of one cause have in common, in a word: "torn".
  std::string signature;
  std::string witness;  // a whole sentence
  // Where it was found, for whoever reads of it: this line of your source.
  std::source_location where = std::source_location::current();
};

enum class Verdict : uint8_t { kPassed, kFailed, kInconclusive };

std::string_view Name(Verdict verdict);  // "passed"

struct Judgement {
  Verdict verdict = Verdict::kPassed;
  std::string signature{};
  std::string witness{};  // of a failure; of an inconclusive run why
  sim::Digest digest{};
  uint64_t events = 0;
  sim::SimTime end{};
  std::vector<faults::FiredFault> fired{};
  sim::Recording recording{};       // what the attempt asked to keep
  std::optional<sim::Tape> tape{};  // where it asked for one, or played one
  sim::TapeReport tape_report{};
};

// Of a world that has run, and was made with the attempt's options. A broken invariant is a
// failure, whatever the judge says.
Judgement JudgementOf(const Attempt& attempt, const sim::World& world,
                      const faults::Injector& injector, const sim::Outcome& outcome,
                      const std::optional<Failure>& failure);

struct Subject {
  std::string name;
  std::string what;  // one sentence
  std::vector<Knob> knobs{};
  // What plans are drawn from. Whom to crash and the hosts are the subject's to say; without
  // anchors, every event that a run without faults traces is one.
  faults::SwarmOptions faults{};
  // Draws plans in another way, from a seed's own stream. Null: as `faults` says.
  std::function<faults::FaultPlan(const sim::Random& random)> draw{};
  std::function<Judgement(const Attempt& attempt)> run;
};

}  // namespace flinch::lab
