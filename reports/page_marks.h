// How the pages are put together.
#pragma once

#include <string>
#include <string_view>

#include "sim/check.h"

namespace flinch::reports {

// Puts a text in the place of a mark that stands in the page once, before anything foreign does.
inline void FillMark(std::string_view mark, std::string_view text, std::string& page) {
  const size_t at = page.find(mark);
  sim::Check(at != std::string::npos, "a page has no place for {}", mark);
  page.replace(at, mark.size(), text);
}

}  // namespace flinch::reports
