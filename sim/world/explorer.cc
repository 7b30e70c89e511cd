#include "sim/world/explorer.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::sim {

Scheduling Explorer::Next() const { return {.strategy = Strategy::kPrefix, .prefix = prefix_}; }

void Explorer::Learn(const std::vector<Pick>& picks) {
  Check(picks.size() >= prefix_.size(), "a run made {} choices of the {} that it was given",
        picks.size(), prefix_.size());
  ++runs_;
  // The last choice that has an untried alternative takes the next one; what followed starts anew.
  size_t last = std::min(picks.size(), limits_.choices_max);
  while (last > 0 && picks[last - 1].chosen + 1 == picks[last - 1].of) {
    --last;
  }
  if (last == 0) {
    is_done_ = true;
    return;
  }
  prefix_.clear();
  for (size_t i = 0; i < last; ++i) {
    prefix_.push_back(picks[i].chosen);
  }
  ++prefix_.back();
}

}  // namespace flinch::sim
