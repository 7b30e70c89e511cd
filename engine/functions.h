// The shapes of user functions, under Flink's names.
//
// Functions are values that are copied into each subtask. They may throw: that fails the task.
// Where a function has state of its own outside the engine's, it is not restored. Keyed state is
// got once, in `void Open(RuntimeContext&)`, which a function may leave out: engine/state.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "engine/ids.h"
#include "engine/runtime/processing_timers.h"
#include "engine/runtime/timer_service.h"
#include "engine/serializer.h"
#include "engine/state.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// Folds the records of a window:
//   struct Count {
//     using Accumulator = int64_t;
//     using Output = int64_t;
//     Accumulator Create() const;
//     void Add(const Click& record, Accumulator& sum) const;
//     Output Result(const Accumulator& sum) const;
//   };
template <typename Function, typename In>
concept AggregateFunction =
    requires(const Function function, const In& record, typename Function::Accumulator& sum) {
      { function.Create() } -> std::same_as<typename Function::Accumulator>;
      { function.Add(record, sum) } -> std::same_as<void>;
      { function.Result(sum) } -> std::same_as<typename Function::Output>;
    };

// [start, end): half open.
struct TimeWindow {
  EventTime start;
  EventTime end;

  // The last time that belongs to it; the window fires when the watermark reaches it.
  EventTime max_timestamp() const { return EventTime(end.nanos() - 1); }

  friend auto operator<=>(const TimeWindow&, const TimeWindow&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.start);
    visit(self.end);
  }
};

template <typename Key, typename Value>
struct WindowResult {
  Key key{};
  TimeWindow window;
  Value value{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.window);
    visit(self.value);
  }
};

// An operator around a function. A function may have `void NotifyCheckpointComplete(CheckpointId)`
// and `void NotifyCheckpointAborted(CheckpointId)`: Flink's CheckpointListener. They come in the
// task's fiber, between records; late, out of order or never, and a later one implies all earlier
// ones. What they throw fails the task.
template <typename Base, typename Function>
class FunctionOperator : public Base {
 public:
  explicit FunctionOperator(Function function) : function_(std::move(function)) {}

  sim::Result<void> NotifyCheckpointComplete(CheckpointId id) override {
    if constexpr (requires { function_.NotifyCheckpointComplete(id); }) {
      function_.NotifyCheckpointComplete(id);
    }
    return {};
  }

  sim::Result<void> NotifyCheckpointAborted(CheckpointId id) override {
    if constexpr (requires { function_.NotifyCheckpointAborted(id); }) {
      function_.NotifyCheckpointAborted(id);
    }
    return {};
  }

 protected:
  Function function_;
};

// A function with `void Open(OperatorRuntime&)` is told where it runs, once, before its first
// record.
template <typename Function>
void OpenFunction(Function& function, OperatorRuntime& runtime) {
  if constexpr (requires { function.Open(runtime); }) {
    function.Open(runtime);
  }
}

// Where functions put results.
template <typename Out>
class Collector {
 public:
  Collector(Output& output, EventTime timestamp) : output_(output), timestamp_(timestamp) {}

  // The first failure sticks: see `result`.
  void Collect(const Out& value) {
    if (result_) {
      result_ = output_.Emit({&value, timestamp_});
    }
  }

  const sim::Result<void>& result() const { return result_; }

 private:
  Output& output_;
  EventTime timestamp_;
  sim::Result<void> result_;
};

// What a keyed process function may use while a record or a timer is processed. Processing time is
// what the host's wall clock shows, in nanoseconds; results of its timers carry the timer's time.
template <typename Key, typename Out>
struct KeyedContext {
  const Key& key;
  EventTime timestamp;  // of the record, or the timer
  EventTime watermark;
  TimeDomain domain;  // of the timer
  TimerService<std::monostate>& timers;
  ProcessingTimers<std::monostate>& processing_timers;
  Collector<Out>& out;

  void RegisterTimer(EventTime time) const { timers.Register(time); }

  void DeleteTimer(EventTime time) const { timers.Delete(time); }

  EventTime processing_time() const { return processing_timers.now(); }

  void RegisterProcessingTimer(EventTime time) const { processing_timers.Register(time); }

  void DeleteProcessingTimer(EventTime time) const { processing_timers.Delete(time); }
};

}  // namespace flinch::engine
