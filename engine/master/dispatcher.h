// The door of a JobManager: becomes its leader, recovers the job, and answers for it.
//
// Shape:    in the JobManager's main thread. One epoch, drawn durably, is the fencing token of
//           everything that this process leads: Dispatcher, ResourceManager and JobMasters come and
//           go together. Services are offered when the past has been read: whoever comes before is
//           told to come again.
// Errors:   what earlier JobManagers left and nobody can read fails the job; then nothing is
//           offered.
// Source:   Flink's Dispatcher in application mode.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

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

  // The graph outlives it.
  Dispatcher(sim::Environment& environment, const JobGraph& graph, const Options& options);

  // Reads what earlier JobManagers left, until the shared volume answers, and starts the job. May
  // suspend.
  void Start();

  // Never returns.
  [[noreturn]] void Run() { main_thread_.Run(); }

  ListJobs::Reply OnListJobs(const ListJobs& list);

 private:
  sim::Environment& environment_;
  const JobGraph& graph_;
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
