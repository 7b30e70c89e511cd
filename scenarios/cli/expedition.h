// A hunt made ready: what its units are, who performs them, and what all its shards agree on.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "scenarios/cli/command_line.h"
#include "scenarios/cli/seed_runner.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/lab/hunt_header.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct Expedition {
  SeedRunner runner;
  HuntSpace space;
  HuntHeader header;
};

// kInvalidArgument for all that a user could have got wrong; kUnavailable when it was stopped.
sim::Result<Expedition> PrepareHunt(
    const HuntArguments& arguments, const std::function<bool()>& stop = [] { return false; });

// What Search::kSwarm sets.
std::vector<Setting> SwarmSettings();

}  // namespace flinch::scenarios
