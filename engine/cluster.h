// The two programs of a cluster.
//
// A JobManager runs one job: it submits what it has the code of, recovers it after a crash of its
// own from the shared volume, and goes on heart-beating after the job has ended. With
// high-availability.type = "coordination" it does so while it leads; there may be several, and a
// coordination service has to be (engine/outside/coordination_service.h). A TaskManager offers
// slots to the JobManager that leads and runs what it is given. Neither ever returns. `graph` is
// the job's code (engine/graph/stream_graph.h): every process loads the same, each its own copy.
#pragma once

#include <string>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/job_catalog.h"
#include "engine/graph/job_graph.h"
#include "engine/worker/task_executor.h"
#include "sim/environment.h"

namespace flinch::engine {

struct JobManagerOptions {
  EngineOptions engine;
  Defects defects;
};

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options);

void RunTaskManager(sim::Environment& environment, const JobGraph& graph,
                    const TaskManagerOptions& options);

// The same with code that can be given other arguments when the job is resumed.
void RunJobManager(sim::Environment& environment, JobCatalog& catalog, const JobEntry& entry,
                   const JobManagerOptions& options);
void RunTaskManager(sim::Environment& environment, JobCatalog& catalog,
                    const TaskManagerOptions& options);

}  // namespace flinch::engine
