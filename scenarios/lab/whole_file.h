// A file as one text.
#pragma once

#include <string>

#include "sim/result.h"

namespace flinch::scenarios {

// The bytes of a regular file.
sim::Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace flinch::scenarios
