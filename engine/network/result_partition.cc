#include "engine/network/result_partition.h"

#include <utility>

#include "sim/check.h"

namespace flinch::engine {

ResultPartition::ResultPartition(sim::Environment& environment, const NetworkOptions& options,
                                 uint32_t subpartitions, std::function<void()> on_available)
    : options_(options), on_available_(std::move(on_available)) {
  sim::Check(subpartitions > 0, "a partition nobody consumes");
  for (uint32_t subpartition = 0; subpartition < subpartitions; ++subpartition) {
    subpartitions_.emplace_back(environment);
  }
}

sim::Result<void> ResultPartition::EmitRecord(uint32_t subpartition, const ElementType& type,
                                              const StreamRecord& record) {
  Subpartition& target = subpartitions_.at(subpartition);
  Write(target.collecting, record.is_hashed ? ElementKind::kHashedRecord : ElementKind::kRecord);
  Write(target.collecting, record.timestamp);
  if (record.is_hashed) {
    Write(target.collecting, record.key_hash);
  }
  type.write(target.collecting, record.value);
  ++records_;
  unflushed_ = true;
  if (target.collecting.size() >= options_.buffer_bytes) {
    Finish(target);
  }
  return {};
}

sim::Result<void> ResultPartition::BroadcastWatermark(EventTime watermark) {
  for (Subpartition& target : subpartitions_) {
    Write(target.collecting, ElementKind::kWatermark);
    Write(target.collecting, watermark);
  }
  unflushed_ = true;
  return {};
}

void ResultPartition::BroadcastBarrier(const CheckpointMeta& meta) {
  BroadcastLast(ElementKind::kBarrier, meta);
}

void ResultPartition::BroadcastEndOfData() { BroadcastLast(ElementKind::kEndOfData, {}); }

void ResultPartition::BroadcastLast(ElementKind kind, const CheckpointMeta& meta) {
  for (Subpartition& target : subpartitions_) {
    Write(target.collecting, kind);
    if (kind == ElementKind::kBarrier) {
      Write(target.collecting, meta);
    }
  }
  Flush();
}

void ResultPartition::Flush() {
  for (Subpartition& target : subpartitions_) {
    if (target.collecting.size() > 0) {
      Finish(target);
    }
  }
  unflushed_ = false;
}

void ResultPartition::Finish(Subpartition& subpartition) {
  subpartition.buffers.push_back(subpartition.collecting.Take());
  subpartition.collecting = Encoder();
  if (subpartition.buffers.size() == options_.buffers_per_subpartition) {
    ++full_;
  }
  subpartition.changed.NotifyAll();
}

bool ResultPartition::Claim(uint32_t subpartition) {
  return !closed_ && !std::exchange(subpartitions_.at(subpartition).claimed, true);
}

void ResultPartition::Serve(uint32_t subpartition, sim::Connection& connection) {
  Subpartition& source = subpartitions_.at(subpartition);
  for (;;) {
    source.changed.WaitFor([&] { return closed_ || !source.buffers.empty(); });
    if (closed_ || source.buffers.empty()) {
      return;
    }
    Bytes buffer = std::move(source.buffers.front());
    source.buffers.pop_front();
    if (source.buffers.size() + 1 == options_.buffers_per_subpartition && --full_ == 0) {
      on_available_();
    }
    if (!connection.Send(std::move(buffer))) {
      return;  // the consumer is gone; whoever sees it first fails the job's attempt
    }
  }
}

void ResultPartition::Close() {
  closed_ = true;
  for (Subpartition& subpartition : subpartitions_) {
    subpartition.changed.NotifyAll();
  }
}

}  // namespace flinch::engine
