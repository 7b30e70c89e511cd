// A job with many keys of which few change: for what checkpoints cost when state is large.
//
//   source  ->  touch  =hash=>  count  ->  sink
//
// There are ten keys for each of workload.keys. The first row for each thousand of them brings
// these thousand; every later row touches ten, drawn by its place among the rows. `count` keeps for
// each key how often it was touched, beside some bytes that never change, and tells when it was.
// A row's place is its event time, so rows must come in their order: workload.out_of_order = "0s".
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

inline constexpr uint64_t kKeysOfAKey = 10;
inline constexpr uint64_t kKeysOfABlock = 1'000;
inline constexpr uint64_t kKeysOfATouch = 10;

JobCase BigState();

}  // namespace flinch::scenarios
