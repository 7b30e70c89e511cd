// Events of a job and its cluster, by the JobManager.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kJobStatus = "job.status";
inline constexpr std::string_view kJobUnrecoverable = "job.unrecoverable";
inline constexpr std::string_view kJobRestored = "job.restored";
inline constexpr std::string_view kJobParallelism = "job.parallelism";
inline constexpr std::string_view kTaskManagerRegistered = "taskmanager.registered";
inline constexpr std::string_view kTaskManagerLost = "taskmanager.lost";
inline constexpr std::string_view kTaskManagerFatal = "taskmanager.fatal";
inline constexpr std::string_view kExecutionState = "execution.state";

struct JobStatusChanged {
  static constexpr std::string_view kKind = kJobStatus;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the job changed its status; the reason of a failure, or \"\"";

  std::string_view from;
  std::string_view to;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("from", &JobStatusChanged::from), Named("to", &JobStatusChanged::to),
                Named("reason", &JobStatusChanged::reason));
  }
};

struct JobUnrecoverable {
  static constexpr std::string_view kKind = kJobUnrecoverable;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the JobManager cannot read what earlier ones left on the shared volume: the job fails";

  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("reason", &JobUnrecoverable::reason));
  }
};

struct JobRestored {
  static constexpr std::string_view kKind = kJobRestored;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "a new attempt of so many subtasks starts from this checkpoint (0: from nothing; all: 1 of "
      "the "
      "whole job, 0 of some regions)";

  CheckpointId checkpoint;
  AttemptNumber attempt;
  uint64_t subtasks = 0;
  bool all = true;

  static constexpr auto Fields(auto&& take) {
    return take(Named("checkpoint", &JobRestored::checkpoint),
                Named("attempt", &JobRestored::attempt), Named("subtasks", &JobRestored::subtasks),
                Named("all", &JobRestored::all));
  }
};

struct JobParallelism {
  static constexpr std::string_view kKind = kJobParallelism;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the adaptive scheduler starts an attempt of this parallelism";

  uint64_t parallelism = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("parallelism", &JobParallelism::parallelism));
  }
};

struct TaskManagerRegistered {
  static constexpr std::string_view kKind = kTaskManagerRegistered;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the JobManager knows a TaskManager";

  std::string_view name;
  uint64_t incarnation = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("name", &TaskManagerRegistered::name),
                Named("incarnation", &TaskManagerRegistered::incarnation));
  }
};

struct TaskManagerLost {
  static constexpr std::string_view kKind = kTaskManagerLost;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the JobManager gave a TaskManager up";

  std::string_view name;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("name", &TaskManagerLost::name), Named("reason", &TaskManagerLost::reason));
  }
};

struct TaskManagerFatal {
  static constexpr std::string_view kKind = kTaskManagerFatal;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "a TaskManager gives itself up, and wants to be ended and started anew";

  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("reason", &TaskManagerFatal::reason));
  }
};

struct ExecutionStateChanged {
  static constexpr std::string_view kKind = kExecutionState;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "one attempt of a subtask changed its state";

  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view from;
  std::string_view to;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &ExecutionStateChanged::subtask),
                Named("attempt", &ExecutionStateChanged::attempt),
                Named("from", &ExecutionStateChanged::from),
                Named("to", &ExecutionStateChanged::to));
  }
};

}  // namespace flinch::engine::events
