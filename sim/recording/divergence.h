// Where two runs that should be one part: the first event that differs, who did it, and how its
// code came there.
//
// A run leaves a trail: its digest, a ladder of samples of that digest, and whatever a Lens kept.
// Two trails are compared rung by rung; only the 256 events of the first differing rung are then
// looked at, in runs that end behind them. Costs less than three times the two runs, and memory
// for 256 events, however long they are. Where the runs happen does not matter: twice in one
// process, or in two fresh ones.
//
// A leak that differs from run to run (a clock) moves the place; the search follows it a few times,
// and then tells the last pair it saw.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/recording/recording.h"

namespace flinch::sim {

struct Trail {
  Digest digest;
  uint64_t events = 0;
  Ladder ladder;
  std::vector<std::string> kept;  // what the lens covered, one event each, as Show tells it
  std::string actor{};            // see Recording
  std::vector<std::string> stack{};
  // What besides the events must be equal, as text: verdict, counters, findings.
  std::string judgement{};

  // Whether it was the same run; what was kept does not count.
  bool SameRunAs(const Trail& other) const;
};

Trail MakeTrail(const Digest& digest, uint64_t events, const Ladder& ladder,
                const Recording& recording);

struct Divergence {
  struct Side {
    std::string event;               // as Show tells it; empty when that run had ended
    std::string actor;               // "fiber main of tm-1"
    std::vector<std::string> stack;  // innermost first
  };

  // The first event that differs; 0 when all are equal and only the judgements are not: then those
  // stand in the place of the events.
  EventId event;
  Side first;
  Side second;
};

// Several lines for people, each ending with a line break. `first` and `second` name the sides.
std::string Show(const Divergence& divergence, std::string_view first, std::string_view second);

// The first 256 events that hold a difference, of two different runs.
Lens WindowOfDifference(const Trail& first, const Trail& second);

// Runs one and the same experiment with Keep::kEverything and this lens.
using Experiment = std::function<Trail(const Lens& lens)>;

// Nothing when both sides are the same run.
std::optional<Divergence> FindDivergence(const Experiment& first, const Experiment& second);

}  // namespace flinch::sim
