// Which windows a record belongs to, and for how long they stay open.
//
//   clicks.KeyBy(user)
//       .Window(SessionWindows{.gap = 15s})
//       .AllowedLateness(20s)
//       .SideOutputLateData(kLate)
//       .Aggregate("sessions", Count());
//
// Fires:  with the watermark that reaches a window's last nanosecond; then, until
//         `allowed_lateness` later, again for each record that comes late, with all that the window
//         holds.
// Late:   a record all of whose windows are over goes to the side output for late data, or is
//         dropped and traced. Never in silence.
// Merge:  sessions of a key that overlap or touch are one.
// Others: when a window fires instead is said by a trigger (engine/triggers.h), which of its
//         records count by an evictor (engine/evictors.h).
// Source: Flink docs "Windows"; WindowOperator with EventTimeTrigger.
#pragma once

#include <variant>
#include <vector>

#include "engine/functions.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

// [n * size + offset, (n + 1) * size + offset).
struct TumblingWindows {
  sim::Duration size{};
  sim::Duration offset{};
};

// [n * slide + offset, n * slide + offset + size): of size / slide windows, rounded up or down.
struct SlidingWindows {
  sim::Duration size{};
  sim::Duration slide{};
  sim::Duration offset{};
};

// As long as no gap between records is as long.
struct SessionWindows {
  sim::Duration gap{};
};

// All in one window, which fires when a trigger says so, and is never over.
struct GlobalWindows {};

inline constexpr TimeWindow kGlobalWindow{.start = kMinEventTime, .end = kMaxEventTime};

// `time` moved by `by`, at most to the ends of time.
EventTime Shifted(EventTime time, sim::Duration by);

using WindowAssigner = std::variant<TumblingWindows, SlidingWindows, SessionWindows, GlobalWindows>;

// Windows of the time that the host's clock shows when a record comes, instead of the record's own.
// No record is late for them, and a rerun of the same rows gives others: engine/README.md.
struct InProcessingTime {
  WindowAssigner windows;
};

// All that hold `time`, the latest first; a session's is the one that the record alone would make.
// At the ends of time they are cut to what an EventTime can hold.
std::vector<TimeWindow> WindowsOf(const WindowAssigner& assigner, EventTime time);

// kInvalidArgument, with a sentence, for sizes, slides and gaps that are not positive and offsets
// that are not shorter than what they shift.
sim::Result<void> Validate(const WindowAssigner& assigner);

// The smallest window that holds both. They overlap or touch.
TimeWindow Cover(const TimeWindow& left, const TimeWindow& right);

// Whether they overlap or touch.
bool Meet(const TimeWindow& left, const TimeWindow& right);

}  // namespace flinch::engine
