// The door of a JobManager that leads: recovers the job, and answers for it.
//
// Shape:    in the JobManager's main thread. One for each term: the term is the fencing token of
//           everything that it leads. Dispatcher, ResourceManager and JobMasters come and go
//           together. Services are offered when the past has been read: whoever comes before is
//           told to come again.
// Ends:     with its term. Stop, from any fiber: nothing that comes any more is done. When Run has
//           returned, Close gives the port back. It may go when it is `idle`: what waits for the
//           volume ends when that answers.
// Resume:   a job that has ended may be started again from a snapshot, with other arguments of its
//           code: a new JobMaster takes over what is durable of the job, so that attempts and
//           checkpoints are numbered on. See job_operations.h.
// Errors:   what earlier JobManagers left and nobody can read fails the job; then nothing is
//           offered.
// Source:   Flink's Dispatcher in application mode.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/high_availability_services.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/job_catalog.h"
#include "engine/graph/job_graph.h"
#include "engine/master/job_master.h"
#include "engine/master/job_operations.h"
#include "engine/master/resource_manager.h"
#include "engine/rpc/endpoint.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
#include "sim/environment.h"

namespace flinch::engine {

// Which jobs there are.
struct ListJobs {
  static constexpr auto kMethod = DispatcherMethod::kListJobs;

  struct Job {
    JobId id;
    std::string name;
    JobStatus status{};

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.id);
      visit(self.name);
      visit(self.status);
    }
  };

  using Reply = std::vector<Job>;

  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

class Dispatcher {
 public:
  struct Options {
    EngineOptions engine;
    Defects defects;
  };

  // Catalog and services outlive it.
  Dispatcher(sim::Environment& environment, JobCatalog& catalog, JobEntry entry,
             HighAvailabilityServices& services, const Options& options);

  // Reads what earlier JobManagers left, until high availability answers, and starts the job. May
  // suspend.
  void Start();

  // Returns after Stop, never else.
  void Run() { main_thread_.Run(); }

  void Stop();
  void Close();

  bool idle() const { return main_thread_.working() == 0; }

  ListJobs::Reply OnListJobs(const ListJobs& list);
  OperationStatus OnTriggerSavepoint(const TriggerSavepoint& asked);
  OperationStatus OnStopJob(const StopJob& asked);
  OperationStatus OnCancelJob(const CancelJob& asked);
  OperationStatus OnSubmitJob(const SubmitJob& submit);

 private:
  // A job that may start: the snapshot, and the graph as it starts from it.
  struct Prepared {
    CompletedCheckpoint checkpoint;
    JobGraph graph;
  };

  // Instead of starting the job as it is: it has no past, and options say what it starts from.
  void StartFromSnapshot();
  bool HasToStartFromSnapshot() const;
  // With the code as the arguments want it. May suspend.
  sim::Result<JobGraph> BuildGraph(const std::string& arguments);
  std::unique_ptr<JobMaster> MakeMaster(JobGraph graph, const JobRecord& record);
  // Reads the record, and what it says that the job starts from. May suspend.
  sim::Result<void> RecoverMaster();
  void OfferMaster();
  // May suspend.
  sim::Result<Prepared> Prepare(const SubmitJob& submit);
  void OnPrepared(const SubmitJob& submit, sim::Result<Prepared> prepared);
  void OnHandedOver(const SubmitJob& submit, JobGraph graph, const JobRecord& record);
  void StartResumed(const SubmitJob& submit);

  sim::Result<void> Recover();

  sim::Environment& environment_;
  JobCatalog& catalog_;
  JobEntry entry_;
  HighAvailabilityServices& services_;
  Options options_;
  FencingToken token_;
  MainThread main_thread_;
  std::unique_ptr<RpcEndpoint> rpc_;
  std::unique_ptr<ResourceManager> resources_;
  std::deque<JobGraph> graphs_;  // of all masters; their addresses stay
  std::unique_ptr<JobMaster> master_;
  // Those of runs that have ended: their mails may still be under way.
  std::vector<std::unique_ptr<JobMaster>> retired_;
  std::map<std::string, OperationStatus> submissions_;
  bool is_submitting_ = false;
  bool recovered_ = false;
};

inline constexpr auto kDispatcherService = std::to_array<ServiceMethod<Dispatcher>>({
    Handle<&Dispatcher::OnListJobs, Fencing::kNone>(),
    Handle<&Dispatcher::OnTriggerSavepoint, Fencing::kNone>(),
    Handle<&Dispatcher::OnStopJob, Fencing::kNone>(),
    Handle<&Dispatcher::OnCancelJob, Fencing::kNone>(),
    Handle<&Dispatcher::OnSubmitJob, Fencing::kNone>(),
});
static_assert(HasEachMethodOnce(kDispatcherService));

}  // namespace flinch::engine
