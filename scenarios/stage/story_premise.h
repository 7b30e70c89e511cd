// Whether what a story foresees could come at all.
//
// A story says that a resumption is refused, since the snapshot holds state of an operator that the
// job has not. Where faults have kept that operator from having any, nothing is to be refused: the
// engine is right, and the story has shown nothing. Read from the files, independently of the
// engine's own check.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "scenarios/stage/outside_view.h"
#include "scenarios/stage/run_counts.h"
#include "sim/result.h"

namespace flinch::scenarios {

using LoadCode = std::function<sim::Result<engine::StreamGraph>(const std::string& arguments)>;

// Takes out the breaches without ground. Returns why they have none; "" when there was none such.
std::string TakeOutUnfounded(const StorySteps& story, const OutsideView& view, const LoadCode& load,
                             std::vector<StoryBreach>& breaches);

}  // namespace flinch::scenarios
