// What a CI wants of a command, beside what people read.
#pragma once

#include <optional>
#include <string>

namespace flinch::scenarios {

struct CiArguments {
  std::optional<std::string> junit{};  // files
  std::optional<std::string> sarif{};
  std::optional<std::string> gitlab{};
  std::optional<std::string> tap{};  // "-": the standard output, and the report to the other
  bool github = false;               // annotations, and the summary of the step

  bool any() const { return junit || sarif || gitlab || tap || github; }
};

}  // namespace flinch::scenarios
