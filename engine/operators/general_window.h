// Windows of any assigner, with triggers, evictors, allowed lateness and late data.
//
// The operator of tumbling windows without lateness (window_operator.h) has a shorter way for each
// record; this one has them all.
// State:  the window's contents under (key, window), and what its trigger keeps. Where sessions
//         merge, both do, under the window that covers them, and the timers of the old ones go.
// Timers: those of the trigger, and one when the window is over, at which its contents go. Two of
//         one time are one.
// Source: Flink's WindowOperator, EvictingWindowOperator and MergingWindowSet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/defects.h"
#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/operators/window_contents.h"
#include "engine/runtime/processing_timers.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/stream_operator.h"
#include "engine/triggers.h"
#include "engine/windows.h"

namespace flinch::engine {

struct WindowOptions {
  WindowAssigner assigner;
  TimeDomain domain = TimeDomain::kEventTime;
  sim::Duration allowed_lateness{};
  std::optional<OutputTag> late;  // where late records go
};

// Whether sessions of the operator can be joined, and what is missing.
enum class Mergeable : uint8_t { kYes, kContentsAreNot, kTriggerIsNot };

// What does not depend on types.
class GeneralWindowBase : public StreamOperator {
 public:
  explicit GeneralWindowBase(WindowOptions options) : options_(std::move(options)) {}

  sim::SimTime NextTimer() const override { return processing_timers_->due_at(); }

 protected:
  sim::Result<void> OpenBase(OperatorRuntime& runtime, Mergeable mergeable);

  // kInvalidArgument for a record without a timestamp, where windows go by it.
  sim::Result<void> RequireTimestamp(EventTime timestamp) const;

  bool merges() const { return std::holds_alternative<SessionWindows>(options_.assigner); }

  const WindowOptions& options() const { return options_; }

  // Of the global window's results: the end of time.
  EventTime ResultTime(const TimeWindow& window) const {
    return is_global_ ? kMaxEventTime : window.max_timestamp();
  }

  // From then on nothing is known of the window any more.
  EventTime OverAt(const TimeWindow& window) const;

  // By event time alone: a clock has passed no record that is only coming.
  bool IsOver(const TimeWindow& window) const { return has_late_ && OverAt(window) <= watermark_; }

  // The time by which a record of this timestamp gets its windows.
  EventTime AssignedBy(EventTime timestamp) const {
    return options_.domain == TimeDomain::kEventTime ? timestamp : processing_timers_->now();
  }

  bool IsLate(EventTime timestamp) const {
    return IsOver({.start = timestamp, .end = EventTime(timestamp.nanos() + 1)});
  }

  // A record that has come too late for all of its windows.
  sim::Result<void> GiveLate(const StreamRecord& record);

  KeyedStateBackend& state() const { return *state_; }

  const Defects& defects() const { return defects_; }

  Output& output() const { return *output_; }

  TimerService<TimeWindow>& timers() { return *timers_; }

  ProcessingTimers<TimeWindow>& processing_timers() { return *processing_timers_; }

  EventTime watermark() const { return watermark_; }

  void OnWatermark(EventTime watermark) { watermark_ = watermark; }

  // At the end of time there is nothing left to clean up.
  void RegisterCleanup(const TimeWindow& window);
  void DeleteCleanup(const TimeWindow& window);

 private:
  WindowOptions options_;
  bool is_global_ = false;
  bool has_late_ = true;  // records that come too late for their windows
  Defects defects_;
  OperatorRuntime* runtime_ = nullptr;
  std::string subtask_;
  KeyedStateBackend* state_ = nullptr;
  Output* output_ = nullptr;
  std::optional<TimerService<TimeWindow>> timers_;
  std::optional<ProcessingTimers<TimeWindow>> processing_timers_;
  EventTime watermark_ = kMinEventTime;
};

template <typename Key, typename In, typename Contents, typename Trigger = EventTimeTrigger>
  requires WindowTrigger<Trigger, In>
class GeneralWindowOperator final : public GeneralWindowBase {
 public:
  GeneralWindowOperator(WindowOptions options, Contents contents, Trigger trigger = {})
      : GeneralWindowBase(std::move(options)),
        contents_(std::move(contents)),
        trigger_(std::move(trigger)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    if constexpr (requires { trigger_.Validate(); }) {
      if (const sim::Result<void> valid = trigger_.Validate(); !valid) {
        return valid;
      }
    }
    OpenContents(contents_, runtime);
    const Mergeable mergeable = !MergeableContents<Contents> ? Mergeable::kContentsAreNot
                                : !MergingTrigger<Trigger>   ? Mergeable::kTriggerIsNot
                                                             : Mergeable::kYes;
    if (sim::Result<void> opened = OpenBase(runtime, mergeable); !opened) {
      return opened;
    }
    const auto table = state().template State<TimeWindow, Held>(StateKind::kAggregating, "window");
    if (!table) {
      return StateRefused(runtime.subtask(), table.error());
    }
    table_ = *table;
    return OpenTrigger(runtime.subtask());
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    if (sim::Result<void> required = RequireTimestamp(record.timestamp); !required) {
      return required;
    }
    bool is_late = true;
    for (TimeWindow window : WindowsOf(options().assigner, AssignedBy(record.timestamp))) {
      if (merges()) {
        window = MergeInto(window);
      }
      if (IsOver(window)) {
        continue;
      }
      is_late = false;
      if (sim::Result<void> added = AddTo(window, record); !added) {
        return added;
      }
    }
    // Between sliding windows with gaps there may be none.
    return is_late && IsLate(record.timestamp) ? GiveLate(record) : sim::Result<void>();
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    OnWatermark(watermark);
    const bool overtakes = defects().Has(Defect::kWatermarkOvertakesItsWindows);
    if (sim::Result<void> passed =
            overtakes ? output().EmitWatermark(watermark) : sim::Result<void>();
        !passed) {
      return passed;
    }
    sim::Result<void> fired = timers().Advance(watermark, [this](const Timer<TimeWindow>& timer) {
      return OnTimer(timer.space, timer.timestamp, TimeDomain::kEventTime);
    });
    return fired && !overtakes ? output().EmitWatermark(watermark) : fired;
  }

  sim::Result<void> EndKey() override {
    OnWatermark(kMaxEventTime);
    sim::Result<void> fired = timers().EndKey([this](const Timer<TimeWindow>& timer) {
      return OnTimer(timer.space, timer.timestamp, TimeDomain::kEventTime);
    });
    if (fired) {
      fired = processing_timers().EndKey([this](const Timer<TimeWindow>& timer) {
        return OnTimer(timer.space, timer.timestamp, TimeDomain::kProcessingTime);
      });
    }
    OnWatermark(kMinEventTime);
    return fired;
  }

  sim::Result<void> FireTimers() override {
    return processing_timers().Fire([this](const Timer<TimeWindow>& timer) {
      return OnTimer(timer.space, timer.timestamp, TimeDomain::kProcessingTime);
    });
  }

 private:
  using Accumulator = typename Contents::Accumulator;
  using TriggerState = typename Trigger::State;

  // A window that was purged is still one that others may merge with.
  static constexpr bool kMayBeEmpty = !KeepingTrigger<Trigger>;
  using Held = std::conditional_t<kMayBeEmpty, std::optional<Accumulator>, Accumulator>;

  static constexpr bool kHasTriggerState = !std::is_same_v<TriggerState, std::monostate>;

  sim::Result<void> OpenTrigger(const SubtaskInfo& subtask) {
    if constexpr (kHasTriggerState) {
      const auto table =
          state().template State<TimeWindow, TriggerState>(StateKind::kValue, "trigger");
      if (!table) {
        return StateRefused(subtask, table.error());
      }
      triggers_ = *table;
    }
    return {};
  }

  sim::Result<void> AddTo(const TimeWindow& window, const StreamRecord& record) {
    const In& value = *static_cast<const In*>(record.value);
    AddTo(ContentsToChange(window), value, record.timestamp);
    const TriggerResult result = Ask(window, [&](TriggerState& state, TriggerContext& context) {
      return trigger_.OnElement(value, record.timestamp, state, context);
    });
    if (sim::Result<void> acted = Act(window, result); !acted) {
      return acted;
    }
    RegisterCleanup(window);
    return {};
  }

  void AddTo(Accumulator& sum, const In& value, EventTime timestamp) const {
    if constexpr (requires { contents_.Add(value, timestamp, sum); }) {
      contents_.Add(value, timestamp, sum);
    } else {
      contents_.Add(value, sum);
    }
  }

  Accumulator& ContentsToChange(const TimeWindow& window) {
    const auto slot = table_.Mutable(window);
    if constexpr (kMayBeEmpty) {
      return slot.value ? *slot.value : slot.value.emplace(contents_.Create());
    } else {
      if (slot.is_new) {
        slot.value = contents_.Create();
      }
      return slot.value;
    }
  }

  // Null when there is no such window, or it is empty.
  const Accumulator* ContentsOf(const TimeWindow& window) const {
    const Held* const held = table_.Find(window);
    if constexpr (kMayBeEmpty) {
      return held != nullptr && held->has_value() ? &**held : nullptr;
    } else {
      return held;
    }
  }

  // `ask(state, context)` of the trigger, whose state is kept unless it says nothing.
  template <typename Asking>
  auto Ask(const TimeWindow& window, Asking ask) {
    TriggerContext context(window, watermark(), timers(), processing_timers());
    if constexpr (kHasTriggerState) {
      TriggerState& state = triggers_.Mutable(window).value;
      const auto answer = ask(state, context);
      if (IsNothing(state)) {
        triggers_.Remove(window);
      }
      return answer;
    } else {
      TriggerState none;
      return ask(none, context);
    }
  }

  TriggerResult AskOfTimer(EventTime time, TimeDomain domain, TriggerState& state,
                           TriggerContext& context) {
    if constexpr (requires { trigger_.OnEventTime(time, state, context); }) {
      if (domain == TimeDomain::kEventTime) {
        return trigger_.OnEventTime(time, state, context);
      }
    }
    if constexpr (requires { trigger_.OnProcessingTime(time, state, context); }) {
      if (domain == TimeDomain::kProcessingTime) {
        return trigger_.OnProcessingTime(time, state, context);
      }
    }
    return TriggerResult::kContinue;
  }

  static bool IsNothing(const TriggerState& state) {
    if constexpr (requires { state.has_value(); }) {
      return !state.has_value();
    } else {
      return state == TriggerState{};
    }
  }

  void ClearTrigger(const TimeWindow& window) {
    Ask(window, [this](TriggerState& state, TriggerContext& context) {
      trigger_.Clear(state, context);
      state = TriggerState{};
      return true;
    });
  }

  // The session that `window` becomes part of, with the contents of all that it joins.
  TimeWindow MergeInto(const TimeWindow& window) {
    if constexpr (MergeableContents<Contents> && MergingTrigger<Trigger>) {
      std::vector<TimeWindow> joined;
      TimeWindow whole = window;
      table_.ForEach([&](const TimeWindow& session, const Held&) {
        if (Meet(session, window)) {
          joined.push_back(session);
          whole = Cover(whole, session);
        }
      });
      if (joined.empty() || (joined.size() == 1 && joined.front() == whole)) {
        return whole;
      }
      std::ranges::sort(joined);
      Merge(joined, whole);
      return whole;
    }
    sim::Unreachable("sessions of what cannot be merged");
  }

  void Merge(const std::vector<TimeWindow>& joined, const TimeWindow& whole) {
    std::optional<Accumulator> sum;
    TriggerState merged{};
    for (const TimeWindow& each : joined) {
      if (const Accumulator* const part = ContentsOf(each); part != nullptr) {
        if (sum && !defects().Has(Defect::kMergeKeepsOneSession)) {
          contents_.Merge(*sum, *part);
        } else if (!sum) {
          sum = *part;
        }
      }
      Ask(each, [&](TriggerState& state, TriggerContext&) {
        trigger_.Merge(merged, state);
        return true;
      });
    }
    for (const TimeWindow& each : joined) {
      ClearTrigger(each);
      DeleteCleanup(each);
      table_.Remove(each);
    }
    if constexpr (kMayBeEmpty) {
      table_.Mutable(whole).value = std::move(sum);
    } else {
      table_.Mutable(whole).value = std::move(sum).value();
    }
    Ask(whole, [&](TriggerState& state, TriggerContext& context) {
      state = std::move(merged);
      trigger_.OnMerge(state, context);
      return true;
    });
  }

  sim::Result<void> OnTimer(const TimeWindow& window, EventTime time, TimeDomain domain) {
    if (merges() && table_.Find(window) == nullptr) {
      return {};  // which a trigger has not taken back
    }
    const bool is_over = domain == options().domain && time == OverAt(window);
    if (is_over && defects().Has(Defect::kWindowIsClearedBeforeItFires)) {
      table_.Remove(window);
    }
    const TriggerResult result = Ask(window, [&](TriggerState& state, TriggerContext& context) {
      return AskOfTimer(time, domain, state, context);
    });
    if (sim::Result<void> acted = Act(window, result); !acted) {
      return acted;
    }
    if (is_over) {
      ClearTrigger(window);
      table_.Remove(window);
    }
    return {};
  }

  sim::Result<void> Act(const TimeWindow& window, TriggerResult result) {
    if (Fires(result)) {
      if (sim::Result<void> fired = Fire(window); !fired) {
        return fired;
      }
    }
    if (Purges(result)) {
      Purge(window);
    }
    return {};
  }

  void Purge(const TimeWindow& window) {
    if constexpr (kMayBeEmpty) {
      if (merges()) {
        table_.Mutable(window).value.reset();
        return;
      }
    }
    table_.Remove(window);
  }

  sim::Result<void> Fire(const TimeWindow& window) {
    const Accumulator* const sum = ContentsOf(window);
    if (sum == nullptr) {
      return {};
    }
    const sim::Result<Key> key = Decode<Key>(state().current_key());
    if (!key) {
      return sim::Fail(sim::ErrorCode::kCorruption,
                       "A restored window has no key of its type: the checkpoint is damaged. "
                       "Restore from another one.");
    }
    Collector<typename Contents::Out> out(output(), ResultTime(window));
    if constexpr (EvictingContents<Contents>) {
      Accumulator& records = ContentsToChange(window);
      contents_.Emit(*key, window, records, out);
      if (records.empty()) {
        Purge(window);
      }
    } else {
      contents_.Emit(*key, window, *sum, out);
    }
    return out.result();
  }

  Contents contents_;
  Trigger trigger_;
  KeyedTable<TimeWindow, Held> table_;
  KeyedTable<TimeWindow, TriggerState> triggers_;
};

}  // namespace flinch::engine
