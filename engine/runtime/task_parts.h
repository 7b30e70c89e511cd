// What a task is put together from, out of its deployment.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
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

std::variant<BarrierCore, BarrierTracker> MakeBarriers(CheckpointingMode mode, size_t channels,
                                                       const Defects& defects);

}  // namespace flinch::engine
