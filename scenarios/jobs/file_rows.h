// A job whose output are files:
//
//   source  ->  copy  ->  sink: /out/<minute>/part-…
//
// Each row is a line in the directory of its window (job.window). Files are rolled often, so that
// some are in progress over checkpoints and others are not.
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

JobCase FileRows();

}  // namespace flinch::scenarios
