// What a task runs: operators, and what the task gives them.
//
// A chain of operators runs in one fiber, the task's mailbox: records, watermarks, timers,
// snapshots and notifications of one chain never overlap. Inside a chain a record is passed by
// pointer; `StreamRecord::value` points at a T that only the two typed ends of an edge know
// (engine/data_stream.h guarantees that they agree). Between tasks a record is bytes.
//
// Life:   Open (with restored state) → ProcessElement / ProcessWatermark / Snapshot / Notify… →
//         EndInput per input, then Finish (emit what is left; snapshots and notifications still
//         follow) → Close → destroyed. After a failure or a cancel there is no Finish.
// Inputs: records of one input come through ProcessElement; an operator of several overrides
//         ProcessInput. Watermarks are the minimum over all inputs.
// Errors: any error fails the task, and with it the job's attempt; the restart strategy decides
//         what follows.
// Source: Flink docs "Task Lifecycle"; "Stateful Stream Processing / Checkpointing".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/checkpoint_meta.h"
#include "engine/ids.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/state/operator_state.h"
#include "sim/check.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

struct StreamRecord {
  const void* value = nullptr;
  EventTime timestamp;
  // The hash of its key, of a record that came over an edge partitioned by it.
  int32_t key_hash = 0;
  bool is_hashed = false;
};

// Where an operator's results go: the next operator of the chain, or the network. Never blocks.
class Output {
 public:
  virtual ~Output() = default;
  virtual sim::Result<void> Emit(const StreamRecord& record) = 0;
  virtual sim::Result<void> EmitWatermark(EventTime watermark) = 0;
};

// Which part of which operator this is.
struct SubtaskInfo {
  OperatorId id;
  std::string name;  // of the operator: "sink"
  SubtaskIndex index;
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  uint32_t widest = 1;  // no earlier attempt had more subtasks
  AttemptNumber attempt;

  // "sink[1]".
  std::string Show() const { return fmt::format("{}[{}]", name, index.value()); }
};

// What an operator gets of the task around it; the one seam between the two. A wrapper or a test
// harness hands out another one. It outlives the operator.
class OperatorRuntime {
 public:
  virtual ~OperatorRuntime() = default;

  virtual sim::Environment& environment() = 0;
  virtual const SubtaskInfo& subtask() const = 0;
  // The output with this tag; the operator has declared it.
  virtual Output& output(OutputTag tag) = 0;
  // Null when the operator's inputs are not keyed.
  virtual KeyedStateBackend* keyed_state() = 0;
  // The task shall end: a call that takes long shall come back.
  virtual bool is_cancelled() const = 0;

  // From another fiber of the process: NextTimer says something else now.
  virtual void Wake() {}

  Output& main_output() { return output(kMainOutput); }
};

class StreamOperator {
 public:
  virtual ~StreamOperator() = default;

  // `restored` is null on a start without a checkpoint. Keyed state is already in the backend.
  virtual sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) = 0;

  // A record of the only input.
  virtual sim::Result<void> ProcessElement(const StreamRecord& record) = 0;

  // A record of input 0, 1, …, for operators with more than one.
  virtual sim::Result<void> ProcessInput(uint32_t input, const StreamRecord& record) {
    sim::Check(input == 0, "a record of input {} for an operator with one input", input);
    return ProcessElement(record);
  }

  // Watermarks of one operator never decrease. Fires what is due, then passes the watermark on.
  virtual sim::Result<void> ProcessWatermark(EventTime watermark) = 0;

  // Of a batch job: no record of the current key follows, and the key's state is about to go. Event
  // time has come to its end for it, and processing time too: what has timers fires them, and
  // passes no watermark on. For the next key time begins anew.
  virtual sim::Result<void> EndKey() { return {}; }

  // When its next processing-time timer is due, by the monotonic clock; asked before each turn.
  virtual sim::SimTime NextTimer() const { return sim::kForever; }

  // It is that time, or later. Not while the task restores or waits for its end, nor after Finish.
  virtual sim::Result<void> FireTimers() { return {}; }

  // Nothing more comes on this input.
  virtual sim::Result<void> EndInput(uint32_t) { return {}; }

  // Nothing more comes at all: the last chance to emit.
  virtual sim::Result<void> Finish() { return {}; }

  // The barrier is about to leave: what is emitted now lies before it, and so belongs to the
  // checkpoint.
  virtual sim::Result<void> PrepareSnapshotPreBarrier(const CheckpointMeta&) { return {}; }

  // The synchronous part of a checkpoint: a frozen copy of the operator's own state. The barrier
  // has already left, so nothing may be emitted: it would be lost in a restore.
  virtual sim::Result<OperatorState> Snapshot(const CheckpointMeta&) { return OperatorState{}; }

  // Who gets the entries of this list of its snapshots when the parallelism changes.
  virtual ListMode ModeOf(std::string_view) const { return ListMode::kSplit; }

  // The checkpoint is durable. May come late, out of order, or never: a later one implies all
  // earlier ones.
  virtual sim::Result<void> NotifyCheckpointComplete(CheckpointId) { return {}; }

  virtual sim::Result<void> NotifyCheckpointAborted(CheckpointId) { return {}; }

  // The task is being cancelled: a call that waits shall come back with kCancelled. Called from
  // another fiber, in the middle of anything; must not suspend.
  virtual void Cancel() {}

  // The last call, however the task ends: stop fibers of one's own. May suspend, as a destructor
  // may not: a process that crashes there could not be unwound.
  virtual void Close() {}
};

// The head of a source's chain: polled instead of fed.
enum class InputStatus : uint8_t {
  kMoreAvailable,     // call again
  kNothingAvailable,  // `wake` will be called when there is more
  kEndOfInput,        // never call again
};

class SourceOperator : public StreamOperator {
 public:
  // Called once after Open: how the source's own fibers tell the task that polling is worth while
  // again.
  virtual void OnAvailable(std::function<void()> wake) = 0;

  // Emits at most a batch of records and watermarks. Never blocks.
  virtual sim::Result<InputStatus> EmitNext() = 0;

  sim::Result<void> ProcessElement(const StreamRecord&) final {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, "A source has no input.");
  }

  sim::Result<void> ProcessWatermark(EventTime) final { return {}; }
};

}  // namespace flinch::engine
