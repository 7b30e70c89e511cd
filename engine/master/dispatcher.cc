#include "engine/master/dispatcher.h"

#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kRecoveryRetry = 200ms;

}  // namespace

Dispatcher::Dispatcher(sim::Environment& environment, const JobGraph& graph,
                       HighAvailabilityServices& services, const Options& options)
    : environment_(environment),
      graph_(graph),
      services_(services),
      options_(options),
      main_thread_(environment) {
  sim::Result<std::unique_ptr<RpcEndpoint>> rpc = RpcEndpoint::Open(environment, kJobManagerPort);
  sim::Check(rpc.has_value(), "two JobManagers run on host {}", environment.host_name());
  rpc_ = *std::move(rpc);
}

void Dispatcher::Start() {
  sim::Check(master_ == nullptr, "a dispatcher starts twice");
  const sim::Result<FencingToken> term = services_.Term();
  const FencingToken token = term.value_or(FencingToken());
  resources_ = std::make_unique<ResourceManager>(
      environment_, main_thread_, *rpc_,
      ResourceManager::Options{.heartbeat = options_.engine.heartbeat, .token = token});
  master_ = std::make_unique<JobMaster>(
      environment_, main_thread_, *resources_, services_, graph_,
      JobMaster::Options{.engine = options_.engine, .defects = options_.defects, .token = token});
  const sim::Result<void> recovered = term ? Recover() : sim::Fail(term);
  if (main_thread_.stopped()) {
    master_->Close();
    return;
  }
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

sim::Result<void> Dispatcher::Recover() {
  sim::Result<void> recovered = master_->Recover();
  while (!recovered && recovered.error().code != sim::ErrorCode::kCorruption &&
         !main_thread_.stopped()) {
    environment_.Sleep(kRecoveryRetry);
    recovered = master_->Recover();
  }
  return recovered;
}

void Dispatcher::Stop() {
  main_thread_.Stop();
  if (master_ != nullptr) {
    master_->Close();
  }
}

void Dispatcher::Close() {
  sim::Check(main_thread_.stopped(), "a dispatcher is closed at work");
  rpc_.reset();
}

ListJobs::Reply Dispatcher::OnListJobs(const ListJobs&) {
  return {{.id = master_->job(), .name = graph_.stream.job_name, .status = master_->status()}};
}

}  // namespace flinch::engine
