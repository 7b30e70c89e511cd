#include "scenarios/explain/history.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr std::string_view kKernelPrefix = "sim.";

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

std::vector<std::string> History::LostTransactions() const {
  std::vector<std::string> lost;
  for (const RecordedEvent* const flushed : All(events::kSinkPreCommitted)) {
    const std::optional<int64_t> checkpoint = flushed->Number("checkpoint");
    const std::string transaction(flushed->Text("transaction").value_or(""));
    if (checkpoint && StoredAt(*checkpoint) != nullptr && CommitOf(transaction) == nullptr) {
      lost.push_back(transaction);
    }
  }
  return lost;
}

std::string History::SubtaskOf(std::string_view transaction) const {
  for (const std::string_view kind : {events::kSinkPreCommitted, events::kSinkCommitting}) {
    if (const RecordedEvent* const event = First(kind, "transaction", transaction)) {
      return " of " + std::string(event->Text("subtask").value_or("a sink"));
    }
  }
  return "";
}

std::string History::TellCheckpoint(int64_t id) const {
  const RecordedEvent* const triggered = First(events::kCheckpointTriggered, "id", id);
  if (triggered == nullptr) {
    return "";
  }
  std::set<std::string, std::less<>> all;
  std::set<std::string, std::less<>> acknowledged;
  for (const RecordedEvent* const event : All(events::kCheckpointAcknowledged)) {
    const std::string subtask(event->Text("subtask").value_or(""));
    all.insert(subtask);
    if (event->Number("id") == id) {
      acknowledged.insert(subtask);
    }
  }
  const RecordedEvent* const completed = First(events::kCheckpointCompleted, "id", id);
  const RecordedEvent* const stored = First(events::kCheckpointStored, "id", id);
  const RecordedEvent* const aborted = First(events::kCheckpointAborted, "id", id);
  std::string text = fmt::format(
      "Checkpoint {} was triggered at {}, acknowledged by {} of {} "
      "subtasks, ",
      id, At(*triggered), acknowledged.size(), all.size());
  text += completed == nullptr ? std::string("and never completed")
                               : fmt::format("completed at {} and {}", At(*completed),
                                             AtOr(stored, "stored", "never stored"));
  if (aborted != nullptr) {
    text += fmt::format("; it was given up at {} ({})", At(*aborted),
                        aborted->Text("reason").value_or("no reason told"));
  }
  return text + ".";
}

std::string History::TellMissingStep(std::string_view transaction) const {
  const std::optional<int64_t> checkpoint = CheckpointOf(transaction);
  if (!checkpoint) {
    return "";
  }
  const std::string subject =
      fmt::format("transaction \"{}\"{}", transaction, SubtaskOf(transaction));
  const RecordedEvent* const stored = StoredAt(*checkpoint);
  const RecordedEvent* const commit = CommitOf(transaction);
  if (commit == nullptr) {
    const RecordedEvent* const aborted =
        First(events::kTransactionAborted, "transaction", transaction);
    return stored == nullptr
               ? ""
               : fmt::format("Checkpoint {} was stored at {}, yet {} was never committed{}.",
                             *checkpoint, At(*stored), subject,
                             aborted == nullptr ? "" : ": it was aborted at " + At(*aborted));
  }
  if (stored != nullptr && stored->id < commit->id) {
    return "";
  }
  return fmt::format("Checkpoint {} {}, yet {} was committed at {}.", *checkpoint,
                     stored == nullptr ? std::string("was never stored")
                                       : fmt::format("was stored only at {}", At(*stored)),
                     subject, At(*commit));
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
