// The door of a JobManager that leads: recovers the job, and answers for it.
//
// Shape:    in the JobManager's main thread. One for each term: the term is the fencing token of
//           everything that it leads. Dispatcher, ResourceManager and JobMasters come and go
//           together. Services are offered when the past has been read: whoever comes before is
//           told to come again.
// Ends:     with its term. Stop, from any fiber: nothing that comes any more is done. When Run has
//           returned, Close gives the port back. It may go when it is `idle`: what waits for the
//           volume ends when that answers.
// Errors:   what earlier JobManagers left and nobody can read fails the job; then nothing is
//           offered.
// Source:   Flink's Dispatcher in application mode.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/high_availability_services.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/job_graph.h"
#include "engine/master/job_master.h"
#include "engine/master/resource_manager.h"
#include "engine/rpc/endpoint.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
#include "sim/environment.h"

namespace flinch::engine {

enum class DispatcherMethod : uint16_t { kListJobs = 1 };

constexpr std::string_view ServiceName(DispatcherMethod) { return "dispatcher"; }

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

  // Graph and services outlive it.
  Dispatcher(sim::Environment& environment, const JobGraph& graph,
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

 private:
  sim::Result<void> Recover();

  sim::Environment& environment_;
  const JobGraph& graph_;
  HighAvailabilityServices& services_;
  Options options_;
  MainThread main_thread_;
  std::unique_ptr<RpcEndpoint> rpc_;
  std::unique_ptr<ResourceManager> resources_;
  std::unique_ptr<JobMaster> master_;
};

inline constexpr auto kDispatcherService = std::to_array<ServiceMethod<Dispatcher>>({
    Handle<&Dispatcher::OnListJobs, Fencing::kNone>(),
});
static_assert(HasEachMethodOnce(kDispatcherService));

}  // namespace flinch::engine
