// Which splits were given to whom since which checkpoint. Pure.
//
// What was given out before a checkpoint of the coordinator is filed under that checkpoint; once
// it is complete the readers' snapshots have it. A reader that starts from an older checkpoint has
// not what was filed later, nor what was not filed yet: that comes back.
// Source: Flink's SplitAssignmentTracker.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/ids.h"
#include "engine/source.h"

namespace flinch::engine {

class SplitAssignmentTracker {
 public:
  // The reader was given these.
  void Record(SubtaskIndex reader, const std::vector<SourceSplit>& splits);
  // The coordinator's part of the checkpoint is taken.
  void OnCheckpoint(CheckpointId id);
  // This checkpoint and so all older ones: what was given out before needs no memory.
  void OnCheckpointComplete(CheckpointId id);

  // What the reader was given and does not have when it starts from `restored` (0: from nothing),
  // in the order in which it was given. Forgets it.
  std::vector<SourceSplit> TakeBack(SubtaskIndex reader, CheckpointId restored);

  // Of all readers.
  void Clear();

  // The splits that it remembers.
  size_t size() const;

  // "0:a,b chk-3 1:c": who was given what since the last checkpoint, then before each.
  std::string Show() const;

 private:
  using Assignment = std::map<SubtaskIndex, std::vector<SourceSplit>>;

  std::map<CheckpointId, Assignment> filed_;
  Assignment since_;  // the last checkpoint of the coordinator
};

}  // namespace flinch::engine
