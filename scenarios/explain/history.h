// What a recording tells about one checkpoint, one transaction, one moment: in whole sentences,
// with the numbers of events and simulated times.
//
// Shape:    a view of a recording of Keep::kEverything, which outlives it. Every lookup is a walk
//           through the recording; there are a dozen in a story.
// Survives: recordings of any system: what is not there is not told.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/recording/recording.h"

namespace flinch::scenarios {

using sim::RecordedEvent;

// "#1234, 00:02.311".
std::string At(const RecordedEvent& event);

// "sink.committing of tm-2 (transaction=sink-1-1-2 checkpoint=3)".
std::string Describe(const RecordedEvent& event);

// What a process traced, or the world did: no step of the kernel.
bool IsTraced(const RecordedEvent& event);

// Where two recordings part, by what processes traced: "departs at #…: X here, Y there".
std::string TellDeparture(const std::vector<RecordedEvent>& here,
                          const std::vector<RecordedEvent>& there);

class History {
 public:
  explicit History(const std::vector<RecordedEvent>& events) : events_(events) {}

  const std::vector<RecordedEvent>& events() const { return events_; }

  // By its number; null when it was not kept.
  const RecordedEvent* Find(sim::EventId id) const;

  // The first event of this kind with this value of a field, or null.
  const RecordedEvent* First(std::string_view kind, std::string_view field, int64_t value) const;
  const RecordedEvent* First(std::string_view kind, std::string_view field,
                             std::string_view value) const;
  std::vector<const RecordedEvent*> All(std::string_view kind) const;

  // What the transaction was flushed for, or nothing.
  std::optional<int64_t> CheckpointOf(std::string_view transaction) const;
  // When the sink asked to commit it, or the broker did; null: never.
  const RecordedEvent* CommitOf(std::string_view transaction) const;
  // When the checkpoint was in the store; null: never. A restore from it shows that it was.
  const RecordedEvent* StoredAt(int64_t checkpoint) const;
  // When the first checkpoint was in the store that holds what this event has pre-committed: the
  // one that it names, or a later one of the same attempt of the job. Null: never.
  const RecordedEvent* DueAt(const RecordedEvent& precommitted) const;
  // Flushed for a checkpoint that was stored, and never committed.
  std::vector<std::string> LostTransactions() const;

  // "Checkpoint 3 was triggered at #…, acknowledged by 5 of 12 subtasks and never completed." Who
  // is missing is named where it was completed without them.
  std::string TellCheckpoint(int64_t id) const;
  std::string TellEarlyNotification(const RecordedEvent& notified) const;

  // Where a job that does not finish stands at the end: its status, who is at no end, which
  // checkpoint is pending and whose acknowledgement it lacks. At most three sentences.
  std::vector<std::string> TellStandstill() const;

  // The traced events through which one thing led to the other, the oldest first, at most `count`;
  // `event` is the last.
  std::vector<const RecordedEvent*> CausesOf(const RecordedEvent& event, size_t count) const;

 private:
  const RecordedEvent* FirstOf(const std::function<bool(const RecordedEvent&)>& fits) const;
  // All that were deployed or acknowledged anything.
  std::set<std::string, std::less<>> Subtasks() const;
  std::string TellStatus() const;
  std::string TellExecutions() const;
  std::string TellPending() const;

  const std::vector<RecordedEvent>& events_;
};

}  // namespace flinch::scenarios
