// The registered jobs: what a scenario's `job.name` may be.
//
// All read the topic "input" and write the topic "output" through the two-phase-commit sink:
//   source -> parse (one chain)  =hash=>  window or count  ->  sink (a chain of its own: "sink[i]")
// Output: the log record's key is the key as text, its value is encoded (see `show_json`).
// Reference: the same result by plain sequential loops over the rows, without any operator; per key
// in the order in which the job emits.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/job_graph.h"
#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "scenarios/oracles/subject.h"

namespace flinch::scenarios {

inline constexpr std::string_view kOutputTopic = "output";

// Where a job keeps what it makes of the rows, for the judge of checkpoints.
struct CountedState {
  std::string operator_name;  // whose keyed state it is
  std::string state;          // its name: key and window → int64_t, or bool of kOnce
  bool has_timers = false;    // one per place
  Folding folding = Folding::kSum;
  int64_t modulus = 0;  // of sums; 0: none
  // Adds what a row adds to, by plain sequential code.
  std::function<void(const InputRow& row, SubjectRows& rows)> add;
};

struct RegisteredJob {
  std::string_view name;
  std::string_view what;
  engine::StreamGraph (*build)(const Scenario& scenario, const Workload& workload);
  std::vector<ExpectedRecord> (*reference)(const Scenario& scenario, const Workload& workload);
  // One object on one line, without its end: {"key":"install","window_start":…,"count":3}. Bytes
  // that are none of the job's are shown in hexadecimal, under "undecodable".
  std::string (*show_json)(std::string_view key, std::string_view value);
  // A value for people: "3 in the window from 2025-06-24T14:00:00Z".
  std::string (*show_value)(std::string_view value);
  // Null: nobody says what its state should be, and checkpoints are not compared. The scenario has
  // no problems.
  CountedState (*counted)(const Scenario& scenario) = nullptr;
};

std::span<const RegisteredJob> JobRegistry();

// Null when there is none of this name. Finds those of scenarios/jobs/test_jobs.h, too.
const RegisteredJob* FindJob(std::string_view name);

// The scenario's job as its processes run it: what `job.chaining` says has been applied. The
// scenario has no problems.
engine::StreamGraph BuildStream(const Scenario& scenario, const Workload& workload);

// The same as it is scheduled, without rows: what its vertices are and how they hang together.
engine::JobGraph BuildGraph(const Scenario& scenario);

// Its operators by name, in the order of the stream. Nothing where the job is none that can be
// built.
std::optional<std::vector<std::string>> OperatorNames(const Scenario& scenario);

// The output topic has one partition per subtask of the sink.
uint32_t OutputPartitions(const Scenario& scenario);

}  // namespace flinch::scenarios
