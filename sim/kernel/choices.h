// Named choices: everything that the world itself decides by chance.
//
// A choice point has a stable name ("link.latency") and an actor ("jm/tm-1"), and draws from a
// stream of its own: its n-th draw depends on the seed, the name, the actor and n, and on nothing
// else. So a point that is added, removed or drawn from more often moves no draw of another.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/random.h"
#include "sim/time.h"

namespace flinch::sim {

// A value: small enough to be a member of every link. Copies would draw the same numbers twice, so
// move it to where it lives.
class ChoicePoint {
 public:
  explicit ChoicePoint(const Random& random) : random_(random) {}

  // Uniform in [0, bound). `bound` is positive.
  uint64_t Below(uint64_t bound) { return random_.Below(bound); }

  // Uniform in [low, high], both included.
  Duration Between(Duration low, Duration high);

  // True with the given probability; draws once in every case.
  bool Chance(Ratio probability);

 private:
  Random random_;
};

// The points of one name whose actors begin with the same one: cheaper than a name built for each
// of many pairs. `Point("b")` of the family of "a" is another point than that of the actor "a/b".
class ChoiceFamily {
 public:
  explicit ChoiceFamily(const Random& random) : random_(random) {}

  ChoicePoint Point(std::string_view second) const { return ChoicePoint(random_.Split(second)); }

 private:
  Random random_;
};

class Choices {
 public:
  explicit Choices(const Random& root) : root_(root) {}

  // `name`: dotted, lower case, the same wherever the code moves. `actor`: who decides, by names.
  ChoicePoint Point(std::string_view name, std::string_view actor) const {
    return ChoicePoint(root_.Split(name).Split(actor));
  }

  ChoiceFamily Family(std::string_view name, std::string_view first) const {
    return ChoiceFamily(root_.Split(name).Split(first));
  }

 private:
  Random root_;
};

}  // namespace flinch::sim
