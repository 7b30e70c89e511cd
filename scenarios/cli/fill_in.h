// A text with words of its own put in place of marks such as "@NAME@".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace flinch::scenarios {

// Each mark by what belongs to it, wherever it stands. What is put in is not looked at again. No
// mark is the beginning of another.
std::string FillIn(std::string_view text,
                   std::span<const std::pair<std::string_view, std::string>> marks);

}  // namespace flinch::scenarios
