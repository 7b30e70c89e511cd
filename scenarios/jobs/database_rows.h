// A job whose output lies in a database, written in two ways:
//
//   source  ->  rows  =hash=>  count  ->  totals: upserts, a row per key with its count so far
//                  \->  entries: two phases, a row per record
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

JobCase DatabaseRows();

}  // namespace flinch::scenarios
