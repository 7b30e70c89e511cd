// The windows of a keyed stream and what may be said of them: a part of engine/data_stream.h, which
// includes it.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/evictors.h"
#include "engine/functions.h"
#include "engine/graph/stream_graph.h"
#include "engine/operators/general_window.h"
#include "engine/operators/window_operator.h"
#include "engine/side_output.h"
#include "engine/triggers.h"
#include "engine/windows.h"

namespace flinch::engine {

template <typename T>
class SingleOutputStream;
template <typename Key, typename T>
class KeyedStream;

// The key of all records of a stream that has none.
struct NoKey {
  friend auto operator<=>(const NoKey&, const NoKey&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

struct NoEvictor {};

// The windows of a keyed stream: engine/windows.h, engine/triggers.h, engine/evictors.h.
template <typename Key, typename T, typename TriggerT = EventTimeTrigger,
          typename EvictorT = NoEvictor>
class WindowedStream {
 public:
  // Instead of what fires these windows otherwise.
  template <WindowTrigger<T> Other>
  WindowedStream<Key, T, Other, EvictorT> Trigger(Other trigger) const {
    return {stream_, options_, late_, std::move(trigger), evictor_};
  }

  // Some of a window's records do not count.
  template <WindowEvictor<T> Other>
  WindowedStream<Key, T, TriggerT, Other> Evictor(Other evictor) const {
    return {stream_, options_, late_, trigger_, std::move(evictor)};
  }

  // So long after its end a window still takes late records, and fires again for each.
  WindowedStream AllowedLateness(sim::Duration lateness) const {
    WindowedStream windows = *this;
    windows.options_.allowed_lateness = lateness;
    return windows;
  }

  // Where records go that are too late: GetSideOutput of what the windows make.
  WindowedStream SideOutputLateData(const SideOutput<T>& side) const {
    WindowedStream windows = *this;
    windows.options_.late = side.tag();
    windows.late_ = {{.tag = side.tag(), .name = side.name(), .type = TypeOf<T>()}};
    return windows;
  }

  template <typename Function>
    requires AggregateFunction<Function, T>
  SingleOutputStream<WindowResult<Key, typename Function::Output>> Aggregate(
      std::string name, Function function) const {
    using Out = WindowResult<Key, typename Function::Output>;
    if constexpr (kIsPlain && !std::is_same_v<Key, NoKey>) {
      if (const std::optional<sim::Duration> size = PlainSize()) {
        return stream_.template Then<Out>(
            std::move(name),
            [size = *size, function] {
              return std::make_unique<WindowOperator<Key, T, Function>>(size, function);
            },
            OutputsOf<Out>(function));
      }
    }
    return General<AggregatedContents<Key, T, Function>>(std::move(name), {.function = function},
                                                         OutputsOf<Out>(function));
  }

  // The same, with a function that sees the aggregate with its window (AggregatedThenProcessed).
  template <typename Out, typename Function, typename Then>
    requires AggregateFunction<Function, T>
  SingleOutputStream<Out> Aggregate(std::string name, Function function, Then then) const {
    return General<AggregatedThenProcessed<Key, T, Out, Function, Then>>(
        std::move(name), {.aggregate = function, .function = then}, OutputsOf<Out>(then));
  }

  // The records of a window are reduced to one: `function(so far, record)`.
  template <std::invocable<const T&, const T&> Function>
  SingleOutputStream<WindowResult<Key, T>> Reduce(std::string name, Function function) const {
    return General<AggregatedContents<Key, T, ReducingFunction<T, Function>>>(
        std::move(name), {.function = {function}}, OutputsOf<WindowResult<Key, T>>(function));
  }

  // The same, with a function that sees the result and its window (AggregatedThenProcessed).
  template <typename Out, std::invocable<const T&, const T&> Function, typename Then>
  SingleOutputStream<Out> Reduce(std::string name, Function function, Then then) const {
    return General<AggregatedThenProcessed<Key, T, Out, ReducingFunction<T, Function>, Then>>(
        std::move(name), {.aggregate = {function}, .function = then}, OutputsOf<Out>(then));
  }

  // A function sees all records of a window at once (CollectedContents).
  template <typename Out, typename Function>
  SingleOutputStream<Out> Process(std::string name, Function function) const {
    return General<CollectedContents<Key, T, Out, Function>>(
        std::move(name), {.function = function}, OutputsOf<Out>(function));
  }

 private:
  friend class KeyedStream<Key, T>;
  template <typename, typename, typename, typename>
  friend class WindowedStream;

  static constexpr bool kEvicts = !std::is_same_v<EvictorT, NoEvictor>;
  static constexpr bool kIsPlain = std::is_same_v<TriggerT, EventTimeTrigger> && !kEvicts;

  WindowedStream(KeyedStream<Key, T> stream, WindowOptions options, std::vector<OutputSpec> late,
                 TriggerT trigger, EvictorT evictor)
      : stream_(std::move(stream)),
        options_(std::move(options)),
        late_(std::move(late)),
        trigger_(std::move(trigger)),
        evictor_(std::move(evictor)) {}

  // Of windows that the operator of tumbling ones knows.
  std::optional<sim::Duration> PlainSize() const {
    const auto* const tumbling = std::get_if<TumblingWindows>(&options_.assigner);
    const bool is_plain = tumbling != nullptr && tumbling->offset == sim::Duration() &&
                          options_.allowed_lateness == sim::Duration() && !options_.late;
    return is_plain ? std::optional(tumbling->size) : std::nullopt;
  }

  template <typename Contents>
  SingleOutputStream<typename Contents::Out> General(std::string name, Contents contents,
                                                     std::vector<OutputSpec> outputs) const {
    if constexpr (kEvicts) {
      using Evicted = EvictedContents<T, Contents, EvictorT>;
      return Made(std::move(name), Evicted{.inner = std::move(contents), .evictor = evictor_},
                  std::move(outputs));
    } else {
      return Made(std::move(name), std::move(contents), std::move(outputs));
    }
  }

  template <typename Contents>
  SingleOutputStream<typename Contents::Out> Made(std::string name, Contents contents,
                                                  std::vector<OutputSpec> outputs) const {
    outputs.insert(outputs.end(), late_.begin(), late_.end());
    auto made = stream_.template Then<typename Contents::Out>(
        std::move(name),
        [options = options_, contents = std::move(contents), trigger = trigger_] {
          return std::make_unique<GeneralWindowOperator<Key, T, Contents, TriggerT>>(
              options, contents, trigger);
        },
        std::move(outputs));
    if constexpr (std::is_same_v<Key, NoKey>) {
      made.SetParallelism(1);
    }
    return made;
  }

  KeyedStream<Key, T> stream_;
  WindowOptions options_;
  std::vector<OutputSpec> late_;
  TriggerT trigger_;
  EvictorT evictor_;
};

}  // namespace flinch::engine
