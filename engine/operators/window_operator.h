// Tumbling event-time windows with aggregation.
//
// A record belongs to the one window that contains its timestamp. Its accumulator is keyed state
// under (key, window); a timer at the window's last nanosecond emits the result and clears the
// state. The result's timestamp is that nanosecond.
// Late:   a record whose window has fired is dropped, counted and traced: never in silence.
// Source: Flink docs "Windows"; WindowOperator with TumblingEventTimeWindows and lateness 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/functions.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// The window of `size` that contains `time`; right for times before 1970, too. Sizes are positive.
// At the ends of time a window is cut to what an EventTime can hold.
TimeWindow TumblingWindowOf(EventTime time, sim::Duration size);

// What does not depend on types: windows as namespaces, timers, late records.
class WindowOperatorBase : public StreamOperator {
 public:
  explicit WindowOperatorBase(sim::Duration size) : size_(size) {}

  sim::Result<void> Open(const OperatorContext& context, const OperatorState* restored) override;
  sim::Result<void> ProcessElement(const StreamRecord& record) final;
  sim::Result<void> ProcessWatermark(EventTime watermark) final;

 protected:
  // Under the record's key.
  virtual void Add(const StreamRecord& record, const std::string& space) = 0;
  // Emits the result of the current key's window and clears its state.
  virtual sim::Result<void> Fire(const TimeWindow& window, const std::string& space) = 0;

  KeyedStateBackend& state() { return *state_; }

  const KeyedStateBackend& state() const { return *state_; }

  Output& output() { return *output_; }

 private:
  sim::Duration size_;
  bool includes_its_end_ = false;  // a planted defect
  sim::Environment* environment_ = nullptr;
  std::string subtask_;
  KeyedStateBackend* state_ = nullptr;
  Output* output_ = nullptr;
  std::unique_ptr<TimerService> timers_;
  EventTime watermark_ = kMinEventTime;
};

template <typename Key, typename In, typename Function>
  requires AggregateFunction<Function, In>
class WindowOperator final : public WindowOperatorBase {
 public:
  using Result = WindowResult<Key, typename Function::Output>;

  WindowOperator(sim::Duration size, Function function)
      : WindowOperatorBase(size), function_(std::move(function)) {}

 protected:
  void Add(const StreamRecord& record, const std::string& space) override {
    ValueState<Accumulator> slot(state(), "window", space);
    Accumulator sum = slot.Value().value_or(function_.Create());
    function_.Add(*static_cast<const In*>(record.value), sum);
    slot.Update(sum);
  }

  sim::Result<void> Fire(const TimeWindow& window, const std::string& space) override {
    ValueState<Accumulator> slot(state(), "window", space);
    const std::optional<Accumulator> sum = slot.Value();
    sim::Result<Key> key = Decode<Key>(state().current_key());
    if (!sum || !key) {
      return sim::Fail(sim::ErrorCode::kCorruption,
                       "A restored window has no contents or no key of its type: the checkpoint is "
                       "damaged. Restore from another one.");
    }
    slot.Clear();
    const Result result{*std::move(key), window, function_.Result(*sum)};
    return output().Emit({&result, window.max_timestamp()});
  }

 private:
  using Accumulator = typename Function::Accumulator;

  Function function_;
};

}  // namespace flinch::engine
