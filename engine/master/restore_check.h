// Whether a job can start from a snapshot: pure, from the snapshot's metadata alone.
//
// Operators are matched by uid (or name, where there is none). An operator that is new starts
// empty; state of one that is gone is refused by its name, unless it may be left behind. One that
// had no state is never missed. Records that were in flight are never left behind.
// Source: Flink's Checkpoints.loadAndValidateCheckpoint and StateAssignmentOperation.
#pragma once

#include <vector>

#include "engine/checkpoint/assignment.h"
#include "engine/checkpoint/channel_assignment.h"
#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/graph/job_graph.h"
#include "sim/result.h"

namespace flinch::engine {

// How the job was divided that took it.
Topology TopologyOf(const CompletedCheckpoint& checkpoint);
Topology TopologyOf(const JobGraph& graph);

// The exchanges into a vertex, in the order of its inputs.
std::vector<Exchange> ExchangesInto(const JobGraph& graph, VertexId vertex);

// The graph as it starts from the snapshot: a maximum parallelism that nobody chose becomes that of
// the snapshot. kInvalidArgument, with what to change, when it cannot.
sim::Result<JobGraph> FitToSnapshot(JobGraph graph, const CompletedCheckpoint& checkpoint,
                                    bool allow_non_restored_state);

}  // namespace flinch::engine
