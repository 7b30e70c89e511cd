// Jobs that ask a service of the outside world about each word, without waiting for its answers:
//
//   source  ->  words  ->  look up  (one chain)  ->  sink
//
// The service, a process of its own, answers late, with an error now and then, and sometimes not
// at all: what is not answered is asked again.
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

// Answers leave as they come.
JobCase AsyncLookup();

// They leave in the order of the words.
JobCase AsyncLookupOrdered();

}  // namespace flinch::scenarios
