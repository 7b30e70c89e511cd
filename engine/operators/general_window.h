// Event-time windows of any assigner, with allowed lateness and late data.
//
// The operator of tumbling windows without lateness (window_operator.h) has a shorter way for each
// record; this one has them all.
// State:  the window's contents under (key, window). Where sessions merge, their contents do, under
//         the window that covers them, and the timers of the old ones go.
// Timers: one at a window's last nanosecond, at which it fires, and one when it is over, at which
//         its contents go; without lateness they are one.
// Source: Flink's WindowOperator, MergingWindowSet and EventTimeTrigger.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/stream_operator.h"
#include "engine/windows.h"

namespace flinch::engine {

struct WindowOptions {
  WindowAssigner assigner;
  sim::Duration allowed_lateness{};
  std::optional<OutputTag> late;  // where late records go
};

// What a window holds, and what comes of it:
//   using Accumulator; using Out;
//   Accumulator Create() const;
//   void Add(const In&, Accumulator&) const;
//   void Merge(Accumulator& into, const Accumulator& from) const;     sessions only
//   void Emit(const Key&, const TimeWindow&, const Accumulator&, Collector<Out>&);
// Of an AggregateFunction, whose result goes on as it is.
template <typename Key, typename In, typename Function>
struct AggregatedContents {
  using Accumulator = typename Function::Accumulator;
  using Out = WindowResult<Key, typename Function::Output>;

  Function function;

  Accumulator Create() const { return function.Create(); }

  void Add(const In& record, Accumulator& sum) const { function.Add(record, sum); }

  void Merge(Accumulator& into, const Accumulator& from) const
    requires requires(const Function& f) { f.Merge(into, from); }
  {
    function.Merge(into, from);
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& sum,
            Collector<Out>& out) const {
    out.Collect({key, window, function.Result(sum)});
  }
};

// Of a function that makes one record of two.
template <typename Key, typename In, typename Function>
struct ReducedContents {
  using Accumulator = std::optional<In>;
  using Out = WindowResult<Key, In>;

  Function function;

  Accumulator Create() const { return std::nullopt; }

  void Add(const In& record, Accumulator& sum) const {
    sum = sum ? function(std::as_const(*sum), record) : record;
  }

  void Merge(Accumulator& into, const Accumulator& from) const {
    if (from) {
      Add(*from, into);
    }
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& sum,
            Collector<Out>& out) const {
    out.Collect({key, window, sum.value()});
  }
};

// Of a function that sees all records of the window, in the order of their arrival:
//   void Process(const Key&, const TimeWindow&, std::span<const In>, Collector<Result>&);
template <typename Key, typename In, typename Result, typename Function>
struct CollectedContents {
  using Accumulator = std::vector<In>;
  using Out = Result;

  Function function;

  Accumulator Create() const { return {}; }

  void Add(const In& record, Accumulator& all) const { all.push_back(record); }

  void Merge(Accumulator& into, const Accumulator& from) const {
    into.insert(into.end(), from.begin(), from.end());
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& all, Collector<Out>& out) {
    function.Process(key, window, std::span<const In>(all), out);
  }
};

// Both: aggregated record by record, and a function that sees the aggregate with its window:
//   void Process(const Key&, const TimeWindow&, const Aggregate::Output&, Collector<Result>&);
template <typename Key, typename In, typename Result, typename Aggregate, typename Function>
struct AggregatedThenProcessed {
  using Accumulator = typename Aggregate::Accumulator;
  using Out = Result;

  Aggregate aggregate;
  Function function;

  Accumulator Create() const { return aggregate.Create(); }

  void Add(const In& record, Accumulator& sum) const { aggregate.Add(record, sum); }

  void Merge(Accumulator& into, const Accumulator& from) const
    requires requires(const Aggregate& a) { a.Merge(into, from); }
  {
    aggregate.Merge(into, from);
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& sum, Collector<Out>& out) {
    function.Process(key, window, aggregate.Result(sum), out);
  }
};

template <typename Contents>
concept MergeableContents =
    requires(const Contents& contents, typename Contents::Accumulator& accumulator) {
      contents.Merge(accumulator, accumulator);
    };

// What does not depend on types.
class GeneralWindowBase : public StreamOperator {
 public:
  explicit GeneralWindowBase(WindowOptions options) : options_(std::move(options)) {}

 protected:
  sim::Result<void> OpenBase(OperatorRuntime& runtime, bool can_merge);

  // kInvalidArgument for a record without a timestamp.
  sim::Result<void> RequireTimestamp(EventTime timestamp) const;

  bool merges() const { return std::holds_alternative<SessionWindows>(options_.assigner); }

  const WindowOptions& options() const { return options_; }

  // From then on nothing is known of the window any more.
  EventTime OverAt(const TimeWindow& window) const;

  bool IsOver(const TimeWindow& window) const { return OverAt(window) <= watermark_; }

  bool IsLate(EventTime timestamp) const {
    return IsOver({.start = timestamp, .end = EventTime(timestamp.nanos() + 1)});
  }

  // A record that has come too late for all of its windows.
  sim::Result<void> GiveLate(const StreamRecord& record);

  KeyedStateBackend& state() const { return *state_; }

  Output& output() const { return *output_; }

  TimerService<TimeWindow>& timers() { return *timers_; }

  EventTime watermark() const { return watermark_; }

  void OnWatermark(EventTime watermark) { watermark_ = watermark; }

  void RegisterTimers(const TimeWindow& window);
  void DeleteTimers(const TimeWindow& window);

 private:
  WindowOptions options_;
  OperatorRuntime* runtime_ = nullptr;
  std::string subtask_;
  KeyedStateBackend* state_ = nullptr;
  Output* output_ = nullptr;
  std::optional<TimerService<TimeWindow>> timers_;
  EventTime watermark_ = kMinEventTime;
};

template <typename Key, typename In, typename Contents>
class GeneralWindowOperator final : public GeneralWindowBase {
 public:
  GeneralWindowOperator(WindowOptions options, Contents contents)
      : GeneralWindowBase(std::move(options)), contents_(std::move(contents)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    if (sim::Result<void> opened = OpenBase(runtime, MergeableContents<Contents>); !opened) {
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
    if (sim::Result<void> required = RequireTimestamp(record.timestamp); !required) {
      return required;
    }
    bool is_late = true;
    for (TimeWindow window : WindowsOf(options().assigner, record.timestamp)) {
      if (merges()) {
        window = MergeInto(window);
      }
      if (IsOver(window)) {
        continue;
      }
      is_late = false;
      if (sim::Result<void> added = AddTo(window, *static_cast<const In*>(record.value)); !added) {
        return added;
      }
    }
    // Between sliding windows with gaps there may be none.
    return is_late && IsLate(record.timestamp) ? GiveLate(record) : sim::Result<void>();
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    OnWatermark(watermark);
    sim::Result<void> fired = timers().Advance(watermark, [this](const Timer<TimeWindow>& timer) {
      return OnTimer(timer.space, timer.timestamp);
    });
    return fired ? output().EmitWatermark(watermark) : fired;
  }

 private:
  using Accumulator = typename Contents::Accumulator;

  sim::Result<void> AddTo(const TimeWindow& window, const In& record) {
    const auto slot = table_.Mutable(window);
    if (slot.is_new) {
      slot.value = contents_.Create();
      RegisterTimers(window);
    }
    contents_.Add(record, slot.value);
    return window.max_timestamp() <= watermark() ? Fire(window) : sim::Result<void>();
  }

  // The session that `window` becomes part of, with the contents of all that it joins.
  TimeWindow MergeInto(const TimeWindow& window) {
    if constexpr (MergeableContents<Contents>) {
      std::vector<TimeWindow> joined;
      TimeWindow whole = window;
      table_.ForEach([&](const TimeWindow& session, const Accumulator&) {
        if (Meet(session, window)) {
          joined.push_back(session);
          whole = Cover(whole, session);
        }
      });
      if (joined.empty() || (joined.size() == 1 && joined.front() == whole)) {
        return whole;
      }
      std::ranges::sort(joined);
      Accumulator sum = *table_.Find(joined.front());
      for (const TimeWindow& each : joined) {
        if (each != joined.front()) {
          contents_.Merge(sum, *table_.Find(each));
        }
        DeleteTimers(each);
        table_.Remove(each);
      }
      table_.Mutable(whole).value = std::move(sum);
      RegisterTimers(whole);
      return whole;
    }
    sim::Unreachable("sessions of what cannot be merged");
  }

  sim::Result<void> OnTimer(const TimeWindow& window, EventTime time) {
    if (time == window.max_timestamp()) {
      if (sim::Result<void> fired = Fire(window); !fired) {
        return fired;
      }
    }
    if (time == OverAt(window)) {
      table_.Remove(window);
    }
    return {};
  }

  sim::Result<void> Fire(const TimeWindow& window) {
    const Accumulator* const sum = table_.Find(window);
    const sim::Result<Key> key = Decode<Key>(state().current_key());
    if (sum == nullptr || !key) {
      return sim::Fail(sim::ErrorCode::kCorruption,
                       "A restored window has no contents or no key of its type: the checkpoint is "
                       "damaged. Restore from another one.");
    }
    Collector<typename Contents::Out> out(output(), window.max_timestamp());
    contents_.Emit(*key, window, *sum, out);
    return out.result();
  }

  Contents contents_;
  KeyedTable<TimeWindow, Accumulator> table_;
};

}  // namespace flinch::engine
