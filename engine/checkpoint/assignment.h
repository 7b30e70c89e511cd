// Which state each subtask starts from: pure, at the master, from handles alone.
//
// Keyed:  a subtask gets the key groups of its range, whoever wrote them. The maximum parallelism
//         of an operator with keyed state cannot change: it decides a key's group.
// Lists:  with the parallelism as it was each subtask gets its own back; else by the list's mode
//         (state_handles.h), entry for entry as Flink's RoundRobinOperatorStateRepartitioner, with
//         old subtasks and lists in their order (Flink: in that of a hash map).
// By operator name, not by vertex: an operator that moves to another chain takes its state along;
// one that is new starts empty, and the state of one that is gone is left out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/state_handles.h"
#include "engine/ids.h"
#include "sim/result.h"

namespace flinch::engine {

struct OperatorTopology {
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  // Lists that every subtask gets whole under another parallelism (OperatorSpec::shared_lists).
  std::vector<std::string> shared_lists{};
};

// By operator name.
using Topology = std::map<std::string, OperatorTopology>;

// kInvalidArgument, with whole sentences, when `now` cannot start from what `old` has left: an
// operator whose keyed state was divided into another number of key groups.
sim::Result<void> CheckAssignable(const std::vector<SnapshotHandle>& snapshots, const Topology& old,
                                  const Topology& now);

// Returns the parts of `snapshots`, which `old` has written, that subtask `subtask` of the
// operators `operators` gets under `now`. Of all subtasks together each key group and each entry of
// a split list once. CheckAssignable has said that it can be.
std::vector<SnapshotHandle> Assign(const std::vector<SnapshotHandle>& snapshots,
                                   const Topology& old, const Topology& now,
                                   const std::vector<std::string>& operators, SubtaskIndex subtask);

// Whoever starts from them shares none of their files: they belong to somebody else.
void ForbidReuse(std::vector<SnapshotHandle>& snapshots);

}  // namespace flinch::engine
