// All that a TaskManager is told of a task: with the code by name, enough to run it.
//
// Nothing in it refers to a graph that the TaskManager would have to share with the JobManager, but
// for the code itself (graph/job_catalog.h), which is found by entry, and in it operators by id.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/channel_assignment.h"
#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint_meta.h"
#include "engine/graph/job_catalog.h"
#include "engine/ids.h"

namespace flinch::engine {

// A producing subtask, and which part of its output is ours.
struct ChannelDescriptor {
  ExecutionAttemptId producer;
  sim::Address address;
  std::string producer_name;  // "source[1]"
  uint32_t subpartition = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.producer);
    visit(self.address);
    visit(self.producer_name);
    visit(self.subpartition);
  }
};

// One edge into the task: into an input of the operator at the head of its chain.
struct GateDescriptor {
  uint32_t edge = 0;  // names the partition at the producers
  uint32_t input = 0;
  std::vector<ChannelDescriptor> channels;  // by the producers' index; pointwise, not from 0

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.edge);
    visit(self.input);
    visit(self.channels);
  }
};

// One edge out of the task: from an output of one of its operators. `to` and `input` say which type
// and key its records have.
struct PartitionDescriptor {
  uint32_t edge = 0;
  OperatorId from;
  OutputTag tag;
  OperatorId to;
  uint32_t input = 0;
  Partitioning partitioning = Partitioning::kForward;
  uint32_t subpartitions = 1;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.edge);
    visit(self.from);
    visit(self.tag);
    visit(self.to);
    visit(self.input);
    visit(self.partitioning);
    visit(self.subpartitions);
  }
};

// What a task starts from.
struct TaskRestore {
  CheckpointId checkpoint;
  std::vector<SnapshotHandle> snapshots;  // what of the checkpoint concerns this task

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.checkpoint);
    visit(self.snapshots);
  }
};

// What most tasks have not.
struct DeploymentTail {
  uint32_t widest = 0;                 // earlier attempts had up to so many subtasks of an operator
  std::vector<ChannelPart> in_flight;  // what it begins with, before all that is new
  // Which registration of the TaskManager it is meant for: what comes so late that the TaskManager
  // has been lost and is back deploys nothing. Flink: the allocation id.
  uint32_t incarnation = 1;
  uint64_t session = 1;

  bool IsUsual() const {
    return widest == 0 && in_flight.empty() && incarnation == 1 && session == 1;
  }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.widest);
    visit(self.in_flight);
    visit(self.incarnation);
    visit(self.session);
  }
};

struct TaskDeployment {
  JobId job;
  std::string job_name;  // where its files lie
  JobEntry entry;
  ExecutionAttemptId task;
  std::string name;  // of the vertex: "window->sink"
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  std::vector<OperatorId> chain;  // each behind the one that feeds it
  std::vector<GateDescriptor> gates;
  std::vector<PartitionDescriptor> partitions;
  std::optional<TaskRestore> restore;  // none: from nothing
  SnapshotOptions checkpoint;
  Trailing<DeploymentTail> tail{};  // one, or none

  // 0: no more than it has now.
  uint32_t widest() const { return tail.empty() ? 0 : tail.front().widest; }

  std::span<const ChannelPart> in_flight() const {
    return tail.empty() ? std::span<const ChannelPart>() : tail.front().in_flight;
  }

  // "window->sink[1]".
  std::string subtask_name() const { return fmt::format("{}[{}]", name, task.subtask.value()); }

  // 0: from nothing.
  CheckpointId restored() const { return restore ? restore->checkpoint : CheckpointId(); }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.job_name);
    visit(self.entry);
    visit(self.task);
    visit(self.name);
    visit(self.parallelism);
    visit(self.max_parallelism);
    visit(self.chain);
    visit(self.gates);
    visit(self.partitions);
    visit(self.restore);
    visit(self.checkpoint);
    visit(self.tail);
  }
};

// Where a subtask of another vertex runs.
struct ProducerPlace {
  ExecutionAttemptId task;
  sim::Address address;
};

using FindProducer = std::function<ProducerPlace(VertexId vertex, SubtaskIndex subtask)>;

// The deployment of one subtask, but for what it starts from.
TaskDeployment DescribeTask(const JobGraph& graph, const JobEntry& entry,
                            const ExecutionAttemptId& task, const FindProducer& find);

// kInvalidArgument when the code does not have what the deployment names: it comes from a process
// with other code.
sim::Result<void> CheckAgainstCode(const TaskDeployment& deployment, const StreamGraph& code);

}  // namespace flinch::engine
