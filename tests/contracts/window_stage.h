// A window operator by hand, whose records are numbers of a key, and whose trigger does as it is
// told. Results are "key [start,end) 1+2+3 @time", late records "key 1 @time".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/graph/key_codec.h"
#include "engine/operators/general_window.h"
#include "engine/side_output.h"
#include "tests/support/operator_harness.h"

namespace flinch::tests {

struct Item {
  std::string key;
  int64_t value = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.value);
  }
};

inline std::string ShowWindow(const std::string& key, const engine::TimeWindow& window) {
  return window == engine::kGlobalWindow
             ? key
             : fmt::format("{} [{},{})", key, window.start.nanos(), window.end.nanos());
}

// All records of a window, in a line.
struct Listed {
  void Process(const std::string& key, const engine::TimeWindow& window,
               std::span<const Item> items, engine::Collector<std::string>& out) const {
    std::vector<int64_t> values;
    for (const Item& item : items) {
      values.push_back(item.value);
    }
    out.Collect(fmt::format("{} {}", ShowWindow(key, window), fmt::join(values, "+")));
  }
};

struct Sum {
  Item operator()(const Item& left, const Item& right) const {
    return {.key = left.key, .value = left.value + right.value};
  }
};

struct ShowSum {
  void Process(const std::string& key, const engine::TimeWindow& window, const Item& sum,
               engine::Collector<std::string>& out) const {
    out.Collect(fmt::format("{} {}", ShowWindow(key, window), sum.value));
  }
};

using ListedContents = engine::CollectedContents<std::string, Item, std::string, Listed>;
using SummedContents =
    engine::AggregatedThenProcessed<std::string, Item, std::string,
                                    engine::ReducingFunction<Item, Sum>, ShowSum>;

// What a trigger does, and what it was asked: "element a 1 @5", "event time 9", "clear".
struct Script {
  engine::TriggerResult on_element = engine::TriggerResult::kContinue;
  engine::TriggerResult on_event_time = engine::TriggerResult::kContinue;
  engine::TriggerResult on_processing_time = engine::TriggerResult::kContinue;
  std::optional<int64_t> event_timer;  // to be registered with each record
  std::optional<int64_t> processing_timer;
  std::optional<int64_t> deleted_timer;
  bool keeps_state = false;
  std::vector<std::string> calls{};
};

struct Scripted {
  Script* script;

  using State = int64_t;  // records so far

  engine::TriggerResult OnElement(const Item& item, engine::EventTime time, int64_t& records,
                                  engine::TriggerContext& context) const {
    records += script->keeps_state ? 1 : 0;
    script->calls.push_back(fmt::format("element {} {} @{} of {}", item.key, item.value,
                                        time.nanos(), ShowWindow("", context.window())));
    if (script->event_timer) {
      context.RegisterEventTimeTimer(engine::EventTime(*script->event_timer));
    }
    if (script->processing_timer) {
      context.RegisterProcessingTimeTimer(engine::EventTime(*script->processing_timer));
    }
    if (script->deleted_timer) {
      context.DeleteEventTimeTimer(engine::EventTime(*script->deleted_timer));
    }
    return script->on_element;
  }

  engine::TriggerResult OnEventTime(engine::EventTime time, int64_t&,
                                    engine::TriggerContext&) const {
    script->calls.push_back(fmt::format("event time {}", time.nanos()));
    return script->on_event_time;
  }

  engine::TriggerResult OnProcessingTime(engine::EventTime time, int64_t&,
                                         engine::TriggerContext&) const {
    script->calls.push_back(fmt::format("processing time {}", time.nanos()));
    return script->on_processing_time;
  }

  void Clear(const int64_t& records, engine::TriggerContext& context) const {
    script->calls.push_back(
        fmt::format("clear {} of {}", records, ShowWindow("", context.window())));
    if (script->event_timer) {
      context.DeleteEventTimeTimer(engine::EventTime(*script->event_timer));
    }
  }

  void Merge(int64_t& into, const int64_t& from) const { into += from; }

  void OnMerge(const int64_t& merged, engine::TriggerContext& context) const {
    script->calls.push_back(
        fmt::format("merged {} into {}", merged, ShowWindow("", context.window())));
  }
};

class WindowStage {
 public:
  static inline const engine::SideOutput<Item> kLate{"late"};

  // A stage of `contents` whose windows fire by `trigger`.
  template <typename Contents, typename Trigger>
  WindowStage(engine::WindowOptions options, Contents contents, Trigger trigger,
              const OperatorSnapshot* restored = nullptr)
      : harness_({.make =
                      [options, contents, trigger] {
                        return std::make_unique<
                            engine::GeneralWindowOperator<std::string, Item, Contents, Trigger>>(
                            options, contents, trigger);
                      },
                  .key = engine::MakeKeyCodec<Item>([](const Item& item) { return item.key; }),
                  .output = engine::TypeOf<std::string>(),
                  .sides = {{kLate.tag(), engine::TypeOf<Item>()}}},
                 restored) {}

  // Of all records in a line.
  template <typename Trigger = engine::EventTimeTrigger>
  explicit WindowStage(engine::WindowOptions options, Trigger trigger = {},
                       const OperatorSnapshot* restored = nullptr)
      : WindowStage(std::move(options), ListedContents{}, std::move(trigger), restored) {}

  WindowStage& Add(const std::string& key, int64_t value, int64_t time) {
    const auto added = harness_.Process(Item{.key = key, .value = value}, engine::EventTime(time));
    sim::Check(added.has_value(), "a record is refused");
    return *this;
  }

  WindowStage& Watermark(int64_t time) {
    sim::Check(harness_.Watermark(engine::EventTime(time)).has_value(), "a watermark is refused");
    return *this;
  }

  // The host's clock goes on until it shows `time`, and what is due fires.
  WindowStage& Clock(int64_t time) {
    sim::Check(harness_.PassTimeUntil(time).has_value(), "a timer fails");
    return *this;
  }

  std::vector<std::string> Take() {
    std::vector<std::string> lines;
    for (const auto& [line, time] : harness_.Take<std::string>()) {
      lines.push_back(time == engine::kMaxEventTime ? line
                                                    : fmt::format("{} @{}", line, time.nanos()));
    }
    return lines;
  }

  std::vector<std::string> TakeLate() {
    std::vector<std::string> lines;
    for (const auto& [item, time] : harness_.TakeSide<Item>(kLate.tag())) {
      lines.push_back(fmt::format("{} {} @{}", item.key, item.value, time.nanos()));
    }
    return lines;
  }

  // How many are registered.
  size_t EventTimers() { return Timers(engine::TimeDomain::kEventTime); }

  size_t ProcessingTimers() { return Timers(engine::TimeDomain::kProcessingTime); }

  // Windows and states of triggers that are kept.
  size_t Kept() { return harness_.keyed_state().entries() - EventTimers() - ProcessingTimers(); }

  OperatorHarness& harness() { return harness_; }

 private:
  size_t Timers(engine::TimeDomain domain) {
    return (*harness_.keyed_state().Register<engine::Timer<engine::TimeWindow>, std::monostate>(
                engine::StateKind::kTimers, engine::TimerState("operator", domain)))
        ->entries();
  }

  OperatorHarness harness_;
};

}  // namespace flinch::tests
