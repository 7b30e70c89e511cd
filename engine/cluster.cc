#include "engine/cluster.h"

#include "engine/checkpoint/volume_services.h"
#include "engine/master/dispatcher.h"

namespace flinch::engine {

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options) {
  JobCatalog catalog;
  catalog.Add(graph);
  RunJobManager(environment, catalog, {.name = graph.stream.job_name, .arguments = {}}, options);
}

void RunJobManager(sim::Environment& environment, JobCatalog& catalog, const JobEntry& entry,
                   const JobManagerOptions& options) {
  VolumeServices services(environment, options.defects);
  Dispatcher dispatcher(environment, catalog, entry, services,
                        {.engine = options.engine, .defects = options.defects});
  dispatcher.Start();
  dispatcher.Run();
}

void RunTaskManager(sim::Environment& environment, const JobGraph& graph,
                    const TaskManagerOptions& options) {
  JobCatalog catalog;
  catalog.Add(graph);
  RunTaskManager(environment, catalog, options);
}

void RunTaskManager(sim::Environment& environment, JobCatalog& catalog,
                    const TaskManagerOptions& options) {
  TaskExecutor task_executor(environment, catalog, options);
  task_executor.Run();
}

}  // namespace flinch::engine
