// The output of one task on one edge: a bounded queue of buffers per consumer.
//
// Elements are collected into buffers; a buffer leaves its writer when it is full, when it is
// flushed (a barrier, the end, the buffer timeout), never half an element. The writer never blocks:
// it asks `IsAvailable` before it takes up new work, and may exceed the bound by what one element
// produces. Each subpartition is consumed once, over one connection, by whoever asks first.
// Source: Flink's ResultPartition and PipelinedSubpartition.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/checkpoint_meta.h"
#include "engine/config.h"
#include "engine/graph/stream_graph.h"
#include "engine/stream_element.h"
#include "sim/sync.h"

namespace flinch::engine {

class ResultPartition {
 public:
  // `on_available` is called when a full partition has room again.
  ResultPartition(sim::Environment& environment, const NetworkOptions& options,
                  uint32_t subpartitions, std::function<void()> on_available);

  sim::Result<void> EmitRecord(uint32_t subpartition, const ElementType& type,
                               const StreamRecord& record);
  sim::Result<void> BroadcastWatermark(EventTime watermark);
  void BroadcastBarrier(const CheckpointMeta& meta);
  void BroadcastEndOfData();
  // Hands over what is collected.
  void Flush();

  bool IsAvailable() const { return full_ == 0; }

  // Elements are waiting for a flush.
  bool HasUnflushed() const { return unflushed_; }

  // How many were emitted so far, to all subpartitions together.
  uint64_t records() const { return records_; }

  uint32_t subpartitions() const { return static_cast<uint32_t>(subpartitions_.size()); }

  // False when somebody has asked for this subpartition before, and after Close: whoever serves a
  // task that has ended would outlive it.
  bool Claim(uint32_t subpartition);

  bool IsOpen() const { return !closed_; }

  // Sends everything until the connection breaks or the partition is closed. Blocks its fiber.
  void Serve(uint32_t subpartition, sim::Connection& connection);
  void Close();

 private:
  struct Subpartition {
    explicit Subpartition(sim::Environment& environment) : changed(environment) {}

    bool claimed = false;
    Encoder collecting;
    std::deque<Bytes> buffers;
    sim::Condition changed;  // a buffer came, or the partition was closed
  };

  void Finish(Subpartition& subpartition);
  void BroadcastLast(ElementKind kind, const CheckpointMeta& meta);

  NetworkOptions options_;
  std::vector<Subpartition> subpartitions_;
  uint64_t records_ = 0;
  size_t full_ = 0;
  bool unflushed_ = false;
  bool closed_ = false;
  std::function<void()> on_available_;
};

}  // namespace flinch::engine
