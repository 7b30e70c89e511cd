// Drawn actions: of a kind, against somebody, with parameters from streams of their names.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "faults/generators.h"

namespace flinch::faults {

template <typename Words>
bool IsOneOf(std::string_view word, const Words& words) {
  return std::ranges::find(words, word) != words.end();
}

// The kinds that may be drawn: of one family, or ("") all but those with ways of their own.
std::vector<std::string_view> KindsOf(const SwarmOptions& options, std::string_view family);

Action DrawActionOfKind(const SwarmOptions& options, std::string_view kind, const Victims& victims,
                        const sim::Random& random, std::string_view family);

}  // namespace flinch::faults
