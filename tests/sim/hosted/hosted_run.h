// A world with one hosted process, and what became of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/hosted/hosted.h"
#include "sim/world/world.h"

namespace flinch::sim {

struct HostedRun {
  Outcome outcome;
  std::string digest;
  std::string stuck;  // who waits for what at the end
  std::vector<RecordedEvent> events;
  bool alive = false;
};

struct HostedRunOptions {
  uint64_t seed = 1;
  Scheduling scheduling;
  HostedOptions hosted;
};

inline HostedRun RunHosted(const HostedRunOptions& options, Program program) {
  World world({.seed = options.seed,
               .scheduling = options.scheduling,
               .keep = Keep::kTrace,
               .limits = {.events_max = 1'000'000}});
  const ProcessId process =
      world.AddProcess(world.AddHost("a"), "db", Hosted(std::move(program), options.hosted));
  HostedRun run;
  run.outcome = world.Run([] { return false; });
  run.digest = Show(world.digest());
  run.stuck = Show(world.Explain());
  run.events = world.recording().events;
  run.alive = world.IsAlive(process);
  return run;
}

inline HostedRun RunHosted(Program program) { return RunHosted({}, std::move(program)); }

// For programs that do not end well.
inline HostedRun RunAndGiveBack(Program program) {
  return RunHosted({.hosted = {.memory = HostedMemory::kGivenBack}}, std::move(program));
}

}  // namespace flinch::sim
