#include "scenarios/explain/moment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/events.h"
#include "reports/messages.h"
#include "reports/plain_text.h"
#include "reports/run_page.h"
#include "scenarios/explain/history.h"

namespace flinch::scenarios {

namespace {

namespace told = engine::events;

// One attempt of a subtask.
struct SubtaskStand {
  int64_t attempt = 0;
  std::string state{};      // of the execution
  std::string last{};       // what it told last of itself
  std::string last_sent{};  // the barrier that it sent last
};

// One subtask's part in a checkpoint.
struct Part {
  uint64_t channels = 0;  // that have delivered the barrier
  std::string reached{};  // the last step
};

struct CheckpointStand {
  sim::SimTime triggered;
  std::string phase = "triggered";
  bool is_over = false;
  std::set<std::string> acknowledged{};  // by what the coordinator has received
  std::map<std::string, Part> parts{};
};

struct TransactionStand {
  std::string begun{};
  std::string stands = "open";
  std::optional<int64_t> checkpoint{};
  bool is_over = false;
};

std::string Word(const RecordedEvent& event, std::string_view field) {
  return std::string(event.Text(field).value_or(""));
}

// Takes the events one after the other.
class Moment {
 public:
  void Take(const RecordedEvent& event) {
    if (event.kind.starts_with("checkpoint.")) {
      TakeCheckpoint(event);
    } else if (event.kind.starts_with("transaction.") || event.kind.starts_with("sink.")) {
      TakeTransaction(event);
    } else if (event.kind.starts_with("task.") ||
               event.kind == told::ExecutionStateChanged::kKind) {
      TakeTask(event);
    } else {
      TakeCluster(event);
    }
  }

  std::string Show() const {
    return ShowCluster() + ShowSubtasks() + ShowCheckpoints() + ShowTransactions();
  }

 private:
  void TakeCluster(const RecordedEvent& event) {
    if (event.kind == told::JobStatusChanged::kKind) {
      job_ = Word(event, "to");
    } else if (event.kind == told::JobRestored::kKind) {
      const int64_t from = event.Number("checkpoint").value_or(0);
      attempt_ = fmt::format("attempt {}, {}", event.Number("attempt").value_or(0),
                             from == 0 ? "from nothing" : fmt::format("from checkpoint {}", from));
    } else if (event.kind == told::TaskManagerRegistered::kKind) {
      workers_[Word(event, "name")] = "registered";
    } else if (event.kind == told::TaskManagerLost::kKind) {
      workers_[Word(event, "name")] = fmt::format("given up: {}", Word(event, "reason"));
    }
  }

  void TakeTask(const RecordedEvent& event) {
    SubtaskStand& subtask = subtasks_[Word(event, "subtask")];
    const int64_t attempt = event.Number("attempt").value_or(subtask.attempt);
    if (attempt != subtask.attempt) {
      subtask = {.attempt = attempt};
    }
    if (event.kind == told::ExecutionStateChanged::kKind) {
      subtask.state = Word(event, "to");
    } else {
      subtask.last = event.kind.substr(event.kind.find('.') + 1);
    }
  }

  void TakeCheckpoint(const RecordedEvent& event) {
    const std::optional<int64_t> id = event.Number("id");
    if (!id) {
      return;
    }
    if (event.kind == told::kCheckpointTriggered) {
      checkpoints_[*id] = {.triggered = event.time};
      return;
    }
    CheckpointStand& checkpoint = checkpoints_[*id];
    const std::string step = event.kind.substr(event.kind.find('.') + 1);
    const std::string subtask = Word(event, "subtask");
    if (subtask.empty()) {
      checkpoint.phase = event.kind == told::kCheckpointAborted
                             ? fmt::format("aborted: {}", Word(event, "reason"))
                             : step;
      checkpoint.is_over =
          event.kind == told::kCheckpointNotified || event.kind == told::kCheckpointAborted ||
          event.kind == told::kCheckpointSubsumed || event.kind == told::kCheckpointDeleted;
      stored_ = event.kind == told::kCheckpointStored ? std::max(stored_, *id) : stored_;
    } else if (event.kind == told::kCheckpointAckReceived) {
      checkpoint.acknowledged.insert(subtask);
    } else {
      Part& part = checkpoint.parts[subtask];
      part.channels += event.kind == told::kBarrierReceived ? 1U : 0U;
      part.reached = step;
      if (event.kind == told::kBarrierSent) {
        subtasks_[subtask].last_sent =
            fmt::format("barrier {} behind {} records", *id, event.Number("records").value_or(0));
      }
    }
  }

  void TakeTransaction(const RecordedEvent& event) {
    const std::string name = Word(event, "transaction");
    if (name.empty() || event.kind == told::ProducerFenced::kKind) {
      return;
    }
    TransactionStand& transaction = transactions_[name];
    if (event.kind == told::TransactionBegun::kKind) {
      transaction = {.begun = At(event)};
    } else if (event.kind == told::TransactionCommitted::kKind ||
               event.kind == told::TransactionAborted::kKind) {
      transaction.is_over = true;
    } else {
      transaction.stands = event.kind.substr(event.kind.find('.') + 1);
      transaction.checkpoint = event.Number("checkpoint");
    }
  }

  std::string ShowCluster() const {
    std::string text = fmt::format("job\n  {}{}\n", job_.empty() ? "nothing told yet" : job_,
                                   attempt_.empty() ? "" : fmt::format("; {}", attempt_));
    for (const auto& [name, stands] : workers_) {
      text += fmt::format("  {}: {}\n", name, stands);
    }
    return text;
  }

  std::string ShowSubtasks() const {
    std::string text = "subtasks\n";
    for (const auto& [name, subtask] : subtasks_) {
      text += fmt::format("  {}  attempt {}", name, subtask.attempt);
      for (const std::string* const part : {&subtask.state, &subtask.last, &subtask.last_sent}) {
        text += part->empty() ? "" : fmt::format("; {}", *part);
      }
      text += '\n';
    }
    return subtasks_.empty() ? "" : text;
  }

  std::string ShowCheckpoints() const {
    std::string text = fmt::format("checkpoints\n  the newest in the store: {}\n",
                                   stored_ == 0 ? "none" : std::to_string(stored_));
    for (const auto& [id, checkpoint] : checkpoints_) {
      if (checkpoint.is_over) {
        continue;
      }
      text += fmt::format("  {}  {}, triggered at {}\n", id, checkpoint.phase,
                          reports::ShowClock(checkpoint.triggered));
      std::vector<std::string> missing;
      for (const auto& [name, subtask] : subtasks_) {
        if (!checkpoint.acknowledged.contains(name)) {
          missing.push_back(ShowPart(name, checkpoint));
        }
      }
      text += fmt::format("     acknowledged by {} of {}\n", checkpoint.acknowledged.size(),
                          subtasks_.size());
      for (const std::string& part : missing) {
        text += fmt::format("     missing: {}\n", part);
      }
    }
    return text;
  }

  static std::string ShowPart(const std::string& name, const CheckpointStand& checkpoint) {
    const auto part = checkpoint.parts.find(name);
    if (part == checkpoint.parts.end()) {
      return fmt::format("{}, which has no barrier yet", name);
    }
    const std::string channels =
        part->second.channels == 0 ? ""
                                   : fmt::format(", barrier on {} channel{}", part->second.channels,
                                                 part->second.channels == 1 ? "" : "s");
    return fmt::format("{}, at {}{}", name, part->second.reached, channels);
  }

  std::string ShowTransactions() const {
    std::string text = "transactions that are open\n";
    size_t count = 0;
    for (const auto& [name, transaction] : transactions_) {
      if (transaction.is_over || transaction.begun.empty()) {
        continue;
      }
      ++count;
      text += fmt::format(
          "  {}  {}{}, begun at {}\n", name, transaction.stands,
          transaction.checkpoint ? fmt::format(" for checkpoint {}", *transaction.checkpoint) : "",
          transaction.begun);
    }
    return count == 0 ? "transactions that are open\n  none\n" : text;
  }

  std::string job_;
  std::string attempt_;
  int64_t stored_ = 0;
  std::map<std::string, std::string> workers_;
  std::map<std::string, SubtaskStand> subtasks_;
  std::map<int64_t, CheckpointStand> checkpoints_;
  std::map<std::string, TransactionStand> transactions_;
};

// Who is away, and what is on its way, by processes.
std::string ShowWorld(const sim::Recording& recording, const RecordedEvent& at) {
  std::string text = "world\n";
  for (const reports::Outage& outage : reports::OutagesOf(recording)) {
    if (outage.begin <= at.time && at.time < outage.end) {
      text += fmt::format("  {}: {} since {}\n", outage.process, outage.what,
                          reports::ShowClock(outage.begin));
    }
  }
  std::map<std::pair<std::string, std::string>, size_t> flying;
  size_t all = 0;
  for (const reports::Message& message : reports::PassageOf(recording).messages) {
    if (message.sent <= at.id && at.id < message.arrived && message.from != message.to) {
      ++flying[{message.from, message.to}];
      ++all;
    }
  }
  text += fmt::format("  {} message{} on the way\n", all, all == 1 ? "" : "s");
  for (const auto& [link, count] : flying) {
    text += fmt::format("    {} to {}: {}\n", link.first, link.second, count);
  }
  return text;
}

}  // namespace

sim::Result<std::string> ShowMoment(const sim::Recording& recording, sim::EventId until) {
  const auto end = std::ranges::upper_bound(recording.events, until, {}, &RecordedEvent::id);
  const bool is_there = end != recording.events.begin() && std::prev(end)->id == until;
  if (!is_there) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("There is no event {}: this run has events 1 to {}.", until.value(),
                    recording.events.empty() ? 0 : recording.events.back().id.value()));
  }
  Moment moment;
  const RecordedEvent* last_told = nullptr;
  for (auto event = recording.events.begin(); event != end; ++event) {
    if (IsTraced(*event)) {
      moment.Take(*event);
      last_told = &*event;
    }
  }
  const RecordedEvent& at = *std::prev(end);
  std::string text =
      fmt::format("after event #{}, {}\n", until.value(), reports::ShowClock(at.time));
  if (last_told != nullptr) {
    text +=
        fmt::format("  the last that was told: {} at {}\n", Describe(*last_told), At(*last_told));
  }
  return text + moment.Show() + ShowWorld(recording, at);
}

}  // namespace flinch::scenarios
