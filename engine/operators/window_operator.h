// Tumbling event-time windows with aggregation.
//
// A record belongs to the one window that contains its timestamp. Its accumulator is keyed state
// under (key, window); a timer at the window's last nanosecond emits the result and clears the
// state. The result's timestamp is that nanosecond.
// Late:   a record whose window has fired is dropped, counted and traced: never in silence.
// Source: Flink docs "Windows"; WindowOperator with TumblingEventTimeWindows and lateness 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/defects.h"
#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// The window of `size` that contains `time`; right for times before 1970, too. Sizes are positive.
// At the ends of time a window is cut to what an EventTime can hold.
TimeWindow TumblingWindowOf(EventTime time, sim::Duration size);

// What does not depend on types: windows, watermarks, late records.
class WindowOperatorBase : public StreamOperator {
 public:
  explicit WindowOperatorBase(sim::Duration size) : size_(size) {}

 protected:
  sim::Result<void> OpenBase(OperatorRuntime& runtime);

  // The window of the record that has come; null when it is late, which has been traced.
  // kInvalidArgument for a record without a timestamp.
  sim::Result<const TimeWindow*> Assign(EventTime timestamp) {
    const bool is_in_last =
        last_.start < timestamp && timestamp.nanos() - EndShift() < last_.end.nanos();
    if (is_in_last && last_is_over_at_ > watermark_) {
      return &last_;
    }
    return AssignAnew(timestamp);
  }

  KeyedStateBackend& state() const { return *state_; }

  Output& output() const { return *output_; }

  TimerService<TimeWindow>& timers() { return *timers_; }

  void OnWatermark(EventTime watermark) { watermark_ = watermark; }

 private:
  sim::Result<const TimeWindow*> AssignAnew(EventTime timestamp);

  // Planted: a record at the very end of a window counts to it.
  int64_t EndShift() const { return defects_.Has(Defect::kWindowIncludesItsEnd) ? 1 : 0; }

  sim::Duration size_;
  Defects defects_;
  sim::Environment* environment_ = nullptr;
  std::string subtask_;
  KeyedStateBackend* state_ = nullptr;
  Output* output_ = nullptr;
  std::optional<TimerService<TimeWindow>> timers_;
  EventTime watermark_ = kMinEventTime;
  TimeWindow last_;  // that was assigned; at first none
  EventTime last_is_over_at_;
};

template <typename Key, typename In, typename Function>
  requires AggregateFunction<Function, In>
class WindowOperator final : public WindowOperatorBase {
 public:
  using Result = WindowResult<Key, typename Function::Output>;

  WindowOperator(sim::Duration size, Function function)
      : WindowOperatorBase(size), function_(std::move(function)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    OpenFunction(function_, runtime);
    if (sim::Result<void> opened = OpenBase(runtime); !opened) {
      return opened;
    }
    const auto table =
        state().template State<TimeWindow, Accumulator>(StateKind::kAggregating, "window");
    if (!table) {
      return StateRefused(runtime.subtask(), table.error());
    }
    table_ = *table;
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const sim::Result<const TimeWindow*> window = Assign(record.timestamp);
    if (!window || *window == nullptr) {
      return window ? sim::Result<void>() : sim::Fail(window);
    }
    const auto slot = table_.Mutable(**window);
    if (slot.is_new) {
      slot.value = function_.Create();
      timers().Register((*window)->max_timestamp(), **window);
    }
    function_.Add(*static_cast<const In*>(record.value), slot.value);
    return {};
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    OnWatermark(watermark);
    sim::Result<void> fired = timers().Advance(
        watermark, [this](const Timer<TimeWindow>& timer) { return Fire(timer.space); });
    return fired ? output().EmitWatermark(watermark) : fired;
  }

  sim::Result<void> EndKey() override {
    return timers().EndKey([this](const Timer<TimeWindow>& timer) { return Fire(timer.space); });
  }

 private:
  using Accumulator = typename Function::Accumulator;

  // Emits the result of the current key's window and clears its state.
  sim::Result<void> Fire(const TimeWindow& window) {
    const Accumulator* const sum = table_.Find(window);
    sim::Result<Key> key = Decode<Key>(state().current_key());
    if (sum == nullptr || !key) {
      return sim::Fail(sim::ErrorCode::kCorruption,
                       "A restored window has no contents or no key of its type: the checkpoint is "
                       "damaged. Restore from another one.");
    }
    const Result result{*std::move(key), window, function_.Result(*sum)};
    table_.Remove(window);
    return output().Emit({&result, window.max_timestamp()});
  }

  Function function_;
  KeyedTable<TimeWindow, Accumulator> table_;
};

}  // namespace flinch::engine
