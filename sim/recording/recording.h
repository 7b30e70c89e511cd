// The after-the-fact view of a run: what happened, in order, with causes.
//
// A run is a sequence of events numbered from 1. `World` keeps as much as it was asked to: nothing
// but the digest, what the processes traced, or also every step of the kernel ("sim.*": fibers that
// ran, messages sent and delivered, disk operations). The digest covers every event in every case.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ids.h"
#include "sim/time.h"
#include "sim/trace.h"

namespace flinch::sim {

// XXH3-128 of a run's events. Equal digests: the same run.
struct Digest {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
};

// 32 hexadecimal digits.
std::string Show(const Digest& digest);

// An event while it happens; the views die with the call that shows it.
struct TraceEvent {
  EventId id;
  EventId cause;  // the event that woke the fiber that did this; 0: none
  SimTime time;
  ProcessId process;
  std::string_view process_name;  // "world" for what no process did
  std::string_view kind;
  std::span<const Field> fields;

  // The value of a field, or nothing. Text fields give no number and the reverse.
  std::optional<int64_t> Number(std::string_view field) const;
  std::optional<std::string_view> Text(std::string_view field) const;
};

// An event that was kept.
struct RecordedEvent {
  struct OwnedField {
    std::string name;
    std::variant<int64_t, std::string> value;

    friend bool operator==(const OwnedField&, const OwnedField&) = default;
  };

  EventId id;
  EventId cause;
  SimTime time;
  std::string process;
  std::string kind;
  std::vector<OwnedField> fields;

  std::optional<int64_t> Number(std::string_view field) const;
  std::optional<std::string_view> Text(std::string_view field) const;

  friend bool operator==(const RecordedEvent&, const RecordedEvent&) = default;
};

RecordedEvent CopyOf(const TraceEvent& event);

// "id=3 subtask=sink[1]".
std::string ShowFields(const RecordedEvent& event);

// One line: number, time, process, kind, fields, cause.
std::string Show(const RecordedEvent& event);

// The running digest's lower half after every kEventsPerRung events: where two runs part, without
// having kept either.
using Ladder = std::vector<uint64_t>;

inline constexpr uint64_t kEventsPerRung = 256;

// A closer look at a part of a run. Nothing of it reaches the run, except that the run ends soon
// after the last event that is looked at.
struct Lens {
  // The events that are kept, of those that Keep asks for. None when `to` is before `from`.
  uint64_t from = 1;
  uint64_t to = UINT64_MAX;
  // The event at which the call stack is taken; 0: none.
  uint64_t stack_at = 0;

  static Lens Nothing() { return {.from = 1, .to = 0}; }

  bool Covers(EventId event) const { return event.value() >= from && event.value() <= to; }

  // The event after which nobody looks any more.
  uint64_t end() const { return to < from ? UINT64_MAX : to; }
};

struct Recording {
  std::vector<RecordedEvent> events;
  // Of the event Lens::stack_at: who did it ("fiber main of tm-1"), and the functions it was in,
  // innermost first.
  std::string actor{};
  std::vector<std::string> stack{};
};

// Where two recordings part: the index of the first event that differs, or nothing when one equals
// the other.
std::optional<size_t> FirstDifference(const Recording& left, const Recording& right);

// Sees every traced event as it happens, from outside: costs the run nothing and cannot change it,
// except through the World it was given.
class TraceObserver {
 public:
  virtual ~TraceObserver() = default;

  // The kinds of events it is told of; "fault." are all that begin so; none named: all. Asked once,
  // when it begins to observe: for the rest of the events it costs nothing.
  virtual std::vector<std::string_view> wants() const { return {}; }

  virtual void OnEvent(const TraceEvent& event) = 0;
};

}  // namespace flinch::sim
