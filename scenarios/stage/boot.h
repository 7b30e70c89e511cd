// Who is there in every world of a job: the log broker, the JobManagers, the TaskManagers, the
// publisher of the rows, and what the job itself brings along; each on a host of its own.
#pragma once

#include <functional>
#include <vector>

#include "engine/defects.h"
#include "engine/graph/job_graph.h"
#include "engine/outside/log_journal.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/scenario.h"
#include "scenarios/stage/kept_snapshots.h"
#include "sim/result.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

struct ClusterPlan {
  const Scenario& scenario;
  const Workload& workload;
  const JobCase& job;
  // What a process loads when it boots: its own copy, as from a jar on its disk. Nothing that user
  // code keeps in it survives a crash or is seen by another process.
  // With these arguments, which are the scenario's own where they are "".
  std::function<sim::Result<engine::StreamGraph>(const std::string& arguments)> load;
  engine::Defects defects{};
  const StartingPoint* from = nullptr;  // null: an empty log, an empty volume
  bool seals = true;                    // the input when all is in it; else it never ends
};

// What the plan refers to outlives the world.
void BootCluster(sim::World& world, const ClusterPlan& plan);

// The rows of each input of the job, with its topic.
std::vector<Workload> DivideInput(const JobCase& job, const Workload& workload);

// The broker's log as it lies on its disk.
sim::Result<engine::LogContents> ReadLogOf(const sim::World& world);

}  // namespace flinch::scenarios
