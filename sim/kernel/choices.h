// Named choices: everything that the world itself decides by chance.
//
// A choice point has a stable name ("link.latency") and an actor ("jm/tm-1"), and draws from a
// stream of its own: its n-th draw depends on the seed, the name, the actor and n, and on nothing
// else. So a point that is added, removed or drawn from more often moves no draw of another. A tape
// counts the draws and may change them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/kernel/tape_deck.h"
#include "sim/random.h"
#include "sim/time.h"

namespace flinch::sim {

// A value: small enough to be a member of every link. Copies would draw the same numbers twice, so
// move it to where it lives.
class ChoicePoint {
 public:
  // `track`: null where nothing is recorded or played.
  ChoicePoint(const Random& random, TapeDeck::Track* track)
      : position_(random.position()), track_(track) {}

  // One that stands where `position()` of an earlier one stood: for who keeps many of them, and
  // knows their tracks otherwise.
  static ChoicePoint At(uint64_t position, TapeDeck::Track* track) {
    return ChoicePoint(Random(position), track);
  }

  uint64_t position() const { return position_; }

  TapeDeck::Track* track() const { return track_; }

  // Uniform in [0, bound). `bound` is positive.
  [[gnu::flatten]] uint64_t Below(uint64_t bound) {
    Random random(position_);
    const uint64_t drawn = random.Below(bound);
    position_ = random.position();
    return track_ == nullptr ? drawn : track_->Draw(drawn, bound);
  }

  // Uniform in [low, high], both included.
  Duration Between(Duration low, Duration high);

  // True with the given probability; draws once in every case.
  bool Chance(Ratio probability);

 private:
  uint64_t position_;
  TapeDeck::Track* track_;
};

// The points of one name whose actors begin with the same one: cheaper than a name built for each
// of many pairs. `Point("b")` of the family of "a" is another point than that of the actor "a/b".
class ChoiceFamily {
 public:
  ChoiceFamily(const Random& random, std::string_view name, std::string_view first, TapeDeck* deck)
      : random_(random),
        name_(name),
        first_(deck == nullptr ? std::string() : first),
        deck_(deck) {}

  ChoicePoint Point(std::string_view second) const {
    return ChoicePoint(random_.Split(second), deck_ == nullptr ? nullptr : TrackOf(second));
  }

 private:
  TapeDeck::Track* TrackOf(std::string_view second) const {
    return &deck_->TrackOf(name_, first_ + "/" + std::string(second));
  }

  Random random_;
  std::string_view name_;  // a literal
  std::string first_;      // needed on tapes only
  TapeDeck* deck_;
};

class Choices {
 public:
  // `deck`: null where nothing is recorded or played; otherwise it outlives the points.
  explicit Choices(const Random& root, TapeDeck* deck = nullptr) : root_(root), deck_(deck) {}

  // `name`: dotted, lower case, the same wherever the code moves. `actor`: who decides, by names.
  ChoicePoint Point(std::string_view name, std::string_view actor) const {
    return ChoicePoint(root_.Split(name).Split(actor),
                       deck_ == nullptr ? nullptr : &deck_->TrackOf(name, actor));
  }

  ChoiceFamily Family(std::string_view name, std::string_view first) const {
    return ChoiceFamily(root_.Split(name).Split(first), name, first, deck_);
  }

 private:
  Random root_;
  TapeDeck* deck_;
};

}  // namespace flinch::sim
