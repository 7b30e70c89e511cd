// What Flink's tests promise of its partitioners.
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include <gmock/gmock.h>

#include "engine/data_stream.h"
#include "engine/graph/job_graph.h"
#include "engine/network/result_partition.h"
#include "engine/runtime/record_writer.h"
#include "engine/runtime/task_deployment.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;

// For each of so many records the subpartitions that get it.
std::vector<std::vector<uint32_t>> Selected(Partitioning partitioning, uint32_t subpartitions,
                                            size_t records) {
  std::vector<std::vector<uint32_t>> selected(records);
  tests::Bench bench;
  bench.Start("producer", [&](sim::Environment& environment) {
    SegmentPool pool;
    ResultPartition partition(environment, NetworkOptions(), pool, subpartitions, [] {});
    const InputSpec input{.type = TypeOf<int64_t>(), .key = {}};
    RecordWriter writer({.partitioning = partitioning, .subpartitions = subpartitions}, input, 128,
                        SubtaskIndex(0), partition);
    for (std::vector<uint32_t>& ways : selected) {
      const int64_t number = 7;
      EXPECT_TRUE(writer.Emit({.value = &number}));
      partition.Flush();
      for (uint32_t index = 0; index < subpartitions; ++index) {
        if (partition.HasBuffer(index)) {
          ways.push_back(index);
          partition.Take(index);
        }
      }
    }
  });
  bench.RunFor(sim::Duration(1));
  return selected;
}

FLINK_CONTRACT(ForwardPartitionerTest, testSelectChannelsInterval) {
  for (const uint32_t subpartitions : {1U, 2U, 1024U}) {
    EXPECT_THAT(Selected(Partitioning::kForward, subpartitions, 2),
                ElementsAre(ElementsAre(0), ElementsAre(0)));
  }
}

FLINK_CONTRACT(GlobalPartitionerTest, testSelectChannels) {
  for (const uint32_t subpartitions : {1U, 2U, 1024U}) {
    EXPECT_THAT(Selected(Partitioning::kGlobal, subpartitions, 2),
                ElementsAre(ElementsAre(0), ElementsAre(0)));
  }
}

FLINK_CONTRACT(BroadcastPartitionerTest, testSelectChannels) {
  EXPECT_THAT(Selected(Partitioning::kBroadcast, 3, 2),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 1, 2)));
}

FLINK_CONTRACT(RebalancePartitionerTest, testSelectChannelsInterval) {
  const std::vector<std::vector<uint32_t>> selected = Selected(Partitioning::kRebalance, 3, 4);
  const uint32_t first = selected.at(0).at(0);
  EXPECT_THAT(selected, ElementsAre(ElementsAre(first), ElementsAre((first + 1) % 3),
                                    ElementsAre((first + 2) % 3), ElementsAre(first)));
}

FLINK_CONTRACT(RescalePartitionerTest, testSelectChannelsInterval) {
  EXPECT_THAT(Selected(Partitioning::kRescale, 3, 4),
              ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2), ElementsAre(0)));
}

// Two sources, four mappers, two sinks: for each vertex's subtasks whom they read.
FLINK_CONTRACT(RescalePartitionerTest, testExecutionGraphGeneration) {
  std::vector<Received> received;
  StreamExecutionEnvironment env("semi-rebalance", {.parallelism = 4});
  env.FromSource<int64_t>("source", NumberSource::Make(1))
      .SetParallelism(2)
      .Rescale()
      .Map("map", [](const int64_t& number) { return number; })
      .Rescale()
      .SinkTo("sink", NumberSink::Make(received))
      .SetParallelism(2);
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph);
  const auto readers = [&](uint32_t vertex) {
    std::vector<std::vector<uint32_t>> read;
    for (uint32_t subtask = 0; subtask < graph->vertices.at(vertex).parallelism; ++subtask) {
      const TaskDeployment deployment = DescribeTask(
          *graph, {}, {VertexId(vertex), SubtaskIndex(subtask), AttemptNumber(1)},
          [](VertexId producer, SubtaskIndex index) {
            return ProducerPlace{.task = {producer, index, AttemptNumber(1)}, .address = {}};
          });
      std::vector<uint32_t>& mine = read.emplace_back();
      for (const ChannelDescriptor& channel : deployment.gates.at(0).channels) {
        mine.push_back(channel.producer.subtask.value());
      }
    }
    return read;
  };
  EXPECT_THAT(readers(1),
              ElementsAre(ElementsAre(0), ElementsAre(0), ElementsAre(1), ElementsAre(1)));
  EXPECT_THAT(readers(2), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
}

}  // namespace
}  // namespace flinch::engine
