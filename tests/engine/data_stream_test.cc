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
using ::testing::ElementsAre;

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

SingleOutputStream<Click> Clicks(StreamExecutionEnvironment& env) {
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
  Bytes key;
  const KeyCodec& codec = graph.input_of(graph.edges[0]).key;
  EXPECT_EQ(codec.hash(&click), JavaHash("hello"));
  codec.encode(&click, key);
  EXPECT_EQ(key, Encode(std::string("hello")));
}

std::vector<std::string> Vertices(const StreamExecutionEnvironment& env) {
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  EXPECT_TRUE(graph) << graph.error().message;
  std::vector<std::string> names;
  for (const JobVertex& vertex : graph ? graph->vertices : std::vector<JobVertex>()) {
    names.push_back(vertex.name);
  }
  return names;
}

TEST(DataStreamTest, ANewChainStartsWithTheOperatorThatAsks) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).Map("url", Url).StartNewChain().SinkTo("sink", MakeNoSink<std::string>);
  EXPECT_THAT(Vertices(env), ElementsAre("source", "url->sink"));
}

TEST(DataStreamTest, AnOperatorMayBeAChainOfItsOwn) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).Map("url", Url).DisableChaining().SinkTo("sink", MakeNoSink<std::string>);
  EXPECT_THAT(Vertices(env), ElementsAre("source", "url", "sink"));
}

TEST(DataStreamTest, ASinkMayBeSaidMoreOf) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env).SinkTo("sink", MakeNoSink<Click>).DisableChaining().Uid("out");
  EXPECT_THAT(Vertices(env), ElementsAre("source", "sink"));
  EXPECT_EQ(env.Build().nodes[1].id(), OperatorIdOf("out"));
}

TEST(DataStreamTest, RebalanceLeavesOtherReadersOfTheStreamAsTheyWere) {
  StreamExecutionEnvironment env("clicks", {});
  const DataStream<Click> clicks = Clicks(env);
  clicks.Rebalance().SinkTo("rebalanced", MakeNoSink<Click>);
  clicks.SinkTo("forward", MakeNoSink<Click>);
  EXPECT_THAT(Vertices(env), ElementsAre("source->forward", "rebalanced"));
}

TEST(DataStreamTest, AUnionIsOneInputOfManyEdges) {
  StreamExecutionEnvironment env("clicks", {});
  const DataStream<Click> left = Clicks(env);
  const DataStream<Click> right = env.FromSource<Click>("more", MakeNoSource);
  left.Union(right).SinkTo("sink", MakeNoSink<Click>);
  EXPECT_THAT(Vertices(env), ElementsAre("source", "more", "sink"));
  const StreamGraph graph = env.Build();
  ASSERT_EQ(graph.edges.size(), 2U);
  EXPECT_EQ(graph.edges[0].input, graph.edges[1].input);
}

const SideOutput<std::string> kBad("bad");

struct Sort {
  auto SideOutputs() const { return std::tuple(kBad); }

  void ProcessElement(const Click& click, const ProcessContext<Click>& context) const {
    context.Emit(kBad, click.url);
  }
};

TEST(DataStreamTest, ASideOutputIsReadByItsTag) {
  StreamExecutionEnvironment env("clicks", {});
  const SingleOutputStream<Click> sorted = Clicks(env).Process<Click>("sort", Sort());
  sorted.GetSideOutput(kBad).SinkTo("bad sink", MakeNoSink<std::string>);
  sorted.SinkTo("sink", MakeNoSink<Click>);
  EXPECT_THAT(Vertices(env), ElementsAre("source->sort->(bad sink, sink)"));
}

TEST(DataStreamTest, ASideOutputThatIsNotDeclaredIsRefused) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env)
      .Process<Click>("sort", Sort())
      .GetSideOutput(SideOutput<std::string>("bda"))
      .SinkTo("bad sink", MakeNoSink<std::string>);
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_FALSE(graph);
  EXPECT_THAT(graph.error().message,
              testing::HasSubstr("'bad sink' reads an output of 'sort' that does not exist"));
  EXPECT_THAT(graph.error().message, testing::HasSubstr("there is its main output, 'bad'"));
}

TEST(DataStreamTest, ASideOutputHasOneType) {
  StreamExecutionEnvironment env("clicks", {});
  Clicks(env)
      .Process<Click>("sort", Sort())
      .GetSideOutput(SideOutput<Click>("bad"))
      .SinkTo("bad sink", MakeNoSink<Click>);
  EXPECT_FALSE(BuildJobGraph(env.Build()));
}

struct Join {
  void ProcessFirst(const Click&, const ProcessContext<std::string>&) const {}

  void ProcessSecond(const std::string&, const ProcessContext<std::string>&) const {}
};

TEST(DataStreamTest, ConnectedStreamsAreTwoInputsOfOneOperator) {
  StreamExecutionEnvironment env("clicks", {});
  const DataStream<Click> clicks = Clicks(env);
  const DataStream<std::string> urls = clicks.Map("url", Url);
  clicks.Connect(urls).Process<std::string>("join", Join());
  clicks.KeyBy(Url)
      .Connect(urls.KeyBy([](const std::string& url) { return url; }))
      .Process<std::string>("keyed join", Join());
  EXPECT_THAT(Vertices(env), ElementsAre("source->url", "join", "keyed join"));
  const StreamGraph graph = env.Build();
  EXPECT_EQ(graph.edges[1].input, 0U);
  EXPECT_EQ(graph.edges[2].input, 1U);
  EXPECT_FALSE(graph.nodes[2].is_keyed());
  EXPECT_TRUE(graph.nodes[3].is_keyed());
  EXPECT_EQ(graph.edges[4].partitioning, Partitioning::kHash);
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
  graph.input_of(graph.edges[0]).type.write(out, &click);
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
static_assert(!KeyType<Click>, "it is not ordered");
static_assert(!KeyType<double>);
static_assert(!KeysClicks<std::string (*)(int64_t)>);
static_assert(ReducesClicks<Click (*)(const Click&, const Click&)>);
static_assert(!ReducesClicks<Click (*)(const Click&)>);
static_assert(AggregatesClicks<Count>);
static_assert(!AggregatesClicks<CountOfNumbers>);

}  // namespace
}  // namespace flinch::engine
