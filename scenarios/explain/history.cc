#include "scenarios/explain/history.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/events.h"
#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr std::string_view kKernelPrefix = "sim.";

// Of those that wait, so many are named.
constexpr size_t kNamesTold = 4;

// "a, b and 3 more".
std::string NameSome(const std::vector<std::string>& names) {
  const size_t told = std::min(names.size(), kNamesTold);
  std::string text = fmt::format("{}", fmt::join(std::span(names).first(told), ", "));
  return told == names.size() ? text : text + fmt::format(" and {} more", names.size() - told);
}

std::vector<const RecordedEvent*> TracedOf(const std::vector<RecordedEvent>& all) {
  std::vector<const RecordedEvent*> traced;
  for (const RecordedEvent& event : all) {
    if (IsTraced(event)) {
      traced.push_back(&event);
    }
  }
  return traced;
}

// " at #…" or the other words.
std::string AtOr(const RecordedEvent* event, std::string_view happened, std::string_view never) {
  return event != nullptr ? fmt::format("{} at {}", happened, At(*event)) : std::string(never);
}

}  // namespace

std::string At(const RecordedEvent& event) {
  return fmt::format("#{}, {}", event.id.value(), reports::ShowClock(event.time));
}

std::string Describe(const RecordedEvent& event) {
  const std::string fields = reports::OneLine(sim::ShowFields(event));
  return fmt::format("{} of {}{}", event.kind, event.process,
                     fields.empty() ? "" : fmt::format(" ({})", fields));
}

bool IsTraced(const RecordedEvent& event) { return !event.kind.starts_with(kKernelPrefix); }

std::string TellDeparture(const std::vector<RecordedEvent>& here,
                          const std::vector<RecordedEvent>& there) {
  const std::vector<const RecordedEvent*> ours = TracedOf(here);
  const std::vector<const RecordedEvent*> others = TracedOf(there);
  const auto [left, right] =
      std::ranges::mismatch(ours, others, [](const RecordedEvent* one, const RecordedEvent* other) {
        return one->time == other->time && one->process == other->process &&
               one->kind == other->kind && one->fields == other->fields;
      });
  if (left == ours.end() && right == others.end()) {
    return "departs in nothing that a process traced";
  }
  if (left == ours.end()) {
    // What stalls traces what the other one does, and then no more.
    return fmt::format("goes on{}: nothing more here, {} at {} there",
                       left == ours.begin() ? std::string() : " after " + At(**std::prev(left)),
                       Describe(**right), At(**right));
  }
  return fmt::format("departs at {}: {} here, {} there", At(**left), Describe(**left),
                     right == others.end() ? "nothing more" : Describe(**right));
}

const RecordedEvent* History::Find(sim::EventId id) const {
  const auto found = std::ranges::lower_bound(
      events_, id.value(), {}, [](const RecordedEvent& event) { return event.id.value(); });
  return found != events_.end() && found->id == id ? &*found : nullptr;
}

const RecordedEvent* History::FirstOf(const std::function<bool(const RecordedEvent&)>& fits) const {
  const auto found = std::ranges::find_if(events_, fits);
  return found == events_.end() ? nullptr : &*found;
}

const RecordedEvent* History::First(std::string_view kind, std::string_view field,
                                    int64_t value) const {
  return FirstOf([&](const RecordedEvent& event) {
    return event.kind == kind && event.Number(field) == value;
  });
}

const RecordedEvent* History::First(std::string_view kind, std::string_view field,
                                    std::string_view value) const {
  return FirstOf(
      [&](const RecordedEvent& event) { return event.kind == kind && event.Text(field) == value; });
}

std::vector<const RecordedEvent*> History::All(std::string_view kind) const {
  std::vector<const RecordedEvent*> all;
  for (const RecordedEvent& event : events_) {
    if (event.kind == kind) {
      all.push_back(&event);
    }
  }
  return all;
}

std::optional<int64_t> History::CheckpointOf(std::string_view transaction) const {
  for (const std::string_view kind : {events::kSinkPreCommitted, events::kSinkCommitting}) {
    if (const RecordedEvent* const event = First(kind, "transaction", transaction)) {
      return event->Number("checkpoint");
    }
  }
  return std::nullopt;
}

const RecordedEvent* History::CommitOf(std::string_view transaction) const {
  const RecordedEvent* const asked = First(events::kSinkCommitting, "transaction", transaction);
  return asked != nullptr ? asked
                          : First(events::kTransactionCommitted, "transaction", transaction);
}

const RecordedEvent* History::StoredAt(int64_t checkpoint) const {
  const RecordedEvent* const stored = First(events::kCheckpointStored, "id", checkpoint);
  return stored != nullptr ? stored : First(events::kJobRestored, "checkpoint", checkpoint);
}

const RecordedEvent* History::DueAt(const RecordedEvent& precommitted) const {
  const int64_t checkpoint = precommitted.Number("checkpoint").value_or(0);
  if (const RecordedEvent* const stored = StoredAt(checkpoint)) {
    return stored;
  }
  for (const RecordedEvent& event : events_) {
    if (event.id < precommitted.id) {
      continue;
    }
    if (event.kind == events::kJobRestored && event.Number("all") != 0) {
      return nullptr;  // from an older one, so it is to be done anew
    }
    if (event.kind == events::kCheckpointStored && event.Number("id").value_or(0) > checkpoint) {
      return &event;
    }
  }
  return nullptr;
}

std::vector<std::string> History::LostTransactions() const {
  std::vector<std::string> lost;
  for (const RecordedEvent* const flushed : All(events::kSinkPreCommitted)) {
    const std::string transaction(flushed->Text("transaction").value_or(""));
    if (DueAt(*flushed) != nullptr &&
        First(events::kTransactionCommitted, "transaction", transaction) == nullptr) {
      lost.push_back(transaction);
    }
  }
  return lost;
}

std::set<std::string, std::less<>> History::Subtasks() const {
  std::set<std::string, std::less<>> all;
  for (const std::string_view kind : {events::kExecutionState, events::kCheckpointAcknowledged}) {
    for (const RecordedEvent* const event : All(kind)) {
      all.emplace(event->Text("subtask").value_or(""));
    }
  }
  return all;
}

std::string History::TellCheckpoint(int64_t id) const {
  const RecordedEvent* const triggered = First(events::kCheckpointTriggered, "id", id);
  if (triggered == nullptr) {
    return "";
  }
  std::set<std::string, std::less<>> acknowledged;
  for (const RecordedEvent* const event : All(events::kCheckpointAcknowledged)) {
    if (event->Number("id") == id) {
      acknowledged.emplace(event->Text("subtask").value_or(""));
    }
  }
  const RecordedEvent* const completed = First(events::kCheckpointCompleted, "id", id);
  std::set<std::string, std::less<>> missing = Subtasks();
  for (const RecordedEvent* const event : All(events::kCheckpointAckReceived)) {
    if (completed != nullptr && event->Number("id") == id && event->id < completed->id) {
      missing.erase(std::string(event->Text("subtask").value_or("")));
    }
  }
  const RecordedEvent* const stored = First(events::kCheckpointStored, "id", id);
  const RecordedEvent* const aborted = First(events::kCheckpointAborted, "id", id);
  std::string text = fmt::format(
      "Checkpoint {} was triggered at {}, acknowledged by {} of {} "
      "subtasks, ",
      id, At(*triggered), acknowledged.size(), Subtasks().size());
  text += completed == nullptr ? std::string("and never completed")
                               : fmt::format("completed at {} and {}", At(*completed),
                                             AtOr(stored, "stored", "never stored"));
  if (aborted != nullptr) {
    text += fmt::format("; it was given up at {} ({})", At(*aborted),
                        aborted->Text("reason").value_or("no reason told"));
  }
  text += ".";
  if (completed != nullptr && !missing.empty() &&
      First(events::kCheckpointAckReceived, "id", id) != nullptr) {
    text += fmt::format(" {} completed it though it had no acknowledgement of {}.",
                        completed->process, NameSome({missing.begin(), missing.end()}));
  }
  return text;
}

std::string History::TellEarlyNotification(const RecordedEvent& notified) const {
  const std::optional<int64_t> checkpoint = notified.Number("id");
  if (notified.kind != events::kCheckpointNotified || !checkpoint) {
    return "";
  }
  const RecordedEvent* const stored = StoredAt(*checkpoint);
  if (stored != nullptr && stored->id < notified.id) {
    return "";
  }
  return fmt::format("Checkpoint {} was {}, yet its completion was notified at {}.", *checkpoint,
                     AtOr(stored, "stored only", "never stored"), At(notified));
}

std::vector<std::string> History::TellStandstill() const {
  std::vector<std::string> sentences = {TellStatus(), TellExecutions(), TellPending()};
  std::erase(sentences, "");
  return sentences;
}

std::string History::TellStatus() const {
  const std::vector<const RecordedEvent*> changes = All(events::kJobStatus);
  return changes.empty()
             ? ""
             : fmt::format("The job's status is {} since {}.",
                           changes.back()->Text("to").value_or("unknown"), At(*changes.back()));
}

std::string History::TellExecutions() const {
  std::map<std::string, const RecordedEvent*, std::less<>> last;
  for (const RecordedEvent* const change : All(events::kExecutionState)) {
    last.insert_or_assign(std::string(change->Text("subtask").value_or("")), change);
  }
  std::vector<std::string> waiting;
  for (const auto& [subtask, change] : last) {
    const std::string_view state = change->Text("to").value_or("");
    if (state != "FINISHED" && state != "CANCELED" && state != "FAILED") {
      waiting.push_back(fmt::format("{} is {} since {}", subtask, state, At(*change)));
    }
  }
  if (waiting.empty()) {
    return last.empty() ? "" : "All executions came to an end.";
  }
  return fmt::format("{} of {} executions came to no end: {}.", waiting.size(), last.size(),
                     NameSome(waiting));
}

std::string History::TellPending() const {
  const std::vector<const RecordedEvent*> triggered = All(events::kCheckpointTriggered);
  if (triggered.empty()) {
    return "No checkpoint was ever triggered.";
  }
  const int64_t id = triggered.back()->Number("id").value_or(0);
  const std::string told = TellCheckpoint(id);
  if (First(events::kCheckpointCompleted, "id", id) != nullptr ||
      First(events::kCheckpointAborted, "id", id) != nullptr) {
    return told + " No other was triggered.";
  }
  std::set<std::string, std::less<>> silent = Subtasks();
  for (const RecordedEvent* const event : All(events::kCheckpointAcknowledged)) {
    if (event->Number("id") == id) {
      silent.erase(std::string(event->Text("subtask").value_or("")));
    }
  }
  return silent.empty() ? told
                        : fmt::format("{} It still waits for {}.", told,
                                      NameSome({silent.begin(), silent.end()}));
}

std::vector<const RecordedEvent*> History::CausesOf(const RecordedEvent& event,
                                                    size_t count) const {
  std::vector<const RecordedEvent*> chain;
  for (const RecordedEvent* at = &event; at != nullptr && chain.size() < count;
       at = at->cause == sim::EventId() || !(at->cause < at->id) ? nullptr : Find(at->cause)) {
    if (IsTraced(*at)) {
      chain.push_back(at);
    }
  }
  std::ranges::reverse(chain);
  return chain;
}

}  // namespace flinch::scenarios
