#include "sim/check.h"

namespace flinch::sim {

void FailCheck(std::string what, const std::source_location& where) {
  std::string_view file = where.file_name();
  // From the repository's root on: the same text wherever the sources lie.
  for (const std::string_view room :
       {"/sim/", "/engine/", "/faults/", "/scenarios/", "/reports/"}) {
    if (const size_t at = file.rfind(room); at != std::string_view::npos) {
      file.remove_prefix(at + 1);
      break;
    }
  }
  throw Violation{.what = std::move(what), .where = fmt::format("{}:{}", file, where.line())};
}

}  // namespace flinch::sim
