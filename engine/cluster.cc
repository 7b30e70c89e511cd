#include "engine/cluster.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/volume_services.h"
#include "engine/events.h"
#include "engine/high_availability/coordination_services.h"
#include "engine/high_availability/leader_election.h"
#include "engine/master/dispatcher.h"
#include "engine/state/leveldb_store.h"

namespace flinch::engine {

namespace {

// What a JobManager is from the moment it is elected until it steps down. Components are made anew
// for each term and never used again; what still waits for a disk by then ends by itself.
class LeaderTerm {
 public:
  LeaderTerm(sim::Environment& environment, JobCatalog& catalog, const JobEntry& entry,
             CoordinationClient& client, Leadership leadership, const JobManagerOptions& options)
      : environment_(environment),
        job_name_(entry.name),
        leadership_(std::move(leadership)),
        services_(client, leadership_, options.defects),
        dispatcher_(environment, catalog, entry, services_,
                    {.engine = options.engine, .defects = options.defects}) {
    session().OnEnd([this] { dispatcher_.Stop(); });
  }

  // Returns when the term is over.
  void Run() {
    if (session().is_over()) {
      dispatcher_.Stop();
    }
    dispatcher_.Start();
    dispatcher_.Run();
    events::Trace(environment_, events::LeaderRevoked{.term = leadership_.term.value(),
                                                      .reason = session().reason()});
    dispatcher_.Close();
    if (services_.defects().Has(Defect::kStepDownCleansUp)) {
      services_.CleanUp(job_name_);
    }
  }

  // Whether it may go.
  bool idle() const { return dispatcher_.idle() && !leadership_.session->works(); }

 private:
  CoordinationSession& session() { return *leadership_.session; }

  sim::Environment& environment_;
  std::string job_name_;
  Leadership leadership_;
  CoordinationServices services_;
  Dispatcher dispatcher_;
};

[[noreturn]] void RunElected(sim::Environment& environment, JobCatalog& catalog,
                             const JobEntry& entry, const JobManagerOptions& options) {
  CoordinationClient client(environment, {.ask_timeout = options.engine.rpc.ask_timeout});
  LeaderElection election(environment, client,
                          {.session_timeout = options.engine.high_availability.session_timeout});
  std::vector<std::unique_ptr<LeaderTerm>> over;
  for (;;) {
    auto term = std::make_unique<LeaderTerm>(environment, catalog, entry, client,
                                             election.Campaign(), options);
    term->Run();
    over.push_back(std::move(term));
    std::erase_if(over, [](const auto& each) { return each->idle(); });
  }
}

}  // namespace

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options) {
  JobCatalog catalog;
  catalog.Add(graph);
  RunJobManager(environment, catalog, {.name = graph.stream.job_name, .arguments = {}}, options);
}

void RunJobManager(sim::Environment& environment, JobCatalog& catalog, const JobEntry& entry,
                   const JobManagerOptions& options) {
  if (options.engine.high_availability.type == HighAvailabilityType::kCoordination) {
    RunElected(environment, catalog, entry, options);
  }
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
  if (IsOnDisk(options.engine.state.type)) {
    // What an earlier incarnation left is of no use to anybody.
    (void)RemoveDatabase(environment.disk(), StateDirectoryOf(environment.process_name()));
  }
  TaskExecutor task_executor(environment, catalog, options);
  task_executor.Run();
}

}  // namespace flinch::engine
