// The job's committed output as a file: one JSON object per line.
#pragma once

#include <string>
#include <vector>

#include "scenarios/expected.h"
#include "scenarios/jobs.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Writes beside `path` first and renames: there is the whole file or none. kIo with a whole
// sentence; what was at `path` before is then still there.
sim::Result<void> WriteOutput(const std::string& path, const RegisteredJob& job,
                              const std::vector<OutputRecord>& output);

}  // namespace flinch::scenarios
