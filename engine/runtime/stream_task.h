// One subtask at work: the mailbox loop around an operator chain.
//
// Shape:      one fiber runs everything that touches operators. It alternates between mails
//             (checkpoint triggers, notifications, cancel) and a turn of input (buffers, or polls
//             of the source, until task.turn-records have passed); then the time that the records
//             took passes. Mails come first, and still run while output is full. Uploads and
//             channels have fibers of their own.
// Ends:       finished (the final checkpoint is complete), cancelled, or failed with a reason.
// Stop:       behind the barrier of a savepoint that stops the job nothing is worked on until it is
//             complete: then the task finishes; or given up: then it goes on. To drain, sources end
//             their input before that barrier.
// Checkpoint: barrier downstream, then the synchronous snapshot, then the upload, then the
//             acknowledgement.
// Batch:      what the task reads is complete. Keyed input is sorted first, then worked on key by
//             key; results go to the disk. A task without a sink has finished when its result is
//             whole; one with a sink waits, as at the end of a stream, until the job's end is
//             durable (stream_task_batch.cc).
// Source:     Flink's StreamTask, MailboxProcessor, SubtaskCheckpointCoordinatorImpl.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/execution_state.h"
#include "engine/graph/job_graph.h"
#include "engine/network/buffer_debloater.h"
#include "engine/network/input_gate.h"
#include "engine/network/iteration_rounds.h"
#include "engine/network/kept_results.h"
#include "engine/network/result_partition.h"
#include "engine/network/watermark_valve.h"
#include "engine/rpc/main_thread.h"
#include "engine/runtime/element_reader.h"
#include "engine/runtime/gateways.h"
#include "engine/runtime/input_sorter.h"
#include "engine/runtime/operator_chain.h"
#include "engine/runtime/task_parts.h"

namespace flinch::engine {

// What a task tells its TaskManager. The first two are called from the task's mailbox and must not
// block; the others from an upload's fiber, which may.
class TaskListener {
 public:
  virtual ~TaskListener() = default;
  virtual void OnStarted(const ExecutionAttemptId& task) = 0;
  virtual void OnEndOfInput(const ExecutionAttemptId& task) = 0;
  virtual void OnSnapshot(const ExecutionAttemptId& task, CheckpointId id,
                          const SnapshotHandle& snapshot) = 0;
  virtual void OnDecline(const ExecutionAttemptId& task, CheckpointId id,
                         const std::string& reason) = 0;
};

class StreamTask final : private sim::WaitDetail {
 public:
  struct Options {
    const StreamGraph& code;  // outlives the task, and fits its deployment
    const EngineOptions& engine;
    const Defects& defects;
    ShuffleEnvironment& shuffle;  // outlives the task
    TaskDeployment deployment;
  };

  struct Ending {
    ExecutionState state = ExecutionState::kFailed;
    std::string reason;
    std::optional<ExecutionAttemptId> missing{};  // whose result it did not find
  };

  StreamTask(sim::Environment& environment, TaskListener& listener, const Options& options);

  // The whole life. Returns after all of the task's fibers have ended.
  Ending Run();

  // Mails, from other fibers of the process.
  void Cancel();
  void Trigger(const CheckpointMeta& meta);
  void NotifyComplete(CheckpointId id, bool is_final);
  void NotifyAborted(CheckpointId id);

  // Of the coordinator of the source at the root. The next number is sent when this one has been
  // answered, so what is no next one is a copy.
  void Deliver(uint64_t sequence, const SourceEvent& event) {
    if (sequence == last_event_ + 1) {
      last_event_ = sequence;
      Post([this, event] { return chain_.HandleSourceEvent(event); });
    }
  }

  // The output on an edge of its deployment; null when there is no such.
  ResultPartition* partition(uint32_t edge);

  const std::string& name() const { return name_; }

 private:
  // One input of the operator at the root of the chain.
  struct Input {
    ElementType type;
    Output* into = nullptr;
    WatermarkValve watermarks;
    size_t channels = 0;
    size_t open = 0;  // channels whose data has not ended
  };

  struct Channel {
    uint32_t input = 0;
    size_t index = 0;          // among the channels of its input
    uint64_t records = 0;      // received
    uint64_t at_snapshot = 0;  // received when the last one was taken
  };

  // A buffer of records that is being read.
  struct Reading {
    uint32_t input = 0;
    std::optional<size_t> channel;  // none: what was in flight in a channel that is there no more
    bool filters = false;           // only records whose keys are this subtask's
    bool is_recovered = false;
    Bytes bytes;
    size_t begin = 0;  // of the rest
  };

  // What an unaligned checkpoint has found in flight so far.
  struct InFlightPart {
    CheckpointMeta meta;
    bool is_taken = false;  // the snapshot
    bool input_open = false;
    bool output_open = false;
    std::map<size_t, std::vector<Bytes>> inputs;  // by channel: the rest of what was being read
    InFlight contents;
  };

  // What a task of a batch job has beside the others.
  struct Batch {
    // The output on one edge.
    struct Result {
      BlockFileWriter file;
      KeptResult kept;
    };

    bool commits = false;                 // has a sink
    bool is_over = false;                 // restored from the job's end: nothing is read any more
    std::optional<InputSorter> sorter{};  // of keyed input
    bool feeds = false;                   // what it has sorted, for all is there
    std::optional<Bytes> key{};           // whose records are being worked on
    std::vector<Result> results{};        // by the partitions
  };

  void MakeBatch(const OperatorSpec& root);
  // The next record of the sorted input.
  sim::Result<bool> FeedSorted();
  sim::Result<void> EndSorted();
  // All channels have brought all they have.
  sim::Result<void> Sort();
  // Keeps a record until all are there.
  sim::Result<void> AddToSort(const Reading& reading, const Element& element, Decoder& in);
  // What has been written so far to the disk.
  sim::Result<void> SpillResults();
  sim::Result<void> KeepResults();
  // Planted: what sinks have is committed with their own end.
  sim::Result<void> CommitAtOnce();
  // Of a task that has not finished.
  void RemoveFiles();
  // Whether the task is the head of an iteration, and the channel its feedback.
  bool IsHead() const;
  bool IsFeedback(size_t channel) const;
  sim::Result<void> OpenFeedback();
  // Sends on what tokens there are, and ends the iteration when nothing goes round in it.
  sim::Result<void> AdvanceIteration();
  bool WaitsForTheEnd(const barrier_input::Barrier& barrier);
  // Keeps what is fed back while a savepoint that stops the job goes round.
  sim::Result<bool> Postpone();
  sim::Result<void> Start();
  // All that was in flight has been processed: it runs.
  void GoLive();
  sim::Result<void> ReadRecovered();
  // Of what no channel has moved from.
  size_t ChannelOf(const ChannelPart& part) const;
  sim::Result<std::vector<TaskSnapshot>> ReadSnapshots();
  void MakeInputs(const StreamGraph& code);
  sim::Result<void> Loop();
  sim::Result<void> RunMails();
  sim::Result<bool> WorkTurn();
  sim::Result<bool> WorkOnce();
  sim::Result<bool> PollSource();
  sim::Result<bool> ReadInput();
  // Goes on with the buffer that is being read, to its end; where barriers may overtake, until
  // something else is to be done.
  sim::Result<bool> ReadOn();
  sim::Result<void> ReadElementOf(const Reading& reading, Decoder& in);
  // Of a channel that is there no more.
  std::optional<EventTime> OnMovedWatermark(Input& input, EventTime watermark);
  bool IsMine(int32_t key_hash) const;
  bool HasSomethingElse() const;
  sim::Result<void> ProcessEvent(size_t channel, std::string_view event);
  sim::Result<void> On(size_t channel, const BarrierEvent& barrier);
  sim::Result<void> On(size_t channel, const CancelMarkerEvent& marker);
  sim::Result<void> On(size_t channel, const EndOfDataEvent& end);
  sim::Result<void> On(size_t channel, const IterationTokenEvent& token);
  // Carries out what the barriers' core wants done.
  sim::Result<void> Feed(const BarrierInput& input);
  sim::Result<void> Perform(const barrier_effect::Block& block);
  sim::Result<void> Perform(const barrier_effect::Resume& resume);
  sim::Result<void> Perform(const barrier_effect::Trigger& trigger);
  sim::Result<void> Perform(const barrier_effect::GiveUp& given_up);
  sim::Result<void> Perform(const barrier_effect::Persist& persist);
  sim::Result<void> Perform(const barrier_effect::Persisted& persisted);
  sim::Result<void> Perform(const barrier_effect::Overtake& overtake);
  sim::Result<void> Perform(const barrier_effect::StartClock& start);
  // An announcement, or an event that has overtaken.
  sim::Result<void> HearUrgent();
  // What is due by the clock, or has become of barriers that might have overtaken.
  sim::Result<void> LookAtClocks();
  sim::Result<void> EndInput();
  sim::Result<void> PerformCheckpoint(const CheckpointMeta& meta);
  void Broadcast(const StreamEvent& event);
  void SendBarrier(const CheckpointMeta& meta);
  void SendBarrier(const CheckpointMeta& meta, size_t partition);
  void AddOvertaken(CheckpointId id, size_t partition, std::vector<OvertakenRecords> overtaken);
  bool HasSettledOutputs() const;
  // Received before the checkpoint's barrier, as far as it is in the snapshot.
  uint64_t RecordsBefore(size_t channel, CheckpointId id) const;
  // Once all of the checkpoint is there.
  void UploadWhenWhole(CheckpointId id);
  void TellInFlight(const InFlightPart& part) const;
  std::string_view NameOfProducer(const ChannelContent& content) const;
  // Of checkpoints up to this one that are not whole.
  void DropInFlight(CheckpointId id);
  sim::Error Undecodable(std::optional<size_t> channel) const;
  void Upload(const CheckpointMeta& meta, const InFlight& in_flight);
  sim::Result<SnapshotHandle> WriteFiles(const CheckpointMeta& meta, FrozenTask& snapshot,
                                         const InFlight& in_flight);
  sim::Result<void> OnComplete(CheckpointId id, bool is_final);
  sim::Result<void> OnAborted(CheckpointId id);
  void CountRecord();
  // When operators are to be told of the clock: kForever while they may not be.
  sim::SimTime NextTimer() const;
  sim::Result<void> FireTimersWhenDue();
  // Until there is something to do, or to flush.
  void AwaitWork();
  std::string_view WhatIsAwaited() const;
  // For whom it waits: engine/waits.h.
  std::string WaitText() const override;
  // Tells producers how large buffers are to be, once in each period.
  void DebloatWhenDue();
  bool OutputsAvailable() const;
  bool HasInput() const;
  bool InputFailed() const;
  EventTime watermark() const;
  void Post(std::move_only_function<sim::Result<void>()> mail);

  void Wake() { work_.NotifyAll(); }

  void FlushWhenDue();

  sim::Environment& environment_;
  TaskListener& listener_;
  EngineOptions engine_;
  KeptResults& results_;
  TaskDeployment deployment_;
  const StreamGraph& code_;
  ExecutionAttemptId id_;
  std::string name_;
  Defects defects_;
  SegmentPool& pool_;

  sim::Condition work_;
  sim::FiberGroup fibers_;
  std::deque<std::move_only_function<sim::Result<void>()>> mails_;
  std::vector<std::unique_ptr<ResultPartition>> partitions_;
  OperatorChain chain_;
  // Snapshots that are being written; views of the state in the chain.
  std::map<CheckpointId, FrozenTask> frozen_;
  InputGate gate_;
  std::optional<IterationRole> role_;
  std::optional<IterationRounds> rounds_;       // in an iteration
  std::vector<barrier_input::Barrier> drains_;  // that wait for its end
  bool postponing_ = false;
  std::deque<Reading> postponed_;  // before all else, unless the job stops
  Barriers barriers_;
  std::vector<Channel> channels_;  // by the gate's channels
  std::vector<Input> inputs_;
  std::vector<ChannelEdge> edges_;  // by the deployment's gates
  std::optional<Reading> reading_;
  std::deque<Reading> recovered_;                   // what was in flight, before all that is new
  std::map<CheckpointId, InFlightPart> in_flight_;  // of what is not whole

  bool started_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  bool source_available_ = true;
  bool end_of_input_ = false;
  bool saw_record_ = false;
  int64_t records_ = 0;  // since the last pause
  sim::SimTime flush_at_ = sim::kForever;
  CheckpointId timed_;  // whose barriers may overtake when the clock has run down
  sim::SimTime timed_out_at_ = sim::kForever;
  CheckpointMeta sent_;  // whose barrier may overtake in the outputs
  sim::SimTime overtakes_at_ = sim::kForever;
  size_t restored_entries_ = 0;
  uint64_t last_event_ = 0;           // of the source's coordinator
  std::optional<CheckpointId> held_;  // the savepoint behind which the task waits for its end
  std::optional<BufferDebloater> debloater_;  // where that is on
  ThroughputMeter throughput_;
  sim::SimTime debloated_;
  std::optional<Batch> batch_;
  CheckpointId last_checkpoint_;  // taken or aborted: older ones are not taken any more
};

}  // namespace flinch::engine
