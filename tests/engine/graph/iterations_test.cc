#include "engine/graph/iterations.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/job_graph.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool IsBig(const int64_t& number) { return number > 10; }

int64_t Less(const int64_t& number) { return number - 1; }

std::vector<Received> nowhere;

// source ⇒ loop ⇒ step → (again ⇒ loop, sink)
StreamGraph Loop(const std::function<void(StreamGraph&)>& change = {}) {
  StreamExecutionEnvironment env("loop", {.parallelism = 2});
  const auto loop =
      env.FromSource<int64_t>("source", NumberSource::Make(1)).Rebalance().Iterate("loop");
  const auto step = loop.Rebalance().Map("step", Less);
  loop.CloseWith(step.Filter("again", IsBig).Rebalance());
  step.SinkTo("sink", NumberSink::Make(nowhere));
  StreamGraph graph = env.Build();
  if (change) {
    change(graph);
  }
  return graph;
}

std::string MistakeIn(const std::function<void(StreamGraph&)>& change) {
  const sim::Result<JobGraph> graph = BuildJobGraph(Loop(change));
  return graph ? "" : graph.error().message;
}

StreamEdge& Feedback(StreamGraph& graph) {
  return *std::ranges::find(graph.edges, EdgeKind::kFeedback, &StreamEdge::kind);
}

TEST(IterationsTest, HoldWhatIsReachedFromTheirHeadAndReachesItAgain) {
  const StreamGraph graph = Loop();
  EXPECT_TRUE(HasIterations(graph));
  const std::vector<Iteration> iterations = FindIterations(graph);
  ASSERT_EQ(iterations.size(), 1U);
  EXPECT_EQ(graph.nodes[iterations[0].head].name, "loop");
  EXPECT_THAT(iterations[0].nodes, ElementsAre(1, 2, 3)) << "loop, step, again";
  EXPECT_TRUE(IsFedBack(graph, graph.nodes[1].id(), 1));
  EXPECT_FALSE(IsFedBack(graph, graph.nodes[1].id(), 0));
}

TEST(IterationsTest, TheHeadIsNeverChainedToWhatIsBeforeIt) {
  const sim::Result<JobGraph> graph = BuildJobGraph(Loop());
  ASSERT_TRUE(graph) << graph.error().message;
  std::vector<std::string> names;
  for (const JobVertex& vertex : graph->vertices) {
    names.push_back(vertex.name);
  }
  EXPECT_THAT(names, ElementsAre("source", "loop", "step->(again, sink)"));
  EXPECT_EQ(graph->vertices[1].inputs.size(), 2U);
}

TEST(IterationsTest, AChainMayFeedItself) {
  StreamExecutionEnvironment env("loop", {});
  const auto loop = env.FromSource<int64_t>("source", NumberSource::Make(1)).Iterate("loop");
  const auto step = loop.Map("step", Less);
  loop.CloseWith(step.Filter("again", IsBig));
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->vertices[1].name, "loop->step->again");
  EXPECT_EQ(graph->edges.back().from, graph->edges.back().to);
}

TEST(IterationsTest, ACycleThatIsNoIterationIsStillRefused) {
  EXPECT_THAT(MistakeIn([](StreamGraph& graph) { Feedback(graph).kind = EdgeKind::kPipelined; }),
              AllOf(HasSubstr("'loop' → 'step' → 'again' → 'loop' form a cycle"),
                    HasSubstr("Iterate and CloseWith")));
}

TEST(IterationsTest, MistakesAreToldByTheirPlace) {
  EXPECT_THAT(
      MistakeIn([](StreamGraph& graph) {
        graph.edges.erase(std::ranges::find(graph.edges, EdgeKind::kFeedback, &StreamEdge::kind));
      }),
      HasSubstr("Input 1 of operator 'loop' has no edge"));
  EXPECT_THAT(MistakeIn([](StreamGraph& graph) { Feedback(graph).from = 0; }),
              HasSubstr("'source' feeds records back to 'loop', from which it gets none"));
  EXPECT_THAT(MistakeIn([](StreamGraph& graph) { Feedback(graph).input = 0; }),
              HasSubstr("Input 0 of 'loop' gets feedback and other records"));
  EXPECT_THAT(
      MistakeIn([](StreamGraph& graph) { graph.edges[1].partitioning = Partitioning::kRescale; }),
      HasSubstr("'loop' rescales to 'step' in the iteration of 'loop'"));
}

TEST(IterationsTest, FollowEachOtherAndDoNotOverlap) {
  StreamExecutionEnvironment env("loops", {});
  const auto outer = env.FromSource<int64_t>("source", NumberSource::Make(1)).Iterate("outer");
  const auto inner = outer.Map("less", Less).Iterate("inner");
  inner.CloseWith(inner.Filter("again", IsBig));
  EXPECT_TRUE(BuildJobGraph([&] {
    StreamGraph graph = env.Build();
    graph.edges.push_back({.from = 1, .tag = kMainOutput, .to = 1, .input = 1});
    graph.edges.back().kind = EdgeKind::kFeedback;
    return graph;
  }()));
  outer.CloseWith(inner.Map("out", Less));
  const sim::Result<JobGraph> nested = BuildJobGraph(env.Build());
  ASSERT_FALSE(nested);
  EXPECT_THAT(nested.error().message, HasSubstr("iterations of 'outer' and 'inner'"));
}

// ---- In a cluster -------------------------------------------------------------------------------

// Numbers up to 20 go round until they are 0: each is seen once at each of its values.
struct Countdown {
  explicit Countdown(bool chained, NumberClusterOptions options = {})
      : cluster(options, [this, chained](StreamExecutionEnvironment& job) {
          const auto loop =
              job.FromSource<int64_t>("source", NumberSource::Make(20)).Rebalance().Iterate("loop");
          const DataStream<int64_t> whole = loop;
          const DataStream<int64_t> taken = chained ? whole : loop.Rebalance();
          const auto step = taken.Map("step", Less);
          const DataStream<int64_t> again =
              step.Filter("again", [](const int64_t& number) { return number > 0; });
          loop.CloseWith(chained ? again : again.Rebalance());
          step.Filter("done", [](const int64_t& number) { return number <= 0; })
              .SinkTo("sink", NumberSink::Make(received))
              .DisableChaining();
        }) {
    cluster.RunToEnd(std::chrono::seconds(60));
  }

  std::vector<Received> received;
  NumberCluster cluster;
};

TEST(IterationsTest, EndWhenNothingGoesRoundAnyMore) {
  for (const bool chained : {false, true}) {
    const Countdown play(chained);
    EXPECT_EQ(play.cluster.job_status(), "FINISHED");
    EXPECT_EQ(play.received.size(), 20U) << "0 itself goes down to -1";
    EXPECT_THAT(play.cluster.Tasks("task.failed"), IsEmpty());
  }
}

TEST(IterationsTest, EndAlsoWithoutInput) {
  std::vector<Received> received;
  NumberCluster cluster({}, [&](StreamExecutionEnvironment& job) {
    const auto loop =
        job.FromSource<int64_t>("source", NumberSource::Make(0)).Rebalance().Iterate("loop");
    loop.CloseWith(loop.Map("step", Less));
  });
  cluster.RunToEnd(std::chrono::seconds(10));
  EXPECT_EQ(cluster.job_status(), "FINISHED");
}

// Each record becomes twenty, in queues of two buffers of a few records: the body never waits for
// its head, which waits for the body.
TEST(IterationsTest, FeedbackNeverWaitsForRoom) {
  std::vector<Received> received;
  NumberClusterOptions options;
  options.engine.network.buffer_bytes = 64;
  options.engine.network.buffers_per_subpartition = 2;
  options.engine.task.record_time = std::chrono::microseconds(100);
  NumberCluster cluster(options, [&](StreamExecutionEnvironment& job) {
    const auto loop =
        job.FromSource<int64_t>("source", NumberSource::Make(30)).Rebalance().Iterate("loop");
    const auto many = loop.Rebalance().FlatMap<int64_t>(
        "many", [](const int64_t& number, Collector<int64_t>& out) {
          for (int64_t i = 0; number < 1000 && i < 20; ++i) {
            out.Collect(number + 1000);
          }
        });
    loop.CloseWith(many.Rebalance());
    many.SinkTo("sink", NumberSink::Make(received)).DisableChaining();
  });
  cluster.RunToEnd(std::chrono::seconds(60));
  EXPECT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(received.size(), 600U);
}

// What an operator makes of its end would go round behind it.
class EndsWithARecord final : public StreamOperator {
 public:
  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    output_ = &runtime.main_output();
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord&) override { return {}; }

  sim::Result<void> ProcessInput(uint32_t, const StreamRecord&) override { return {}; }

  sim::Result<void> ProcessWatermark(EventTime) override { return {}; }

  sim::Result<void> Finish() override {
    const int64_t number = 7;
    return output_->Emit({.value = &number});
  }

 private:
  Output* output_ = nullptr;
};

TEST(IterationsTest, RefuseFeedbackBehindTheEnd) {
  NumberClusterOptions options;
  options.engine.restart.attempts = 0;
  NumberCluster cluster(options, [&](StreamExecutionEnvironment& job) {
    const auto numbers = job.FromSource<int64_t>("source", NumberSource::Make(4));
    const auto loop = numbers.Rebalance().Iterate("loop");
    const auto body = loop.Rebalance().Connect(numbers).Transform<int64_t>(
        "body", [] { return std::make_unique<EndsWithARecord>(); },
        {{.tag = kMainOutput, .name = {}, .type = TypeOf<int64_t>()}});
    loop.CloseWith(body);
  });
  cluster.RunToEnd(std::chrono::seconds(10));
  const std::vector<sim::RecordedEvent> failed = cluster.bench().Events("task.failed");
  ASSERT_FALSE(failed.empty());
  EXPECT_THAT(std::string(*failed.front().Text("reason")),
              HasSubstr("must not emit feedback when it finishes"));
}

}  // namespace
}  // namespace flinch::engine
