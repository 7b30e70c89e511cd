// The keyed input of a batch task, key after key.
//
// Shape:   all records of all inputs go in as bytes, and come out when all are there. What exceeds
//          the memory is sorted and written to the TaskManager's own disk, a run; at the end the
//          runs and what is in memory are merged.
// Order:   by the key's bytes; of one key by event time, then as the records came. Records of
//          several inputs stand in one order, so that a join sees both sides of a key together.
// Errors:  the disk's; kCorruption for a run that is not what was written. They fail the task.
// Source:  Flink's SortingDataInput, MultiInputSortingDataInput and ExternalSorter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/network/block_file.h"
#include "engine/serializer.h"
#include "sim/disk.h"

namespace flinch::engine {

struct SortedRecord {
  Bytes key;
  EventTime timestamp;
  uint64_t number = 0;  // of its arrival
  uint32_t input = 0;
  int32_t key_hash = 0;
  Bytes value;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.timestamp);
    visit(self.number);
    visit(self.input);
    visit(self.key_hash);
    visit(self.value);
  }
};

class InputSorter {
 public:
  // Runs are files whose names begin with `path`.
  InputSorter(sim::FileSystem& disk, std::string path, uint32_t memory_bytes,
              const Defects& defects = {});

  // Numbers the record. May suspend.
  sim::Result<void> Add(SortedRecord record);
  // Nothing more is added. May suspend.
  sim::Result<void> Finish();
  // The next record; nothing behind the last one. May suspend.
  sim::Result<std::optional<SortedRecord>> Next();
  // Takes the runs off the disk. May suspend.
  void Remove();

  uint64_t records() const { return records_; }

  size_t runs() const { return runs_.size(); }

 private:
  // What was sorted together, on the disk.
  struct Run {
    BlockFileWriter file;
    std::vector<FileBlock> blocks;
    // Of the merge.
    size_t next_block = 0;
    std::vector<SortedRecord> loaded;
    size_t next = 0;
  };

  sim::Result<void> Spill();
  // The run's next record is in memory, unless there is none.
  sim::Result<void> Load(Run& run);
  // Whose record comes next; null: what was never written.
  Run* Least();

  sim::FileSystem& disk_;
  std::string path_;
  size_t memory_bytes_;
  Defects defects_;
  std::vector<SortedRecord> memory_;
  size_t in_memory_ = 0;  // bytes
  size_t next_ = 0;       // of what is in memory, once that is sorted
  std::vector<Run> runs_;
  uint64_t records_ = 0;
};

}  // namespace flinch::engine
