#include "engine/graph/job_graph.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StreamNode Node(const std::string& name, bool is_source = false) {
  return {.name = name, .make = [] { return nullptr; }, .is_source = is_source};
}

StreamEdge Edge(size_t from, size_t to, Partitioning partitioning = Partitioning::kForward) {
  StreamEdge edge{.from = from, .to = to, .partitioning = partitioning};
  if (partitioning == Partitioning::kHash) {
    edge.key = [](const void*, Bytes&) { return 0; };
  }
  return edge;
}

// source → map → sink, all forward.
StreamGraph Line() {
  return {.job_name = "line",
          .nodes = {Node("source", true), Node("map"), Node("sink")},
          .edges = {Edge(0, 1), Edge(1, 2)}};
}

std::vector<std::string> Names(const StreamGraph& stream) {
  const sim::Result<JobGraph> graph = BuildJobGraph(stream);
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
  std::vector<std::string> names;
  if (graph) {
    for (const JobVertex& vertex : graph->vertices) {
      names.push_back(vertex.name);
    }
  }
  return names;
}

TEST(JobGraphTest, ForwardEdgesOfEqualParallelismAreChained) {
  EXPECT_THAT(Names(Line()), ElementsAre("source->map->sink"));
}

TEST(JobGraphTest, OnlyForwardEdgesAreChained) {
  for (const Partitioning partitioning : {Partitioning::kHash, Partitioning::kRebalance}) {
    StreamGraph stream = Line();
    stream.edges[1] = Edge(1, 2, partitioning);
    EXPECT_THAT(Names(stream), ElementsAre("source->map", "sink"));
  }
}

TEST(JobGraphTest, AnOperatorThatStartsAChainIsNotChainedToItsInput) {
  StreamGraph stream = Line();
  stream.nodes[1].starts_chain = true;
  EXPECT_THAT(Names(stream), ElementsAre("source", "map->sink"));
}

TEST(JobGraphTest, AnOperatorWithTwoOutputsEndsItsChain) {
  StreamGraph stream = Line();
  stream.nodes.push_back(Node("second sink"));
  stream.edges.push_back(Edge(1, 3));
  EXPECT_THAT(Names(stream), ElementsAre("source->map", "sink", "second sink"));
}

TEST(JobGraphTest, AnOperatorWithTwoInputsStartsItsChain) {
  const StreamGraph stream{.job_name = "union",
                           .nodes = {Node("left", true), Node("right", true), Node("sink")},
                           .edges = {Edge(0, 2), Edge(1, 2)}};
  EXPECT_THAT(Names(stream), ElementsAre("left", "right", "sink"));
}

TEST(JobGraphTest, VerticesAndEdgesPointAtEachOther) {
  StreamGraph stream = Line();
  stream.edges[1] = Edge(1, 2, Partitioning::kHash);
  stream.nodes[2].parallelism = 3;
  const sim::Result<JobGraph> graph = BuildJobGraph(stream);
  ASSERT_TRUE(graph);
  ASSERT_EQ(graph->edges.size(), 1U);
  EXPECT_EQ(graph->edges[0].from, VertexId(0));
  EXPECT_EQ(graph->edges[0].to, VertexId(1));
  EXPECT_EQ(graph->edges[0].stream_edge, 1U);
  EXPECT_THAT(graph->vertex(VertexId(0)).operators, ElementsAre(0, 1));
  EXPECT_THAT(graph->vertex(VertexId(0)).outputs, ElementsAre(0));
  EXPECT_THAT(graph->vertex(VertexId(0)).inputs, IsEmpty());
  EXPECT_THAT(graph->vertex(VertexId(1)).inputs, ElementsAre(0));
  EXPECT_EQ(graph->max_vertex_parallelism(), 3U);
  EXPECT_EQ(SubtaskName(graph->vertex(VertexId(1)), SubtaskIndex(2)), "sink[2]");
}

struct Mistake {
  std::string name;
  std::function<void(StreamGraph&)> make;
  std::string message;  // contains this
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreRefusedWithASentenceThatNamesThePlace) {
  StreamGraph stream = Line();
  GetParam().make(stream);
  const sim::Result<JobGraph> graph = BuildJobGraph(std::move(stream));
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THAT(graph.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    JobGraphTest, Mistakes,
    testing::Values(
        Mistake{"nothing", [](StreamGraph& graph) { graph = {}; }, "no source"},
        Mistake{"two of one name", [](StreamGraph& graph) { graph.nodes[1].name = "sink"; },
                "'sink'"},
        Mistake{"a loose operator",
                [](StreamGraph& graph) { graph.nodes.push_back(Node("loose")); }, "'loose'"},
        Mistake{"a source with an input",
                [](StreamGraph& graph) { graph.nodes[1].is_source = true; }, "'map'"},
        Mistake{"a cycle", [](StreamGraph& graph) { graph.edges.push_back(Edge(2, 1)); }, "cycle"},
        Mistake{"an edge to itself", [](StreamGraph& graph) { graph.edges.push_back(Edge(1, 1)); },
                "cycle"},
        Mistake{"an edge into nothing", [](StreamGraph& graph) { graph.edges[1].to = 9; },
                "operator 9"},
        Mistake{"forward between different parallelisms",
                [](StreamGraph& graph) { graph.nodes[2].parallelism = 2; }, "'sink'"},
        Mistake{"parallelism 0", [](StreamGraph& graph) { graph.nodes[1].parallelism = 0; },
                "'map'"},
        Mistake{"parallelism above the maximum",
                [](StreamGraph& graph) {
                  graph.max_parallelism = 1;
                  for (StreamNode& node : graph.nodes) {
                    node.parallelism = 2;
                  }
                },
                "maximum"},
        Mistake{"a maximum above 32768", [](StreamGraph& graph) { graph.max_parallelism = 32769; },
                "32768"}),
    [](const testing::TestParamInfo<Mistake>& test) {
      std::string name = test.param.name;
      std::ranges::replace(name, ' ', '_');
      return name;
    });

}  // namespace
}  // namespace flinch::engine
