// Operators joined without a network between them: what one task runs.
//
// Shape:  a tree. The operator at its root is fed (or, a source, polled) by the task; each hands
//         its results by pointer to those of the chain that read them, in the order of the graph's
//         edges, and then to the task's result partitions. Watermarks go to all that read any
//         output. Before a keyed operator sees a record its backend is set to the record's key.
// Order:  opening goes from the leaves to the root, all else from the root to the leaves.
// Errors: what an operator throws is an error that names its subtask and what it was called for. An
//         operator that emits while it takes its snapshot is refused: see StreamOperator::Snapshot.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/config.h"
#include "engine/graph/stream_graph.h"
#include "engine/network/result_partition.h"
#include "engine/runtime/task_deployment.h"
#include "engine/source.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

class OperatorChain {
 public:
  struct Options {
    const StreamGraph& code;
    const TaskDeployment& deployment;  // fits the code: see CheckAgainstCode
    const Defects& defects;
    // By the deployment's partitions, in their order.
    std::vector<ResultPartition*> partitions;
    StateOptions state{};
    // Makes the task look at the operators' timers again. Null: nobody has to be told.
    std::function<void()> wake{};
    // Sources' watermarks go nowhere but for the last one.
    bool is_batch = false;
    std::function<sim::Result<void>()> run_mails{};  // planted
  };

  OperatorChain(sim::Environment& environment, const Options& options);
  ~OperatorChain();

  // Restores and opens the operators, so that each finds those that it feeds open.
  sim::Result<void> Open(const std::vector<TaskSnapshot>* restored);

  bool has_source() const { return source_ != nullptr; }

  // Of the source at the root.
  void OnAvailable(std::function<void()> wake);
  sim::Result<InputStatus> EmitNext();
  // A watermark that leaves the source at the root, in the source's stead.
  sim::Result<void> EmitFromSource(EventTime watermark);

  // What its coordinator tells the source at the root.
  sim::Result<void> HandleSourceEvent(const SourceEvent& event);

  // Into an input of the root.
  Output& input(uint32_t index);
  // When the first processing-time timer of an operator is due; kForever: there is none.
  sim::SimTime NextTimer() const;
  // Of all operators whose time it is.
  sim::Result<void> FireTimers();

  // Of a batch job: no record of the root's current key follows.
  sim::Result<void> EndKey();

  // Nothing more comes on this input of the root.
  sim::Result<void> EndInput(uint32_t index);

  // Nothing more comes at all.
  sim::Result<void> Finish();
  // The barrier is about to leave.
  sim::Result<void> PrepareSnapshotPreBarrier(const CheckpointMeta& meta);
  // The synchronous part: frozen, not written. Ends before the chain does.
  sim::Result<FrozenTask> Snapshot(const CheckpointMeta& meta);
  // Planted: what the asynchronous part of a snapshot finds if it reads the source itself.
  void ReadAgain(const CheckpointMeta& meta, FrozenTask& snapshot);
  sim::Result<void> NotifyComplete(CheckpointId id);
  sim::Result<void> NotifyAborted(CheckpointId id);
  // What was planned for the tables of a snapshot is done.
  void OnUploaded(const SnapshotHandle& handle);
  // In the keyed state of all operators, timers included.
  size_t keyed_entries() const;

  void Cancel();
  void Close();

  // Lets the time pass that state on the local disk has cost. Suspends when there is such.
  void SettleState();
  // After the last snapshot: takes state off the local disk. Nothing else may follow. May suspend.
  void DropState();

 private:
  class Link;
  class FanOut;
  class WithoutWatermarks;
  class Runtime;
  struct Member;

  // What all parts of a chain share.
  struct Activity {
    const SubtaskInfo* snapshotting = nullptr;  // the operator that takes its snapshot
    bool is_cancelled = false;
    std::optional<sim::Error> refused;  // what it tried meanwhile

    // Of what is emitted during a snapshot.
    sim::Result<void> Refuse();
  };

  std::unique_ptr<Member> Make(const OperatorSpec& spec, sim::Environment& environment);
  // Where the member's results go. Those behind it are there already.
  void ConnectOutputs(Member& member);
  std::vector<Output*> ReadersOf(const OperatorSpec& spec, OutputTag tag) const;
  sim::Result<void> OpenMember(Member& member, const std::vector<TaskSnapshot>* restored);
  // In batch the timers of keyed operators go by keys.
  bool GoesByTheClock(const Member& member) const;
  template <typename Call>
  sim::Result<void> ForEach(const char* doing, const Call& call);

  Options options_;
  Defects defects_;
  Activity activity_;
  std::vector<std::unique_ptr<Output>> writers_;  // by the partitions
  std::vector<std::unique_ptr<Member>> members_;  // by the deployment's chain
  SourceOperator* source_ = nullptr;
};

}  // namespace flinch::engine
