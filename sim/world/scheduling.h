// Who runs next when several fibers could, and which of several deliveries of one instant comes
// first: asked for every such choice, and for nothing else.
//
//   fifo          in the order in which they became runnable
//   random        uniformly
//   pct:D[:N]     probabilistic concurrency testing: every fiber gets a random priority; the one
//                 with the highest runs, and at D-1 random ones of the first N choices it falls to
//                 the bottom. Finds a bug of depth D with probability at least 1/(n N^(D-1)), n
//                 fibers. A fiber that yields falls to the bottom too, or it would spin for ever.
//   pos           partial order sampling: every turn gets a random priority, drawn anew for those
//                 that wait in the process that just ran (what shares a disk counts as apart)
//   round-robin   among those that wait, one process after the other
//   prefix        in C++ only: the choices that are given, then the first; sim/world/explorer.h
//                 enumerates them
//
// Source: Burckhardt et al., ASPLOS 2010 (PCT); Yuan, Yang and Gu, CAV 2018 (POS).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::sim {

enum class Strategy : uint8_t { kFifo, kRandom, kPct, kPos, kRoundRobin, kPrefix };

struct Scheduling {
  Strategy strategy = Strategy::kRandom;
  uint32_t depth = 3;         // pct: D
  uint32_t choices = 10'000;  // pct: N
  std::vector<uint32_t> prefix;

  friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

// Of a text as above; kInvalidArgument with a sentence that names what there is.
Result<Scheduling> ParseScheduling(std::string_view text);

// The shortest text that gives the same.
std::string Show(const Scheduling& scheduling);

}  // namespace flinch::sim
