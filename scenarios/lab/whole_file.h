// A file as one text.
#pragma once

#include <string>

#include "sim/result.h"

namespace flinch::scenarios {

// Whether it is a regular file that is there. kNotFound, kIo or kInvalidArgument with a whole
// sentence.
sim::Result<void> CheckReadable(const std::string& path);

// The bytes of a regular file.
sim::Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace flinch::scenarios
