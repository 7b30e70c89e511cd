// The smallest run of a group of failures, as one line among the results of a hunt.
//
//   {"shrunk":"exactly_once:lost@sink","unit":12,"replay":"replay fl1~…","faults":1,"records":3,
//    "events":812,"witness":"…","story":["00:01.582  crash  tm-3"]}            (without breaks)
//
// Errors:  kCorruption for what was not written by ShowShrunkLine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

struct ShrunkGroup {
  std::string signature{};
  uint64_t unit = 0;     // whose run it was made of
  std::string replay{};  // the words behind the program's name
  uint64_t faults = 0;
  uint64_t records = 0;
  uint64_t events = 0;
  std::string witness{};
  std::vector<std::string> story{};  // the faults, before the witness
  bool stopped = false;              // there was no time to try all that is smaller
};

// Whether a line is one of these, and no result of a unit.
bool IsShrunkLine(std::string_view line);

// Without a line break.
std::string ShowShrunkLine(const ShrunkGroup& group);
sim::Result<ShrunkGroup> ParseShrunkLine(std::string_view line);

}  // namespace flinch::scenarios
