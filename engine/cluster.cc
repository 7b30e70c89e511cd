#include "engine/cluster.h"

#include <memory>
#include <utility>

#include "engine/runtime/job_master.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kRepeat = 200ms;

// What may fail, tried until the shared volume answers: the value, or kCorruption.
template <typename Attempt>
auto Insist(sim::Environment& environment, Attempt attempt) -> decltype(attempt()) {
  auto result = attempt();
  while (!result && result.error().code != sim::ErrorCode::kCorruption) {
    environment.Sleep(kRepeat);
    result = attempt();
  }
  return result;
}

// The JobManager's process. Its door opens before the past has been read: whoever comes meanwhile
// is told to come again.
class JobManager {
 public:
  JobManager(sim::Environment& environment, const JobGraph& graph, const JobManagerOptions& options)
      : main_thread_(environment) {
    sim::Result<std::unique_ptr<RpcEndpoint>> rpc = RpcEndpoint::Open(environment, kJobManagerPort);
    sim::Check(rpc.has_value(), "two JobManagers run on host {}", environment.host_name());
    rpc_ = *std::move(rpc);
    const sim::Result<uint64_t> leader = BecomeLeader(environment);
    master_ =
        std::make_unique<JobMaster>(environment, main_thread_, *rpc_, graph,
                                    JobMaster::Options{.engine = options.engine,
                                                       .defects = options.defects,
                                                       .token = FencingToken(leader.value_or(0))});
    const sim::Result<void> recovered =
        leader ? Insist(environment, [&] { return master_->Recover(); }) : sim::Fail(leader);
    if (!recovered) {
      master_->GiveUp(recovered.error().message);
      return;  // and goes on to turn everybody away
    }
    master_->Start();
    Offer(*rpc_, ServiceName(JobMasterMethod()), main_thread_, *master_, kJobMasterService);
  }

  [[noreturn]] void Run() { main_thread_.Run(); }

 private:
  // The epoch. kCorruption when nobody can tell any more which one it is.
  static sim::Result<uint64_t> BecomeLeader(sim::Environment& environment) {
    DurableCounter leaders(environment, "/ha/leader");
    const sim::Result<void> recovered = Insist(environment, [&] { return leaders.Recover(); });
    return recovered ? Insist(environment, [&] { return leaders.Next(); }) : sim::Fail(recovered);
  }

  MainThread main_thread_;
  std::unique_ptr<RpcEndpoint> rpc_;
  std::unique_ptr<JobMaster> master_;
};

}  // namespace

void RunJobManager(sim::Environment& environment, const JobGraph& graph,
                   const JobManagerOptions& options) {
  JobManager job_manager(environment, graph, options);
  job_manager.Run();
}

void RunTaskManager(sim::Environment& environment, const JobGraph& graph,
                    const TaskManagerOptions& options) {
  TaskExecutor task_executor(environment, graph, options);
  task_executor.Run();
}

}  // namespace flinch::engine
