// What is durable of a job's course: how it ended, or with what it was resumed. One text, written
// as a whole (JobResultStore), so that whoever reads it knows one of the two.
//
// Absent: the job has never ended. Flink: the JobResultStore and the ExecutionPlanStore.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/ids.h"
#include "engine/master/execution_graph.h"
#include "sim/result.h"

namespace flinch::engine {

struct JobRecord {
  // How it ended; RUNNING: it was resumed, and has not ended since.
  JobStatus status = JobStatus::kRunning;
  std::string end_operation{};  // that it ended with: a stop or a cancellation
  std::string end_detail{};     // its savepoint
  // Of the last resumption.
  std::string submit_operation{};
  std::string arguments{};
  // Of all runs before the last resumption: no operator had more subtasks.
  uint32_t widest = 0;
  CheckpointId floor{};  // what it was resumed from; ids up to it belong to earlier runs

  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

// A job that was never resumed and ended by itself has its status alone in the file.
std::string ShowRecord(const JobRecord& record);
// kCorruption for what is no record; `place` says where it lies.
sim::Result<JobRecord> ParseRecord(std::string_view content, std::string_view place);

}  // namespace flinch::engine
