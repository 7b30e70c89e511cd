#include "scenarios/stage/boot.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/cluster.h"
#include "engine/outside/coordination_service.h"
#include "engine/outside/log_broker.h"
#include "scenarios/aim/cast.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/publisher.h"
#include "scenarios/stage/story_client.h"

namespace flinch::scenarios {

namespace {

// Of a job whose outputs are all read in its own way: none.
std::vector<std::string> OutputTopics(const JobCase& job) {
  std::vector<std::string> topics;
  for (const OutputSpec& output : job.outputs) {
    if (!output.read) {
      topics.push_back(output.name);
    }
  }
  return topics;
}

// One input after the other is begun; each is published by a fiber of its own.
void PublishAll(sim::Environment& env, const ClusterPlan& plan) {
  const PublisherOptions options = {.broker_host = std::string(kBroker),
                                    .output_topics = OutputTopics(plan.job),
                                    .output_partitions = OutputPartitions(plan.scenario),
                                    .linger = plan.scenario.workload.linger,
                                    .seals = plan.seals};
  if (plan.job.inputs.size() == 1 && plan.job.inputs.front().name == plan.workload.topic) {
    RunPublisher(env, plan.workload, options);
    return;
  }
  std::vector<Workload> inputs = DivideInput(plan.job, plan.workload);
  for (size_t index = 1; index < inputs.size(); ++index) {
    env.Spawn("input", [&env, options, input = std::move(inputs[index])] {
      RunPublisher(env, input, options);
    });
  }
  RunPublisher(env, inputs.front(), options);
}

// Several JobManagers have the coordination service in any case.
engine::EngineOptions EngineOptionsOf(const Scenario& scenario) {
  engine::EngineOptions options = scenario.options;
  if (IsHighlyAvailable(scenario)) {
    options.high_availability.type = engine::HighAvailabilityType::kCoordination;
  }
  return options;
}

sim::HostId Boot(sim::World& world, std::string_view name, sim::Program main) {
  const sim::HostId host = world.AddHost(std::string(name));
  world.AddProcess(host, std::string(name), std::move(main));
  return host;
}

}  // namespace

std::vector<Workload> DivideInput(const JobCase& job, const Workload& workload) {
  std::vector<Workload> inputs;
  for (const InputSpec& input : job.inputs) {
    Workload& mine = inputs.emplace_back();
    mine.topic = input.name;
    mine.partitions = workload.partitions;
    mine.out_of_orderness = workload.out_of_orderness;
  }
  for (const InputRow& row : workload.rows) {
    inputs.at(InputOf(job, row)).rows.push_back(row);
  }
  return inputs;
}

void BootCluster(sim::World& world, const ClusterPlan& plan) {
  const Scenario& scenario = plan.scenario;
  const sim::HostId broker = Boot(world, kBroker, [plan](sim::Environment& env) {
    engine::RunLogBroker(
        env, {.transaction_timeout_max = plan.scenario.options.log.transaction_timeout_max});
  });
  if (plan.from != nullptr) {
    Place(*plan.from, world, broker);
  }
  const engine::EngineOptions options = EngineOptionsOf(scenario);
  for (const std::string& name : JobManagerNames(scenario.cluster)) {
    Boot(world, name, [plan, options](sim::Environment& env) {
      engine::JobCatalog catalog;
      catalog.Add(plan.scenario.job.name, plan.load);
      engine::RunJobManager(env, catalog, {.name = plan.scenario.job.name, .arguments = {}},
                            {.engine = options, .defects = plan.defects});
    });
  }
  for (const std::string& name : TaskManagerNames(scenario.cluster)) {
    Boot(world, name, [plan, options](sim::Environment& env) {
      engine::JobCatalog catalog;
      catalog.Add(plan.scenario.job.name, plan.load);
      engine::RunTaskManager(env, catalog,
                             {.job_manager_host = std::string(kJobManager),
                              .slots = plan.scenario.cluster.slots_each,
                              .engine = options,
                              .defects = plan.defects});
    });
  }
  Boot(world, kPublisher, [plan](sim::Environment& env) { PublishAll(env, plan); });
  if (IsHighlyAvailable(scenario)) {
    Boot(world, kCoordination,
         [](sim::Environment& env) { engine::RunCoordinationService(env, {}); });
  }
  for (const OutsideSystem& system : plan.job.outside) {
    Boot(world, system.name, system.main);
  }
  if (!scenario.story.empty()) {
    Boot(world, kClient, [plan](sim::Environment& env) {
      RunStoryClient(env, {.job_manager_host = std::string(kJobManager),
                           .is_highly_available = IsHighlyAvailable(plan.scenario),
                           .job = plan.scenario.job.name,
                           .story = plan.scenario.story,
                           .ask_timeout = plan.scenario.options.rpc.ask_timeout});
    });
  }
}

sim::Result<engine::LogContents> ReadLogOf(const sim::World& world) {
  const std::optional<sim::ProcessId> broker = world.FindProcess(kBroker);
  const std::optional<sim::Bytes> journal =
      world.ReadFile(world.HostOf(*broker), engine::LogBrokerOptions().journal);
  return engine::ReadJournal(journal.value_or(sim::Bytes()));
}

}  // namespace flinch::scenarios
