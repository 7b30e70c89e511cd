// What JobManager and TaskManagers say to each other.
//
// Every message names the JobManager's fencing token: a TaskManager obeys only the JobManager that
// it registered with, and a JobManager ignores what was meant for its predecessor. All messages are
// idempotent; senders repeat what must arrive.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/graph/execution_graph.h"
#include "engine/ids.h"
#include "engine/runtime/rpc.h"

namespace flinch::engine {

inline constexpr uint16_t kJobManagerPort = 6123;  // Flink's jobmanager.rpc.port
inline constexpr uint16_t kTaskManagerPort = 6122;
inline constexpr uint16_t kDataPort = 6121;

using Nothing = std::monostate;

// TaskManager → JobManager.
struct RegisterTaskManager {
  static constexpr Method kMethod = Method::kRegisterTaskManager;

  struct Reply {
    FencingToken token;

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.token);
    }
  };

  std::string name;
  uint32_t incarnation = 0;
  // Grows each time the TaskManager starts anew with nothing deployed.
  uint64_t session = 0;
  uint32_t slots = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.incarnation);
    visit(self.session);
    visit(self.slots);
  }
};

// A task's new state: RUNNING, FINISHED, CANCELED or FAILED (with a reason); or that it has seen
// all of its input while it runs. Repeated until answered.
struct UpdateTaskState {
  static constexpr Method kMethod = Method::kUpdateTaskState;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  ExecutionState state{};
  bool end_of_input = false;
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.state);
    visit(self.end_of_input);
    visit(self.reason);
  }
};

struct AcknowledgeCheckpoint {
  static constexpr Method kMethod = Method::kAcknowledgeCheckpoint;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  SnapshotHandle snapshot;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.snapshot);
  }
};

struct DeclineCheckpoint {
  static constexpr Method kMethod = Method::kDeclineCheckpoint;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.reason);
  }
};

struct HeartbeatReply {
  static constexpr Method kMethod = Method::kHeartbeatReply;
  using Reply = Nothing;

  FencingToken token;
  std::string name;
  uint64_t session = 0;
  std::vector<ExecutionAttemptId> tasks;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.name);
    visit(self.session);
    visit(self.tasks);
  }
};

// JobManager → TaskManager.
struct Heartbeat {
  static constexpr Method kMethod = Method::kHeartbeat;
  using Reply = Nothing;

  FencingToken token;
  uint64_t session = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.session);
  }
};

// The subtasks that feed one input edge of a task, in the order of their index.
struct ProducerDescriptor {
  uint32_t edge = 0;  // index of JobGraph::edges
  std::vector<std::pair<ExecutionAttemptId, sim::Address>> subtasks;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.edge);
    visit(self.subtasks);
  }
};

struct SubmitTask {
  static constexpr Method kMethod = Method::kSubmitTask;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  std::string job;
  CheckpointId restored;                  // 0: from nothing
  std::vector<SnapshotHandle> snapshots;  // what of the restored checkpoint concerns this task
  std::vector<ProducerDescriptor> producers;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.job);
    visit(self.restored);
    visit(self.snapshots);
    visit(self.producers);
  }
};

struct CancelTask {
  static constexpr Method kMethod = Method::kCancelTask;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
  }
};

// To sources; the others learn of a checkpoint by its barriers.
struct TriggerCheckpoint {
  static constexpr Method kMethod = Method::kTriggerCheckpoint;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
  }
};

// May be lost; a later one, or a restore, makes it good.
struct NotifyCheckpointComplete {
  static constexpr Method kMethod = Method::kNotifyCheckpointComplete;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  // Every task had seen all of its input when this checkpoint was triggered: the task may finish.
  bool is_final = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.is_final);
  }
};

struct NotifyCheckpointAborted {
  static constexpr Method kMethod = Method::kNotifyCheckpointAborted;
  using Reply = Nothing;

  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
  }
};

}  // namespace flinch::engine
