// Results that lie on a TaskManager's own disk until they are released: what tasks of a batch job
// leave to consumers that are deployed when they have finished.
//
// Shape:    a result is one file (block_file.h); a block is the content of a buffer of records of
//           one subpartition. A reader gets the blocks of its subpartition in their order, and then
//           the end of data. Of a result that is being written nobody can read anything.
// Readers:  as many as ask, one after another or at the same time: each reads from the beginning.
//           A fiber each reads ahead, so that taking a buffer never waits for the disk.
// Lives:    as long as its process, since fibers of its own read ahead.
// Survives: the task, not the process: whoever comes after it finds nothing of its results and
//           sweeps their files.
// Errors:   a block that cannot be read, or is not what was written, is a lost result: its readers
//           hear OnClosed, and whoever asks later is told that there is none.
// Source:   Flink's BoundedBlockingSubpartition, SortMergeResultPartition, ResultPartitionManager.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "engine/network/block_file.h"
#include "engine/network/subpartition_view.h"
#include "sim/environment.h"

namespace flinch::engine {

struct KeptResult {
  std::string path;
  std::vector<std::vector<FileBlock>> subpartitions;
};

class KeptResults {
 public:
  explicit KeptResults(sim::Environment& environment);
  ~KeptResults();

  // Where the output of this task on this edge is to lie. Nobody else's has the name.
  std::string PathOf(const ExecutionAttemptId& producer, uint32_t edge) const;

  // For files that the task itself reads again: names that begin so.
  std::string ScratchOf(const ExecutionAttemptId& task) const;

  // It is whole. What is kept of the same task and edge already is replaced.
  void Keep(JobId job, const ExecutionAttemptId& producer, uint32_t edge, KeptResult result);

  // Null when there is no such.
  std::unique_ptr<SubpartitionView> Open(const PartitionRequest& request,
                                         SubpartitionReader& reader);

  // The tasks of the job of which results are here, in their order.
  std::vector<ExecutionAttemptId> ProducersOf(JobId job) const;

  // Readers that have one open hear OnClosed.
  void Release(JobId job, const std::vector<ExecutionAttemptId>& producers);
  void ReleaseAll(JobId job);

  // Takes off the disk what an earlier process has left. May suspend.
  void Sweep();

 private:
  class View;

  // Of one reader: of its fiber, which reads ahead, and its view. Whoever ends last removes it.
  struct Reading;

  struct Key {
    ExecutionAttemptId producer;
    uint32_t edge = 0;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  struct Entry {
    JobId job;
    uint64_t number = 0;  // no other result has it
    KeptResult result;
  };

  void ReadAhead(Reading& reading);
  // Its blocks, one after another, as long as somebody wants them.
  void ReadBlocks(Reading& reading);
  // The view is gone.
  void Leave(Reading& reading);
  void Remove(const Reading& reading);
  // Of a result that is lost or released.
  void Drop(std::map<Key, Entry>::iterator entry);

  sim::Environment& environment_;
  std::map<Key, Entry> results_;
  uint64_t last_number_ = 0;
  std::vector<std::unique_ptr<Reading>> readings_;
};

}  // namespace flinch::engine
