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

// Of a consumer's failure: between the two stands the producer.
constexpr std::string_view kConnection = "The connection to ";
constexpr std::string_view kConnectionFailed = " failed: ";

}  // namespace

void Course::OnEvent(const sim::TraceEvent& event) {
  if (event.kind.starts_with("checkpoint.")) {
    rows_.OnEvent(event);
    OnCheckpoint(event);
  } else if (event.kind == events::kTaskStarted) {
    subtasks_.emplace(event.Text("subtask").value_or(""), event.process_name);
  } else if (event.kind == events::kTaskFinished) {
    subtasks_.erase(std::string(event.Text("subtask").value_or("")));  // it owes nothing more
  } else if (event.kind == events::kTaskFailed) {
    OnTaskFailed(event);
  } else if (event.kind == events::kJobStatus) {
    OnJobStatus(event);
  } else if (event.kind == "fault.crash") {
    const std::string process(event.Text("process").value_or(""));
    troubles_.try_emplace(process, event.time, fmt::format("{} crashed", process));
    if (process == (leaders_.empty() ? kJobManager : std::string_view(leaders_.back().process))) {
      EndLeader(process, event.time, "crashed");
      if (cause_.empty()) {
        cause_ = troubles_.at(process).what;
        cause_at_ = event.time;
      }
    }
  } else if (event.kind == events::kJobSubmitted) {
    has_started_ = false;  // a user starts it: that is no restart
    cause_.clear();
  } else if (event.kind == events::kLeaderGranted) {
    OnGranted(event);
  } else if (event.kind == events::kLeaderRevoked) {
    EndLeader(event.process_name, event.time, event.Text("reason").value_or(""));
  } else if (event.kind == events::kJobRestored) {
    const bool is_partial = event.Number("all") == 0;
    if (std::exchange(has_started_, true) && restarts_.size() < kKept) {
      const Trouble cause = Cause();
      restarts_.push_back(
          {.at = cause.at,
           .cause = cause.what,
           .checkpoint = event.Number("checkpoint").value_or(0),
           .subtasks =
               is_partial ? static_cast<uint64_t>(event.Number("subtasks").value_or(0)) : 0});
    }
    if (!is_partial) {
      subtasks_.clear();  // else the others run on
    }
    cause_.clear();
    troubles_.clear();
    pending_.clear();
  }
}

void Course::OnGranted(const sim::TraceEvent& event) {
  const int64_t term = event.Number("term").value_or(0);
  if (!leaders_.empty() && leaders_.back().until == std::nullopt) {
    EndLeader(leaders_.back().process, event.time, "overtaken");
  }
  if (!leaders_.empty() && cause_.empty()) {
    const reports::Leader& last = leaders_.back();
    cause_ = fmt::format("{} leads no more: {}", last.process, last.end);
    cause_at_ = last.until.value_or(event.time);
  }
  if (leaders_.size() < kKept) {
    leaders_.push_back({.term = term,
                        .process = std::string(event.process_name),
                        .from = event.time,
                        .until = std::nullopt,
                        .end = {}});
  }
}

void Course::EndLeader(std::string_view process, sim::SimTime at, std::string_view how) {
  if (!leaders_.empty() && leaders_.back().process == process && !leaders_.back().until) {
    leaders_.back().until = at;
    leaders_.back().end = how;
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
  for (const auto& [subtask, process] : subtasks_) {
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

// Asked when all has been told: what stands between may tell of its end after the one behind it.
Course::Trouble Course::Cause() const {
  const Trouble* const root = RootOf(cause_);
  return root == nullptr
             ? Trouble{.at = cause_at_, .what = cause_}
             : Trouble{.at = root->at, .what = fmt::format("{}; then {}", root->what, cause_)};
}

void Course::OnTaskFailed(const sim::TraceEvent& event) {
  const std::string subtask(event.Text("subtask").value_or(""));
  if (subtasks_.contains(subtask)) {
    troubles_.try_emplace(subtask, event.time,
                          fmt::format("{} failed: {}", subtask, event.Text("reason").value_or("")));
  }
}

const Course::Trouble* Course::RootOf(std::string_view reason) const {
  const Trouble* root = nullptr;
  // Each step names another subtask, or the chain is no chain.
  for (size_t steps = 0; steps <= subtasks_.size(); ++steps) {
    const size_t begin = reason.find(kConnection);
    const size_t end = reason.find(kConnectionFailed, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) {
      break;
    }
    const auto producer =
        subtasks_.find(reason.substr(begin + kConnection.size(), end - begin - kConnection.size()));
    if (producer == subtasks_.end()) {
      break;
    }
    auto trouble = troubles_.find(producer->first);
    if (trouble == troubles_.end()) {
      trouble = troubles_.find(producer->second);
      if (trouble == troubles_.end() || trouble->second.at > cause_at_) {
        break;  // it crashed later, and for another reason
      }
    }
    root = &trouble->second;
    reason = root->what;
  }
  return root;
}

void Course::Fill(reports::RunSummary& summary) const {
  summary.checkpoints = rows_.Compared();
  summary.checkpoint_failures = failures_;
  summary.restart_causes = restarts_;
  summary.leaders = leaders_;
  if (status_ == "FAILED" || status_ == "FAILING") {
    const Trouble cause = Cause();
    summary.job_end =
        fmt::format("The job {} at {}: {}", status_ == "FAILED" ? "FAILED" : "began to fail",
                    reports::ShowClock(cause.at), cause.what);
  }
}

}  // namespace flinch::scenarios
