#include "scenarios/stage/run_words.h"

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::scenarios {

std::string_view EndingName(sim::Ending ending) {
  switch (ending) {
    case sim::Ending::kGoal:
      return "goal";
    case sim::Ending::kIdle:
      return "idle";
    case sim::Ending::kLimit:
      return "limit";
    case sim::Ending::kViolation:
      return "violation";
  }
  sim::Unreachable("ending {}", static_cast<int>(ending));
}

std::string StemOf(std::string_view where) {
  where.remove_prefix(where.rfind('/') + 1);  // from the start when there is none
  return std::string(where.substr(0, where.find('.')));
}

std::vector<std::string> UntracedOf(const LimitsSpec& limits) {
  std::vector<std::string> kinds;
  for (const engine::events::EventInfo& event : engine::events::All()) {
    if (!limits.channel_events && event.level == engine::events::EventLevel::kChannel) {
      kinds.emplace_back(event.kind);
    }
  }
  return kinds;
}

}  // namespace flinch::scenarios
