// Sources whose work is divided into splits: an enumerator at the master, readers at the tasks.
//
// The enumerator finds the splits there are (partitions, files) and gives each to one reader; a
// reader (a SourceOperator) takes up what it is given, in any order, and has its splits with their
// positions in its snapshot. What was given out since the checkpoint that a reader starts from
// comes back to the enumerator; what its checkpoint holds the reader has already.
//
// Shape:    a split is a name, unique in its source and for ever, and bytes that only the source
//           knows. All calls of an enumerator come from one fiber, the JobManager's main thread,
//           and must not suspend; what blocks goes through CallAsync.
// State:    SnapshotState holds what the enumerator knows: which splits are given out and which
//           wait. It is part of the checkpoint. Start gets it back when the whole job starts anew
//           from that checkpoint; when only tasks do, the enumerator goes on.
// Cut:      a split is in the state of the enumerator or in that of a reader, never in both, never
//           in neither: see master/source_coordinator_core.h.
// Survives: readers that come, go and come back in any order, splits that come back twice.
// Source:   FLIP-27; Flink's SplitEnumerator and SplitEnumeratorContext.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/stream_operator.h"
#include "sim/environment.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

struct SourceSplit {
  std::string id;
  Bytes state;  // where to begin, and what else its reader needs

  friend bool operator==(const SourceSplit&, const SourceSplit&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.state);
  }
};

// ---- What a coordinator tells a reader ---------------------------------------------------------

struct AddSplitsEvent {
  std::vector<SourceSplit> splits;

  friend bool operator==(const AddSplitsEvent&, const AddSplitsEvent&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.splits);
  }
};

// A reader that has read all of its splits is at its end.
struct NoMoreSplitsEvent {
  friend bool operator==(const NoMoreSplitsEvent&, const NoMoreSplitsEvent&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

using SourceEvent = std::variant<AddSplitsEvent, NoMoreSplitsEvent>;

// ---- The reader ---------------------------------------------------------------------------------

// A source that is given splits. It is at its end when it has read all that it has and has heard
// that no more come.
class SourceReader : public SourceOperator {
 public:
  // Reads them too from now on. Must not suspend.
  virtual sim::Result<void> AddSplits(const std::vector<SourceSplit>& splits) = 0;
  virtual void NoMoreSplits() = 0;
};

// ---- The enumerator -----------------------------------------------------------------------------

class SplitEnumeratorContext {
 public:
  virtual ~SplitEnumeratorContext() = default;

  virtual sim::Environment& environment() = 0;
  // How many readers there are when all have registered.
  virtual uint32_t parallelism() const = 0;
  virtual bool IsRegistered(SubtaskIndex reader) const = 0;

  // A new split has been found: told to the world, and nothing else.
  virtual void OnDiscovered(const SourceSplit& split) = 0;
  // kInvalidArgument when the reader is not registered.
  virtual sim::Result<void> AssignSplits(SubtaskIndex reader, std::vector<SourceSplit> splits) = 0;
  virtual sim::Result<void> SignalNoMoreSplits(SubtaskIndex reader) = 0;

  // Runs `work` on a fiber of its own, where it may suspend and must touch nothing of the
  // enumerator's state; what it returns then runs in the main thread.
  using Mail = std::move_only_function<void()>;
  virtual void CallAsync(std::string_view name, std::move_only_function<Mail()> work) = 0;
  virtual void CallLater(sim::Duration delay, Mail mail) = 0;

  // The source cannot go on: the job starts anew from its latest checkpoint, the enumerator with
  // it.
  virtual void FailJob(const std::string& reason) = 0;
};

class SplitEnumerator {
 public:
  virtual ~SplitEnumerator() = default;

  // `restored`: what SnapshotState gave; null: from nothing. Comes again when the whole job starts
  // anew: what was known before counts no more.
  virtual sim::Result<void> Start(const Bytes* restored) = 0;
  // The reader runs. What its snapshot held it has taken up already.
  virtual void AddReader(SubtaskIndex reader) = 0;
  // The reader was given them and has started from a checkpoint that is older. It is not
  // registered.
  virtual void AddSplitsBack(SubtaskIndex reader, std::vector<SourceSplit> splits) = 0;
  virtual Bytes SnapshotState(CheckpointId checkpoint) = 0;

  virtual void NotifyCheckpointComplete(CheckpointId) {}
};

// Makes the enumerator of a source. The context outlives it.
using SplitEnumeratorFactory =
    std::function<std::unique_ptr<SplitEnumerator>(SplitEnumeratorContext& context)>;

}  // namespace flinch::engine
