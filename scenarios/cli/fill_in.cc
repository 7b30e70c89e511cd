#include "scenarios/cli/fill_in.h"

#include <algorithm>

namespace flinch::scenarios {

std::string FillIn(std::string_view text,
                   std::span<const std::pair<std::string_view, std::string>> marks) {
  std::string filled;
  while (!text.empty()) {
    const size_t at = text.find('@');
    filled += text.substr(0, at);
    text.remove_prefix(std::min(at, text.size()));
    const auto mark = std::ranges::find_if(
        marks, [text](const auto& each) { return text.starts_with(each.first); });
    if (mark != marks.end()) {
      filled += mark->second;
      text.remove_prefix(mark->first.size());
    } else if (!text.empty()) {
      filled += '@';
      text.remove_prefix(1);
    }
  }
  return filled;
}

}  // namespace flinch::scenarios
