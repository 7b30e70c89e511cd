#include "scenarios/stage/job_code.h"

#include <utility>

#include "scenarios/jobs/job_arguments.h"
#include "scenarios/jobs/jobs.h"
#include "sim/check.h"

namespace flinch::scenarios {

sim::Result<engine::StreamGraph> LoadStream(const Scenario& scenario, const Workload& workload,
                                            const std::string& arguments) {
  const sim::Result<JobArguments> wanted = ParseArguments(arguments);
  if (!wanted) {
    return sim::Fail(wanted);
  }
  engine::StreamGraph stream = BuildStream(WithArguments(scenario, *wanted), workload);
  stream.job_name = scenario.job.name;
  return stream;
}

engine::JobGraph LoadGraph(const Scenario& scenario, const Workload& workload) {
  sim::Result<engine::StreamGraph> stream = LoadStream(scenario, workload, {});
  sim::Result<engine::JobGraph> graph =
      stream ? engine::BuildJobGraph(*std::move(stream)) : sim::Fail(stream);
  sim::Check(graph.has_value(), "the job {} is wrong: {}", scenario.job.name,
             graph ? std::string() : graph.error().message);
  return *std::move(graph);
}

}  // namespace flinch::scenarios
