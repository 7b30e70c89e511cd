#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/checkpoint/assignment.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ListHandle List(std::string name, ListMode mode, std::vector<uint64_t> entries) {
  return {.name = std::move(name), .mode = mode, .entries = std::move(entries)};
}

// What operator "op" of old subtasks has written, a file each.
std::vector<SnapshotHandle> Written(const std::vector<OperatorHandles>& subtasks) {
  std::vector<SnapshotHandle> snapshots;
  for (const OperatorHandles& handles : subtasks) {
    const auto subtask = static_cast<uint32_t>(snapshots.size());
    snapshots.push_back({.subtask = SubtaskIndex(subtask),
                         .path = std::to_string(subtask),
                         .operators = {{"op", handles}}});
  }
  return snapshots;
}

Topology Parallel(size_t parallelism, uint32_t max_parallelism = 128) {
  return {
      {"op",
       {.parallelism = static_cast<uint32_t>(parallelism), .max_parallelism = max_parallelism}}};
}

// The entries of a list that each new subtask gets, as "file:offset".
std::vector<std::vector<std::string>> Given(const std::vector<OperatorHandles>& old,
                                            uint32_t parallelism, const std::string& name) {
  std::vector<std::vector<std::string>> given(parallelism);
  for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
    for (const SnapshotHandle& part :
         Assign(Written(old), Parallel(old.size()), Parallel(parallelism), {"op"},
                SubtaskIndex(subtask))) {
      for (const ListHandle& list : part.operators.at("op").lists) {
        for (const uint64_t entry : list.name == name ? list.entries : std::vector<uint64_t>()) {
          given[subtask].push_back(fmt::format("{}:{}", part.path, entry));
        }
      }
    }
  }
  return given;
}

std::vector<OperatorHandles> Lists(ListMode mode, const std::vector<std::vector<uint64_t>>& each) {
  std::vector<OperatorHandles> handles;
  for (const std::vector<uint64_t>& entries : each) {
    handles.push_back({.lists = {List("l", mode, entries)}, .keyed = {}});
  }
  return handles;
}

FLINK_CONTRACT(StateAssignmentOperationTest, testRepartitionSplitDistributeStates) {
  const std::vector<OperatorHandles> old = Lists(ListMode::kSplit, {{0, 10}, {0, 10, 20}});
  EXPECT_THAT(Given(old, 3, "l"), ElementsAre(ElementsAre("0:0", "0:10"),
                                              ElementsAre("1:0", "1:10"), ElementsAre("1:20")));
  EXPECT_THAT(Given(old, 1, "l"), ElementsAre(ElementsAre("0:0", "0:10", "1:0", "1:10", "1:20")));
  EXPECT_THAT(Given(old, 2, "l"),
              ElementsAre(ElementsAre("0:0", "0:10"), ElementsAre("1:0", "1:10", "1:20")))
      << "each its own";
}

FLINK_CONTRACT(StateAssignmentOperationTest, testRepartitionUnionState) {
  const std::vector<OperatorHandles> old = Lists(ListMode::kUnion, {{0, 10}, {0}});
  for (const uint32_t parallelism : {1U, 2U, 3U}) {
    EXPECT_THAT(Given(old, parallelism, "l"), ::testing::Each(ElementsAre("0:0", "0:10", "1:0")));
  }
}

FLINK_CONTRACT(StateAssignmentOperationTest, testRepartitionBroadcastState) {
  const std::vector<OperatorHandles> old = Lists(ListMode::kBroadcast, {{0, 1}, {0, 1}});
  EXPECT_THAT(Given(old, 3, "l"), ElementsAre(ElementsAre("0:0", "0:1"), ElementsAre("1:0", "1:1"),
                                              ElementsAre("0:0", "0:1")));
  EXPECT_THAT(Given(old, 1, "l"), ElementsAre(ElementsAre("0:0", "0:1")));
}

FLINK_CONTRACT(StateAssignmentOperationTest, testRepartitionBroadcastStateWithNullSubtaskState) {
  std::vector<OperatorHandles> old = Lists(ListMode::kBroadcast, {{}, {0, 1}});
  old[0].lists.clear();
  for (const uint32_t parallelism : {1U, 2U, 3U}) {
    EXPECT_THAT(Given(old, parallelism, "l"), ::testing::Each(ElementsAre("1:0", "1:1")));
  }
}

FLINK_CONTRACT(StateAssignmentOperationTest, testReDistributeCombinedPartitionableStates) {
  const OperatorHandles handles{
      .lists = {List("s1", ListMode::kSplit, {1, 2}), List("s2", ListMode::kSplit, {3}),
                List("u1", ListMode::kUnion, {4}), List("u2", ListMode::kUnion, {5, 6}),
                List("b1", ListMode::kBroadcast, {7}), List("b2", ListMode::kBroadcast, {8, 9})},
      .keyed = {}};
  const std::vector<OperatorHandles> old = {handles, handles};
  EXPECT_THAT(Given(old, 3, "s1"),
              ElementsAre(ElementsAre("0:1", "0:2"), ElementsAre("1:1"), ElementsAre("1:2")));
  EXPECT_THAT(Given(old, 3, "s2"), ElementsAre(IsEmpty(), ElementsAre("0:3"), ElementsAre("1:3")))
      << "the second list begins where the longer runs of the first ended";
  EXPECT_THAT(Given(old, 3, "u1"), ::testing::Each(ElementsAre("0:4", "1:4")));
  EXPECT_THAT(Given(old, 3, "u2"), ::testing::Each(ElementsAre("0:5", "0:6", "1:5", "1:6")));
  EXPECT_THAT(Given(old, 3, "b1"),
              ElementsAre(ElementsAre("0:7"), ElementsAre("1:7"), ElementsAre("0:7")));
  EXPECT_THAT(Given(old, 3, "b2"), ElementsAre(ElementsAre("0:8", "0:9"), ElementsAre("1:8", "1:9"),
                                               ElementsAre("0:8", "0:9")));
}

// All key groups of each old subtask, at an offset of their own.
std::vector<OperatorHandles> KeyedState(uint32_t parallelism, uint32_t max_parallelism) {
  std::vector<OperatorHandles> handles(parallelism);
  for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
    const KeyGroupRange range = RangeOf(SubtaskIndex(subtask), max_parallelism, parallelism);
    for (uint32_t group = range.first.value(); group <= range.last.value(); ++group) {
      handles[subtask].keyed.groups.emplace_back(KeyGroup(group), 100 + group);
    }
  }
  return handles;
}

void ExpectEachGroupOnce(uint32_t before, uint32_t after) {
  constexpr uint32_t kMax = 13;
  std::map<uint32_t, int> given;
  for (uint32_t subtask = 0; subtask < after; ++subtask) {
    for (const SnapshotHandle& part :
         Assign(Written(KeyedState(before, kMax)), Parallel(before, kMax), Parallel(after, kMax),
                {"op"}, SubtaskIndex(subtask))) {
      for (const auto& [group, offset] : part.operators.at("op").keyed.groups) {
        EXPECT_TRUE(RangeOf(SubtaskIndex(subtask), kMax, after).Contains(group));
        EXPECT_EQ(offset, 100 + group.value());
        ++given[group.value()];
      }
    }
  }
  EXPECT_EQ(given.size(), kMax);
  for (const auto& [group, times] : given) {
    EXPECT_EQ(times, 1) << "key group " << group;
  }
}

FLINK_CONTRACT(CheckpointCoordinatorRestoringTest,
               testRestoreLatestCheckpointWithChangingParallelismIn) {
  ExpectEachGroupOnce(7, 3);
}

FLINK_CONTRACT(CheckpointCoordinatorRestoringTest,
               testRestoreLatestCheckpointWithChangingParallelismOut) {
  ExpectEachGroupOnce(3, 7);
}

FLINK_CONTRACT(CheckpointCoordinatorRestoringTest,
               testRestoreLatestCheckpointFailureWhenMaxParallelismChanges) {
  const std::vector<SnapshotHandle> snapshots = Written(KeyedState(2, 42));
  EXPECT_TRUE(CheckAssignable(snapshots, Parallel(2, 42), Parallel(3, 42)));
  const sim::Result<void> refused = CheckAssignable(snapshots, Parallel(2, 42), Parallel(2, 20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, sim::ErrorCode::kInvalidArgument);
}

FLINK_CONTRACT(CheckpointCoordinatorRestoringTest, testRestoreLatestCheckpointedState) {
  const std::vector<SnapshotHandle> snapshots = Written(KeyedState(3, 13));
  for (uint32_t subtask = 0; subtask < 3; ++subtask) {
    EXPECT_THAT(Assign(snapshots, Parallel(3, 13), Parallel(3, 13), {"op"}, SubtaskIndex(subtask)),
                ElementsAre(snapshots[subtask]))
        << "exactly its own";
  }
}

// Two operators in one chain, which the new job has in two.
FLINK_CONTRACT(CheckpointCoordinatorRestoringTest, testStateRecoveryWhenTopologyChangeOut) {
  std::vector<SnapshotHandle> snapshots = Written(Lists(ListMode::kSplit, {{3}}));
  snapshots[0].operators["other"].lists = {List("l", ListMode::kSplit, {4})};
  const Topology old = {{"op", {}}, {"other", {}}};
  const Topology now = {{"op", {}}, {"other", {}}, {"new", {}}};
  const std::vector<SnapshotHandle> first = Assign(snapshots, old, now, {"op"}, SubtaskIndex(0));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].operators.at("op").lists.front().entries, std::vector<uint64_t>{3});
  const std::vector<SnapshotHandle> second =
      Assign(snapshots, old, now, {"new", "other"}, SubtaskIndex(0));
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].operators.at("other").lists.front().entries, std::vector<uint64_t>{4});
  EXPECT_FALSE(second[0].operators.contains("new")) << "it starts empty";
}

}  // namespace
}  // namespace flinch::engine
