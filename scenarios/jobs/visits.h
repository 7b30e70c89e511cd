// A job in three versions, whose record of what it keeps per key changes from one to the next:
//
//   source  ->  parse  =hash=>  count  ->  sink
//
// `count` keeps how often a key has come and when it last did. The second version has the two
// numbers the other way round, the third one number more; each says what the one before was
// (engine/state/state_schema.h). All of them give the same: a running count per key.
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

JobCase Visits();
JobCase VisitsReordered();
JobCase VisitsWithGaps();

}  // namespace flinch::scenarios
