// Plays a tape and records another, while a world runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/world/tape.h"

namespace flinch::sim {

class TapeDeck {
 public:
  // One choice point of one actor.
  class Track {
   public:
    // `played`: what the tape says here, if anything; `plays`: whether a tape is played at all.
    Track(const TapeTrack* played, bool plays) : played_(played), plays_(plays) {}

    // What the scheduler does among `of` things: the tape's choice, or the first.
    uint64_t Choose(uint64_t of);

    // What a draw below `of` gives: what the stream gave, unless the tape says otherwise.
    uint64_t Draw(uint64_t drawn, uint64_t of);

    // Writes down a choice that was not played.
    void Record(uint64_t choice);

   private:
    friend class TapeDeck;

    void NoteDefault(uint64_t occurrence);

    const TapeTrack* played_;
    bool plays_;
    TapeTrack recorded_;
    uint64_t defaulted_ = 0;
    std::optional<uint64_t> first_defaulted_;
  };

  TapeDeck(std::optional<Tape> played, uint64_t seed);

  // Lives as long as the deck.
  Track& TrackOf(std::string_view point, std::string_view actor);

  bool plays() const { return played_.has_value(); }

  Tape Recorded() const;
  TapeReport Report() const;

 private:
  using Key = std::pair<std::string, std::string>;

  std::optional<Tape> played_;
  uint64_t seed_;
  std::map<Key, Track> tracks_;
};

}  // namespace flinch::sim
