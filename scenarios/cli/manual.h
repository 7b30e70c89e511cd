// The manual as pages for `man`, made of what the program's own help says.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/cli/text_arguments.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct ManualPage {
  std::string file{};  // "flinch-hunt.1"
  std::string text{};  // for man(7)
};

// The program, each of its commands, and the files that people write.
std::vector<ManualPage> AllManualPages();

// "": of the program; a command; "scenario". kNotFound with a suggestion.
sim::Result<ManualPage> FindManualPage(std::string_view name);

int ManCommand(const ManArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
