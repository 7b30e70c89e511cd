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
#include "engine/graph/iterations.h"
#include "engine/graph/key_codec.h"
#include "engine/graph/stream_graph.h"
#include "engine/operators/iteration_head.h"
#include "engine/operators/keyed_process.h"
#include "engine/operators/process.h"
#include "engine/operators/stateless.h"
#include "engine/side_output.h"
#include "engine/state/key_groups.h"
#include "engine/windowed_stream.h"

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

  void Connect(const std::vector<StreamEnd>& ends, size_t to, uint32_t input,
               EdgeKind kind = EdgeKind::kPipelined) {
    for (const StreamEnd& end : ends) {
      graph_.edges.push_back({.from = end.node,
                              .tag = end.tag,
                              .to = to,
                              .input = input,
                              .partitioning = end.partitioning,
                              .kind = kind});
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
class IterativeStream;

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

  // An operator of one's own.
  template <typename Out>
  SingleOutputStream<Out> Transform(std::string name, OperatorFactory make,
                                    std::vector<OutputSpec> outputs) const {
    return Then(std::move(name), std::move(make), std::move(outputs), Made<Out>());
  }

  template <typename Function, typename Key = std::invoke_result_t<Function, const T&>>
  KeyedStream<Key, T> KeyBy(Function selector) const;

  // Windows over all records, in one subtask; a result's key is NoKey.
  template <typename Windows>
  auto WindowAll(Windows windows) const {
    return KeyBy([](const T&) { return NoKey(); }).Window(std::move(windows));
  }

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
  DataStream Rebalance() const { return PartitionedBy(Partitioning::kRebalance); }

  // As Rebalance, but each producer only reaches the subtasks that belong to it
  // (graph/partitioning.h): of two and six, three each.
  DataStream Rescale() const { return PartitionedBy(Partitioning::kRescale); }

  // Every subtask of the next operator gets every record.
  DataStream Broadcast() const { return PartitionedBy(Partitioning::kBroadcast); }

  // The first subtask of the next operator gets all records.
  DataStream Global() const { return PartitionedBy(Partitioning::kGlobal); }

  // The stream as the head of an iteration: what CloseWith says is fed back to it.
  IterativeStream<T> Iterate(std::string name) const;

  const std::vector<StreamEnd>& ends() const { return ends_; }

 protected:
  StreamExecutionEnvironment& environment() const { return *environment_; }

 private:
  template <typename Out>
  struct Made {};

  DataStream PartitionedBy(Partitioning partitioning) const {
    std::vector<StreamEnd> ends = ends_;
    for (StreamEnd& end : ends) {
      end.partitioning = partitioning;
    }
    return {*environment_, std::move(ends)};
  }

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

// A stream to which records come back that were made of it.
//
//   IterativeStream<Walk> walks = starts.Iterate("loop");
//   DataStream<Walk> stepped = walks.Map("step", Step);
//   walks.CloseWith(stepped.Filter("again", IsUnderway));
//   stepped.Filter("done", HasArrived).SinkTo(…);
//
// Records that are fed back belong to checkpoints, whose barriers go round once and overtake
// nothing, whatever the options say. Watermarks are not fed back. The iteration ends when its input
// has ended and nothing goes round any more; operators in it must not emit feedback behind their
// end of input. Feedback has room without limit, and is read before new records: so what goes round
// is what a few records of the input have become.
template <typename T>
class IterativeStream : public SingleOutputStream<T> {
 public:
  using SingleOutputStream<T>::SingleOutputStream;

  // What is fed back. Forwarded, unless the stream says otherwise.
  void CloseWith(const DataStream<T>& feedback) const {
    this->environment().Connect(feedback.ends(), this->ends().front().node, kFeedbackInput,
                                EdgeKind::kFeedback);
  }
};

template <typename T>
IterativeStream<T> DataStream<T>::Iterate(std::string name) const {
  const InputSpec input{.type = TypeOf<T>(), .key = {}};
  const size_t node =
      environment_->AddOperator({.name = std::move(name),
                                 .uid = {},
                                 .make = [] { return std::make_unique<IterationHead>(); },
                                 .inputs = {input, input},
                                 .outputs = {{.tag = kMainOutput, .name = {}, .type = TypeOf<T>()}},
                                 .decorate = {}});
  environment_->Connect(ends_, node, 0);
  return {*environment_, node};
}

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
    return Window(TumblingWindows{.size = size});
  }

  // Windows of any kind; the global one fires only with a trigger.
  template <typename Windows>
    requires std::constructible_from<WindowAssigner, Windows>
  WindowedStream<Key, T, typename DefaultTriggerOf<Windows>::Type> Window(Windows windows) const {
    return {*this, {.assigner = std::move(windows)}, {}, {}, {}};
  }

  WindowedStream<Key, T, ProcessingTimeTrigger> Window(InProcessingTime in) const {
    return {*this,
            {.assigner = std::move(in.windows), .domain = TimeDomain::kProcessingTime},
            {},
            {},
            {}};
  }

  // Of `count` records of the key each, as they come; what is left at the end gives no result.
  auto CountWindow(uint64_t count) const {
    return Window(GlobalWindows()).Trigger(PurgingTrigger(CountTrigger{.count = count}));
  }

  // With every `slide`-th record, the last `count`.
  auto CountWindow(uint64_t count, uint64_t slide) const {
    return Window(GlobalWindows())
        .Evictor(CountEvictor{.max_count = count})
        .Trigger(CountTrigger{.count = slide});
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
  template <typename, typename, typename, typename>
  friend class WindowedStream;

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
