#include "engine/master/dispatcher.h"

#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kVolumeRetry = 200ms;

// What may fail, tried until the shared volume answers: the value, or kCorruption.
template <typename Attempt>
auto Insist(sim::Environment& environment, Attempt attempt) -> decltype(attempt()) {
  auto result = attempt();
  while (!result && result.error().code != sim::ErrorCode::kCorruption) {
    environment.Sleep(kVolumeRetry);
    result = attempt();
  }
  return result;
}

// The epoch. kCorruption when nobody can tell any more which one it is.
sim::Result<uint64_t> BecomeLeader(sim::Environment& environment) {
  DurableCounter leaders(environment, "/ha/leader");
  const sim::Result<void> recovered = Insist(environment, [&] { return leaders.Recover(); });
  return recovered ? Insist(environment, [&] { return leaders.Next(); }) : sim::Fail(recovered);
}

}  // namespace

Dispatcher::Dispatcher(sim::Environment& environment, const JobGraph& graph, const Options& options)
    : environment_(environment), graph_(graph), options_(options), main_thread_(environment) {
  sim::Result<std::unique_ptr<RpcEndpoint>> rpc = RpcEndpoint::Open(environment, kJobManagerPort);
  sim::Check(rpc.has_value(), "two JobManagers run on host {}", environment.host_name());
  rpc_ = *std::move(rpc);
}

void Dispatcher::Start() {
  sim::Check(master_ == nullptr, "a dispatcher starts twice");
  const sim::Result<uint64_t> leader = BecomeLeader(environment_);
  const FencingToken token(leader.value_or(0));
  resources_ = std::make_unique<ResourceManager>(
      environment_, main_thread_, *rpc_,
      ResourceManager::Options{.heartbeat = options_.engine.heartbeat, .token = token});
  master_ = std::make_unique<JobMaster>(
      environment_, main_thread_, *rpc_, *resources_, graph_,
      JobMaster::Options{.engine = options_.engine, .defects = options_.defects, .token = token});
  const sim::Result<void> recovered =
      leader ? Insist(environment_, [&] { return master_->Recover(); }) : sim::Fail(leader);
  if (!recovered) {
    master_->GiveUp(recovered.error().message);
    return;  // and goes on to turn everybody away
  }
  resources_->Start();
  master_->Start();
  Offer(*rpc_, ServiceName(ResourceManagerMethod()), main_thread_, *resources_,
        kResourceManagerService);
  Offer(*rpc_, JobMasterServiceName(master_->job()), main_thread_, *master_, kJobMasterService);
  Offer(*rpc_, ServiceName(DispatcherMethod()), main_thread_, *this, kDispatcherService);
}

ListJobs::Reply Dispatcher::OnListJobs(const ListJobs&) {
  return {{.id = master_->job(), .name = graph_.stream.job_name, .status = master_->status()}};
}

}  // namespace flinch::engine
