#include "sim/kernel/tape_deck.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

std::pair<std::string_view, std::string_view> KeyOf(const TapeTrack& track) {
  return {track.point, track.actor};
}

}  // namespace

uint64_t TapeDeck::Track::Choose(uint64_t of) {
  const uint64_t occurrence = recorded_.count;
  uint64_t choice = 0;
  if (played_ != nullptr && occurrence < played_->choices.size() &&
      played_->choices[occurrence] < of) {
    choice = played_->choices[occurrence];
  } else {
    NoteDefault(occurrence);
  }
  Record(choice);
  return choice;
}

uint64_t TapeDeck::Track::Draw(uint64_t drawn, uint64_t of) {
  const uint64_t occurrence = recorded_.count++;
  if (!plays_) {
    return drawn;
  }
  if (played_ == nullptr || !played_->is_drawn() || occurrence >= played_->count) {
    NoteDefault(occurrence);
    return drawn;
  }
  const auto changed = played_->changed.find(occurrence);
  if (changed != played_->changed.end() && changed->second >= of) {
    NoteDefault(occurrence);
    return drawn;
  }
  if (changed == played_->changed.end()) {
    return drawn;
  }
  recorded_.changed[occurrence] = changed->second;
  return changed->second;
}

void TapeDeck::Track::NoteDefault(uint64_t occurrence) {
  ++defaulted_;
  first_defaulted_ = first_defaulted_.value_or(occurrence);
}

void TapeDeck::Track::Record(uint64_t choice) {
  ++recorded_.count;
  recorded_.choices.push_back(static_cast<uint32_t>(choice));
}

TapeDeck::TapeDeck(std::optional<Tape> played, uint64_t seed)
    : played_(std::move(played)), seed_(seed) {
  if (played_) {
    // The kernel writes them in order; a person who edits may not.
    std::ranges::sort(played_->tracks, {}, KeyOf);
  }
}

TapeDeck::Track& TapeDeck::TrackOf(std::string_view point, std::string_view actor) {
  const Key key(point, actor);
  const auto known = tracks_.find(key);
  if (known != tracks_.end()) {
    return known->second;
  }
  const TapeTrack* played = nullptr;
  if (played_) {
    const std::pair wanted(point, actor);
    const auto found = std::ranges::lower_bound(played_->tracks, wanted, {}, KeyOf);
    played = found == played_->tracks.end() || KeyOf(*found) != wanted ? nullptr : &*found;
  }
  Track& track = tracks_.emplace(key, Track(played, plays())).first->second;
  track.recorded_.point = point;
  track.recorded_.actor = actor;
  return track;
}

Tape TapeDeck::Recorded() const {
  Tape tape{.seed = seed_, .tracks = {}};
  for (const auto& [key, track] : tracks_) {
    if (track.recorded_.count > 0) {
      tape.tracks.push_back(track.recorded_);
    }
  }
  return tape;
}

TapeReport TapeDeck::Report() const {
  TapeReport report;
  if (!played_) {
    return report;
  }
  const auto differs = [&report](const Key& key, uint64_t occurrence) {
    if (report.first_differs.empty()) {
      report.first_differs =
          fmt::format("{} {}, occurrence {}", key.first, key.second, occurrence + 1);
    }
  };
  for (const auto& [key, track] : tracks_) {
    report.followed += track.recorded_.count - track.defaulted_;
    report.defaulted += track.defaulted_;
    if (track.first_defaulted_) {
      differs(key, *track.first_defaulted_);
    }
  }
  for (const TapeTrack& played : played_->tracks) {
    const Key key(played.point, played.actor);
    const auto found = tracks_.find(key);
    const uint64_t asked = found == tracks_.end() ? 0 : found->second.recorded_.count;
    if (asked < played.count) {
      report.unused += played.count - asked;
      differs(key, asked);
    }
  }
  return report;
}

}  // namespace flinch::sim
