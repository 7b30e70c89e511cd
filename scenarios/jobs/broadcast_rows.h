// A job whose records take the ways that others do not: rescaled, broadcast, and gathered.
//
//   source  =rescale=>  copy  =broadcast=>  keep  =global=>  sink
//
// Every subtask of `keep` gets every row, and passes on those whose keys are its own: so each row
// comes out once, whatever the parallelism.
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

JobCase BroadcastRows();

}  // namespace flinch::scenarios
