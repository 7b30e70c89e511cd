// The command `new`: a project outside of this repository, to begin with. It builds as it stands,
// and its test finds the bug that is planted in it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

struct NewArguments {
  std::string kind{};  // one of ProjectKinds
  std::string name{};  // of the project, its folder, its program and its subject
};

// "job", "sink", "system".
std::vector<std::string_view> ProjectKinds();

// Makes the folder and all files of the project. kInvalidArgument for a kind or a name that will
// not do, kExists for a folder that is there, kIo where the system refuses.
sim::Result<std::vector<std::string>> WriteProject(const NewArguments& arguments);

int NewCommand(const NewArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
