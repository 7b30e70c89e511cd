#include "scenarios/stage/course.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/aim/cast.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

// A job that fails for ever must not fill the memory of who tells it.
constexpr size_t kKept = 100;

constexpr size_t kMissingShown = 4;

}  // namespace

void Course::OnEvent(const sim::TraceEvent& event) {
  if (event.kind.starts_with("checkpoint.")) {
    OnCheckpoint(event);
  } else if (event.kind == events::kTaskStarted) {
    subtasks_.emplace(event.Text("subtask").value_or(""));
  } else if (event.kind == events::kJobStatus) {
    OnJobStatus(event);
  } else if (event.kind == "fault.crash" && event.Text("process") == kJobManager &&
             cause_.empty()) {
    cause_ = fmt::format("{} crashed", kJobManager);
    cause_at_ = event.time;
  } else if (event.kind == events::kJobRestored) {
    if (std::exchange(has_started_, true) && restarts_.size() < kKept) {
      restarts_.push_back({.at = cause_at_,
                           .cause = std::exchange(cause_, {}),
                           .checkpoint = event.Number("checkpoint").value_or(0)});
    }
    subtasks_.clear();
    pending_.clear();
  }
}

void Course::OnCheckpoint(const sim::TraceEvent& event) {
  const int64_t id = event.Number("id").value_or(0);
  if (event.kind == events::kCheckpointTriggered) {
    pending_[id];
    return;
  }
  const auto found = pending_.find(id);
  if (found == pending_.end()) {
    return;
  }
  if (event.kind == events::kCheckpointStored) {
    pending_.erase(found);
    return;
  }
  if (event.kind == events::kCheckpointAborted) {
    OnAborted(event, id);
    return;
  }
  const std::string_view subtask = event.Text("subtask").value_or("");
  const auto reach = [&](Step step) {
    Step& reached = found->second.steps[std::string(subtask)];
    reached = std::max(reached, step);
  };
  if (event.kind == events::kCheckpointAckReceived) {
    found->second.acknowledged.emplace(subtask);
  } else if (event.kind == events::kBarrierReceived) {
    reach(Step::kAligning);
  } else if (event.kind == events::kBarrierAligned) {
    reach(Step::kAligned);
  } else if (event.kind == events::kSnapshotTaken) {
    reach(Step::kSnapshot);
  } else if (event.kind == events::kSnapshotUploaded) {
    reach(Step::kUploaded);
  } else if (event.kind == events::kCheckpointAcknowledged) {
    reach(Step::kAcknowledged);
  }
}

std::string_view Course::Doing(Step step) {
  switch (step) {
    case Step::kNothing:
      return "had not begun";
    case Step::kAligning:
      return "waited for barriers";
    case Step::kAligned:
      return "took a snapshot";
    case Step::kSnapshot:
      return "uploaded";
    case Step::kUploaded:
    case Step::kAcknowledged:
      break;
  }
  return "had answered, unheard";
}

void Course::OnAborted(const sim::TraceEvent& event, int64_t id) {
  const Pending pending = std::move(pending_.extract(id).mapped());
  if (failures_.size() == kKept) {
    return;  // the summary's number counts them all
  }
  reports::CheckpointFailure failure{.id = id,
                                     .at = event.time,
                                     .reason = std::string(event.Text("reason").value_or("")),
                                     .missing = {}};
  std::map<Step, std::vector<std::string>> missing;
  for (const std::string& subtask : subtasks_) {
    if (!pending.acknowledged.contains(subtask)) {
      const auto step = pending.steps.find(subtask);
      missing[step == pending.steps.end() ? Step::kNothing : step->second].push_back(subtask);
    }
  }
  for (auto& [step, subtasks] : missing) {
    const size_t more = subtasks.size() - std::min(subtasks.size(), kMissingShown);
    subtasks.resize(subtasks.size() - more);
    failure.missing.push_back(fmt::format("{}{} {}", fmt::join(subtasks, ", "),
                                          more > 0 ? fmt::format(" and {} more", more) : "",
                                          Doing(step)));
  }
  failures_.push_back(std::move(failure));
}

void Course::OnJobStatus(const sim::TraceEvent& event) {
  status_ = event.Text("to").value_or("");
  const std::string_view reason = event.Text("reason").value_or("");
  if (!reason.empty() && cause_.empty()) {
    cause_ = reason;
    cause_at_ = event.time;
  }
}

void Course::Fill(reports::RunSummary& summary) const {
  summary.checkpoint_failures = failures_;
  summary.restart_causes = restarts_;
  if (status_ == "FAILED" || status_ == "FAILING") {
    summary.job_end =
        fmt::format("The job {} at {}: {}", status_ == "FAILED" ? "FAILED" : "began to fail",
                    reports::ShowClock(cause_at_), cause_);
  }
}

}  // namespace flinch::scenarios
