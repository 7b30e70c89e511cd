// A job that goes round: each row's number is halved, or tripled and one added, until it is 1.
//
//   source  =rebalance=>  loop  =hash=>  step  ->  done  ->  sink
//                          ^               |
//                          +==rebalance== again
//
// What is lost or doubled while it goes round is missing in the output, or there twice: how many
// steps each row's number takes (Collatz).
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

JobCase Cycle();

}  // namespace flinch::scenarios
