#include "scenarios/shrink/tape_edits.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace flinch::scenarios {

uint64_t CountChoices(const sim::Tape& tape) {
  uint64_t count = 0;
  for (const sim::TapeTrack& track : tape.tracks) {
    count += static_cast<uint64_t>(
        std::ranges::count_if(track.choices, [](uint32_t choice) { return choice != 0; }));
    count += track.changed.size();
  }
  return count;
}

sim::Tape KeepChoices(const sim::Tape& tape, const std::vector<uint64_t>& kept) {
  sim::Tape fewer{.seed = tape.seed, .tracks = {}};
  auto next = kept.begin();
  uint64_t number = 0;
  const auto is_kept = [&] {
    const bool is_next = next != kept.end() && *next == number;
    next += is_next ? 1 : 0;
    ++number;
    return is_next;
  };
  for (const sim::TapeTrack& track : tape.tracks) {
    sim::TapeTrack own{.point = track.point, .actor = track.actor};
    for (size_t place = 0; place < track.choices.size(); ++place) {
      if (track.choices[place] != 0 && is_kept()) {
        own.choices.resize(place, 0);
        own.choices.push_back(track.choices[place]);
      }
    }
    own.count = own.choices.size();
    for (const auto& [place, value] : track.changed) {
      if (is_kept()) {
        own.changed[place] = value;
        own.count = place + 1;
      }
    }
    if (own.count > 0) {
      fewer.tracks.push_back(std::move(own));
    }
  }
  return fewer;
}

sim::Tape Shortened(const sim::Tape& tape) {
  std::vector<uint64_t> all(CountChoices(tape));
  std::iota(all.begin(), all.end(), 0);
  return KeepChoices(tape, all);
}

}  // namespace flinch::scenarios
