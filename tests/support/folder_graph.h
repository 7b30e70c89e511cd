// The parts of a room and what each stands on, as a table of ARCHITECTURE.md draws them: read, and
// held against the includes.
//
// Shape: behind a line "<!-- parts of ROOM -->" a table of three columns: the part's name; what it
//        holds, folders ("state/") and files of the room itself without ending ("ids"), in
//        backticks; the names of the parts it stands on, which stand above it ("-" for none). So a
//        table cannot draw a circle.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/tidy_rules.h"
#include "tests/support/tidy_source.h"

namespace flinch::tests {

struct RoomPart {
  std::string name;
  std::set<std::string> holds;      // "state/", "ids"
  std::set<std::string> stands_on;  // names of parts
};

// Empty where the page draws no such room.
std::vector<RoomPart> ReadParts(std::string_view page, std::string_view room);

// A part below itself, named twice, or standing on none that is drawn above it.
std::vector<Finding> CheckParts(std::span<const RoomPart> parts, std::string_view room);

// Includes of `file` within the room that the table does not draw, and a file that is in no part.
std::vector<Finding> CheckIncludesWithin(const SourceFile& file, std::span<const RoomPart> parts,
                                         std::string_view room);

}  // namespace flinch::tests
