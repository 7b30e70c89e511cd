// Rescaling, over drawn topologies: nothing is lost, nothing is given out twice.
#include "engine/checkpoint/assignment.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

constexpr uint32_t kGroups = 24;

using Place = std::pair<std::string, uint64_t>;  // file, offset

// What an operator "window" with a list of each mode has written: each offset is used once a file.
std::vector<SnapshotHandle> AnySnapshots(uint32_t parallelism) {
  std::vector<SnapshotHandle> snapshots;
  for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
    uint64_t offset = 0;
    OperatorHandles handles;
    const KeyGroupRange range = RangeOf(SubtaskIndex(subtask), kGroups, parallelism);
    for (uint32_t group = range.first.value(); group <= range.last.value(); ++group) {
      if (*rc::gen::arbitrary<bool>()) {
        handles.keyed.groups.emplace_back(KeyGroup(group), offset++);
      }
    }
    for (const ListMode mode : {ListMode::kSplit, ListMode::kUnion, ListMode::kBroadcast}) {
      ListHandle list{
          .name = "list" + std::to_string(static_cast<int>(mode)), .mode = mode, .entries = {}};
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        list.entries.push_back(offset++);
      }
      handles.lists.push_back(list);
    }
    snapshots.push_back({.vertex = VertexId(1),
                         .subtask = SubtaskIndex(subtask),
                         .path = "/" + std::to_string(subtask),
                         .size = offset,
                         .operators = {{"window", handles}}});
  }
  return snapshots;
}

struct Given {
  std::map<Place, int> keyed;
  std::map<ListMode, std::map<Place, int>> lists;
};

void Add(const std::vector<SnapshotHandle>& parts, Given& given) {
  for (const SnapshotHandle& part : parts) {
    const auto found = part.operators.find("window");
    if (found == part.operators.end()) {
      continue;
    }
    for (const auto& [group, offset] : found->second.keyed.groups) {
      ++given.keyed[{part.path, offset}];
    }
    for (const ListHandle& list : found->second.lists) {
      for (const uint64_t offset : list.entries) {
        ++given.lists[list.mode][{part.path, offset}];
      }
    }
  }
}

RC_GTEST_PROP(AssignmentPropertyTest, EveryPartIsGivenOutAsItsModeSays, ()) {
  const auto old = *rc::gen::inRange<uint32_t>(1, kGroups + 1);
  const auto now = *rc::gen::inRange<uint32_t>(1, kGroups + 1);
  const std::vector<SnapshotHandle> snapshots = AnySnapshots(old);
  const Topology before = {{"window", {.parallelism = old, .max_parallelism = kGroups}}};
  const Topology after = {{"window", {.parallelism = now, .max_parallelism = kGroups}}};
  RC_ASSERT(CheckAssignable(snapshots, before, after).has_value());
  Given written;
  Add(snapshots, written);
  Given given;
  for (uint32_t i = 0; i < now; ++i) {
    const std::vector<SnapshotHandle> parts =
        Assign(snapshots, before, after, {"window"}, SubtaskIndex(i));
    Add(parts, given);
    const KeyGroupRange range = RangeOf(SubtaskIndex(i), kGroups, now);
    size_t split = 0;
    for (const SnapshotHandle& part : parts) {
      for (const auto& [group, offset] : part.operators.at("window").keyed.groups) {
        RC_ASSERT(range.Contains(group));
      }
      for (const ListHandle& list : part.operators.at("window").lists) {
        split += list.mode == ListMode::kSplit ? list.entries.size() : 0;
      }
    }
    const size_t all = written.lists[ListMode::kSplit].size();
    RC_ASSERT(old == now || split == all / now || split == all / now + 1);
  }
  RC_ASSERT(given.keyed == written.keyed);
  RC_ASSERT(given.lists[ListMode::kSplit] == written.lists[ListMode::kSplit]);
  for (const auto& [place, times] : given.lists[ListMode::kUnion]) {
    RC_ASSERT(times == static_cast<int>(now));
  }
  RC_ASSERT(given.lists[ListMode::kUnion].size() == written.lists[ListMode::kUnion].size());
}

RC_GTEST_PROP(AssignmentPropertyTest, TheSameTopologyGivesEachSubtaskItsOwn, ()) {
  const auto parallelism = *rc::gen::inRange<uint32_t>(1, kGroups + 1);
  std::vector<SnapshotHandle> snapshots = AnySnapshots(parallelism);
  for (SnapshotHandle& snapshot : snapshots) {
    auto& lists = snapshot.operators.at("window").lists;
    std::erase_if(lists, [](const ListHandle& list) {
      return list.mode != ListMode::kSplit || list.entries.empty();
    });
  }
  const Topology topology = {{"window", {.parallelism = parallelism, .max_parallelism = kGroups}}};
  for (uint32_t i = 0; i < parallelism; ++i) {
    RC_ASSERT(Assign(snapshots, topology, topology, {"window"}, SubtaskIndex(i)) ==
              std::vector<SnapshotHandle>{snapshots[i]});
  }
}

TEST(AssignmentTest, AnotherNumberOfKeyGroupsIsRefused) {
  const std::vector<SnapshotHandle> snapshots = {
      {.path = "/0", .operators = {{"window", {.keyed = {.groups = {{KeyGroup(3), 4}}}}}}}};
  const sim::Result<void> checked =
      CheckAssignable(snapshots, {{"window", {.parallelism = 1, .max_parallelism = 128}}},
                      {{"window", {.parallelism = 1, .max_parallelism = 64}}});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "The keyed state of operator 'window' is divided into 128 key groups, and the job now "
            "has a maximum parallelism of 64. Set it to 128.");
}

TEST(AssignmentTest, StateFollowsItsOperatorAndNotItsVertex) {
  const std::vector<SnapshotHandle> snapshots = {
      {.vertex = VertexId(0),
       .path = "/0",
       .operators = {
           {"map", {}}, {"gone", {}}, {"sink", {.lists = {{.name = "l", .entries = {4}}}}}}}};
  const Topology old = {{"map", {}}, {"gone", {}}, {"sink", {}}};
  const Topology now = {{"map", {}}, {"new", {}}, {"sink", {}}};
  const std::vector<SnapshotHandle> parts =
      Assign(snapshots, old, now, {"new", "sink"}, SubtaskIndex(0));
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].operators.size(), 1U);
  EXPECT_EQ(parts[0].operators.at("sink"), snapshots[0].operators.at("sink"));
}

}  // namespace
}  // namespace flinch::engine
