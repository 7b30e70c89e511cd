// What a run's outputs hold when it is over, and what was expected of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/outside/log_broker.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "scenarios/oracles/oracle.h"
#include "sim/result.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

// All outputs of the job, by output, log partition and offset. An error when the job's own reading
// of one fails.
sim::Result<std::vector<OutputRecord>> ReadOutputs(const JobCase& job, const sim::World& world,
                                                   const engine::LogContents& log);

// What lies in transactions that were not committed, of the outputs that are topics of the log.
std::vector<OutputRecord> ReadUncommitted(const JobCase& job, const engine::LogContents& log);

// The outputs of a run in which nothing fails.
using RunUndisturbed = std::function<sim::Result<std::vector<OutputRecord>>()>;

// What the laws that need it compare with. `undisturbed` is asked once, and only when an output of
// the job has nobody who foretells it. An error when an expectation fails.
sim::Result<std::vector<ExpectedRecord>> ExpectOutputs(const JobCase& job, const Scenario& scenario,
                                                       const Workload& workload,
                                                       const RunUndisturbed& undisturbed);

// "449 records, by SQLite"; "" where nobody is named.
std::string ShowExpectation(const JobCase& job, size_t records);

// What the job reads, if a law of its outputs looks at that, or rows may be late. The workload
// outlives it.
std::vector<ReadRow> RowsFor(const JobCase& job, const Workload& workload, bool may_be_late);

// Why a law is none for the job that is its own reference: what two runs of it wrote in which
// nothing failed, and the partitions were read in other orders, breaks it. "" when it fits.
std::string WhyLawsDoNotFit(const JobCase& job, const std::vector<ExpectedRecord>& first,
                            const std::vector<OutputRecord>& second);

// How each output is judged. `late`: the scenario, where rows of its input may be late; else null.
// A law that throws is silent, and `failed` is told of it.
std::vector<JudgedOutput> JudgesOf(const JobCase& job, std::optional<Delivery> delivery,
                                   const Scenario* late,
                                   const std::function<void(std::string why)>& failed);

// Where rows may be late, which is chance: silences the judges of a job of which nobody can say
// what its output then is, and gives why. "" when a law can, or no row may be late.
std::string SilenceWhereLate(const JobCase& job, const Scenario& scenario, const Workload& workload,
                             std::vector<JudgedOutput>& judges);

}  // namespace flinch::scenarios
