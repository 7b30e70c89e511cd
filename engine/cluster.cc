#include "engine/cluster.h"

#include "engine/master/dispatcher.h"

namespace flinch::engine {

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options) {
  Dispatcher dispatcher(environment, graph, {.engine = options.engine, .defects = options.defects});
  dispatcher.Start();
  dispatcher.Run();
}

void RunTaskManager(sim::Environment& environment, const JobGraph& graph,
                    const TaskManagerOptions& options) {
  TaskExecutor task_executor(environment, graph, options);
  task_executor.Run();
}

}  // namespace flinch::engine
