// The typed way to write a job, in Flink's names.
//
//   StreamExecutionEnvironment env("clicks", {.parallelism = 4});
//   env.FromSource<Click>("source", [] { return std::make_unique<…>(); })
//       .Filter("valid", [](const Click& c) { return !c.url.empty(); })
//       .KeyBy([](const Click& c) { return c.url; })
//       .Window(1min)
//       .Aggregate("window", Count())
//       .SinkTo("sink", [] { return std::make_unique<…>(); })
//       .DisableChaining();
//   Result<JobGraph> graph = BuildJobGraph(env.Build());
//
// Streams are light handles on the environment, which must outlive them; a handle never changes
// what another one means. Functions are copied into each subtask. Sources and sinks say their type
// (`Out`, `In`), so that a stream of T is made of T. Keys: engine/graph/key_codec.h; side outputs:
// engine/side_output.h. Operator names are unique in a job; state is matched by uid, else by name.
// Mistakes of structure are found by BuildJobGraph, mistakes of type by the compiler.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/functions.h"
#include "engine/graph/key_codec.h"
#include "engine/graph/stream_graph.h"
#include "engine/operators/general_window.h"
#include "engine/operators/keyed_process.h"
#include "engine/operators/process.h"
#include "engine/operators/stateless.h"
#include "engine/operators/window_operator.h"
#include "engine/side_output.h"
#include "engine/state/key_groups.h"

namespace flinch::engine {

// Makes the source of each subtask. Its operator says what it emits: `using Out = T;`.
template <typename Factory, typename T>
concept SourceFactory =
    requires(Factory make) { typename decltype(make())::element_type::Out; } &&
    std::derived_from<typename std::invoke_result_t<Factory>::element_type, SourceOperator> &&
    std::same_as<typename std::invoke_result_t<Factory>::element_type::Out, T>;

// Makes the sink of each subtask. Its operator says what it takes: `using In = T;`.
template <typename Factory, typename T>
concept SinkFactory =
    requires(Factory make) { typename decltype(make())::element_type::In; } &&
    std::derived_from<typename std::invoke_result_t<Factory>::element_type, StreamOperator> &&
    std::same_as<typename std::invoke_result_t<Factory>::element_type::In, T>;

struct StreamOptions {
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 0;  // 0: DefaultMaxParallelism
};

template <typename T>
class DataStream;
template <typename T>
class SingleOutputStream;

// One output of one operator, on its way to the next.
struct StreamEnd {
  size_t node = 0;
  OutputTag tag;
  Partitioning partitioning = Partitioning::kForward;
};

class StreamExecutionEnvironment {
 public:
  StreamExecutionEnvironment(std::string job_name, const StreamOptions& options)
      : parallelism_(options.parallelism) {
    graph_.job_name = std::move(job_name);
    graph_.max_parallelism_is_set = options.max_parallelism != 0;
    graph_.max_parallelism = options.max_parallelism == 0
                                 ? DefaultMaxParallelism(options.parallelism)
                                 : options.max_parallelism;
  }

  StreamExecutionEnvironment(const StreamExecutionEnvironment&) = delete;
  StreamExecutionEnvironment& operator=(const StreamExecutionEnvironment&) = delete;

  // With an enumerator `make` makes SourceReaders: engine/source.h.
  template <typename T, SourceFactory<T> Factory>
  SingleOutputStream<T> FromSource(std::string name, Factory make,
                                   SplitEnumeratorFactory make_enumerator = {});

  StreamGraph Build() const { return graph_; }

  // ---- For the handles below; jobs have no use for it.

  // Gives the new operator's place in the graph.
  size_t AddOperator(OperatorSpec spec) {
    spec.parallelism = parallelism_;
    graph_.nodes.push_back(std::move(spec));
    return graph_.nodes.size() - 1;
  }

  void Connect(const std::vector<StreamEnd>& ends, size_t to, uint32_t input) {
    for (const StreamEnd& end : ends) {
      graph_.edges.push_back({.from = end.node,
                              .tag = end.tag,
                              .to = to,
                              .input = input,
                              .partitioning = end.partitioning});
    }
  }

  OperatorSpec& operator_at(size_t node) { return graph_.nodes.at(node); }

 private:
  StreamGraph graph_;
  uint32_t parallelism_;
};

// What can be said of the operator that made something.
template <typename Self>
class OperatorHandle {
 public:
  // Who the operator is, for its state: kept, it may be renamed and moved.
  Self& Uid(std::string uid) {
    self().made().uid = std::move(uid);
    return self();
  }

  Self& SetParallelism(uint32_t parallelism) {
    self().made().parallelism = parallelism;
    return self();
  }

  // The operator begins a chain: it is not chained to what is before it.
  Self& StartNewChain() {
    self().made().chaining = ChainStrategy::kHead;
    return self();
  }

  // The operator is a chain of its own.
  Self& DisableChaining() {
    self().made().chaining = ChainStrategy::kNever;
    return self();
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

// The end of a stream.
class StreamSink : public OperatorHandle<StreamSink> {
 public:
  StreamSink(StreamExecutionEnvironment& environment, size_t node)
      : environment_(&environment), node_(node) {}

  OperatorSpec& made() { return environment_->operator_at(node_); }

 private:
  StreamExecutionEnvironment* environment_;
  size_t node_;
};

template <typename Key, typename T>
class KeyedStream;
template <typename First, typename Second>
class ConnectedStreams;

template <typename T>
class DataStream {
 public:
  DataStream(StreamExecutionEnvironment& environment, std::vector<StreamEnd> ends)
      : environment_(&environment), ends_(std::move(ends)) {}

  template <typename Function, typename Out = std::invoke_result_t<Function, const T&>>
  SingleOutputStream<Out> Map(std::string name, Function function) const {
    return Then(
        std::move(name),
        [function] { return std::make_unique<MapOperator<T, Function>>(function); },
        OutputsOf<Out>(function), Made<Out>());
  }

  template <std::predicate<const T&> Function>
  SingleOutputStream<T> Filter(std::string name, Function function) const {
    return Then(
        std::move(name),
        [function] { return std::make_unique<FilterOperator<T, Function>>(function); },
        OutputsOf<T>(function), Made<T>());
  }

  template <typename Out, std::invocable<const T&, Collector<Out>&> Function>
  SingleOutputStream<Out> FlatMap(std::string name, Function function) const {
    return Then(
        std::move(name),
        [function] { return std::make_unique<FlatMapOperator<T, Out, Function>>(function); },
        OutputsOf<Out>(function), Made<Out>());
  }

  // See operators/process.h.
  template <typename Out, typename Function>
  SingleOutputStream<Out> Process(std::string name, Function function) const {
    return Then(
        std::move(name),
        [function] { return std::make_unique<ProcessOperator<T, Out, Function>>(function); },
        OutputsOf<Out>(function), Made<Out>());
  }

  template <typename Function, typename Key = std::invoke_result_t<Function, const T&>>
  KeyedStream<Key, T> KeyBy(Function selector) const;

  // The records of all, in the order of their arrival.
  DataStream Union(const DataStream& other) const {
    std::vector<StreamEnd> ends = ends_;
    ends.insert(ends.end(), other.ends_.begin(), other.ends_.end());
    return {*environment_, std::move(ends)};
  }

  // Two streams for one operator that tells them apart.
  template <typename Second>
  ConnectedStreams<T, Second> Connect(const DataStream<Second>& second) const {
    return {*environment_, ends_, second.ends()};
  }

  template <SinkFactory<T> Factory>
  StreamSink SinkTo(std::string name, Factory make) const {
    using Sink = typename std::invoke_result_t<Factory>::element_type;
    OperatorSpec spec{.name = std::move(name),
                      .uid = {},
                      .make = std::move(make),
                      .inputs = {{.type = TypeOf<T>(), .key = {}}},
                      .outputs = {},
                      .decorate = {}};
    if constexpr (requires { Sink::SharedLists(); }) {
      spec.shared_lists = Sink::SharedLists();
    }
    const size_t node = environment_->AddOperator(std::move(spec));
    environment_->Connect(ends_, node, 0);
    return {*environment_, node};
  }

  // The same stream, whose next operator's subtasks get records in turn, whoever produced them.
  DataStream Rebalance() const {
    std::vector<StreamEnd> ends = ends_;
    for (StreamEnd& end : ends) {
      end.partitioning = Partitioning::kRebalance;
    }
    return {*environment_, std::move(ends)};
  }

  const std::vector<StreamEnd>& ends() const { return ends_; }

 protected:
  StreamExecutionEnvironment& environment() const { return *environment_; }

 private:
  template <typename Out>
  struct Made {};

  template <typename Out>
  SingleOutputStream<Out> Then(std::string name, OperatorFactory make,
                               std::vector<OutputSpec> outputs, Made<Out>) const {
    const size_t node = environment_->AddOperator({.name = std::move(name),
                                                   .uid = {},
                                                   .make = std::move(make),
                                                   .inputs = {{.type = TypeOf<T>(), .key = {}}},
                                                   .outputs = std::move(outputs),
                                                   .decorate = {}});
    environment_->Connect(ends_, node, 0);
    return {*environment_, node};
  }

  StreamExecutionEnvironment* environment_;
  std::vector<StreamEnd> ends_;
};

// The main output of an operator, of which more can be said.
template <typename T>
class SingleOutputStream : public DataStream<T>, public OperatorHandle<SingleOutputStream<T>> {
 public:
  SingleOutputStream(StreamExecutionEnvironment& environment, size_t node)
      : DataStream<T>(environment, {{.node = node, .tag = kMainOutput}}) {}

  // What the operator emits to a side output. BuildJobGraph refuses one that it has not declared.
  template <typename Side>
  DataStream<Side> GetSideOutput(const SideOutput<Side>& side) const {
    return {this->environment(), {{.node = this->ends().front().node, .tag = side.tag()}}};
  }

  OperatorSpec& made() { return this->environment().operator_at(this->ends().front().node); }
};

template <typename T, SourceFactory<T> Factory>
SingleOutputStream<T> StreamExecutionEnvironment::FromSource(
    std::string name, Factory make, SplitEnumeratorFactory make_enumerator) {
  using Source = typename std::invoke_result_t<Factory>::element_type;
  OperatorSpec spec{.name = std::move(name),
                    .uid = {},
                    .make = std::move(make),
                    .is_source = true,
                    .inputs = {},
                    .outputs = {{.tag = kMainOutput, .name = {}, .type = TypeOf<T>()}},
                    .decorate = {},
                    .make_enumerator = std::move(make_enumerator)};
  if constexpr (requires { Source::SharedLists(); }) {
    if (!spec.make_enumerator) {
      spec.shared_lists = Source::SharedLists();
    }
  }
  return {*this, AddOperator(std::move(spec))};
}

// Two streams that one operator reads.
template <typename First, typename Second>
class ConnectedStreams {
 public:
  ConnectedStreams(StreamExecutionEnvironment& environment, std::vector<StreamEnd> first,
                   std::vector<StreamEnd> second, KeyCodec first_key = {}, KeyCodec second_key = {})
      : environment_(&environment),
        first_(std::move(first)),
        second_(std::move(second)),
        first_key_(std::move(first_key)),
        second_key_(std::move(second_key)) {}

  // See operators/process.h. Of keyed streams, both records of a key come to one subtask.
  template <typename Out, typename Function>
  SingleOutputStream<Out> Process(std::string name, Function function) const {
    return Transform<Out>(
        std::move(name),
        [function] {
          return std::make_unique<TwoInputProcessOperator<First, Second, Out, Function>>(function);
        },
        OutputsOf<Out>(function));
  }

  // An operator of one's own with two inputs.
  template <typename Out>
  SingleOutputStream<Out> Transform(std::string name, OperatorFactory make,
                                    std::vector<OutputSpec> outputs) const {
    const size_t node =
        environment_->AddOperator({.name = std::move(name),
                                   .uid = {},
                                   .make = std::move(make),
                                   .inputs = {{.type = TypeOf<First>(), .key = first_key_},
                                              {.type = TypeOf<Second>(), .key = second_key_}},
                                   .outputs = std::move(outputs),
                                   .decorate = {}});
    environment_->Connect(first_, node, 0);
    environment_->Connect(second_, node, 1);
    return {*environment_, node};
  }

 private:
  StreamExecutionEnvironment* environment_;
  std::vector<StreamEnd> first_;
  std::vector<StreamEnd> second_;
  KeyCodec first_key_;
  KeyCodec second_key_;
};

// The windows of a keyed stream: engine/windows.h.
template <typename Key, typename T>
class WindowedStream {
 public:
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
    if (const std::optional<sim::Duration> size = PlainSize()) {
      return stream_.template Then<Out>(
          std::move(name),
          [size = *size, function] {
            return std::make_unique<WindowOperator<Key, T, Function>>(size, function);
          },
          OutputsOf<Out>(function));
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
    return General<ReducedContents<Key, T, Function>>(std::move(name), {.function = function},
                                                      OutputsOf<WindowResult<Key, T>>(function));
  }

  // A function sees all records of a window at once (CollectedContents).
  template <typename Out, typename Function>
  SingleOutputStream<Out> Process(std::string name, Function function) const {
    return General<CollectedContents<Key, T, Out, Function>>(
        std::move(name), {.function = function}, OutputsOf<Out>(function));
  }

 private:
  friend class KeyedStream<Key, T>;

  WindowedStream(KeyedStream<Key, T> stream, WindowAssigner assigner)
      : stream_(std::move(stream)), options_{.assigner = std::move(assigner)} {}

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
    outputs.insert(outputs.end(), late_.begin(), late_.end());
    return stream_.template Then<typename Contents::Out>(
        std::move(name),
        [options = options_, contents] {
          return std::make_unique<GeneralWindowOperator<Key, T, Contents>>(options, contents);
        },
        std::move(outputs));
  }

  KeyedStream<Key, T> stream_;
  WindowOptions options_;
  std::vector<OutputSpec> late_;
};

template <typename Key, typename T>
class KeyedStream {
 public:
  KeyedStream(StreamExecutionEnvironment& environment, std::vector<StreamEnd> ends, KeyCodec key)
      : environment_(&environment), ends_(std::move(ends)), key_(std::move(key)) {
    for (StreamEnd& end : ends_) {
      end.partitioning = Partitioning::kHash;
    }
  }

  // Tumbling event-time windows.
  WindowedStream<Key, T> Window(sim::Duration size) const {
    return {*this, TumblingWindows{.size = size}};
  }

  WindowedStream<Key, T> Window(WindowAssigner assigner) const {
    return {*this, std::move(assigner)};
  }

  // See operators/keyed_process.h.
  template <typename Out, typename Function>
  SingleOutputStream<Out> Process(std::string name, Function function) const {
    return Then<Out>(
        std::move(name),
        [function] {
          return std::make_unique<KeyedProcessOperator<Key, T, Out, Function>>(function);
        },
        OutputsOf<Out>(function));
  }

  // Emits, for each record, what `function(so far, record)` makes of all of its key.
  template <std::invocable<const T&, const T&> Function>
  SingleOutputStream<T> Reduce(std::string name, Function function) const {
    struct Reducer {
      Function function;
      ValueState<T> state{};

      void Open(RuntimeContext& context) { state = context.GetState<T>({"reduce"}); }

      void ProcessElement(const T& record, const KeyedContext<Key, T>& context) {
        const T* const so_far = state.Find();
        const T result = so_far != nullptr ? function(*so_far, record) : record;
        state.Update(result);
        context.out.Collect(result);
      }

      void OnTimer(EventTime, const KeyedContext<Key, T>&) {}
    };

    return Process<T>(std::move(name), Reducer{std::move(function)});
  }

  // Two streams by one key for one operator that tells them apart.
  template <typename Second>
  ConnectedStreams<T, Second> Connect(const KeyedStream<Key, Second>& second) const {
    return {*environment_, ends_, second.ends(), key_, second.key()};
  }

  const std::vector<StreamEnd>& ends() const { return ends_; }

  const KeyCodec& key() const { return key_; }

 private:
  friend class WindowedStream<Key, T>;

  template <typename Out>
  SingleOutputStream<Out> Then(std::string name, OperatorFactory make,
                               std::vector<OutputSpec> outputs) const {
    const size_t node = environment_->AddOperator({.name = std::move(name),
                                                   .uid = {},
                                                   .make = std::move(make),
                                                   .inputs = {{.type = TypeOf<T>(), .key = key_}},
                                                   .outputs = std::move(outputs),
                                                   .decorate = {}});
    environment_->Connect(ends_, node, 0);
    return {*environment_, node};
  }

  StreamExecutionEnvironment* environment_;
  std::vector<StreamEnd> ends_;
  KeyCodec key_;
};

template <typename T>
template <typename Function, typename Key>
KeyedStream<Key, T> DataStream<T>::KeyBy(Function selector) const {
  static_assert(KeyType<Key>,
                "KeyBy: what the selector returns has no codec as a key. Return text, a number, an "
                "enum, an id, a pair, an optional or a list of such, or a struct with operator<=>, "
                "operator== and a Visit that names its fields (engine/graph/key_codec.h)");
  return {*environment_, ends_, MakeKeyCodec<T>(std::move(selector))};
}

}  // namespace flinch::engine
