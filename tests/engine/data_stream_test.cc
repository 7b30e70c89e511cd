#include "engine/data_stream.h"

#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/job_graph.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

struct Click {
  std::string url;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.url);
  }
};

struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const Click&, int64_t& count) const { ++count; }

  int64_t Result(const int64_t& count) const { return count; }
};

// Whom nobody ever asks for an operator.
struct NoSource : SourceOperator {
  using Out = Click;
};

template <typename T>
struct NoSink : StreamOperator {
  using In = T;
};

std::unique_ptr<NoSource> MakeNoSource() { return nullptr; }

template <typename T>
std::unique_ptr<NoSink<T>> MakeNoSink() {
  return nullptr;
}

DataStream<Click> Clicks(StreamExecutionEnvironment& env) {
  return env.FromSource<Click>("source", MakeNoSource);
}

std::string Url(const Click& click) { return click.url; }

TEST(DataStreamTest, AWindowedCountIsTwoVerticesJoinedByKey) {
  StreamExecutionEnvironment env("clicks", {.parallelism = 4});
  Clicks(env)
      .Filter("valid", [](const Click& click) { return !click.url.empty(); })
      .KeyBy(Url)
      .Window(1min)
      .Aggregate("window", Count())
      .SinkTo("sink", MakeNoSink<WindowResult<std::string, int64_t>>);
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph) << graph.error().message;
  ASSERT_EQ(graph->vertices.size(), 2U);
  EXPECT_EQ(graph->vertices[0].name, "source->valid");
  EXPECT_EQ(graph->vertices[1].name, "window->sink");
  EXPECT_EQ(graph->vertices[1].parallelism, 4U);
  EXPECT_EQ(graph->stream.max_parallelism, 128U);
  EXPECT_EQ(graph->stream.edges[1].partitioning, Partitioning::kHash);
}

TEST(DataStreamTest, TheEdgeAndTheOperatorAgreeOnTheKey) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).KeyBy(Url).Window(1min).Aggregate("window", Count());
  const StreamGraph graph = env.Build();
  const Click click{"hello"};
  Bytes of_edge;
  Bytes of_node;
  EXPECT_EQ(graph.edges[0].key(&click, of_edge), JavaHash("hello"));
  EXPECT_EQ(graph.nodes[1].key(&click, of_node), JavaHash("hello"));
  EXPECT_EQ(of_edge, Encode(std::string("hello")));
  EXPECT_EQ(of_node, of_edge);
}

TEST(DataStreamTest, ANewChainStartsAfterTheOperatorThatAsks) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).Map("url", Url).StartNewChain().SinkTo("sink", MakeNoSink<std::string>);
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph);
  ASSERT_EQ(graph->vertices.size(), 2U);
  EXPECT_EQ(graph->vertices[0].name, "source->url");
}

TEST(DataStreamTest, RebalanceJoinsDifferentParallelisms) {
  StreamExecutionEnvironment env("clicks", {.parallelism = 2});
  Clicks(env).SetParallelism(1).Rebalance().Map("url", Url).SinkTo("sink", MakeNoSink<std::string>);
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->vertices[0].parallelism, 1U);
  EXPECT_EQ(graph->vertices[1].parallelism, 2U);
  EXPECT_EQ(graph->stream.edges[0].partitioning, Partitioning::kRebalance);
}

TEST(DataStreamTest, ElementsCrossAnEdgeAsBytes) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).Map("url", Url);
  const StreamGraph graph = env.Build();
  Encoder out;
  const Click click{"/a"};
  graph.edges[0].type.write(out, &click);
  EXPECT_EQ(out.bytes(), Encode(click));
}

template <typename Function>
concept MapsClicks =
    requires(DataStream<Click> stream, Function function) { stream.Map("map", function); };
template <typename Function>
concept FiltersClicks =
    requires(DataStream<Click> stream, Function function) { stream.Filter("filter", function); };
template <typename Function>
concept KeysClicks =
    requires(DataStream<Click> stream, Function function) { stream.KeyBy(function); };
template <typename Function>
concept ReducesClicks = requires(KeyedStream<std::string, Click> stream, Function function) {
  stream.Reduce("reduce", function);
};

struct CountOfNumbers : Count {
  void Add(const int64_t&, int64_t& count) const { ++count; }
};

template <typename Function>
concept AggregatesClicks = requires(WindowedStream<std::string, Click> stream, Function function) {
  stream.Aggregate("window", function);
};

template <typename T, typename Factory>
concept ReadsFrom =
    requires(StreamExecutionEnvironment env, Factory make) { env.FromSource<T>("source", make); };
template <typename T, typename Factory>
concept WritesTo = requires(DataStream<T> stream, Factory make) { stream.SinkTo("sink", make); };

// What the compiler accepts and refuses.
static_assert(ReadsFrom<Click, std::unique_ptr<NoSource> (*)()>);
static_assert(!ReadsFrom<std::string, std::unique_ptr<NoSource> (*)()>);
static_assert(!ReadsFrom<Click, std::unique_ptr<NoSink<Click>> (*)()>);
static_assert(!ReadsFrom<Click, std::unique_ptr<SourceOperator> (*)()>);
static_assert(!ReadsFrom<Click, OperatorFactory>);
static_assert(WritesTo<Click, std::unique_ptr<NoSink<Click>> (*)()>);
static_assert(!WritesTo<Click, std::unique_ptr<NoSink<std::string>> (*)()>);
static_assert(!WritesTo<Click, OperatorFactory>);
static_assert(MapsClicks<std::string (*)(const Click&)>);
static_assert(!MapsClicks<std::string (*)(const std::string&)>);
static_assert(FiltersClicks<bool (*)(const Click&)>);
static_assert(!FiltersClicks<std::string (*)(const Click&)>);
static_assert(KeysClicks<std::string (*)(const Click&)>);
static_assert(KeysClicks<int64_t (*)(const Click&)>);
static_assert(!KeysClicks<Click (*)(const Click&)>);
static_assert(!KeysClicks<std::string (*)(int64_t)>);
static_assert(ReducesClicks<Click (*)(const Click&, const Click&)>);
static_assert(!ReducesClicks<Click (*)(const Click&)>);
static_assert(AggregatesClicks<Count>);
static_assert(!AggregatesClicks<CountOfNumbers>);

}  // namespace
}  // namespace flinch::engine
