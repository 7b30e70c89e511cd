#include "engine/master/dispatcher.h"

#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/master/restore_check.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kRecoveryRetry = 200ms;

}  // namespace

Dispatcher::Dispatcher(sim::Environment& environment, JobCatalog& catalog, JobEntry entry,
                       HighAvailabilityServices& services, const Options& options)
    : environment_(environment),
      catalog_(catalog),
      entry_(std::move(entry)),
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
  token_ = term.value_or(FencingToken());
  resources_ = std::make_unique<ResourceManager>(
      environment_, main_thread_, *rpc_,
      ResourceManager::Options{.heartbeat = options_.engine.heartbeat, .token = token_});
  sim::Result<JobGraph> graph = BuildGraph(entry_.arguments);
  sim::Check(graph.has_value(), "a JobManager has no code of its job: {}",
             graph ? std::string() : graph.error().message);
  master_ = MakeMaster(*std::move(graph), JobRecord{.arguments = entry_.arguments});
  const sim::Result<void> recovered = term ? RecoverMaster() : sim::Fail(term);
  if (main_thread_.stopped()) {
    Stop();
    return;
  }
  if (!recovered) {
    master_->GiveUp(recovered.error().message);
    return;  // and goes on to turn everybody away
  }
  recovered_ = true;
  resources_->Start();
  if (HasToStartFromSnapshot()) {
    StartFromSnapshot();
  } else {
    master_->Start();
  }
  Offer(*rpc_, ServiceName(ResourceManagerMethod()), main_thread_, *resources_,
        kResourceManagerService);
  OfferMaster();
  Offer(*rpc_, ServiceName(DispatcherMethod()), main_thread_, *this, kDispatcherService);
}

bool Dispatcher::HasToStartFromSnapshot() const {
  return !options_.engine.restore.path.empty() && master_->record() == JobRecord() &&
         master_->latest() == nullptr;
}

void Dispatcher::StartFromSnapshot() {
  const RestoreOptions& restore = options_.engine.restore;
  const SubmitJob submit{.operation = "start",
                         .arguments = entry_.arguments,
                         .restore = {.path = restore.path,
                                     .claim = ClaimMode::kNoClaim,
                                     .allow_non_restored_state = restore.ignore_unclaimed_state}};
  is_submitting_ = true;
  main_thread_.Async(
      "prepare", [this, submit] { return Prepare(submit); },
      [this, submit](sim::Result<Prepared> prepared) {
        if (!prepared) {
          is_submitting_ = false;
          return master_->GiveUp(prepared.error().message);
        }
        OnPrepared(submit, std::move(prepared));
      });
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
  if (!recovered_ && options_.defects.Has(Defect::kRevocationWhileRecoveringIsLost)) {
    return;
  }
  main_thread_.Stop();
  if (master_ != nullptr) {
    master_->Close();
  }
  for (const std::unique_ptr<JobMaster>& retired : retired_) {
    retired->Close();
  }
}

void Dispatcher::Close() {
  sim::Check(main_thread_.stopped(), "a dispatcher is closed at work");
  rpc_.reset();
}

sim::Result<JobGraph> Dispatcher::BuildGraph(const std::string& arguments) {
  const sim::Result<const JobGraph*> code =
      catalog_.Find({.name = entry_.name, .arguments = arguments});
  return code ? sim::Result<JobGraph>(**code) : sim::Fail(code);
}

std::unique_ptr<JobMaster> Dispatcher::MakeMaster(JobGraph graph, const JobRecord& record) {
  graphs_.push_back(std::move(graph));
  return std::make_unique<JobMaster>(environment_, main_thread_, *resources_, services_,
                                     graphs_.back(),
                                     JobMaster::Options{.engine = options_.engine,
                                                        .defects = options_.defects,
                                                        .token = token_,
                                                        .arguments = record.arguments,
                                                        .floor = record.floor});
}

sim::Result<void> Dispatcher::RecoverMaster() {
  sim::Result<void> recovered = Recover();
  const JobRecord record = master_->record();
  if (!recovered || record.submit_operation.empty()) {
    return recovered;
  }
  // It was resumed: with other arguments, it may be.
  sim::Result<JobGraph> graph = BuildGraph(record.arguments);
  const CompletedCheckpoint* const latest = master_->latest();
  if (graph && latest != nullptr) {
    graph = FitToSnapshot(*std::move(graph), *latest, true);
  }
  if (!graph) {
    return sim::Fail(sim::ErrorCode::kCorruption, graph.error().message);
  }
  retired_.push_back(std::exchange(master_, MakeMaster(*std::move(graph), record)));
  return Recover();
}

void Dispatcher::OfferMaster() {
  Offer(*rpc_, JobMasterServiceName(master_->job()), main_thread_, *master_, kJobMasterService);
}

ListJobs::Reply Dispatcher::OnListJobs(const ListJobs&) {
  return {{.id = master_->job(),
           .name = master_->graph().stream.job_name,
           .status = master_->status()}};
}

OperationStatus Dispatcher::OnTriggerSavepoint(const TriggerSavepoint& asked) {
  return master_->OnTriggerSavepoint(asked);
}

OperationStatus Dispatcher::OnStopJob(const StopJob& asked) { return master_->OnStop(asked); }

OperationStatus Dispatcher::OnCancelJob(const CancelJob& asked) { return master_->OnCancel(asked); }

OperationStatus Dispatcher::OnSubmitJob(const SubmitJob& submit) {
  const JobStatus status = master_->status();
  if (submit.operation == master_->record().submit_operation) {
    return {.state = OperationState::kDone, .detail = {}, .job = status};
  }
  if (const auto known = submissions_.find(submit.operation); known != submissions_.end()) {
    return known->second;
  }
  if (!IsGloballyTerminal(status) || !master_->has_recovered() || is_submitting_) {
    return {.state = OperationState::kFailed,
            .detail = fmt::format("The job is {}: only one that was stopped or cancelled can be "
                                  "resumed.",
                                  Name(status)),
            .job = status};
  }
  is_submitting_ = true;
  submissions_[submit.operation] = {
      .state = OperationState::kInProgress, .detail = {}, .job = status};
  main_thread_.Async(
      "prepare", [this, submit] { return Prepare(submit); },
      [this, submit](sim::Result<Prepared> prepared) { OnPrepared(submit, std::move(prepared)); });
  return submissions_[submit.operation];
}

sim::Result<Dispatcher::Prepared> Dispatcher::Prepare(const SubmitJob& submit) {
  if (submit.arguments.contains('\n')) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "The arguments of a job must stand on one line.");
  }
  sim::Result<JobGraph> graph = BuildGraph(submit.arguments);
  if (!graph) {
    return sim::Fail(graph);
  }
  sim::Result<CompletedCheckpoint> checkpoint =
      LoadCheckpoint(environment_.shared(), submit.restore.path);
  while (!checkpoint && (checkpoint.error().code == sim::ErrorCode::kUnavailable ||
                         checkpoint.error().code == sim::ErrorCode::kIo)) {
    environment_.Sleep(kRecoveryRetry);
    checkpoint = LoadCheckpoint(environment_.shared(), submit.restore.path);
  }
  if (!checkpoint) {
    return sim::Fail(checkpoint);
  }
  sim::Result<JobGraph> fit =
      FitToSnapshot(*std::move(graph), *checkpoint, submit.restore.allow_non_restored_state);
  if (!fit) {
    return sim::Fail(fit);
  }
  checkpoint->is_unclaimed = submit.restore.claim == ClaimMode::kNoClaim;
  return Prepared{.checkpoint = *std::move(checkpoint), .graph = *std::move(fit)};
}

void Dispatcher::OnPrepared(const SubmitJob& submit, sim::Result<Prepared> prepared) {
  if (!prepared) {
    is_submitting_ = false;
    events::Trace(environment_, events::JobRefused{.operation = submit.operation,
                                                   .reason = prepared.error().message});
    submissions_[submit.operation] = {.state = OperationState::kFailed,
                                      .detail = prepared.error().message,
                                      .job = master_->status()};
    return;
  }
  const JobRecord record{.status = JobStatus::kRunning,
                         .submit_operation = submit.operation,
                         .arguments = submit.arguments,
                         .widest = master_->widest(),
                         .floor = prepared->checkpoint.id};
  master_->HandOver(prepared->checkpoint, record,
                    [this, submit, record, graph = std::move(prepared->graph)]() mutable {
                      OnHandedOver(submit, std::move(graph), record);
                    });
}

void Dispatcher::OnHandedOver(const SubmitJob& submit, JobGraph graph, const JobRecord& record) {
  retired_.push_back(std::exchange(master_, MakeMaster(std::move(graph), record)));
  main_thread_.Async(
      "recover", [this] { return Recover(); },
      [this, submit](const sim::Result<void>& recovered) {
        if (recovered) {
          StartResumed(submit);
        } else {
          master_->GiveUp(recovered.error().message);
        }
        is_submitting_ = false;
      });
}

void Dispatcher::StartResumed(const SubmitJob& submit) {
  events::Trace(environment_, events::JobSubmitted{.operation = submit.operation,
                                                   .arguments = submit.arguments,
                                                   .checkpoint = master_->record().floor,
                                                   .path = submit.restore.path});
  OfferMaster();
  master_->Start();
}

}  // namespace flinch::engine
