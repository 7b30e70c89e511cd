// The typed way to write a job, in Flink's names.
//
//   StreamExecutionEnvironment env("clicks", {.parallelism = 4});
//   env.FromSource<Click>("source", [] { return std::make_unique<…>(); })
//       .Filter("valid", [](const Click& c) { return !c.url.empty(); })
//       .KeyBy([](const Click& c) { return c.url; })
//       .Window(1min)
//       .Aggregate("window", Count())
//       .StartNewChain()
//       .SinkTo("sink", [] { return std::make_unique<…>(); });
//   Result<JobGraph> graph = BuildJobGraph(env.Build());
//
// Streams are light handles on the environment, which must outlive them. Functions are copied into
// each subtask. Sources and sinks say their type (`Out`, `In`), so that a stream of T is made of T.
// Keys are text or 64-bit integers. Operator names are unique in a job; state is matched by them.
// Mistakes of structure are found by BuildJobGraph, mistakes of type by the compiler.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/functions.h"
#include "engine/graph/stream_graph.h"
#include "engine/operators/keyed_process.h"
#include "engine/operators/stateless.h"
#include "engine/operators/window_operator.h"
#include "engine/state/key_groups.h"

namespace flinch::engine {

template <typename T>
concept KeyType = std::same_as<T, std::string> || std::same_as<T, int64_t>;

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

class StreamExecutionEnvironment {
 public:
  StreamExecutionEnvironment(std::string job_name, const StreamOptions& options)
      : parallelism_(options.parallelism) {
    graph_.job_name = std::move(job_name);
    graph_.max_parallelism = options.max_parallelism == 0
                                 ? DefaultMaxParallelism(options.parallelism)
                                 : options.max_parallelism;
  }

  StreamExecutionEnvironment(const StreamExecutionEnvironment&) = delete;
  StreamExecutionEnvironment& operator=(const StreamExecutionEnvironment&) = delete;

  template <typename T, SourceFactory<T> Factory>
  DataStream<T> FromSource(std::string name, Factory make);

  StreamGraph Build() const { return graph_; }

 private:
  template <typename T>
  friend class DataStream;
  template <typename Key, typename T>
  friend class KeyedStream;
  template <typename Key, typename T>
  friend class WindowedStream;

  size_t AddNode(StreamNode node) {
    node.parallelism = parallelism_;
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.size() - 1;
  }

  StreamGraph graph_;
  uint32_t parallelism_;
};

template <typename Key, typename T>
class KeyedStream;

template <typename T>
class DataStream {
 public:
  template <typename Function, typename Out = std::invoke_result_t<Function, const T&>>
  DataStream<Out> Map(std::string name, Function function) {
    return Then<Out>(std::move(name),
                     [function] { return std::make_unique<MapOperator<T, Function>>(function); });
  }

  template <std::predicate<const T&> Function>
  DataStream<T> Filter(std::string name, Function function) {
    return Then<T>(std::move(name),
                   [function] { return std::make_unique<FilterOperator<T, Function>>(function); });
  }

  template <typename Out, std::invocable<const T&, Collector<Out>&> Function>
  DataStream<Out> FlatMap(std::string name, Function function) {
    return Then<Out>(std::move(name), [function] {
      return std::make_unique<FlatMapOperator<T, Out, Function>>(function);
    });
  }

  template <typename Function, typename Key = std::invoke_result_t<Function, const T&>>
    requires KeyType<Key>
  KeyedStream<Key, T> KeyBy(Function selector) const;

  template <SinkFactory<T> Factory>
  void SinkTo(std::string name, Factory make) {
    Then<T>(std::move(name), std::move(make));
  }

  // The next operator's subtasks get records in turn, whoever produced them.
  DataStream& Rebalance() {
    partitioning_ = Partitioning::kRebalance;
    return *this;
  }

  // The next operator is not chained to this one.
  DataStream& StartNewChain() {
    starts_chain_ = true;
    return *this;
  }

  // Of the operator that made this stream.
  DataStream& SetParallelism(uint32_t parallelism) {
    environment_->graph_.nodes[node_].parallelism = parallelism;
    return *this;
  }

 private:
  friend class StreamExecutionEnvironment;
  template <typename Other>
  friend class DataStream;
  template <typename Key, typename Other>
  friend class KeyedStream;
  template <typename Key, typename Other>
  friend class WindowedStream;

  DataStream(StreamExecutionEnvironment& environment, size_t node)
      : environment_(&environment), node_(node) {}

  template <typename Out>
  DataStream<Out> Then(std::string name, OperatorFactory make) {
    const size_t node = environment_->AddNode({.name = std::move(name),
                                               .make = std::move(make),
                                               .is_source = false,
                                               .key = nullptr,
                                               .starts_chain = starts_chain_});
    environment_->graph_.edges.push_back({.from = node_,
                                          .to = node,
                                          .partitioning = partitioning_,
                                          .key = nullptr,
                                          .type = TypeOf<T>()});
    return {*environment_, node};
  }

  StreamExecutionEnvironment* environment_;
  size_t node_;
  Partitioning partitioning_ = Partitioning::kForward;
  bool starts_chain_ = false;
};

template <typename T, SourceFactory<T> Factory>
DataStream<T> StreamExecutionEnvironment::FromSource(std::string name, Factory make) {
  const size_t node = AddNode(
      {.name = std::move(name), .make = std::move(make), .is_source = true, .key = nullptr});
  return {*this, node};
}

template <typename Key, typename T>
class WindowedStream {
 public:
  template <typename Function>
    requires AggregateFunction<Function, T>
  DataStream<WindowResult<Key, typename Function::Output>> Aggregate(std::string name,
                                                                     Function function) {
    return stream_.template Then<WindowResult<Key, typename Function::Output>>(
        std::move(name), [size = size_, function] {
          return std::make_unique<WindowOperator<Key, T, Function>>(size, function);
        });
  }

 private:
  friend class KeyedStream<Key, T>;

  WindowedStream(KeyedStream<Key, T> stream, sim::Duration size)
      : stream_(std::move(stream)), size_(size) {}

  KeyedStream<Key, T> stream_;
  sim::Duration size_;
};

template <typename Key, typename T>
class KeyedStream {
 public:
  // Tumbling event-time windows.
  WindowedStream<Key, T> Window(sim::Duration size) const { return {*this, size}; }

  // See operators/keyed_process.h.
  template <typename Out, typename Function>
  DataStream<Out> Process(std::string name, Function function) {
    return Then<Out>(std::move(name), [function] {
      return std::make_unique<KeyedProcessOperator<Key, T, Out, Function>>(function);
    });
  }

  // Emits, for each record, what `function(so far, record)` makes of all of its key.
  template <std::invocable<const T&, const T&> Function>
  DataStream<T> Reduce(std::string name, Function function) {
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

 private:
  template <typename Other>
  friend class DataStream;
  friend class WindowedStream<Key, T>;

  KeyedStream(StreamExecutionEnvironment& environment, size_t node, KeySelector key)
      : environment_(&environment), node_(node), key_(std::move(key)) {}

  template <typename Out>
  DataStream<Out> Then(std::string name, OperatorFactory make) {
    const size_t node = environment_->AddNode(
        {.name = std::move(name), .make = std::move(make), .is_source = false, .key = key_});
    environment_->graph_.edges.push_back({.from = node_,
                                          .to = node,
                                          .partitioning = Partitioning::kHash,
                                          .key = key_,
                                          .type = TypeOf<T>()});
    return {*environment_, node};
  }

  StreamExecutionEnvironment* environment_;
  size_t node_;
  KeySelector key_;
};

template <typename T>
template <typename Function, typename Key>
  requires KeyType<Key>
KeyedStream<Key, T> DataStream<T>::KeyBy(Function selector) const {
  return {*environment_, node_, [selector](const void* value, sim::Bytes& bytes) {
            const Key key = selector(*static_cast<const T*>(value));
            bytes = Encode(key);
            return JavaHash(key);
          }};
}

}  // namespace flinch::engine
