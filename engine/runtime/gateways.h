// What the components of a cluster say to each other.
//
// A JobManager's process serves a ResourceManager, a Dispatcher and a JobMaster per job, a
// TaskManager's a TaskExecutor. A TaskManager registers with the ResourceManager, which watches
// that it lives; it hears from there which JobMasters lead, deals with each of them about its job,
// and obeys no other. Every message names the fencing token of the leader that it is meant for, or
// comes from. All messages are idempotent; senders repeat what must arrive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint_meta.h"
#include "engine/graph/execution_state.h"
#include "engine/ids.h"
#include "engine/rpc/endpoint.h"
#include "engine/runtime/task_deployment.h"
#include "engine/source.h"

namespace flinch::engine {

inline constexpr uint16_t kJobManagerPort = 6123;  // Flink's jobmanager.rpc.port
inline constexpr uint16_t kTaskManagerPort = 6122;
inline constexpr uint16_t kDataPort = 6121;

enum class ResourceManagerMethod : uint16_t {
  kRegisterTaskManager = 1,
  kHeartbeatReply,
};

constexpr std::string_view ServiceName(ResourceManagerMethod) { return "resourcemanager"; }

enum class JobMasterMethod : uint16_t {
  kUpdateTaskState = 1,
  kAcknowledgeCheckpoint,
  kDeclineCheckpoint,
  kListTasks,
  kListResults,
};

constexpr std::string_view ServiceName(JobMasterMethod) { return "jobmaster"; }

// Where the JobMaster of a job is served.
std::string JobMasterServiceName(JobId job);

enum class TaskExecutorMethod : uint16_t {
  kHeartbeat = 1,
  kSubmitTask,
  kCancelTask,
  kTriggerCheckpoint,
  kNotifyCheckpointComplete,
  kNotifyCheckpointAborted,
  kDeliverSourceEvent,
  kReleaseResults,
};

constexpr std::string_view ServiceName(TaskExecutorMethod) { return "taskexecutor"; }

// Which JobMaster leads a job.
struct JobLeader {
  JobId job;
  FencingToken token;

  friend bool operator==(const JobLeader&, const JobLeader&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
  }
};

// ---- TaskManager → ResourceManager --------------------------------------------------------------

struct RegisterTaskManager {
  static constexpr auto kMethod = ResourceManagerMethod::kRegisterTaskManager;

  struct Reply {
    FencingToken token;
    std::vector<JobLeader> jobs;

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.token);
      visit(self.jobs);
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

// It lives.
struct HeartbeatReply {
  static constexpr auto kMethod = ResourceManagerMethod::kHeartbeatReply;
  using Reply = Nothing;

  FencingToken token;
  std::string name;
  uint64_t session = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.name);
    visit(self.session);
  }
};

// ---- TaskManager → JobMaster --------------------------------------------------------------------

// A task's new state: RUNNING, FINISHED, CANCELED or FAILED (with a reason); or that it has seen
// all of its input while it runs. Repeated until answered.
struct UpdateTaskState {
  static constexpr auto kMethod = JobMasterMethod::kUpdateTaskState;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  ExecutionState state{};
  bool end_of_input = false;
  std::string reason;
  // Of a task of a batch job that failed: whose result it did not find.
  Trailing<ExecutionAttemptId> missing;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.state);
    visit(self.end_of_input);
    visit(self.reason);
    visit(self.missing);
  }
};

struct AcknowledgeCheckpoint {
  static constexpr auto kMethod = JobMasterMethod::kAcknowledgeCheckpoint;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  SnapshotHandle snapshot;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.snapshot);
    visit(self.snapshot.channels);
  }
};

struct DeclineCheckpoint {
  static constexpr auto kMethod = JobMasterMethod::kDeclineCheckpoint;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.reason);
  }
};

// What a TaskManager runs of the job; with every heart-beat that it gets. What the JobMaster does
// not want there it cancels.
struct ListTasks {
  static constexpr auto kMethod = JobMasterMethod::kListTasks;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  std::string name;
  uint64_t session = 0;
  std::vector<ExecutionAttemptId> tasks;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.name);
    visit(self.session);
    visit(self.tasks);
  }
};

// Of which tasks of the job results lie on a TaskManager; with every heart-beat that it gets. Those
// that nobody will read any more are released.
struct ListResults {
  static constexpr auto kMethod = JobMasterMethod::kListResults;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  std::string name;
  uint64_t session = 0;
  std::vector<ExecutionAttemptId> producers;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.name);
    visit(self.session);
    visit(self.producers);
  }
};

// ---- ResourceManager → TaskManager --------------------------------------------------------------

struct Heartbeat {
  static constexpr auto kMethod = TaskExecutorMethod::kHeartbeat;
  using Reply = Nothing;

  FencingToken token;
  uint64_t session = 0;
  std::vector<JobLeader> jobs;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
    visit(self.session);
    visit(self.jobs);
  }
};

// ---- JobMaster → TaskManager --------------------------------------------------------------------

struct SubmitTask {
  static constexpr auto kMethod = TaskExecutorMethod::kSubmitTask;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  TaskDeployment deployment;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.deployment);
  }
};

struct CancelTask {
  static constexpr auto kMethod = TaskExecutorMethod::kCancelTask;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
  }
};

struct ReleaseResults {
  static constexpr auto kMethod = TaskExecutorMethod::kReleaseResults;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  std::vector<ExecutionAttemptId> producers;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.producers);
  }
};

// To sources; the others learn of a checkpoint by its barriers.
struct TriggerCheckpoint {
  static constexpr auto kMethod = TaskExecutorMethod::kTriggerCheckpoint;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  CheckpointMeta checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
  }
};

// From the coordinator of a source to a reader. Sent once, and answered when it is in the task's
// mailbox: what is sent later, a trigger say, comes behind it. A copy is known by its number.
struct DeliverSourceEvent {
  static constexpr auto kMethod = TaskExecutorMethod::kDeliverSourceEvent;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  uint64_t sequence = 0;  // 1, 2, … by attempt
  SourceEvent event;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.sequence);
    visit(self.event);
  }
};

// Repeated until answered, or until a later one, or a restore, makes it good.
struct NotifyCheckpointComplete {
  static constexpr auto kMethod = TaskExecutorMethod::kNotifyCheckpointComplete;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;
  // Every task had seen all of its input when this checkpoint was triggered: the task may finish.
  bool is_final = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
    visit(self.is_final);
  }
};

struct NotifyCheckpointAborted {
  static constexpr auto kMethod = TaskExecutorMethod::kNotifyCheckpointAborted;
  using Reply = Nothing;

  JobId job;
  FencingToken token;
  ExecutionAttemptId task;
  CheckpointId checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.job);
    visit(self.token);
    visit(self.task);
    visit(self.checkpoint);
  }
};

}  // namespace flinch::engine
