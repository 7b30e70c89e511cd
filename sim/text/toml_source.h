// What stands in a TOML text at a place: shown with a caret below it, or corrected.
//
// Survives: places behind the end of a line or of the text; lines of any length, which are cut
//           around the place.
#pragma once

#include <string>
#include <string_view>

#include "sim/text/toml_tree.h"

namespace flinch::text {

// The line of the problem and the line below it, with the caret and the suggestion.
std::string ShowSource(std::string_view text, const TomlProblem& problem);

// What to write where a whole number must stand, such as "write 3 without quotes"; empty when
// nothing is obvious.
std::string SuggestInteger(std::string_view text, const TomlNode& value);

// The same where a string must stand: the value in quotes.
std::string SuggestString(std::string_view text, const TomlNode& value);

}  // namespace flinch::text
