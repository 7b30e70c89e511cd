// What a task is put together from, out of its deployment.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/network/alternating_core.h"
#include "engine/network/barrier_core.h"
#include "engine/network/barrier_tracker.h"
#include "engine/network/input_gate.h"
#include "engine/network/result_partition.h"
#include "engine/runtime/task_deployment.h"
#include "sim/environment.h"

namespace flinch::engine {

// One for each edge out of the task, in the deployment's order. `on_available` is called when one
// has room again.
std::vector<std::unique_ptr<ResultPartition>> MakePartitions(
    sim::Environment& environment, const NetworkOptions& options, SegmentPool& pool,
    const TaskDeployment& deployment, const std::function<void()>& on_available);

std::vector<ResultPartition*> Pointers(
    const std::vector<std::unique_ptr<ResultPartition>>& partitions);

// One for each channel, over all gates.
std::vector<ChannelOptions> DescribeChannels(const TaskDeployment& deployment);

using Barriers = std::variant<BarrierCore, BarrierTracker, AlternatingCore>;

// By the mode of checkpoints.
Barriers MakeBarriers(const CheckpointOptions& options, size_t channels, const Defects& defects);

// The exchanges into the task, by its deployment's gates.
std::vector<ChannelEdge> EdgesOfGates(const StreamGraph& code, const TaskDeployment& deployment);

// Whether a barrier may overtake records on the edges into an operator. Flink: neither where a
// producer and a consumer belong together, for what is in flight could not move to another
// subtask; nor on any other edge of such an operator.
bool MayOvertake(const StreamGraph& code, OperatorId to);

// Of a buffer's content.
uint64_t CountRecords(const ElementType& type, std::string_view content);

}  // namespace flinch::engine
