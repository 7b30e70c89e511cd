#include "scenarios/explain/way.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/events.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr size_t kWritersTold = 3;

// Who worked for a subtask: "sink[0] in attempt 2 on tm-2".
struct Worker {
  std::string subtask;
  std::string process;
  int64_t attempt = 0;

  std::string Show() const {
    return fmt::format("{} in attempt {} on {}", subtask, attempt, process);
  }
};

// The last one that began to restore the subtask's state before this event.
std::optional<Worker> WorkerAt(const History& past, std::string_view subtask,
                               const RecordedEvent& when) {
  std::optional<Worker> worker;
  for (const RecordedEvent* const event : past.All(events::kTaskRestoring)) {
    if (event->id < when.id && event->Text("subtask") == subtask) {
      worker = {.subtask = std::string(subtask),
                .process = event->process,
                .attempt = event->Number("attempt").value_or(0)};
    }
  }
  return worker;
}

// "sink[0]" of "sink-0-1-1", as sinks name their transactions: subtask, attempt, number.
std::string SubtaskIn(std::string_view transaction) {
  std::vector<std::string_view> parts;
  while (parts.size() < 3 && transaction.contains('-')) {
    const size_t dash = transaction.rfind('-');
    parts.push_back(transaction.substr(dash + 1));
    transaction = transaction.substr(0, dash);
  }
  return parts.size() == 3 ? fmt::format("{}[{}]", transaction, parts.back()) : "";
}

// What is known of one transaction. A pointer is null where that never came.
struct Steps {
  Steps(const History& past, std::string_view transaction)
      : begun(past.First(events::kTransactionBegun, "transaction", transaction)),
        precommitted(past.First(events::kSinkPreCommitted, "transaction", transaction)),
        asked(past.First(events::kSinkCommitting, "transaction", transaction)),
        committed(past.First(events::kTransactionCommitted, "transaction", transaction)),
        aborted(past.First(events::kTransactionAborted, "transaction", transaction)),
        turned_away(past.First(events::kProducerFenced, "transaction", transaction)) {
    for (const RecordedEvent* const event : {precommitted, asked}) {
      if (event != nullptr && subtask.empty()) {
        subtask = event->Text("subtask").value_or("");
        checkpoint = event->Number("checkpoint");
      }
    }
    if (subtask.empty()) {
      subtask = SubtaskIn(transaction);
    }
    if (checkpoint) {
      stored = precommitted != nullptr ? past.DueAt(*precommitted) : past.StoredAt(*checkpoint);
      given_up = past.First(events::kCheckpointAborted, "id", *checkpoint);
    }
    if (const RecordedEvent* const first = begun != nullptr ? begun : precommitted;
        first != nullptr && !subtask.empty()) {
      owner = WorkerAt(past, subtask, *first);
    }
    if (aborted != nullptr && !subtask.empty()) {
      ender = WorkerAt(past, subtask, *aborted);
    }
  }

  bool has_expired() const { return aborted != nullptr && aborted->Text("reason") == "timeout"; }

  // Aborted by a later attempt, which knew that it was the only one.
  bool has_successor() const {
    return !has_expired() && owner && ender && ender->attempt != owner->attempt;
  }

  const RecordedEvent* begun;
  const RecordedEvent* precommitted;
  const RecordedEvent* asked;
  const RecordedEvent* committed;
  const RecordedEvent* aborted;
  const RecordedEvent* turned_away;
  const RecordedEvent* stored = nullptr;    // the first checkpoint that holds it
  const RecordedEvent* given_up = nullptr;  // the checkpoint that it was pre-committed for
  std::string subtask;
  std::optional<int64_t> checkpoint;
  std::optional<Worker> owner;
  std::optional<Worker> ender;  // who ran when it was aborted
};

std::string TellEnd(const Steps& steps) {
  const std::string at = At(*steps.aborted);
  if (steps.has_expired()) {
    return fmt::format("given up by the log at {}, by its time-out", at);
  }
  if (steps.has_successor()) {
    return fmt::format("fenced and aborted at {} by its successor, {}", at, steps.ender->Show());
  }
  return fmt::format("aborted at {}{}", at,
                     steps.owner ? " by " + steps.owner->subtask + " itself" : "");
}

std::string TellAsked(const History& past, const Steps& steps) {
  const std::optional<Worker> who = WorkerAt(past, steps.subtask, *steps.asked);
  const bool is_other = who && steps.owner && who->attempt != steps.owner->attempt;
  return fmt::format("asked to be committed at {}{}", At(*steps.asked),
                     is_other ? " by " + who->Show() : "");
}

// It came, and its checkpoint had not.
std::string TellEarlyCommit(const History& past, const Steps& steps, const RecordedEvent& commit) {
  const std::optional<Worker> who = WorkerAt(past, steps.subtask, commit);
  return fmt::format(
      "{} committed it at {}, and checkpoint {} {}: no commit may come before its checkpoint is "
      "stored.",
      who ? who->Show() : steps.subtask, At(commit), *steps.checkpoint,
      steps.stored == nullptr ? "was never stored" : "was stored only at " + At(*steps.stored));
}

// Its own attempt took it back, as if nobody else could complete it.
std::string TellOwnAbort(const Steps& steps) {
  return fmt::format(
      "{} aborted it at {}{}, instead of keeping it for the next checkpoint: its records are in no "
      "other transaction.",
      steps.owner->Show(), At(*steps.aborted),
      steps.given_up != nullptr && steps.given_up->id < steps.aborted->id
          ? fmt::format(", when checkpoint {} had been given up at {}", *steps.checkpoint,
                        At(*steps.given_up))
          : "");
}

// When the task that wrote this snapshot told the coordinator of it; null: never.
const RecordedEvent* AcknowledgementOf(const History& past, const RecordedEvent& uploaded) {
  for (const RecordedEvent* const event : past.All(events::kCheckpointAcknowledged)) {
    if (event->id > uploaded.id && event->process == uploaded.process &&
        event->Number("id") == uploaded.Number("id") &&
        event->Text("subtask") == uploaded.Text("subtask")) {
      return event;
    }
  }
  return nullptr;
}

// Its checkpoint came, and it was never committed.
std::string TellMissingCommit(const Steps& steps) {
  const int64_t id = steps.stored->Number("id").value_or(
      steps.stored->Number("checkpoint").value_or(*steps.checkpoint));
  std::string why;
  if (steps.aborted != nullptr && !steps.has_expired()) {
    why = fmt::format("{} aborted it instead", steps.ender ? steps.ender->Show() : "somebody");
  } else if (steps.asked != nullptr) {
    why = fmt::format("{} asked at {}, and it was not done", steps.subtask, At(*steps.asked));
  } else {
    why = fmt::format("{} never asked for it", steps.subtask);
  }
  return fmt::format("With checkpoint {}, stored at {}, it was to be committed; {}.", id,
                     At(*steps.stored), why);
}

}  // namespace

std::string TellWay(const History& past, std::string_view transaction) {
  const Steps steps(past, transaction);
  std::vector<std::pair<uint64_t, std::string>> told;
  const auto tell = [&told](const RecordedEvent* event, std::string text) {
    told.emplace_back(event->id.value(), std::move(text));
  };
  if (steps.begun != nullptr) {
    tell(steps.begun, "begun at " + At(*steps.begun));
  }
  if (steps.precommitted != nullptr) {
    tell(steps.precommitted, fmt::format("pre-committed for checkpoint {} at {}",
                                         steps.checkpoint.value_or(0), At(*steps.precommitted)));
  }
  if (steps.asked != nullptr) {
    tell(steps.asked, TellAsked(past, steps));
  }
  if (steps.committed != nullptr) {
    tell(steps.committed, "committed at " + At(*steps.committed));
  }
  if (steps.aborted != nullptr) {
    tell(steps.aborted, TellEnd(steps));
  }
  if (steps.turned_away != nullptr) {
    tell(steps.turned_away,
         fmt::format("its old producer turned away at {}", At(*steps.turned_away)));
  }
  if (told.empty()) {
    return "";
  }
  std::ranges::sort(told);
  std::vector<std::string> parts;
  for (auto& [id, text] : told) {
    parts.push_back(std::move(text));
  }
  const std::string who = steps.owner              ? " of " + steps.owner->Show()
                          : !steps.subtask.empty() ? " of " + steps.subtask
                                                   : "";
  return fmt::format("Transaction \"{}\"{} was {}.", transaction, who, fmt::join(parts, ", "));
}

std::string TellWrongStep(const History& past, std::string_view transaction) {
  const Steps steps(past, transaction);
  if (!steps.checkpoint) {
    const std::optional<Worker> who =
        steps.committed == nullptr ? std::nullopt : WorkerAt(past, steps.subtask, *steps.committed);
    return who ? fmt::format("{} committed it, and it had never been pre-committed.", who->Show())
               : "";
  }
  const RecordedEvent* const commit = steps.asked != nullptr ? steps.asked : steps.committed;
  if (commit != nullptr && (steps.stored == nullptr || commit->id < steps.stored->id)) {
    return TellEarlyCommit(past, steps, *commit);
  }
  const bool is_own_abort = steps.aborted != nullptr && !steps.has_expired() && steps.owner &&
                            !steps.has_successor() && steps.committed == nullptr;
  if (is_own_abort) {
    return TellOwnAbort(steps);
  }
  return steps.stored != nullptr && steps.committed == nullptr ? TellMissingCommit(steps) : "";
}

std::vector<std::string> TellFiles(const History& past, int64_t checkpoint) {
  std::vector<std::string> sentences;
  const RecordedEvent* deleted = nullptr;
  for (const RecordedEvent* const event : past.All(events::kCheckpointDeleted)) {
    deleted = event->Number("id") == checkpoint ? event : deleted;
  }
  const RecordedEvent* const stored = past.StoredAt(checkpoint);
  const RecordedEvent* const subsumed = past.First(events::kCheckpointSubsumed, "id", checkpoint);
  if (deleted != nullptr) {
    std::string text = fmt::format("{} deleted the files of checkpoint {} at {}", deleted->process,
                                   checkpoint, At(*deleted));
    if (stored != nullptr && stored->id < deleted->id &&
        (subsumed == nullptr || deleted->id < subsumed->id)) {
      text += fmt::format(", though it had stored it at {} and nothing newer had taken its place",
                          At(*stored));
    }
    sentences.push_back(text + ".");
  }
  // What came in time went with the others.
  const RecordedEvent* const given_up = past.First(events::kCheckpointAborted, "id", checkpoint);
  const RecordedEvent* const since = given_up != nullptr ? given_up : deleted;
  std::vector<std::string> writers;
  const RecordedEvent* told = nullptr;  // the last that was handed over
  for (const RecordedEvent* const event : past.All(events::kSnapshotUploaded)) {
    const bool is_late = since == nullptr || since->id < event->id;
    if (event->Number("id") == checkpoint && is_late) {
      writers.push_back(fmt::format("{} on {} at {}", event->Text("subtask").value_or("a task"),
                                    event->process, At(*event)));
      const RecordedEvent* const acknowledged = AcknowledgementOf(past, *event);
      told = acknowledged != nullptr ? acknowledged : told;
    }
  }
  if (!writers.empty() && stored == nullptr) {
    const size_t count = std::min(writers.size(), kWritersTold);
    sentences.push_back(fmt::format(
        "{}{} wrote a snapshot for it{}{}.",
        fmt::join(writers.begin(), writers.begin() + static_cast<std::ptrdiff_t>(count), ", "),
        count < writers.size() ? fmt::format(" and {} more", writers.size() - count) : "",
        given_up != nullptr  ? " after it had been given up"
        : deleted != nullptr ? " after that"
                             : "",
        told == nullptr ? ", and nobody has deleted that"
                        : fmt::format(" and acknowledged it, the last at {}: from there on it was "
                                      "for {} to delete, which did not",
                                      At(*told), since == nullptr ? "jm" : since->process)));
  }
  return sentences;
}

std::string TellOutlived(const History& past, const RecordedEvent& work) {
  const std::string_view subtask = work.Text("subtask").value_or("");
  const std::optional<int64_t> attempt = work.Number("attempt");
  const RecordedEvent* started = nullptr;
  for (const RecordedEvent* const event : past.All(events::kTaskStarted)) {
    if (event->process == work.process && event->Text("subtask") == subtask &&
        event->Number("attempt") == attempt && event->id < work.id) {
      started = event;
    }
  }
  const RecordedEvent* lost = nullptr;
  const RecordedEvent* registered = nullptr;
  for (const RecordedEvent& event : past.events()) {
    const bool is_meant = started != nullptr && started->id < event.id && event.id < work.id &&
                          event.Text("name") == work.process;
    lost = is_meant && event.kind == events::kTaskManagerLost && lost == nullptr ? &event : lost;
    const bool is_first = is_meant && event.kind == events::kTaskManagerRegistered;
    registered = is_first && registered == nullptr ? &event : registered;
  }
  if (registered == nullptr) {
    return lost == nullptr
               ? ""
               : fmt::format("{} had given {} up at {}.", lost->process, work.process, At(*lost));
  }
  return fmt::format(
      "{} registered anew with {} at {}{}, while {} of attempt {}, started there at {}, had not "
      "ended: a TaskManager that has lost its JobManager ends its tasks first.",
      work.process, registered->process, At(*registered),
      lost == nullptr ? "" : ", which had given it up at " + At(*lost), subtask,
      attempt.value_or(0), At(*started));
}

}  // namespace flinch::scenarios
