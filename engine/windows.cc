#include "engine/windows.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {

EventTime Shifted(EventTime time, sim::Duration by) {
  int64_t nanos = 0;
  if (__builtin_add_overflow(time.nanos(), by.count(), &nanos)) {
    return by < sim::Duration(0) ? kMinEventTime : kMaxEventTime;
  }
  return EventTime(nanos);
}

namespace {

// The last start of a window at or before `time`: n * step + offset.
EventTime StartOf(EventTime time, sim::Duration step, sim::Duration offset) {
  int64_t behind = (time.nanos() % step.count() - offset.count() % step.count()) % step.count();
  behind += behind < 0 ? step.count() : 0;
  return Shifted(time, -sim::Duration(behind));
}

std::vector<TimeWindow> Of(const TumblingWindows& windows, EventTime time) {
  const EventTime start = StartOf(time, windows.size, windows.offset);
  return {{.start = start, .end = Shifted(start, windows.size)}};
}

std::vector<TimeWindow> Of(const SlidingWindows& windows, EventTime time) {
  std::vector<TimeWindow> all;
  const EventTime oldest = Shifted(time, -windows.size);
  for (EventTime start = StartOf(time, windows.slide, windows.offset);
       start > oldest || start == kMinEventTime; start = Shifted(start, -windows.slide)) {
    all.push_back({.start = start, .end = Shifted(start, windows.size)});
    if (start == kMinEventTime) {
      break;
    }
  }
  return all;
}

std::vector<TimeWindow> Of(const SessionWindows& windows, EventTime time) {
  return {{.start = time, .end = Shifted(time, windows.gap)}};
}

std::vector<TimeWindow> Of(const GlobalWindows&, EventTime) { return {kGlobalWindow}; }

sim::Result<void> RequirePositive(std::string_view what, sim::Duration span) {
  return span > sim::Duration(0)
             ? sim::Result<void>()
             : sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("The {} of windows is {} ns; it must be positive.", what,
                                     span.count()));
}

sim::Result<void> RequireOffset(sim::Duration offset, sim::Duration step) {
  return std::abs(offset.count()) < step.count()
             ? sim::Result<void>()
             : sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("The offset of windows is {} ns; it must be shorter than the "
                                     "{} ns that it shifts.",
                                     offset.count(), step.count()));
}

sim::Result<void> Check(const TumblingWindows& windows) {
  const sim::Result<void> size = RequirePositive("size", windows.size);
  return size ? RequireOffset(windows.offset, windows.size) : size;
}

sim::Result<void> Check(const SlidingWindows& windows) {
  const sim::Result<void> size = RequirePositive("size", windows.size);
  const sim::Result<void> slide = size ? RequirePositive("slide", windows.slide) : size;
  return slide ? RequireOffset(windows.offset, windows.slide) : slide;
}

sim::Result<void> Check(const SessionWindows& windows) {
  return RequirePositive("gap", windows.gap);
}

sim::Result<void> Check(const GlobalWindows&) { return {}; }

}  // namespace

std::vector<TimeWindow> WindowsOf(const WindowAssigner& assigner, EventTime time) {
  return std::visit([time](const auto& windows) { return Of(windows, time); }, assigner);
}

sim::Result<void> Validate(const WindowAssigner& assigner) {
  return std::visit([](const auto& windows) { return Check(windows); }, assigner);
}

TimeWindow Cover(const TimeWindow& left, const TimeWindow& right) {
  sim::Check(Meet(left, right), "windows with a gap between them are joined");
  return {.start = std::min(left.start, right.start), .end = std::max(left.end, right.end)};
}

bool Meet(const TimeWindow& left, const TimeWindow& right) {
  return left.start <= right.end && right.start <= left.end;
}

}  // namespace flinch::engine
