#include "sim/kernel/choices.h"

#include "sim/check.h"

namespace flinch::sim {

Duration ChoicePoint::Between(Duration low, Duration high) {
  Check(low <= high, "a time between {} and {} ns was asked for", low.count(), high.count());
  return low +
         Duration(static_cast<int64_t>(Below(static_cast<uint64_t>((high - low).count()) + 1)));
}

bool ChoicePoint::Chance(Ratio probability) {
  Check(probability.denominator > 0, "a probability has the denominator 0");
  return Below(probability.denominator) < probability.numerator;
}

}  // namespace flinch::sim
