// Which code a run was made by: what tokens, hunts and kept failures say of it.
#pragma once

#include <string>

namespace flinch::scenarios {

// Eight hexadecimal digits: of the sources that flinch was built from; of a program with jobs of
// its own, which decide its runs as well, of its file.
std::string BuildIdentity();

}  // namespace flinch::scenarios
