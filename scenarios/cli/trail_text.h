// A run's trail as one line of JSON: how a run in a fresh process tells its parent what it was.
//
// Not a promise to anybody else: the form may change with any build, and both ends are one program.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/stage/run.h"
#include "sim/recording/divergence.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Runs the request with this lens. The judgement is all of the summary but the real time it took
// and how to replay it.
sim::Trail PerformForTrail(RunRequest request, const sim::Lens& lens);
sim::Trail TrailOf(const RunResult& result);

// "FROM:TO:STACK", the three numbers of a lens.
std::string ShowLens(const sim::Lens& lens);
sim::Result<sim::Lens> ParseLens(std::string_view text);

// Ends with a line break. Bytes that are no UTF-8 become U+FFFD.
std::string ShowTrail(const sim::Trail& trail);
// kCorruption for anything that ShowTrail did not write.
sim::Result<sim::Trail> ParseTrail(std::string_view text);

}  // namespace flinch::scenarios
