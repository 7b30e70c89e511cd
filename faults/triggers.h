// When a fault strikes: the triggers of a plan, as values.
//
// Events are best: a plan that waits for them survives a change of the code, one that waits for
// times does not. Each fault fires at most once, but for those that come at a rate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/time.h"

namespace flinch::faults {

struct AtTime {
  sim::SimTime time;

  friend bool operator==(const AtTime&, const AtTime&) = default;
};

// At the n-th event (from 1) of this kind whose fields have these values (numbers are written in
// decimal). A value may hold "*" for any run of characters, and "|" between alternatives:
// "sink[*]". `process` empty: any.
struct AtEvent {
  std::string kind;
  uint64_t nth = 1;
  std::string process{};
  std::vector<std::pair<std::string, std::string>> where{};
  // So long after the event; zero: inside it, before its process goes on.
  sim::Duration delay{0};
  // Events count from the moment at which this fault of the plan, an earlier one, took effect.
  std::optional<size_t> since{};

  friend bool operator==(const AtEvent&, const AtEvent&) = default;
};

// A delay after another fault of the plan (by index, an earlier one) took effect.
struct AfterFault {
  size_t fault = 0;
  sim::Duration delay{0};

  friend bool operator==(const AfterFault&, const AfterFault&) = default;
};

// Again and again, on average once in this time, from the start until the run is healed. The gaps
// are drawn, each by itself (geometrically in steps of 1/64 of the mean), from a stream named after
// the fault.
struct AtRate {
  sim::Duration mean{0};

  friend bool operator==(const AtRate&, const AtRate&) = default;
};

// At the event with which each of these kinds has come so often, if no event of the kind `unless`
// has come by then.
struct AtCounts {
  std::vector<std::pair<std::string, uint64_t>> at_least;
  std::string unless{};

  friend bool operator==(const AtCounts&, const AtCounts&) = default;
};

// At a cell of the protocol, for the n-th time: "ack_sent/sink/before". What it stands for is known
// to whoever runs the plan (Cast::cells), who turns it into an AtEvent before.
struct AtCell {
  std::string cell;
  uint64_t nth = 1;
  std::optional<size_t> since{};  // as of AtEvent

  friend bool operator==(const AtCell&, const AtCell&) = default;
};

using Trigger = std::variant<AtTime, AtEvent, AfterFault, AtRate, AtCounts, AtCell>;

}  // namespace flinch::faults
