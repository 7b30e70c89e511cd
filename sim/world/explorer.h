// Bounded exhaustive search: runs a small world under every choice of its scheduler.
//
//   Explorer explorer({.choices_max = 20});
//   while (explorer.HasNext()) {
//     World world({.seed = 7, .scheduling = explorer.Next()});
//     …
//     explorer.Learn(world.picks());
//   }
//
// The first `choices_max` choices of a run are varied, all later ones are the first in line. Depth
// first: each run is the longest untried branch of the one before. Only the scheduler's choices are
// explored; latencies and faults stay what the seed says.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/world/scheduling.h"
#include "sim/world/world.h"

namespace flinch::sim {

struct ExplorerLimits {
  size_t choices_max = 20;
  uint64_t runs_max = 1'000'000;
};

class Explorer {
 public:
  explicit Explorer(const ExplorerLimits& limits) : limits_(limits) {}

  bool HasNext() const { return !is_done_ && runs_ < limits_.runs_max; }

  // How the next run is scheduled. Each is followed by one Learn.
  Scheduling Next() const;

  // What the run that was scheduled so has chosen.
  void Learn(const std::vector<Pick>& picks);

  uint64_t runs() const { return runs_; }

  // Every branch within the limits has been run.
  bool is_complete() const { return is_done_; }

 private:
  ExplorerLimits limits_;
  std::vector<uint32_t> prefix_;
  uint64_t runs_ = 0;
  bool is_done_ = false;
};

}  // namespace flinch::sim
