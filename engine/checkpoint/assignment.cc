#include "engine/checkpoint/assignment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

const OperatorTopology& OldOf(const Topology& old, const std::string& name) {
  const auto found = old.find(name);
  sim::Check(found != old.end(), "a snapshot holds state of {}, which the old job did not have",
             name);
  return found->second;
}

KeyGroupsHandle GroupsIn(const KeyGroupsHandle& keyed, KeyGroupRange range) {
  KeyGroupsHandle mine;
  std::ranges::copy_if(keyed.groups, std::back_inserter(mine.groups),
                       [range](const auto& group) { return range.Contains(group.first); });
  return mine;
}

// What of a list of `writer` belongs to `reader`. `before` counts the entries of the list in
// earlier snapshots, and grows by those of this one.
ListHandle EntriesOf(const ListHandle& list, SubtaskIndex writer, SubtaskIndex reader,
                     const OperatorTopology& old, const OperatorTopology& now, size_t& before) {
  ListHandle mine{.name = list.name, .mode = list.mode, .entries = {}};
  const size_t first = std::exchange(before, before + list.entries.size());
  switch (list.mode) {
    case ListMode::kUnion:
      mine.entries = list.entries;
      break;
    case ListMode::kBroadcast:
      if (reader.value() % old.parallelism == writer.value()) {
        mine.entries = list.entries;
      }
      break;
    case ListMode::kSplit:
      for (size_t i = 0; i < list.entries.size(); ++i) {
        const size_t owner =
            old.parallelism == now.parallelism ? writer.value() : (first + i) % now.parallelism;
        if (owner == reader.value()) {
          mine.entries.push_back(list.entries[i]);
        }
      }
      break;
  }
  return mine;
}

}  // namespace

sim::Result<void> CheckAssignable(const std::vector<SnapshotHandle>& snapshots, const Topology& old,
                                  const Topology& now) {
  for (const SnapshotHandle& snapshot : snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      const auto then = old.find(name);
      const auto next = now.find(name);
      if (handles.keyed.groups.empty() || next == now.end() || then == old.end() ||
          next->second.max_parallelism == then->second.max_parallelism) {
        continue;
      }
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("The keyed state of operator '{}' is divided into {} key groups, and the job "
                      "now has a maximum parallelism of {}. Set it to {}.",
                      name, then->second.max_parallelism, next->second.max_parallelism,
                      then->second.max_parallelism));
    }
  }
  return {};
}

std::vector<SnapshotHandle> Assign(const std::vector<SnapshotHandle>& snapshots,
                                   const Topology& old, const Topology& now,
                                   const std::vector<std::string>& operators,
                                   SubtaskIndex subtask) {
  std::vector<SnapshotHandle> parts;
  for (const SnapshotHandle& snapshot : snapshots) {
    parts.push_back({.vertex = snapshot.vertex,
                     .subtask = snapshot.subtask,
                     .path = snapshot.path,
                     .size = snapshot.size});
  }
  for (const std::string& name : operators) {
    const auto next = now.find(name);
    sim::Check(next != now.end(), "the job has no operator {}", name);
    sim::Check(subtask.value() < next->second.parallelism, "{} has no subtask {}", name,
               subtask.value());
    const KeyGroupRange range =
        RangeOf(subtask, next->second.max_parallelism, next->second.parallelism);
    std::map<std::string, size_t> before;  // entries of each list in earlier snapshots
    for (size_t i = 0; i < snapshots.size(); ++i) {
      const auto found = snapshots[i].operators.find(name);
      if (found == snapshots[i].operators.end()) {
        continue;
      }
      OperatorHandles mine{.lists = {}, .keyed = GroupsIn(found->second.keyed, range)};
      for (const ListHandle& list : found->second.lists) {
        ListHandle entries = EntriesOf(list, snapshots[i].subtask, subtask, OldOf(old, name),
                                       next->second, before[list.name]);
        if (!entries.entries.empty()) {
          mine.lists.push_back(std::move(entries));
        }
      }
      const bool is_own = snapshots[i].subtask == subtask;
      if (is_own || !mine.lists.empty() || !mine.keyed.groups.empty()) {
        parts[i].operators.emplace(name, std::move(mine));
      }
    }
  }
  std::erase_if(parts, [](const SnapshotHandle& part) { return part.operators.empty(); });
  return parts;
}

}  // namespace flinch::engine
