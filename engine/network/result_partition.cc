#include "engine/network/result_partition.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/waits.h"
#include "sim/check.h"

namespace flinch::engine {

ResultPartition::ResultPartition(sim::Environment& environment, const NetworkOptions& options,
                                 SegmentPool& pool, uint32_t subpartitions,
                                 std::function<void()> on_available, const Defects& defects,
                                 const sim::WaitDetail* detail)
    : options_(options),
      defects_(defects),
      pool_(pool),
      subpartitions_(subpartitions),
      on_available_(std::move(on_available)),
      room_(environment, kWaitForRoom, detail) {
  sim::Check(subpartitions > 0, "a partition nobody consumes");
  for (Subpartition& subpartition : subpartitions_) {
    subpartition.buffer_bytes = options.buffer_bytes;
  }
}

sim::Result<void> ResultPartition::EmitRecord(uint32_t subpartition, const ElementType& type,
                                              const StreamRecord& record) {
  Subpartition& target = subpartitions_.at(subpartition);
  if (target.collecting.size() == 0) {
    room_.WaitFor([&] { return closed_ || !IsFull(target); });
    if (closed_) {
      return sim::Fail(sim::ErrorCode::kCancelled, "The task is being stopped.");
    }
    Begin(target);
  }
  Write(target.collecting, record.is_hashed ? ElementKind::kHashedRecord : ElementKind::kRecord);
  Write(target.collecting, record.timestamp);
  if (record.is_hashed) {
    Write(target.collecting, record.key_hash);
  }
  type.write(target.collecting, record.value);
  ++records_;
  unflushed_ = true;
  if (target.collecting.size() >= target.buffer_bytes + kBufferHeadroom) {
    Finish(target);
  }
  return {};
}

void ResultPartition::BroadcastWatermark(EventTime watermark) {
  for (Subpartition& target : subpartitions_) {
    if (target.collecting.size() > 0 && defects_.Has(Defect::kWatermarkOvertakesCollected)) {
      Encoder out(pool_.Take());
      Write(out, ElementKind::kWatermark);
      Write(out, watermark);
      Enqueue(target, {.kind = BufferKind::kRecords, .bytes = out.Take()});
      continue;
    }
    if (target.collecting.size() == 0) {
      Begin(target);
    }
    Write(target.collecting, ElementKind::kWatermark);
    Write(target.collecting, watermark);
  }
  unflushed_ = true;
}

void ResultPartition::BroadcastEvent(const StreamEvent& event) {
  Flush();
  const auto* const barrier = std::get_if<BarrierEvent>(&event);
  const bool may_overtake =
      barrier != nullptr && barrier->meta.options.kind == CheckpointKind::kTimeoutable;
  for (Subpartition& target : subpartitions_) {
    if (may_overtake) {
      target.barrier = barrier->meta.id;
    }
    Enqueue(target, MakeEvent(BufferKind::kEvent, event));
  }
}

std::vector<OvertakenRecords> ResultPartition::BroadcastOvertaking(const BarrierEvent& barrier) {
  Flush();
  std::vector<OvertakenRecords> overtaken;
  for (uint32_t index = 0; index < subpartitions_.size(); ++index) {
    Subpartition& target = subpartitions_[index];
    const auto place = EnqueueFirst(target, MakeEvent(BufferKind::kPriorityEvent, barrier));
    overtaken.push_back(
        {.subpartition = index, .buffers = RecordsBetween(place, target.buffers.end())});
    TellReader(target);
  }
  return overtaken;
}

std::vector<OvertakenRecords> ResultPartition::LetOvertake(const CheckpointMeta& meta) {
  std::vector<OvertakenRecords> overtaken;
  for (uint32_t index = 0; index < subpartitions_.size(); ++index) {
    Subpartition& target = subpartitions_[index];
    if (target.barrier != meta.id) {
      continue;
    }
    target.barrier.reset();
    const auto waiting = std::ranges::find_if(target.buffers, [&meta](const Buffer& buffer) {
      const std::optional<CheckpointMeta> barrier = BarrierIn(buffer);
      return barrier && barrier->id == meta.id;
    });
    sim::Check(waiting != target.buffers.end(), "the barrier of checkpoint {} does not wait",
               meta.id.value());
    overtaken.push_back(
        {.subpartition = index, .buffers = RecordsBetween(target.buffers.begin(), waiting)});
    const auto place = FirstOvertakable(target);
    pool_.Give(std::move(waiting->bytes));
    *waiting = MakeEvent(BufferKind::kPriorityEvent, BarrierEvent{.meta = meta});
    std::rotate(place, waiting, std::next(waiting));
    TellReader(target);
  }
  return overtaken;
}

bool ResultPartition::Holds(CheckpointId id) const {
  return std::ranges::any_of(subpartitions_,
                             [id](const Subpartition& each) { return each.barrier == id; });
}

ResultPartition::Queue::iterator ResultPartition::FirstOvertakable(Subpartition& subpartition) {
  return std::ranges::find_if(subpartition.buffers, [](const Buffer& each) {
    return each.kind != BufferKind::kPriorityEvent;
  });
}

ResultPartition::Queue::iterator ResultPartition::EnqueueFirst(Subpartition& subpartition,
                                                               Buffer buffer) {
  const bool was_full = IsFull(subpartition);
  const auto place = subpartition.buffers.insert(FirstOvertakable(subpartition), std::move(buffer));
  full_ += !was_full && IsFull(subpartition) ? 1U : 0U;
  return place;
}

std::vector<Bytes> ResultPartition::RecordsBetween(Queue::const_iterator begin,
                                                   Queue::const_iterator end) {
  std::vector<Bytes> records;
  for (; begin != end; ++begin) {
    if (begin->kind == BufferKind::kRecords) {
      records.emplace_back(begin->content());
    }
  }
  return records;
}

Buffer ResultPartition::MakeEvent(BufferKind kind, const StreamEvent& event) {
  Encoder out(pool_.Take());
  Write(out, event);
  return {.kind = kind, .bytes = out.Take()};
}

void ResultPartition::Flush() {
  for (Subpartition& target : subpartitions_) {
    if (target.collecting.size() > 0) {
      Finish(target);
    }
  }
  unflushed_ = false;
}

void ResultPartition::Begin(Subpartition& subpartition) {
  subpartition.collecting = Encoder(pool_.Take());
}

void ResultPartition::Finish(Subpartition& subpartition) {
  Bytes bytes = subpartition.collecting.Take();
  subpartition.collecting = Encoder();
  Enqueue(subpartition, {.kind = BufferKind::kRecords, .bytes = std::move(bytes)});
}

void ResultPartition::Enqueue(Subpartition& subpartition, Buffer buffer) {
  const bool was_full = IsFull(subpartition);
  subpartition.backlog += buffer.kind == BufferKind::kRecords ? 1U : 0U;
  subpartition.buffers.push_back(std::move(buffer));
  full_ += !was_full && IsFull(subpartition) ? 1U : 0U;
  TellReader(subpartition);
}

void ResultPartition::TellReader(const Subpartition& subpartition) {
  if (subpartition.reader != nullptr) {
    subpartition.reader->OnBuffer();
  }
}

bool ResultPartition::Attach(uint32_t subpartition, SubpartitionReader& reader, bool again) {
  if (closed_ || subpartition >= subpartitions_.size()) {
    return false;
  }
  Subpartition& wanted = subpartitions_[subpartition];
  if (std::exchange(wanted.claimed, true) && !again) {
    return false;
  }
  if (SubpartitionReader* before = std::exchange(wanted.reader, &reader)) {
    before->OnClosed();
  }
  return true;
}

void ResultPartition::Detach(uint32_t subpartition, const SubpartitionReader& reader) {
  Subpartition& left = subpartitions_.at(subpartition);
  if (left.reader == &reader) {
    left.reader = nullptr;
  }
}

namespace {

class AttachedView final : public SubpartitionView {
 public:
  AttachedView(ResultPartition& partition, uint32_t subpartition, const SubpartitionReader& reader)
      : partition_(partition), subpartition_(subpartition), reader_(reader) {}

  ~AttachedView() override { partition_.Detach(subpartition_, reader_); }

  bool HasBuffer() const override { return partition_.HasBuffer(subpartition_); }

  BufferKind NextKind() const override { return partition_.NextKind(subpartition_); }

  Buffer Take() override { return partition_.Take(subpartition_); }

  size_t QueueLength() const override { return partition_.QueueLength(subpartition_); }

  std::optional<uint32_t> Backlog() const override {
    return partition_.has_floating_readers() ? std::optional(partition_.Backlog(subpartition_))
                                             : std::nullopt;
  }

  void SetBufferSize(uint32_t bytes) override { partition_.SetBufferSize(subpartition_, bytes); }

 private:
  ResultPartition& partition_;
  uint32_t subpartition_;
  const SubpartitionReader& reader_;
};

}  // namespace

std::unique_ptr<SubpartitionView> ResultPartition::CreateView(uint32_t subpartition,
                                                              SubpartitionReader& reader,
                                                              bool again) {
  return Attach(subpartition, reader, again)
             ? std::make_unique<AttachedView>(*this, subpartition, reader)
             : nullptr;
}

BufferKind ResultPartition::NextKind(uint32_t subpartition) const {
  sim::Check(HasBuffer(subpartition), "subpartition {} has no next buffer", subpartition);
  return subpartitions_[subpartition].buffers.front().kind;
}

Buffer ResultPartition::Take(uint32_t subpartition) {
  sim::Check(HasBuffer(subpartition), "subpartition {} has nothing to be taken", subpartition);
  Subpartition& source = subpartitions_[subpartition];
  const bool was_full = IsFull(source);
  Buffer buffer = std::move(source.buffers.front());
  source.buffers.pop_front();
  source.backlog -= buffer.kind == BufferKind::kRecords ? 1U : 0U;
  if (source.barrier && BarrierIn(buffer)) {
    source.barrier.reset();  // none waits before it
    on_available_();
  }
  if (was_full && !IsFull(source)) {
    if (!defects_.Has(Defect::kRoomWakesNobody)) {
      room_.NotifyAll();
    }
    if (--full_ == 0) {
      on_available_();
    }
  }
  return buffer;
}

void ResultPartition::Close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  room_.NotifyAll();
  for (Subpartition& subpartition : subpartitions_) {
    if (SubpartitionReader* reader = std::exchange(subpartition.reader, nullptr)) {
      reader->OnClosed();
    }
  }
}

}  // namespace flinch::engine
