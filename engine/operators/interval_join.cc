#include "engine/operators/interval_join.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "engine/windows.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kNano{1};

}  // namespace

sim::Result<void> IntervalJoinBase::OpenBase(OperatorRuntime& runtime) {
  const SubtaskInfo& subtask = runtime.subtask();
  state_ = runtime.keyed_state();
  sim::Check(state_ != nullptr, "{} is keyed and has no keyed state", subtask.name);
  lower_ = bounds_.lower + (bounds_.lower_inclusive ? sim::Duration(0) : kNano);
  upper_ = bounds_.upper - (bounds_.upper_inclusive ? sim::Duration(0) : kNano);
  if (bounds_.lower > bounds_.upper) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The lower bound of the interval join '{}' ({} ns) is above its "
                                 "upper bound ({} ns).",
                                 subtask.name, bounds_.lower.count(), bounds_.upper.count()));
  }
  environment_ = &runtime.environment();
  subtask_ = subtask.Show();
  output_ = &runtime.main_output();
  timers_.emplace(subtask.name, DefectsOf(runtime));
  const sim::Result<void> opened = timers_->Open(*state_);
  return opened ? sim::Result<void>() : StateRefused(subtask, opened.error());
}

sim::Result<bool> IntervalJoinBase::Accept(EventTime timestamp) const {
  if (timestamp == kMinEventTime) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("A record without a timestamp came to the interval join {}: the "
                                 "source must give every record one.",
                                 subtask_));
  }
  if (timestamp < watermark_) {
    events::Trace(*environment_, events::WindowLateRecord{.subtask = subtask_,
                                                          .timestamp = timestamp.nanos(),
                                                          .watermark = watermark_.nanos()});
    return false;
  }
  return true;
}

std::pair<EventTime, EventTime> IntervalJoinBase::PartnersOf(uint32_t side,
                                                             EventTime timestamp) const {
  return side == 0 ? std::pair(Shifted(timestamp, lower_), Shifted(timestamp, upper_))
                   : std::pair(Shifted(timestamp, -upper_), Shifted(timestamp, -lower_));
}

EventTime IntervalJoinBase::OverAt(uint32_t side, EventTime timestamp) const {
  const sim::Duration ahead = side == 0 ? upper_ : -lower_;
  return ahead > sim::Duration(0) ? Shifted(timestamp, ahead) : timestamp;
}

EventTime IntervalJoinBase::TimeOf(uint32_t side, EventTime over_at) const {
  const sim::Duration ahead = side == 0 ? upper_ : -lower_;
  return ahead > sim::Duration(0) ? Shifted(over_at, -ahead) : over_at;
}

}  // namespace flinch::engine
