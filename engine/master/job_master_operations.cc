// What users ask of a job: the part of JobMaster that begins it and tells what came of it.
#include <utility>

#include <fmt/format.h>

#include "engine/master/job_master.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

namespace job_input = scheduler_input;

// Between two attempts at a durable write.
constexpr sim::Duration kRecordRetry = 200ms;

}  // namespace

std::optional<OperationStatus> JobMaster::Known(const std::string& operation) const {
  const auto known = operations_.find(operation);
  if (known == operations_.end()) {
    return std::nullopt;
  }
  OperationStatus status = known->second;
  status.job = core_.status();
  return status;
}

OperationStatus JobMaster::Begin(const std::string& operation) {
  OperationStatus& status = operations_[operation];
  if (!has_recovered_ || core_.status() != JobStatus::kRunning) {
    status = {.state = OperationState::kFailed,
              .detail = fmt::format("The job is {}.", Name(core_.status()))};
  }
  return *Known(operation);
}

void JobMaster::EndOperation(const std::string& operation, OperationState state,
                             std::string detail) {
  operations_[operation] = {.state = state, .detail = std::move(detail)};
}

void JobMaster::SetEnding(std::optional<Ending> ending) {
  ending_ = std::move(ending);
  Feed(job_input::HoldSize{ending_.has_value()});
}

OperationStatus JobMaster::OnTriggerSavepoint(const TriggerSavepoint& asked) {
  if (const std::optional<OperationStatus> known = Known(asked.operation)) {
    return *known;
  }
  if (Begin(asked.operation).state == OperationState::kInProgress) {
    TakeSavepoint(asked.operation, CheckpointKind::kSavepoint, false,
                  [this, operation = asked.operation](const std::string& path) {
                    EndOperation(operation, OperationState::kDone, path);
                  });
  }
  return *Known(asked.operation);
}

void JobMaster::TakeSavepoint(const std::string& operation, CheckpointKind kind, bool holds,
                              std::function<void(const std::string& path)> then) {
  checkpoints_.RequestSavepoint(
      kind, holds,
      [this, operation, then = std::move(then)](const sim::Result<TakenSavepoint>& taken) {
        if (taken) {
          then(taken->path);
          return;
        }
        EndOperation(operation, OperationState::kFailed, taken.error().message);
        if (ending_ && ending_->operation == operation) {
          SetEnding(std::nullopt);
        }
      });
}

OperationStatus JobMaster::OnStop(const StopJob& asked) {
  if (const std::optional<OperationStatus> known = Known(asked.operation)) {
    return *known;
  }
  if (Begin(asked.operation).state != OperationState::kInProgress) {
    return *Known(asked.operation);
  }
  if (ending_) {
    EndOperation(asked.operation, OperationState::kFailed,
                 "The job is being stopped or cancelled already.");
    return *Known(asked.operation);
  }
  SetEnding(Ending{
      .operation = asked.operation, .savepoint = {}, .stop = StopPhase::kWaitingForSavepoint});
  const CheckpointKind kind =
      asked.drain ? CheckpointKind::kSavepointTerminate : CheckpointKind::kSavepointSuspend;
  checkpoints_.RequestSavepoint(kind, true, [this](const sim::Result<TakenSavepoint>& taken) {
    FeedStop(taken ? StopInput::kSavepointComplete : StopInput::kSavepointFailed,
             taken ? taken->path : taken.error().message);
  });
  return *Known(asked.operation);
}

void JobMaster::FeedStop(StopInput input, const std::string& detail) {
  sim::Check(ending_ && ending_->stop, "a stop goes on that nobody has begun");
  const auto& row = Step(kStopTransitions, *ending_->stop, input);
  ending_->stop = row.to;
  switch (row.action) {
    case StopAction::kNone:
      ending_->savepoint = detail;
      if (core_.status() != JobStatus::kRunning) {
        FeedStop(StopInput::kTasksFailed, {});  // while it was being stored
      }
      return;
    case StopAction::kIgnore:
      return;
    case StopAction::kTellStopped:
      return EndOperation(ending_->operation, OperationState::kDone, ending_->savepoint);
    case StopAction::kTellNoSavepoint:
      EndOperation(ending_->operation, OperationState::kFailed, detail);
      break;
    case StopAction::kTellWhatIsPending:
      EndOperation(ending_->operation, OperationState::kFailed,
                   fmt::format("A savepoint was taken at {}, but the job failed while it stopped. "
                               "What the savepoint holds may not be committed.",
                               ending_->savepoint));
      break;
  }
  SetEnding(std::nullopt);
}

OperationStatus JobMaster::OnCancel(const CancelJob& asked) {
  if (const std::optional<OperationStatus> known = Known(asked.operation)) {
    return *known;
  }
  const JobStatus status = core_.status();
  const bool may_end =
      status == JobStatus::kRunning || (status == JobStatus::kRestarting && !asked.with_savepoint);
  if (!has_recovered_ || !may_end || ending_) {
    EndOperation(asked.operation, OperationState::kFailed,
                 ending_ ? "The job is being stopped or cancelled already."
                         : fmt::format("The job is {}.", Name(status)));
    return *Known(asked.operation);
  }
  operations_[asked.operation];
  SetEnding(Ending{.operation = asked.operation, .savepoint = {}, .stop = std::nullopt});
  if (asked.with_savepoint) {
    TakeSavepoint(asked.operation, CheckpointKind::kSavepoint, true,
                  [this](const std::string& path) {
                    ending_->savepoint = path;
                    Feed(job_input::Cancel());
                  });
  } else {
    Feed(job_input::Cancel());
  }
  return *Known(asked.operation);
}

void JobMaster::OnStatus(JobStatus status) {
  if (status == JobStatus::kCanceled &&
      options_.engine.checkpoint.retention == CheckpointRetention::kDeleteOnCancellation) {
    checkpoints_.DiscardAll();
  }
  if (!ending_) {
    return;
  }
  if (ending_->stop) {
    if (status == JobStatus::kFinished) {
      if (*ending_->stop == StopPhase::kWaitingForTasks) {
        FeedStop(StopInput::kAllFinished, {});
      }
    } else if (status != JobStatus::kRunning) {
      FeedStop(StopInput::kTasksFailed, {});
    }
  } else if (IsGloballyTerminal(status)) {
    const bool is_right = status == JobStatus::kCanceled;
    EndOperation(ending_->operation, is_right ? OperationState::kDone : OperationState::kFailed,
                 is_right ? ending_->savepoint : fmt::format("The job is {}.", Name(status)));
  }
}

void JobMaster::HandOver(const CompletedCheckpoint& checkpoint, const JobRecord& record,
                         MainThread::Mail then) {
  sim::Check(has_recovered_ &&
                 (IsGloballyTerminal(core_.status()) || core_.status() == JobStatus::kCreated),
             "a job that is {} is handed over", Name(core_.status()));
  const bool keeps =
      core_.status() == JobStatus::kFailed ||
      (core_.status() == JobStatus::kCanceled &&
       options_.engine.checkpoint.retention == CheckpointRetention::kRetainOnCancellation);
  checkpoints_.Adopt(checkpoint, keeps, [this, record, then = std::move(then)]() mutable {
    main_thread_.Async(
        "submit",
        [this, text = ShowRecord(record)] {
          while (!results_->Write(text) && !main_thread_.stopped()) {
            environment_.Sleep(kRecordRetry);
          }
          return true;
        },
        [then = std::move(then)](bool) mutable { then(); });
  });
}

}  // namespace flinch::engine
