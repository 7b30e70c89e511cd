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

// The JobManager's door: decodes requests, turns away what was meant for another master.
class JobManager {
 public:
  JobManager(sim::Environment& environment, const JobGraph& graph, const JobManagerOptions& options)
      : main_thread_(environment) {
    // The door opens first: whoever comes while the past is being read is told to come again.
    sim::Result<std::unique_ptr<RpcEndpoint>> rpc =
        RpcEndpoint::Open(environment, kJobManagerPort,
                          [this](RpcRequest request) { OnRequest(std::move(request)); });
    sim::Check(rpc.has_value(), "two JobManagers run on host {}", environment.host_name());
    rpc_ = *std::move(rpc);
    const sim::Result<uint64_t> leader = BecomeLeader(environment);
    token_ = FencingToken(leader.value_or(0));
    master_ = std::make_unique<JobMaster>(
        environment, main_thread_, *rpc_, graph,
        JobMaster::Options{.engine = options.engine, .defects = options.defects, .token = token_});
    const sim::Result<void> recovered =
        leader ? Insist(environment, [&] { return master_->Recover(); }) : sim::Fail(leader);
    if (!recovered) {
      master_->GiveUp(recovered.error().message);
      return;  // and goes on to turn everybody away
    }
    master_->Start();
    leads_ = true;
  }

  [[noreturn]] void Run() { main_thread_.Run(); }

 private:
  // The epoch. kCorruption when nobody can tell any more which one it is.
  static sim::Result<uint64_t> BecomeLeader(sim::Environment& environment) {
    DurableCounter leaders(environment, "/ha/leader");
    const sim::Result<void> recovered = Insist(environment, [&] { return leaders.Recover(); });
    return recovered ? Insist(environment, [&] { return leaders.Next(); }) : sim::Fail(recovered);
  }

  void OnRequest(RpcRequest request) {
    if (!leads_) {
      rpc_->SendReply(request, sim::Fail(sim::ErrorCode::kUnavailable,
                                         "The JobManager is not yet the leader."));
      return;
    }
    main_thread_.Post([this, request = std::move(request)] { Serve(request); });
  }

  void Serve(const RpcRequest& request) {
    switch (request.method) {
      case Method::kRegisterTaskManager: {
        const sim::Result<RegisterTaskManager> message = request.As<RegisterTaskManager>();
        if (!message) {
          rpc_->SendReply(request, sim::Fail(message));
          return;
        }
        master_->OnRegister(*message, request.from);
        rpc_->Reply<RegisterTaskManager::Reply>(request, RegisterTaskManager::Reply{token_});
        return;
      }
      case Method::kUpdateTaskState:
        return Answer<UpdateTaskState>(
            request, [this](const auto& message) { master_->OnTaskState(message); });
      case Method::kAcknowledgeCheckpoint:
        return Answer<AcknowledgeCheckpoint>(
            request, [this](const auto& message) { master_->OnAcknowledge(message); });
      case Method::kDeclineCheckpoint:
        return Answer<DeclineCheckpoint>(
            request, [this](const auto& message) { master_->OnDecline(message); });
      case Method::kHeartbeatReply:
        return Answer<HeartbeatReply>(
            request, [this](const auto& message) { master_->OnHeartbeatReply(message); });
      default:
        rpc_->SendReply(request, sim::Fail(sim::ErrorCode::kInvalidArgument,
                                           "A JobManager does not have this method."));
    }
  }

  template <typename Message, typename Handle>
  void Answer(const RpcRequest& request, Handle handle) {
    const sim::Result<Message> message = request.As<Message>();
    if (!message) {
      rpc_->SendReply(request, sim::Fail(message));
      return;
    }
    if (message->token != token_) {
      rpc_->SendReply(request,
                      sim::Fail(sim::ErrorCode::kFenced, "This was meant for another JobManager."));
      return;
    }
    handle(*message);
    rpc_->Reply<Nothing>(request, Nothing());
  }

  MainThread main_thread_;
  bool leads_ = false;
  FencingToken token_;
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
