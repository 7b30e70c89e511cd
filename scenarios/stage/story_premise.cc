#include "scenarios/stage/story_premise.h"

#include <set>

#include <fmt/format.h>

namespace flinch::scenarios {

std::string TakeOutUnfounded(const StorySteps& story, const OutsideView& view, const LoadCode& load,
                             std::vector<StoryBreach>& breaches) {
  std::string why;
  const auto is_unfounded = [&](const StoryBreach& breach) {
    if (breach.step >= story.size() || !story[breach.step].refused) {
      return false;
    }
    const sim::Result<engine::StreamGraph> stream = load(breach.arguments);
    const std::optional<std::set<std::string>> held = view.OperatorsWithState(breach.checkpoint);
    if (!stream || !held) {
      return false;
    }
    std::set<std::string> foreign = *held;
    for (const engine::OperatorSpec& node : stream->nodes) {
      foreign.erase(node.state_name());
    }
    if (!foreign.empty()) {
      return false;
    }
    why = fmt::format(
        "Step {} of the story is to be refused for state that the job has no operator "
        "for, but snapshot {} holds none: too little was read before it.",
        breach.step + 1, breach.checkpoint);
    return true;
  };
  std::erase_if(breaches, is_unfounded);
  return why;
}

}  // namespace flinch::scenarios
