// The output of one task on one edge: a bounded queue of buffers per consumer.
//
// Elements are collected into buffers; a buffer joins its queue when it is full, when it is flushed
// (an event, the buffer timeout), never half an element. Each subpartition is consumed once, by
// whoever asks first: a gate of the same TaskManager, or the session of a connection.
//
// Back-pressure: a writer asks `IsAvailable` before it takes up new work. A record for which there
//                is no room all the same, the second of many from one element, waits for it.
// Source: Flink's ResultPartition and PipelinedSubpartition.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/stream_graph.h"
#include "engine/network/buffer.h"
#include "engine/network/subpartition_view.h"
#include "engine/stream_element.h"
#include "sim/sync.h"

namespace flinch::engine {

// What a barrier has overtaken in the queue of a subpartition, in its order.
struct OvertakenRecords {
  uint32_t subpartition = 0;
  std::vector<Bytes> buffers;  // contents, without the headroom
};

class ResultPartition {
 public:
  // `on_available` is called when a full partition has room again, or the last barrier that might
  // have overtaken has left.
  // `detail`: what whoever waits for room says besides.
  ResultPartition(sim::Environment& environment, const NetworkOptions& options, SegmentPool& pool,
                  uint32_t subpartitions, std::function<void()> on_available,
                  const Defects& defects = {}, const sim::WaitDetail* detail = nullptr);

  // Closes: in a process that crashes nobody else has.
  ~ResultPartition() { Close(); }

  ResultPartition(const ResultPartition&) = delete;
  ResultPartition& operator=(const ResultPartition&) = delete;

  // Waits for room, and fails only when the partition is closed meanwhile. May suspend.
  sim::Result<void> EmitRecord(uint32_t subpartition, const ElementType& type,
                               const StreamRecord& record);
  void BroadcastWatermark(EventTime watermark);
  // What is collected goes before it.
  void BroadcastEvent(const StreamEvent& event);
  // The same, but it overtakes what waits in the queues, of which the records are returned.
  std::vector<OvertakenRecords> BroadcastOvertaking(const BarrierEvent& barrier);
  // The barrier that was sent for this checkpoint overtakes from now on, where it still waits.
  std::vector<OvertakenRecords> LetOvertake(const CheckpointMeta& meta);
  // Whether that barrier still waits anywhere.
  bool Holds(CheckpointId id) const;

  // Hands over what is collected.
  void Flush();

  bool IsAvailable() const { return full_ == 0; }

  // Elements are waiting for a flush.
  bool HasUnflushed() const { return unflushed_; }

  // How many were emitted so far, to all subpartitions together.
  uint64_t records() const { return records_; }

  uint32_t subpartitions() const { return static_cast<uint32_t>(subpartitions_.size()); }

  // Whether the subpartition is this reader's from now on: it is there, nobody has had it, and the
  // partition is not closed. With `again` it is also given to a second reader: a planted defect.
  bool Attach(uint32_t subpartition, SubpartitionReader& reader, bool again = false);
  // The reader hears of nothing any more. The subpartition is nobody else's for that.
  void Detach(uint32_t subpartition, const SubpartitionReader& reader);
  // As Attach; null where that says no. Detaches with its end.
  std::unique_ptr<SubpartitionView> CreateView(uint32_t subpartition, SubpartitionReader& reader,
                                               bool again = false);

  bool HasBuffer(uint32_t subpartition) const {
    return !subpartitions_.at(subpartition).buffers.empty();
  }

  // Its next buffer has overtaken others.
  bool HasPriority(uint32_t subpartition) const {
    return HasBuffer(subpartition) && NextKind(subpartition) == BufferKind::kPriorityEvent;
  }

  // Buffers of records that wait.
  uint32_t Backlog(uint32_t subpartition) const { return subpartitions_.at(subpartition).backlog; }

  size_t QueueLength(uint32_t subpartition) const {
    return subpartitions_.at(subpartition).buffers.size();
  }

  bool IsFull(uint32_t subpartition) const { return IsFull(subpartitions_.at(subpartition)); }

  // Whether readers borrow buffers, and want to know what waits.
  bool has_floating_readers() const { return options_.floating_buffers > 0; }

  // Buffers begun from now on hold so much, and no more than the option says.
  void SetBufferSize(uint32_t subpartition, uint32_t bytes) {
    subpartitions_.at(subpartition).buffer_bytes = std::min(bytes, options_.buffer_bytes);
  }

  // Of the next buffer, which there is.
  BufferKind NextKind(uint32_t subpartition) const;
  Buffer Take(uint32_t subpartition);

  void Close();

 private:
  struct Subpartition {
    bool claimed = false;
    SubpartitionReader* reader = nullptr;
    Encoder collecting;  // empty, or begins with the headroom
    std::deque<Buffer> buffers;
    std::optional<CheckpointId> barrier;  // that waits among them and may overtake later
    uint32_t backlog = 0;                 // buffers of records among them
    uint32_t buffer_bytes = 0;            // that make one full
  };

  bool IsFull(const Subpartition& subpartition) const {
    return subpartition.buffers.size() >= options_.buffers_per_subpartition;
  }

  using Queue = std::deque<Buffer>;

  static Queue::iterator FirstOvertakable(Subpartition& subpartition);
  // Puts the buffer behind those that have overtaken, and before all others.
  Queue::iterator EnqueueFirst(Subpartition& subpartition, Buffer buffer);
  static std::vector<Bytes> RecordsBetween(Queue::const_iterator begin, Queue::const_iterator end);
  Buffer MakeEvent(BufferKind kind, const StreamEvent& event);
  void Begin(Subpartition& subpartition);
  void Finish(Subpartition& subpartition);
  void Enqueue(Subpartition& subpartition, Buffer buffer);
  static void TellReader(const Subpartition& subpartition);

  NetworkOptions options_;
  Defects defects_;
  SegmentPool& pool_;
  std::vector<Subpartition> subpartitions_;
  uint64_t records_ = 0;
  size_t full_ = 0;
  bool unflushed_ = false;
  bool closed_ = false;
  std::function<void()> on_available_;
  sim::Condition room_;
};

}  // namespace flinch::engine
