// Words of a run: how it ended, where it broke, and what it leaves untold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/scenario.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

std::string_view EndingName(sim::Ending ending);

// "log_state" of "engine/outside/log_state.cc:12": the line moves with every change.
std::string StemOf(std::string_view where);

// The kinds of events that the scenario does not want.
std::vector<std::string> UntracedOf(const LimitsSpec& limits);

}  // namespace flinch::scenarios
