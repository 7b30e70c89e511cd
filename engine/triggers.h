// When a window fires, and whether it keeps its contents.
//
//   clicks.KeyBy(user)
//       .Window(TumblingWindows{.size = 1h})
//       .Trigger(ContinuousEventTimeTrigger{{.interval = 5min}})
//       .Aggregate("counts", Count());
//
// A trigger is a value that is asked for each record of a window and each of its timers. It has
//   using State = …;        what it keeps per key and window: encodable, comparable, and as good as
//                           absent when it is `State{}`
//   TriggerResult OnElement(const In&, EventTime timestamp, State&, TriggerContext&) const;
//   void Clear(const State&, TriggerContext&) const;               takes its timers back
// where it has timers of the domain (without, such a timer is the end of the window and says no
// more),
//   TriggerResult OnEventTime(EventTime, State&, TriggerContext&) const;
//   TriggerResult OnProcessingTime(EventTime, State&, TriggerContext&) const;
// for windows that merge,
//   void Merge(State& into, const State& from) const;
//   void OnMerge(const State& merged, TriggerContext&) const;      sets timers of the whole
// and, where it may be wrong, `sim::Result<void> Validate() const`: with an error no task opens.
//
// Life:   a purge empties the window; trigger and window stay. A window that is over goes with its
//         trigger's state, and a timer that a trigger left behind then finds no window.
// Order:  a window that fires at the nanosecond at which it is over fires first.
// Source: Flink's Trigger and its implementations.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "engine/functions.h"
#include "engine/runtime/processing_timers.h"
#include "engine/runtime/timer_service.h"
#include "engine/windows.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

enum class TriggerResult : uint8_t { kContinue, kFire, kPurge, kFireAndPurge };

constexpr bool Fires(TriggerResult result) {
  return result == TriggerResult::kFire || result == TriggerResult::kFireAndPurge;
}

constexpr bool Purges(TriggerResult result) {
  return result == TriggerResult::kPurge || result == TriggerResult::kFireAndPurge;
}

// What a trigger sees of its window, and the timers that it may ask for.
class TriggerContext {
 public:
  TriggerContext(const TimeWindow& window, EventTime watermark, TimerService<TimeWindow>& timers,
                 ProcessingTimers<TimeWindow>& processing_timers)
      : window_(window),
        watermark_(watermark),
        timers_(timers),
        processing_timers_(processing_timers) {}

  const TimeWindow& window() const { return window_; }

  EventTime watermark() const { return watermark_; }

  void RegisterEventTimeTimer(EventTime time) { timers_.Register(time, window_); }

  void DeleteEventTimeTimer(EventTime time) { timers_.Delete(time, window_); }

  // What the host's clock shows.
  EventTime processing_time() const { return processing_timers_.now(); }

  void RegisterProcessingTimeTimer(EventTime time) { processing_timers_.Register(time, window_); }

  void DeleteProcessingTimeTimer(EventTime time) { processing_timers_.Delete(time, window_); }

 private:
  TimeWindow window_;
  EventTime watermark_;
  TimerService<TimeWindow>& timers_;
  ProcessingTimers<TimeWindow>& processing_timers_;
};

template <typename T, typename In>
concept WindowTrigger = requires(const T& trigger, const In& record, EventTime time,
                                 typename T::State& state, TriggerContext& context) {
  { trigger.OnElement(record, time, state, context) } -> std::same_as<TriggerResult>;
  { trigger.Clear(state, context) } -> std::same_as<void>;
};

template <typename T>
concept MergingTrigger =
    requires(const T& trigger, typename T::State& state, TriggerContext& context) {
      trigger.Merge(state, state);
      trigger.OnMerge(state, context);
    };

// Of a trigger that never purges: its windows have contents as long as they are there.
template <typename T>
concept KeepingTrigger = requires { typename T::KeepsContents; };

// When the watermark reaches the window's end, and then for each record that comes late. What
// windows of event time have unless told otherwise; on the global window, at the end of the input.
struct EventTimeTrigger {
  using State = std::monostate;
  using KeepsContents = void;

  template <typename In>
  TriggerResult OnElement(const In&, EventTime, State&, TriggerContext& context) const {
    const EventTime last = context.window().max_timestamp();
    if (last <= context.watermark()) {
      return TriggerResult::kFire;
    }
    context.RegisterEventTimeTimer(last);
    return TriggerResult::kContinue;
  }

  TriggerResult OnEventTime(EventTime time, State&, TriggerContext& context) const {
    return time == context.window().max_timestamp() ? TriggerResult::kFire
                                                    : TriggerResult::kContinue;
  }

  void Clear(const State&, TriggerContext& context) const {
    context.DeleteEventTimeTimer(context.window().max_timestamp());
  }

  void Merge(State&, const State&) const {}

  void OnMerge(const State&, TriggerContext& context) const {
    const EventTime last = context.window().max_timestamp();
    if (last > context.watermark()) {
      context.RegisterEventTimeTimer(last);
    }
  }
};

// When the host's clock has passed the window's end: of windows of processing time unless told
// otherwise.
struct ProcessingTimeTrigger {
  using State = std::monostate;
  using KeepsContents = void;

  template <typename In>
  TriggerResult OnElement(const In&, EventTime, State&, TriggerContext& context) const {
    context.RegisterProcessingTimeTimer(context.window().max_timestamp());
    return TriggerResult::kContinue;
  }

  TriggerResult OnProcessingTime(EventTime, State&, TriggerContext&) const {
    return TriggerResult::kFire;
  }

  void Clear(const State&, TriggerContext& context) const {
    context.DeleteProcessingTimeTimer(context.window().max_timestamp());
  }

  void Merge(State&, const State&) const {}

  void OnMerge(const State&, TriggerContext& context) const {
    const EventTime last = context.window().max_timestamp();
    if (last > context.processing_time()) {
      context.RegisterProcessingTimeTimer(last);
    }
  }
};

// When a trigger fires next that fires again and again, and what merging makes of that.
struct FiresContinuously {
  sim::Duration interval;

  using State = std::optional<EventTime>;
  using KeepsContents = void;

  // Else nothing says how far the next time is.
  sim::Result<void> Validate() const;

  void Merge(State& into, const State& from) const {
    into = into && from ? std::min(into, from) : (into ? into : from);
  }

  // The first multiple of `interval` behind `time`, at most the window's end.
  EventTime FirstBehind(EventTime time, const TimeWindow& window) const {
    return NextBehind(EventTime(time.nanos() - time.nanos() % interval.count()), window);
  }

  EventTime NextBehind(EventTime time, const TimeWindow& window) const {
    return std::min(Shifted(time, interval), window.max_timestamp());
  }
};

// As the event-time trigger, and meanwhile whenever the watermark passes a multiple of `interval`.
struct ContinuousEventTimeTrigger : FiresContinuously {
  template <typename In>
  TriggerResult OnElement(const In&, EventTime timestamp, State& next,
                          TriggerContext& context) const {
    const EventTime last = context.window().max_timestamp();
    if (last <= context.watermark()) {
      return TriggerResult::kFire;
    }
    context.RegisterEventTimeTimer(last);
    if (!next) {
      next = FirstBehind(timestamp, context.window());
      context.RegisterEventTimeTimer(*next);
    }
    return TriggerResult::kContinue;
  }

  TriggerResult OnEventTime(EventTime time, State& next, TriggerContext& context) const {
    if (time == context.window().max_timestamp()) {
      return TriggerResult::kFire;
    }
    if (next != time) {
      return TriggerResult::kContinue;
    }
    next = NextBehind(time, context.window());
    context.RegisterEventTimeTimer(*next);
    return TriggerResult::kFire;
  }

  void Clear(const State& next, TriggerContext& context) const {
    context.DeleteEventTimeTimer(context.window().max_timestamp());
    if (next) {
      context.DeleteEventTimeTimer(*next);
    }
  }

  void OnMerge(const State& next, TriggerContext& context) const {
    if (next) {
      context.RegisterEventTimeTimer(*next);
    }
  }
};

// Whenever the host's clock passes a multiple of `interval`, as long as the window is there.
struct ContinuousProcessingTimeTrigger : FiresContinuously {
  template <typename In>
  TriggerResult OnElement(const In&, EventTime, State& next, TriggerContext& context) const {
    if (!next) {
      next = FirstBehind(context.processing_time(), context.window());
      context.RegisterProcessingTimeTimer(*next);
    }
    return TriggerResult::kContinue;
  }

  TriggerResult OnProcessingTime(EventTime time, State& next, TriggerContext& context) const {
    if (next != time) {
      return TriggerResult::kContinue;
    }
    next = NextBehind(time, context.window());
    context.RegisterProcessingTimeTimer(*next);
    return TriggerResult::kFire;
  }

  void Clear(const State& next, TriggerContext& context) const {
    if (next) {
      context.DeleteProcessingTimeTimer(*next);
    }
  }

  void OnMerge(const State& next, TriggerContext& context) const {
    if (next) {
      context.RegisterProcessingTimeTimer(*next);
    }
  }
};

// With every `count`-th record. By itself it fires at no time: what is left of a window that is
// over is gone.
struct CountTrigger {
  uint64_t count = 1;

  using State = uint64_t;
  using KeepsContents = void;

  template <typename In>
  TriggerResult OnElement(const In&, EventTime, State& so_far, TriggerContext&) const {
    if (++so_far < count) {
      return TriggerResult::kContinue;
    }
    so_far = 0;
    return TriggerResult::kFire;
  }

  void Clear(const State&, TriggerContext&) const {}

  void Merge(State& into, const State& from) const { into += from; }

  void OnMerge(const State&, TriggerContext&) const {}
};

// With each record that is further than `threshold` from the one with which it fired last;
// `delta(before, now)` says how far. The first record is where it starts.
template <typename In, std::invocable<const In&, const In&> Delta>
struct DeltaTrigger {
  int64_t threshold = 0;
  Delta delta;

  using State = std::optional<In>;
  using KeepsContents = void;

  TriggerResult OnElement(const In& record, EventTime, State& last, TriggerContext&) const {
    if (last && !(delta(*last, record) > threshold)) {
      return TriggerResult::kContinue;
    }
    const bool is_first = !last;
    last = record;
    return is_first ? TriggerResult::kContinue : TriggerResult::kFire;
  }

  void Clear(const State&, TriggerContext&) const {}
};

// Never: what the global window has unless told otherwise.
struct NeverTrigger {
  using State = std::monostate;
  using KeepsContents = void;

  template <typename In>
  TriggerResult OnElement(const In&, EventTime, State&, TriggerContext&) const {
    return TriggerResult::kContinue;
  }

  void Clear(const State&, TriggerContext&) const {}

  void Merge(State&, const State&) const {}

  void OnMerge(const State&, TriggerContext&) const {}
};

// As `inner`, and each time that it fires the window is emptied.
template <typename Inner>
struct PurgingTrigger {
  Inner inner;

  using State = typename Inner::State;

  sim::Result<void> Validate() const
    requires requires(const Inner& trigger) { trigger.Validate(); }
  {
    return inner.Validate();
  }

  template <typename In>
  TriggerResult OnElement(const In& record, EventTime timestamp, State& state,
                          TriggerContext& context) const {
    return Purging(inner.OnElement(record, timestamp, state, context));
  }

  TriggerResult OnEventTime(EventTime time, State& state, TriggerContext& context) const
    requires requires(const Inner& trigger) { trigger.OnEventTime(time, state, context); }
  {
    return Purging(inner.OnEventTime(time, state, context));
  }

  TriggerResult OnProcessingTime(EventTime time, State& state, TriggerContext& context) const
    requires requires(const Inner& trigger) { trigger.OnProcessingTime(time, state, context); }
  {
    return Purging(inner.OnProcessingTime(time, state, context));
  }

  void Clear(const State& state, TriggerContext& context) const { inner.Clear(state, context); }

  void Merge(State& into, const State& from) const
    requires MergingTrigger<Inner>
  {
    inner.Merge(into, from);
  }

  void OnMerge(const State& merged, TriggerContext& context) const
    requires MergingTrigger<Inner>
  {
    inner.OnMerge(merged, context);
  }

 private:
  static TriggerResult Purging(TriggerResult result) {
    return Fires(result) ? TriggerResult::kFireAndPurge : result;
  }
};

template <typename Inner>
PurgingTrigger(Inner) -> PurgingTrigger<Inner>;

// What windows have unless told otherwise.
template <typename Windows>
struct DefaultTriggerOf {
  using Type = EventTimeTrigger;
};

template <>
struct DefaultTriggerOf<GlobalWindows> {
  using Type = NeverTrigger;
};

}  // namespace flinch::engine
