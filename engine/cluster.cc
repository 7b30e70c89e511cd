#include "engine/cluster.h"

#include "engine/checkpoint/volume_services.h"
#include "engine/master/dispatcher.h"

namespace flinch::engine {

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options) {
  VolumeServices services(environment, options.defects);
  Dispatcher dispatcher(environment, graph, services,
                        {.engine = options.engine, .defects = options.defects});
  dispatcher.Start();
  dispatcher.Run();
}

void RunTaskManager(sim::Environment& environment, const JobGraph& graph,
                    const TaskManagerOptions& options) {
  JobCatalog catalog;
  catalog.Add(graph);
  TaskExecutor task_executor(environment, catalog, options);
  task_executor.Run();
}

}  // namespace flinch::engine
