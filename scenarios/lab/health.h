// What makes the silence of a hunt worth less than it seems.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lab/tally.h"

namespace flinch::scenarios {

struct HealthWarning {
  std::string_view name;  // "faults_never_fired"
  std::string sentence;   // whole, with the scenario and the numbers
};

// What was meant to happen, by the names of scenarios.
struct Expected {
  std::set<std::string> with_faults{};
  // Of a written plan: what its faults are called, in order.
  std::map<std::string, std::vector<std::string>> plans{};
  // Each run is one crash at an event that it is known to come to.
  bool is_exhaustive = false;
  bool has_checkpoints = true;  // what is hunted takes some
};

//   faults_never_fired     faults are configured, but in no run did one fire
//   fault_never_fired      others did, but this one of a written plan did not, in any run
//   crash_points_missed    a crash at an event of the fault-free run, and the event did not come
//   no_checkpoint          more than a tenth of the runs ended before their first checkpoint
//   oracle_saw_nothing     an oracle had nothing to judge in any run
//   same_digest            all seeds gave the same run
//   mostly_inconclusive    more than a tenth of the runs decided nothing
std::vector<HealthWarning> CheckHealth(const Tally& tally, const Expected& expected);

}  // namespace flinch::scenarios
