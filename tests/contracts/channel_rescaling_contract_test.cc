// What Flink's tests promise of what was in flight when the parallelism changes.
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>

#include "engine/checkpoint/channel_assignment.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// For each new consumer the old ones whose channels it begins with.
std::vector<std::vector<uint32_t>> Mapping(bool by_key, uint32_t before, uint32_t now) {
  const ChannelEdge edge{.from = OperatorIdOf("a"), .tag = {}, .to = OperatorIdOf("b")};
  std::vector<SnapshotHandle> snapshots;
  for (uint32_t old = 0; old < before; ++old) {
    SnapshotHandle snapshot{.vertex = VertexId(1), .subtask = SubtaskIndex(old), .path = "/s"};
    snapshot.channels.push_back(
        {.edge = edge, .producer = SubtaskIndex(0), .consumer = SubtaskIndex(old), .buffers = {0}});
    snapshots.push_back(snapshot);
  }
  const Topology old{{"a", {.parallelism = 1}}, {"b", {.parallelism = before}}};
  std::vector<std::vector<uint32_t>> mapping;
  for (uint32_t consumer = 0; consumer < now; ++consumer) {
    std::vector<uint32_t>& mine = mapping.emplace_back();
    for (const ChannelPart& part :
         AssignChannels(snapshots, old, {{.edge = edge, .by_key = by_key, .consumers = now}},
                        SubtaskIndex(consumer))) {
      mine.push_back(part.channel.consumer.value());
    }
  }
  return mapping;
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRangeSelectorTaskMappingOnScaleDown) {
  EXPECT_THAT(Mapping(true, 3, 2), ElementsAre(ElementsAre(0, 1), ElementsAre(1, 2)));
  EXPECT_THAT(Mapping(true, 10, 2),
              ElementsAre(ElementsAre(0, 1, 2, 3, 4), ElementsAre(5, 6, 7, 8, 9)));
  EXPECT_THAT(Mapping(true, 10, 4), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(2, 3, 4),
                                                ElementsAre(5, 6, 7), ElementsAre(7, 8, 9)));
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRangeSelectorTaskMappingOnNoScale) {
  EXPECT_THAT(Mapping(true, 3, 3), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRangeSelectorTaskMappingOnScaleUp) {
  EXPECT_THAT(Mapping(true, 3, 4),
              ElementsAre(ElementsAre(0), ElementsAre(0, 1), ElementsAre(1, 2), ElementsAre(2)));
  EXPECT_THAT(Mapping(true, 3, 7),
              ElementsAre(ElementsAre(0), ElementsAre(0), ElementsAre(0, 1), ElementsAre(1),
                          ElementsAre(1, 2), ElementsAre(2), ElementsAre(2)));
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRoundRobinTaskMappingOnScaleDown) {
  EXPECT_THAT(Mapping(false, 3, 2), ElementsAre(ElementsAre(0, 2), ElementsAre(1)));
  EXPECT_THAT(Mapping(false, 10, 4), ElementsAre(ElementsAre(0, 4, 8), ElementsAre(1, 5, 9),
                                                 ElementsAre(2, 6), ElementsAre(3, 7)));
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRoundRobinTaskMappingOnNoScale) {
  EXPECT_THAT(Mapping(false, 3, 3), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

FLINK_CONTRACT(SubtaskStateMapperTest, testRoundRobinTaskMappingOnScaleUp) {
  EXPECT_THAT(Mapping(false, 3, 4),
              ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2), IsEmpty()));
}

}  // namespace
}  // namespace flinch::engine
