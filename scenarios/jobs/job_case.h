// What makes a job one that can be run, hunted, shrunk and explained: how it is built, what its
// output must be, and what stands beside the engine. The library's own jobs are such cases, and so
// is yours:
//
//   JobCase mine{.name = "mine",
//                .what = "clicks per user",
//                .build = BuildMine,
//                .outputs = {{.law = SameMultiset()}}};
//   int main(int argc, char** argv) { return flinch::scenarios::Main(argc, argv, {mine}); }
//
// (scenarios/cli/program.h.) A job reads the topic "input", which holds the workload's rows (or
// several, among which they are divided), and writes its outputs: topics of the log by the
// two-phase-commit sink, or whatever its own sinks write, if it says how that is read.
// scenarios/jobs/job_parts.h has both ends for jobs of the log.
//
// Expectation: `expect` says by plain code over the rows what an output should have been. Where
//          nobody does, the job is its own reference: the same operators with one subtask each, in
//          a world in which nothing fails and nothing is planted, fed the same rows. That finds all
//          that failures do to the job, and nothing that it does wrong without any.
// Errors:  AddJobs (scenarios/files/added_jobs.h) says what is wrong with a case, in whole
//          sentences. An expectation or a law that throws makes the run inconclusive, and its
//          reason says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/delivery.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "scenarios/oracles/laws.h"
#include "scenarios/oracles/subject.h"
#include "sim/environment.h"
#include "sim/result.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

inline constexpr std::string_view kInputTopic = "input";
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

// A topic that the job reads. Each has as many partitions as the scenario says.
struct InputSpec {
  std::string name = std::string(kInputTopic);
  // Which of the workload's rows it gets. Null: all that none of the inputs before it takes.
  std::function<bool(const InputRow& row)> takes{};
};

struct OutputSpec {
  std::string name = std::string(kOutputTopic);  // of the topic, where it is one
  Law law = PerKeyOrder(std::source_location());
  // What holds instead where the options promise less (model/delivery.h). Nothing: the job is not
  // run with such options.
  std::optional<Law> at_least_once{};
  std::optional<Law> at_most_once{};
  // What holds instead, exactly once, where job.out_of_orderness is below the input's disorder, so
  // that rows may be dropped as late. Null: nobody can say then.
  std::function<Law(const Scenario&)> late{};
  // By key in the order in which the job emits. Null: the job is its own reference.
  std::function<std::vector<ExpectedRecord>(const Scenario&, const Workload&)> expect{};
  // Who that is, for a run's summary: "SQLite". Empty: nothing is said of it.
  std::string expected_by{};
  // How it is read when the world has ended. Null: it is a topic of the log, with one partition per
  // subtask of its sink, and what is committed counts.
  std::function<std::vector<OutputRecord>(const sim::World&)> read{};
  // One object on one line, without its end: {"key":"install","window_start":…,"count":3}. Bytes
  // that are none of the job's are shown in hexadecimal, under "undecodable". Null: key and value
  // as text, or else in hexadecimal.
  std::function<std::string(std::string_view key, std::string_view value)> show_json{};
  // A value for people: "3 in the window from 2025-06-24T14:00:00Z". Null: as text, or else in
  // hexadecimal.
  std::function<std::string(std::string_view value)> show_value{};

  // Nothing: the output cannot be judged under this delivery.
  const Law* FindLaw(std::optional<Delivery> delivery) const {
    if (delivery == Delivery::kExactlyOnce) {
      return &law;
    }
    const std::optional<Law>& relaxed =
        delivery == Delivery::kAtLeastOnce ? at_least_once : at_most_once;
    return delivery && relaxed ? &*relaxed : nullptr;
  }
};

// A system beside the engine: one process, on a host of its own of the same name. Faults of a
// written plan may strike it.
struct OutsideSystem {
  std::string name;
  std::function<void(sim::Environment& env)> main;
};

struct JobCase {
  std::string name;  // what a scenario's `job.name` may be
  std::string what;  // one sentence
  // Called for each process that boots. The workload has no rows where only the shape is asked for.
  std::function<engine::StreamGraph(const Scenario&, const Workload&)> build;
  std::vector<InputSpec> inputs{{}};
  std::vector<OutputSpec> outputs{{}};
  // Null: nobody says what its state should be, and checkpoints are not compared. The scenario has
  // no problems.
  std::function<CountedState(const Scenario&)> counted{};
  std::vector<OutsideSystem> outside{};
  // How it is run when nobody says otherwise: `hunt mine` and `run mine` mean this one. Its name
  // and that of its job are the case's. Nothing: a small job under a swarm of faults.
  std::optional<Scenario> scenario{};
  // Where it was registered, for whoever reads that it broke a law that nobody demanded elsewhere:
  // this line of your source.
  std::source_location where = std::source_location::current();
};

// Which of the job's inputs, by index, gets the row.
size_t InputOf(const JobCase& job, const InputRow& row);

// What is wrong with a case that has its scenario, by itself; "" when nothing is.
std::string WhatIsWrongWith(const JobCase& job);

// Those that the program has added. Their addresses stay. Only AddJobs, which checks them
// (scenarios/files/added_jobs.h), changes it.
std::deque<JobCase>& AddedJobs();

}  // namespace flinch::scenarios
