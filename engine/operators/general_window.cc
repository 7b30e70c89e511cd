#include "engine/operators/general_window.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "sim/check.h"

namespace flinch::engine {

sim::Result<void> GeneralWindowBase::OpenBase(OperatorRuntime& runtime, Mergeable mergeable) {
  runtime_ = &runtime;
  defects_ = DefectsOf(runtime);
  is_global_ = std::holds_alternative<GlobalWindows>(options_.assigner);
  has_late_ = !is_global_ && options_.domain == TimeDomain::kEventTime;
  const SubtaskInfo& subtask = runtime.subtask();
  subtask_ = subtask.Show();
  state_ = runtime.keyed_state();
  sim::Check(state_ != nullptr, "{} is keyed and has no keyed state", subtask.name);
  const auto refuse = [&subtask](std::string_view why) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("Operator '{}': {}", subtask.name, why));
  };
  if (const sim::Result<void> valid = Validate(options_.assigner); !valid) {
    return refuse(valid.error().message);
  }
  if (options_.allowed_lateness < sim::Duration(0)) {
    return refuse("The allowed lateness is negative; leave it out where there is none.");
  }
  if (merges() && mergeable == Mergeable::kTriggerIsNot) {
    return refuse(
        "Sessions merge, so their trigger needs `void Merge(State& into, const State& from) const` "
        "and `void OnMerge(const State&, TriggerContext&) const`.");
  }
  if (merges() && mergeable == Mergeable::kContentsAreNot) {
    return refuse(
        "Sessions merge, so their aggregate function needs `void Merge(Accumulator& into, const "
        "Accumulator& from) const`.");
  }
  output_ = &runtime.main_output();
  timers_.emplace(subtask.name, DefectsOf(runtime));
  processing_timers_.emplace(subtask.name, DefectsOf(runtime));
  sim::Result<void> opened = timers_->Open(*state_);
  if (opened) {
    opened = processing_timers_->Open(*state_, runtime.environment());
  }
  return opened ? sim::Result<void>() : StateRefused(subtask, opened.error());
}

sim::Result<void> GeneralWindowBase::RequireTimestamp(EventTime timestamp) const {
  return timestamp != kMinEventTime || !has_late_
             ? sim::Result<void>()
             : sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("A record without a timestamp came to the windows of {}: the "
                                     "source must give every record one.",
                                     subtask_));
}

EventTime GeneralWindowBase::OverAt(const TimeWindow& window) const {
  if (is_global_) {
    return kMaxEventTime;
  }
  if (options_.domain == TimeDomain::kProcessingTime) {
    return window.max_timestamp();
  }
  const int64_t last = window.max_timestamp().nanos();
  const int64_t lateness = options_.allowed_lateness.count();
  return last > kMaxEventTime.nanos() - lateness ? kMaxEventTime : EventTime(last + lateness);
}

sim::Result<void> GeneralWindowBase::GiveLate(const StreamRecord& record) {
  if (options_.late) {
    return runtime_->output(*options_.late).Emit(record);
  }
  events::Trace(runtime_->environment(),
                events::WindowLateRecord{.subtask = subtask_,
                                         .timestamp = record.timestamp.nanos(),
                                         .watermark = watermark_.nanos()});
  return {};
}

void GeneralWindowBase::RegisterCleanup(const TimeWindow& window) {
  const EventTime over_at = OverAt(window);
  if (over_at == kMaxEventTime) {
    return;
  }
  if (options_.domain == TimeDomain::kEventTime) {
    timers_->Register(over_at, window);
  } else {
    processing_timers_->Register(over_at, window);
  }
}

void GeneralWindowBase::DeleteCleanup(const TimeWindow& window) {
  if (options_.domain == TimeDomain::kEventTime) {
    timers_->Delete(OverAt(window), window);
  } else {
    processing_timers_->Delete(OverAt(window), window);
  }
}

}  // namespace flinch::engine
