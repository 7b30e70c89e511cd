#include "engine/operators/window_operator.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "sim/check.h"

namespace flinch::engine {

TimeWindow TumblingWindowOf(EventTime time, sim::Duration size) {
  sim::Check(size > sim::Duration(0), "a window has the size {}", size.count());
  int64_t offset = time.nanos() % size.count();
  if (offset < 0) {
    offset += size.count();
  }
  const int64_t left = size.count() - offset;
  const bool starts_before_time = time.nanos() < kMinEventTime.nanos() + offset;
  const bool ends_after_time = time.nanos() > kMaxEventTime.nanos() - left;
  return {.start = starts_before_time ? kMinEventTime : EventTime(time.nanos() - offset),
          .end = ends_after_time ? kMaxEventTime : EventTime(time.nanos() + left)};
}

sim::Result<void> WindowOperatorBase::OpenBase(OperatorRuntime& runtime) {
  const SubtaskInfo& subtask = runtime.subtask();
  state_ = runtime.keyed_state();
  sim::Check(state_ != nullptr, "{} is keyed and has no keyed state", subtask.name);
  if (size_ <= sim::Duration(0)) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The windows of operator '{}' have a size of {} ns; it must be "
                                 "positive.",
                                 subtask.name, size_.count()));
  }
  environment_ = &runtime.environment();
  defects_ = DefectsOf(runtime);
  subtask_ = subtask.Show();
  output_ = &runtime.main_output();
  timers_.emplace(subtask.name, DefectsOf(runtime));
  const sim::Result<void> opened = timers_->Open(*state_);
  return opened ? sim::Result<void>() : StateRefused(subtask, opened.error());
}

sim::Result<const TimeWindow*> WindowOperatorBase::AssignAnew(EventTime timestamp) {
  if (timestamp == kMinEventTime) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("A record without a timestamp came to the windows of {}: the "
                                 "source must give every record one.",
                                 subtask_));
  }
  last_ = TumblingWindowOf(EventTime(timestamp.nanos() - EndShift()), size_);
  last_is_over_at_ =
      defects_.Right(last_.max_timestamp(), Defect::kWindowIsLateByItsStart, last_.start);
  if (last_is_over_at_ <= watermark_) {
    events::Trace(*environment_, events::WindowLateRecord{.subtask = subtask_,
                                                          .timestamp = timestamp.nanos(),
                                                          .watermark = watermark_.nanos()});
    return nullptr;
  }
  return &last_;
}

}  // namespace flinch::engine
