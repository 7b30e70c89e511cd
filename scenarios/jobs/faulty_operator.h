// The functions of a job, so wrapped that the experimenter can make them throw or take long.
//
// The wrapping stands in the way of an operator's records (OperatorSpec::decorate); neither the
// engine nor the operator can tell. Before each record it asks what is to become of it, outside of
// all processes; a name goes out, a fate comes back.
//
// Throws: a std::runtime_error, where a record is to fail: before the operator has seen it. Of a
//         source, before it has left.
// Slow:   the fiber of the task sleeps, as Thread.sleep in a user function of Flink does: nothing
//         of the task goes on meanwhile. A task that is being cancelled sleeps no more.
// State:  none; snapshots, timers and watermarks pass through.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "engine/graph/stream_graph.h"
#include "faults/fault_plan.h"
#include "faults/user_code.h"

namespace flinch::scenarios {

using AskFate = std::function<faults::RecordFate(std::string_view operator_name)>;

// Wraps the operators of these names. `ask` must outlive all that is made from the graph.
void WrapCode(engine::StreamGraph& graph, const std::set<std::string>& names, const AskFate& ask);

// The operators whose code the plan strikes.
std::set<std::string> AilingOperators(const faults::FaultPlan& plan);

}  // namespace flinch::scenarios
