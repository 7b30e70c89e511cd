#include "engine/joins.h"

#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/job_graph.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

// Whom nobody ever asks for an operator.
struct NoOrigin : SourceOperator {
  using Out = std::string;
};

struct NoEnd : StreamOperator {
  using In = std::string;
};

SingleOutputStream<std::string> Words(StreamExecutionEnvironment& env, std::string name) {
  return env.FromSource<std::string>(std::move(name), [] { return std::unique_ptr<NoOrigin>(); });
}

std::string Whole(const std::string& word) { return word; }

struct Append {
  void Process(const std::string& left, const std::string& right,
               Collector<std::string>& out) const {
    out.Collect(left + right);
  }
};

TEST(JoinsTest, AnIntervalJoinIsOneOperatorWithTwoKeyedInputs) {
  StreamExecutionEnvironment env("join", {.parallelism = 2});
  IntervalJoin<std::string>("join", Words(env, "left").KeyBy(Whole),
                            Words(env, "right").KeyBy(Whole), {.lower = -1s, .upper = 1s}, Append())
      .SinkTo("sink", [] { return std::unique_ptr<NoEnd>(); });
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph) << graph.error().message;
  ASSERT_EQ(graph->vertices.size(), 3U);
  EXPECT_EQ(graph->vertices[2].name, "join->sink");
  EXPECT_EQ(graph->vertices[2].inputs.size(), 2U);
  for (const size_t edge : graph->vertices[2].inputs) {
    EXPECT_EQ(graph->stream_edge(edge).partitioning, Partitioning::kHash);
  }
}

TEST(JoinsTest, AWindowJoinIsAWindowOverBothStreams) {
  StreamExecutionEnvironment env("join", {.parallelism = 2});
  const auto left = Words(env, "left");  // in their order, which arguments do not have
  const auto right = Words(env, "right");
  WindowJoin<std::string>("join", left, Whole, right, Whole, TumblingWindows{.size = 1min},
                          Append())
      .SinkTo("sink", [] { return std::unique_ptr<NoEnd>(); });
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph) << graph.error().message;
  ASSERT_EQ(graph->vertices.size(), 3U);
  EXPECT_EQ(graph->vertices[0].name, "left->join left");
  EXPECT_EQ(graph->vertices[2].name, "join->sink");
}

}  // namespace
}  // namespace flinch::engine
