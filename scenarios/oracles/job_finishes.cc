#include "scenarios/oracles/job_finishes.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// Failures of tasks with no checkpoint in between, from which on the job is said to fail again and
// again rather than to have been hit.
constexpr uint64_t kFailuresInALoop = 10;

std::string ShowLast(std::string_view what, const std::optional<sim::RecordedEvent>& event) {
  if (!event.has_value()) {
    return fmt::format("Last {}: none.", what);
  }
  return fmt::format("Last {}: {} {} by {} (event #{} at {}).", what, event->kind,
                     reports::OneLine(sim::ShowFields(*event)), event->process, event->id.value(),
                     reports::ShowClock(event->time));
}

std::string ShowEnding(std::string_view ending) {
  if (ending == "idle") {
    return "the run ended because nothing could happen any more";
  }
  if (ending == "limit") {
    return "the run ended because its events or simulated time ran out";
  }
  return fmt::format("the run ended ({})", ending);
}

}  // namespace

std::vector<std::string_view> JobFinishes::wants() const {
  return {events::kJobStatus,           events::kJobRestored,       events::kJobUnrecoverable,
          events::kTaskFailed,          events::kCheckpointDue,     events::kCheckpointTriggered,
          events::kCheckpointCompleted, events::kCheckpointStored,  events::kCheckpointNotified,
          events::kCheckpointSubsumed,  events::kCheckpointDeleted, events::kCheckpointAborted,
          events::kBarrierSent,         events::kBarrierReceived,   events::kBarrierAligned,
          events::kSnapshotTaken,       events::kSnapshotUploaded};
}

void JobFinishes::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobStatus) {
    See();
    last_status_ = sim::CopyOf(event);
  } else if (event.kind == events::kJobRestored) {
    ++starts_;
    last_restart_ = sim::CopyOf(event);
  } else if (event.kind == events::kJobUnrecoverable) {
    unrecoverable_ = sim::CopyOf(event);
  } else if (event.kind == events::kTaskFailed) {
    last_failure_ = sim::CopyOf(event);
    ++failures_;
  } else if (event.kind == events::kCheckpointAcknowledged ||
             event.kind == events::kCheckpointAckReceived) {
    return;  // most of all events, and no step of the checkpoint as a whole
  } else if (event.kind.starts_with("checkpoint.")) {
    last_checkpoint_ = sim::CopyOf(event);
    if (event.kind == events::kCheckpointStored) {
      failures_ = 0;
    }
  }
}

Mark JobFinishes::MarkOf(const FinalState& state) const {
  if (unrecoverable_.has_value()) {
    return {.breach = "unrecoverable", .role = "jm", .event = unrecoverable_->id};
  }
  if (failures_ >= kFailuresInALoop) {
    return {.breach = "fails_again", .role = RoleOf(last_failure_->Text("subtask").value_or(""))};
  }
  return {.breach = state.ending == "idle" ? "stuck" : "unfinished", .role = {}};
}

std::vector<reports::Finding> JobFinishes::Judge(const FinalState& state) {
  if (state.job_finished) {
    return {};
  }
  const Mark mark = MarkOf(state);
  reports::Finding finding{.oracle = std::string(kName),
                           .witness = {},
                           .details = {},
                           .breach = std::string(mark.breach),
                           .role = mark.role,
                           .event = mark.event};
  const std::string status = state.job_status.empty() ? "unknown" : state.job_status;
  const std::string since = last_status_.has_value()
                                ? fmt::format(" since {}", reports::ShowClock(last_status_->time))
                                : std::string();
  const uint64_t restarts = starts_ == 0 ? 0 : starts_ - 1;
  finding.witness =
      fmt::format("The job did not finish: {} at {}, when its status was {}{}, after {}.",
                  ShowEnding(state.ending), reports::ShowClock(state.end), status, since,
                  restarts == 1 ? "1 restart" : fmt::format("{} restarts", restarts));
  finding.details = {ShowLast("status", last_status_),
                     ShowLast("checkpoint step", last_checkpoint_),
                     ShowLast("start", last_restart_), ShowLast("failed task", last_failure_)};
  if (unrecoverable_.has_value()) {
    finding.details.push_back(ShowLast("obstacle", unrecoverable_));
  }
  if (!state.circle.empty()) {
    finding.details.push_back(fmt::format("For ever: {}.", state.circle));
  }
  if (!state.stuck.empty()) {
    finding.details.push_back(fmt::format("Waiting: {}.", state.stuck));
  }
  return {std::move(finding)};
}

}  // namespace flinch::scenarios
