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

OperatorSpec Node(const std::string& name, bool is_source = false) {
  return {.name = name,
          .uid = {},
          .make = [] { return nullptr; },
          .is_source = is_source,
          .inputs = std::vector<InputSpec>(is_source ? 0 : 1),
          .decorate = {}};
}

KeyCodec Key() {
  return {.hash = [](const void*) { return 0; }, .encode = [](const void*, Bytes&) {}};
}

StreamEdge Edge(size_t from, size_t to, Partitioning partitioning = Partitioning::kForward) {
  return {.from = from, .tag = kMainOutput, .to = to, .partitioning = partitioning};
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
    stream.nodes[2].inputs[0].key = Key();
    EXPECT_THAT(Names(stream), ElementsAre("source->map", "sink"));
  }
}

TEST(JobGraphTest, AnOperatorThatStartsAChainIsNotChainedToItsInput) {
  StreamGraph stream = Line();
  stream.nodes[1].chaining = ChainStrategy::kHead;
  EXPECT_THAT(Names(stream), ElementsAre("source", "map->sink"));
}

TEST(JobGraphTest, AnOperatorThatIsNeverChainedIsAChainOfItsOwn) {
  StreamGraph stream = Line();
  stream.nodes[1].chaining = ChainStrategy::kNever;
  EXPECT_THAT(Names(stream), ElementsAre("source", "map", "sink"));
}

TEST(JobGraphTest, AChainIsATree) {
  StreamGraph stream = Line();
  stream.nodes.push_back(Node("second sink"));
  stream.nodes.push_back(Node("third sink"));
  stream.edges.push_back(Edge(1, 3));
  stream.edges.push_back(Edge(0, 4));
  EXPECT_THAT(Names(stream), ElementsAre("source->(map->(sink, second sink), third sink)"));
}

TEST(JobGraphTest, NodesNeedNotStandInOrder) {
  StreamGraph stream = Line();
  stream.edges = {Edge(0, 2), Edge(2, 1)};
  EXPECT_THAT(Names(stream), ElementsAre("source->sink->map"));
  stream.nodes[1].chaining = ChainStrategy::kHead;
  EXPECT_THAT(Names(stream), ElementsAre("source->sink", "map"));
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
  stream.nodes[2].inputs[0].key = Key();
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
        Mistake{"two of one uid",
                [](StreamGraph& graph) {
                  graph.nodes[1].uid = "one";
                  graph.nodes[2].uid = "one";
                },
                "The operators 'map' and 'sink' have one uid, 'one'"},
        Mistake{"a uid that another one has as its name",
                [](StreamGraph& graph) { graph.nodes[1].uid = "sink"; }, "have one uid, 'sink'"},
        Mistake{"a sink without input", [](StreamGraph& graph) { graph.edges.pop_back(); },
                "Input 0 of operator 'sink' has no edge"},
        Mistake{"an input without an edge",
                [](StreamGraph& graph) { graph.nodes[2].inputs.emplace_back(); },
                "Input 1 of operator 'sink' has no edge"},
        Mistake{"an edge into no input", [](StreamGraph& graph) { graph.edges[1].input = 1; },
                "into input 1 of 'sink', which has 1"},
        Mistake{"an unknown output", [](StreamGraph& graph) { graph.edges[1].tag = OutputTag(7); },
                "'sink' reads an output of 'map' that does not exist (tag 00000007); there is its "
                "main output"},
        Mistake{"an output of another type",
                [](StreamGraph& graph) {
                  graph.nodes[1].outputs[0].type = TypeOf<int64_t>();
                  graph.nodes[2].inputs[0].type = TypeOf<int32_t>();
                },
                "as another type"},
        Mistake{"partitioned without a key",
                [](StreamGraph& graph) { graph.edges[1].partitioning = Partitioning::kHash; },
                "has no key"},
        Mistake{"keyed and unkeyed inputs",
                [](StreamGraph& graph) {
                  graph.nodes[2].inputs.push_back({.type = {}, .key = Key()});
                  graph.edges.push_back(Edge(0, 2));
                  graph.edges.back().input = 1;
                },
                "keyed and unkeyed"},
        Mistake{"a loose operator",
                [](StreamGraph& graph) { graph.nodes.push_back(Node("loose")); }, "'loose'"},
        Mistake{"a source with an input",
                [](StreamGraph& graph) { graph.nodes[1].is_source = true; }, "'map'"},
        Mistake{"a cycle", [](StreamGraph& graph) { graph.edges.push_back(Edge(2, 1)); },
                "The operators 'map' → 'sink' → 'map' form a cycle"},
        Mistake{"an edge to itself", [](StreamGraph& graph) { graph.edges.push_back(Edge(1, 1)); },
                "'map' → 'map'"},
        Mistake{"an edge into nothing", [](StreamGraph& graph) { graph.edges[1].to = 9; },
                "operator 9"},
        Mistake{"forward between different parallelisms",
                [](StreamGraph& graph) { graph.nodes[2].parallelism = 2; }, "'sink'"},
        Mistake{"parallelism 0", [](StreamGraph& graph) { graph.nodes[1].parallelism = 0; },
                "'map'"},
        Mistake{"parallelism above the maximum",
                [](StreamGraph& graph) {
                  graph.max_parallelism = 1;
                  for (OperatorSpec& node : graph.nodes) {
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
