// Processing-time timers of one operator in one subtask: "call me under this key when the clock of
// this host has passed this time".
//
// Shape:  as those of event time: a set of (time, key, namespace) that is part of the keyed state.
//         Times are of the host's wall clock (sim::WallTime), in nanoseconds.
// Clock:  what is waited for is the earliest timer alone, for as long as the wall clock says when
//         it becomes the earliest; a clock that jumps meanwhile moves only the timers behind it.
//         `due_at` is of the monotonic clock: who runs the operator calls `Fire` then.
// Order:  Fire calls what is registered for the time that was waited for, or before it.
// Survives: a restart. What is past due by then fires at once.
// Errors: as TimerService.
// Source: InternalTimerServiceImpl.onProcessingTime, ProcessingTimeServiceUtil.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/runtime/timer_service.h"
#include "sim/environment.h"

namespace flinch::engine {

// Until a clock that shows `now` has passed `time`; nothing when it has.
sim::Duration DelayUntilPast(EventTime time, sim::WallTime now);

template <typename Space>
class ProcessingTimers {
 public:
  explicit ProcessingTimers(std::string_view name, const Defects& defects = {})
      : timers_(name, defects, TimeDomain::kProcessingTime) {}

  // Once, before anything else: with the timers that `backend` has restored.
  sim::Result<void> Open(KeyedStateBackend& backend, sim::Environment& environment) {
    environment_ = &environment;
    sim::Result<void> opened = timers_.Open(backend);
    if (opened) {
      Arm();
    }
    return opened;
  }

  // What the clock shows.
  EventTime now() const { return EventTime(sim::Nanos(environment_->WallNow())); }

  // Under the backend's current key.
  void Register(EventTime time, const Space& space = {}) {
    timers_.Register(time, space);
    Arm();
  }

  // Nothing happens when there is no such timer.
  void Delete(EventTime time, const Space& space = {}) {
    timers_.Delete(time, space);
    Arm();
  }

  // `callback(timer)` returns a sim::Result<void>; it runs with the timer's key as the current key,
  // and the timer is gone already. Before `due_at` nothing happens.
  template <typename Callback>
  sim::Result<void> Fire(Callback callback) {
    if (!armed_ || environment_->Now() < due_at_) {
      return {};
    }
    sim::Result<void> fired = timers_.FireUpTo(*std::exchange(armed_, std::nullopt), callback);
    Arm();
    return fired;
  }

  // As TimerService::EndKey.
  template <typename Callback>
  sim::Result<void> EndKey(Callback callback) {
    sim::Result<void> fired = timers_.EndKey(callback);
    armed_.reset();
    return fired;
  }

  // kForever when there is no timer.
  sim::SimTime due_at() const { return armed_ ? due_at_ : sim::kForever; }

  size_t size() const { return timers_.size(); }

 private:
  void Arm() {
    const std::optional<EventTime> earliest = timers_.Earliest();
    if (earliest == armed_) {
      return;
    }
    armed_ = earliest;
    if (earliest) {
      due_at_ = sim::Later(environment_->Now(), DelayUntilPast(*earliest, environment_->WallNow()));
    }
  }

  TimerService<Space> timers_;
  sim::Environment* environment_ = nullptr;
  std::optional<EventTime> armed_;  // the timer that is waited for
  sim::SimTime due_at_ = sim::kForever;
};

}  // namespace flinch::engine
