// A tape: what a run chose, to be played again.
//
// Every choice point has a stable name, an actor and counts its occurrences; a track holds what one
// point of one actor chose. Two kinds:
// - choices of the scheduler ("scheduler" of a process: which of several fibers runs, when one of
//   this process has waited longest; "delivery" of the world: which of several arrivals of one
//   instant comes first) are kept one by one: index 0 is the first in line, the default;
// - draws (latencies, losses, what a crash leaves) come from the point's own stream of the seed, so
//   that counting them says everything; `changed` overrules single ones.
//
// On no tape: what a process draws from its Environment::RandomStream. That is the program's,
// depends on the seed alone, and is drawn again as it was.
//
// A tape outlives changes of the code: where it is played and a choice is no longer there, the
// default is taken, and TapeReport says so.
//
// As text, one track a line, fields parted by one space (other spaces and '%' as %20 and %25).
// Lines that start with '#', and empty ones, are for people; a second track of a point and actor is
// refused:
//
//   flinch-tape 1 seed 7
//   scheduler tm-1 chosen 0{12}10(42)3     12 times 0, then 1, 0, 42, 3
//   link.latency jm/tm-1 drawn 512 3=0     512 draws; the fourth is 0 instead
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::sim {

struct TapeTrack {
  std::string point;
  std::string actor;
  uint64_t count = 0;             // how often the point was asked
  std::vector<uint32_t> choices;  // of the scheduler: `count` of them; of draws: none
  std::map<uint64_t, uint64_t> changed;

  bool is_drawn() const { return choices.empty(); }

  friend bool operator==(const TapeTrack&, const TapeTrack&) = default;
};

struct Tape {
  uint64_t seed = 0;
  std::vector<TapeTrack> tracks;  // by point, then actor

  friend bool operator==(const Tape&, const Tape&) = default;
};

std::string Show(const Tape& tape);

// kCorruption with the line and what is wrong with it.
Result<Tape> ParseTape(std::string_view text);

// How a run went along with the tape it was given. Zero of everything but `followed`: exactly.
struct TapeReport {
  uint64_t followed = 0;
  // Asked for, but not on the tape or no longer among the choices. The default of a draw is what
  // its stream gives: with the same seed it is what was drawn, but no tape says so.
  uint64_t defaulted = 0;
  uint64_t unused = 0;        // on the tape, but never asked for
  std::string first_differs;  // "scheduler tm-1, occurrence 17"; "" when nothing does

  bool exact() const { return defaulted == 0 && unused == 0; }
};

// One sentence.
std::string Show(const TapeReport& report);

}  // namespace flinch::sim
