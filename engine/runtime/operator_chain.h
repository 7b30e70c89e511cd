// Operators joined without a network between them: what one task runs.
//
// The first operator is fed (or, a source, polled) by the task; each hands its results to the next
// by pointer; the last one's go to the task's result partitions. Before a keyed operator sees a
// record its backend is set to the record's key.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/config.h"
#include "engine/graph/job_graph.h"
#include "engine/network/result_partition.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

class OperatorChain {
 public:
  struct Options {
    const JobGraph& graph;
    VertexId vertex;
    SubtaskIndex subtask;
    AttemptNumber attempt;
    const Defects& defects;
    // By the vertex's outputs, in their order.
    std::vector<ResultPartition*> partitions;
  };

  OperatorChain(sim::Environment& environment, const Options& options);
  ~OperatorChain();

  // Restores and opens the operators, last to first, so that each finds its successor open.
  sim::Result<void> Open(const std::vector<TaskSnapshot>* restored);

  // The head, if it is a source.
  SourceOperator* source() { return source_; }

  // Into the head.
  Output& head();

  // A watermark that leaves the source at the head, in the source's stead.
  sim::Result<void> EmitFromSource(EventTime watermark);

  sim::Result<void> Finish();
  // The synchronous part: frozen, not written. Ends before the chain does.
  sim::Result<FrozenTask> Snapshot(CheckpointId id);
  // Planted: what the asynchronous part of a snapshot finds if it reads the source itself.
  void ReadAgain(CheckpointId id, FrozenTask& snapshot);
  sim::Result<void> NotifyComplete(CheckpointId id);
  sim::Result<void> NotifyAborted(CheckpointId id);
  // In the keyed state of all operators, timers included.
  size_t keyed_entries() const;

  void Cancel();
  void Close();

 private:
  class Link;
  class Tail;

  struct Member {
    std::string name;
    std::unique_ptr<KeyedStateBackend> keyed_state;
    std::unique_ptr<StreamOperator> code;
    std::unique_ptr<Output> input;  // what the predecessor writes to
    std::unique_ptr<OperatorContext> context;
  };

  sim::Result<void> OpenMember(Member& member, const std::vector<TaskSnapshot>* restored);

  Options options_;
  Defects defects_;
  std::unique_ptr<Output> tail_;
  std::vector<Member> members_;
  SourceOperator* source_ = nullptr;
};

}  // namespace flinch::engine
