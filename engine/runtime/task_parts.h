// What a task is put together from, out of its deployment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/network/alternating_core.h"
#include "engine/network/barrier_core.h"
#include "engine/network/barrier_tracker.h"
#include "engine/network/input_gate.h"
#include "engine/network/loop_barrier_core.h"
#include "engine/network/result_partition.h"
#include "engine/runtime/task_deployment.h"
#include "sim/environment.h"

namespace flinch::engine {

// One for each edge out of the task, in the deployment's order. `on_available` is called when one
// has room again. Feedback has room without limit: whoever waits for it would wait for itself; and
// so has the result of a batch task, which the task itself takes to the disk.
std::vector<std::unique_ptr<ResultPartition>> MakePartitions(
    sim::Environment& environment, const NetworkOptions& options, SegmentPool& pool,
    const StreamGraph& code, const TaskDeployment& deployment,
    const std::function<void()>& on_available, const Defects& defects = {},
    const sim::WaitDetail* detail = nullptr, bool is_batch = false);

std::vector<ResultPartition*> Pointers(
    const std::vector<std::unique_ptr<ResultPartition>>& partitions);

// One for each channel, over all gates.
std::vector<ChannelOptions> DescribeChannels(const StreamGraph& code,
                                             const TaskDeployment& deployment,
                                             bool is_batch = false);

using Barriers = std::variant<BarrierCore, BarrierTracker, AlternatingCore, LoopBarrierCore>;

// What a task is in the iteration it belongs to. All is by the gates' channels, counted through,
// and by the deployment's partitions.
struct IterationRole {
  bool is_head = false;
  std::vector<bool> channels{};    // whether they are the iteration's; of the head, feedback
  std::vector<bool> partitions{};  // whether they lead on in it

  size_t channel_count() const { return static_cast<size_t>(std::ranges::count(channels, true)); }
};

// Nothing for a task of no iteration.
std::optional<IterationRole> RoleInIteration(const StreamGraph& code,
                                             const TaskDeployment& deployment);

// By the mode of checkpoints; the head of an iteration always takes part exactly once.
Barriers MakeBarriers(const CheckpointOptions& options, size_t channels,
                      const std::optional<IterationRole>& role, const Defects& defects);

// The exchanges into the task, by its deployment's gates.
std::vector<ChannelEdge> EdgesOfGates(const StreamGraph& code, const TaskDeployment& deployment);

// Whether a barrier may overtake records on the edges into an operator. Flink: neither where what
// is in flight could not move to another subtask (MayBeOvertaken), nor on any other edge of such
// an operator; nor in a job with iterations, whose checkpoints are refused there unless forced.
bool MayOvertake(const StreamGraph& code, OperatorId to, const Defects& defects = {});

// Of a buffer's content.
uint64_t CountRecords(const ElementType& type, std::string_view content);

}  // namespace flinch::engine
