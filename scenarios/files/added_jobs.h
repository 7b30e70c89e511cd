// Jobs that a program brings along, beside those of the library.
#pragma once

#include <vector>

#include "scenarios/jobs/job_case.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Adds to the cases that this program knows, for good; call it before anything is run. Nothing is
// added when anything is wrong: kInvalidArgument, with a sentence about the first case that is.
sim::Result<void> AddJobs(std::vector<JobCase> cases);

}  // namespace flinch::scenarios
