// What makes the silence of a hunt worth less than it seems.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/hunt/tally.h"

namespace flinch::scenarios {

struct HealthWarning {
  std::string_view name;  // "faults_never_fired"
  std::string sentence;   // whole, with the scenario and the numbers
};

//   faults_never_fired     faults are configured, but in no run did one fire
//   no_checkpoint          more than a tenth of the runs ended before their first checkpoint
//   oracle_saw_nothing     an oracle had nothing to judge in any run
//   same_digest            all seeds gave the same run
//   mostly_inconclusive    more than a tenth of the runs decided nothing
// `with_faults`: the scenarios that are meant to suffer faults.
std::vector<HealthWarning> CheckHealth(const Tally& tally,
                                       const std::set<std::string>& with_faults);

}  // namespace flinch::scenarios
