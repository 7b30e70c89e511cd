// What a task runs: operators, and what the task gives them.
//
// A chain of operators runs in one fiber, the task's mailbox: records, watermarks, timers,
// snapshots and notifications of one chain never overlap. Inside a chain a record is passed by
// pointer; `StreamRecord::value` points at a T that only the two typed ends of an edge know
// (engine/data_stream.h guarantees that they agree). Between tasks a record is bytes.
//
// Life:   Open (with restored state) → ProcessElement / ProcessWatermark / Snapshot / Notify… →
//         Finish (end of input: emit what is left; snapshots and notifications still follow) →
//         destroyed. After a failure or a cancel it is destroyed without Finish.
// Errors: any error fails the task, and with it the job's attempt; the restart strategy decides
//         what follows.
// Source: Flink docs "Task Lifecycle"; "Stateful Stream Processing / Checkpointing".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

struct StreamRecord {
  const void* value = nullptr;
  EventTime timestamp;
};

// Where an operator's results go: the next operator of the chain, or the network. Never blocks.
class Output {
 public:
  virtual ~Output() = default;
  virtual sim::Result<void> Emit(const StreamRecord& record) = 0;
  virtual sim::Result<void> EmitWatermark(EventTime watermark) = 0;
};

// Non-keyed state: named lists of entries. On restart each subtask gets its own entries back.
using OperatorState = std::map<std::string, std::vector<sim::Bytes>>;

struct OperatorContext {
  sim::Environment& environment;
  Output& output;
  std::string name;  // "sink"; stable over restarts
  SubtaskIndex subtask;
  uint32_t parallelism = 1;
  AttemptNumber attempt;
  KeyedStateBackend* keyed_state = nullptr;  // set when the operator's input is keyed
  const Defects& defects;
};

class StreamOperator {
 public:
  virtual ~StreamOperator() = default;

  // `restored` is null on a start without a checkpoint. Keyed state is already in the backend.
  virtual sim::Result<void> Open(const OperatorContext& context, const OperatorState* restored) = 0;

  virtual sim::Result<void> ProcessElement(const StreamRecord& record) = 0;

  // Watermarks of one operator never decrease. Fires what is due, then passes the watermark on.
  virtual sim::Result<void> ProcessWatermark(EventTime watermark) = 0;

  virtual sim::Result<void> Finish() { return {}; }

  // The synchronous part of a checkpoint: a frozen copy of the operator's own state. The barrier
  // has already left.
  virtual sim::Result<OperatorState> Snapshot(CheckpointId) { return OperatorState{}; }

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
