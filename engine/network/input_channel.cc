#include "engine/network/input_channel.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

class LocalInputChannel final : public InputChannel, public SubpartitionReader {
 public:
  LocalInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner, size_t channel,
                    const PartitionRequest& request, const Defects& defects)
      : shuffle_(shuffle),
        owner_(owner),
        channel_(channel),
        request_(request),
        persister_(defects) {}

  ~LocalInputChannel() override { LocalInputChannel::Release(); }

  void Request() override {
    subpartition_ = shuffle_.Open(request_, *this);
    if (subpartition_ == nullptr) {
      return owner_.OnOver(
          channel_, {sim::ErrorCode::kNotFound, "The producer does not have the partition."});
    }
    owner_.OnServed(channel_);
    if (HasBuffer()) {
      owner_.OnBuffer(channel_);
    }
  }

  bool HasBuffer() const override { return subpartition_ != nullptr && subpartition_->HasBuffer(); }

  bool HasPriority() const override {
    return subpartition_ != nullptr && subpartition_->HasPriority();
  }

  Buffer Take() override {
    Buffer buffer = subpartition_->Take();
    if (const std::optional<CheckpointMeta> barrier = BarrierIn(buffer)) {
      persister_.OnBarrier(barrier->id);
    } else if (buffer.kind == BufferKind::kRecords && persister_.persists()) {
      persisted_.emplace_back(buffer.content());
    }
    return buffer;
  }

  // What waits is the producer's: it takes that into its own part of the checkpoint.
  void Persist(CheckpointId id) override {
    persisted_.clear();
    persister_.Start(id);
  }

  std::vector<Bytes> StopPersisting(CheckpointId id) override {
    persister_.Stop(id);
    return std::exchange(persisted_, {});
  }

  void LetOvertake(CheckpointId) override {}

  size_t BuffersInUse() const override {
    return subpartition_ == nullptr ? 0 : subpartition_->QueueLength();
  }

  void SetBufferSize(uint32_t bytes) override {
    if (subpartition_ != nullptr) {
      subpartition_->SetBufferSize(bytes);
    }
  }

  void Release() override { subpartition_.reset(); }

  void OnBuffer() override { owner_.OnBuffer(channel_); }

  void OnClosed() override {
    subpartition_.reset();
    owner_.OnOver(channel_, {kProducerEnded, "The producer has ended."});
  }

 private:
  ShuffleEnvironment& shuffle_;
  ChannelOwner& owner_;
  size_t channel_;
  PartitionRequest request_;
  std::unique_ptr<SubpartitionView> subpartition_;  // while it is read
  ChannelPersister persister_;
  std::vector<Bytes> persisted_;
};

class RemoteInputChannel final : public InputChannel, public ChannelListener {
 public:
  RemoteInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner, size_t channel,
                     const sim::Address& producer, const PartitionRequest& request, uint32_t own,
                     FloatingBuffers& floating, const Defects& defects)
      : shuffle_(shuffle),
        owner_(owner),
        channel_(channel),
        producer_(producer),
        request_(request),
        credit_(own, floating, [this] { Grant(); }),
        defects_(defects),
        persister_(defects) {}

  ~RemoteInputChannel() override { RemoteInputChannel::Release(); }

  void Request() override {
    sim::Check(client_ == nullptr, "channel {} is requested twice", channel_);
    client_ = &shuffle_.ClientOf(producer_);
    expected_ = 0;
    const uint32_t credit = credit_.Start();
    number_ = client_->Request(request_, credit, *this);
  }

  bool HasBuffer() const override { return !buffers_.empty(); }

  bool HasPriority() const override {
    return HasBuffer() && buffers_.front().buffer.kind == BufferKind::kPriorityEvent;
  }

  Buffer Take() override {
    Buffer buffer = std::move(buffers_.front().buffer);
    buffers_.pop_front();
    if (buffer.kind == BufferKind::kRecords) {
      credit_.OnRead();
      Grant();
    }
    return buffer;
  }

  size_t BuffersInUse() const override { return buffers_.size() + credit_.backlog(); }

  void SetBufferSize(uint32_t bytes) override {
    if (client_ != nullptr) {
      client_->SetBufferSize(number_, bytes);
    }
  }

  void Release() override {
    credit_.Stop();
    if (client_ != nullptr) {
      std::exchange(client_, nullptr)->Release(number_);
    }
  }

  void Persist(CheckpointId id) override {
    persisted_.clear();
    for (const Queued& queued : buffers_) {
      const bool is_before = !persister_.HasSeen(id) || queued.sequence < barrier_sequence_;
      if (is_before && queued.buffer.kind == BufferKind::kRecords) {
        persisted_.emplace_back(queued.buffer.content());
      }
    }
    queued_ = persisted_.size();
    persister_.Start(id);
  }

  std::vector<Bytes> StopPersisting(CheckpointId id) override {
    persister_.Stop(id);
    if (defects_.Has(Defect::kFreshBuffersComeFirst)) {
      std::ranges::rotate(persisted_, persisted_.begin() + static_cast<ptrdiff_t>(queued_));
      queued_ = 0;
    }
    return std::exchange(persisted_, {});
  }

  void LetOvertake(CheckpointId id) override {
    const auto announced = std::ranges::find_if(buffers_, [id](const Queued& queued) {
      const std::optional<CheckpointMeta> barrier = BarrierIn(queued.buffer);
      return barrier && barrier->id == id && barrier->options.kind == CheckpointKind::kTimeoutable;
    });
    if (announced == buffers_.end()) {
      return;  // it was taken already, or has not come
    }
    const auto place = FirstOvertakable();
    CheckpointMeta meta = *BarrierIn(announced->buffer);
    meta.options.kind = CheckpointKind::kUnaligned;
    Encoder out(shuffle_.pool().Take());
    Write(out, StreamEvent(BarrierEvent{.meta = meta}));
    shuffle_.pool().Give(std::move(announced->buffer.bytes));
    announced->buffer = {.kind = BufferKind::kPriorityEvent, .bytes = out.Take()};
    std::rotate(place, announced, std::next(announced));
    owner_.OnBuffer(channel_);
  }

  void OnServed() override { owner_.OnServed(channel_); }

  void OnBuffer(uint32_t sequence, Buffer buffer) override {
    if (sequence != expected_++) {
      Release();
      return owner_.OnOver(
          channel_, {sim::ErrorCode::kCorruption, "A buffer was lost on its way, or came twice."});
    }
    if (buffer.kind == BufferKind::kRecords && !credit_.OnBuffer()) {
      Release();
      return owner_.OnOver(
          channel_, {sim::ErrorCode::kCorruption, "A buffer came for which there was no credit."});
    }
    const std::optional<CheckpointMeta> barrier = BarrierIn(buffer);
    if (barrier) {
      persister_.OnBarrier(barrier->id);
      barrier_sequence_ = sequence;
    } else if (buffer.kind == BufferKind::kRecords && persister_.persists()) {
      persisted_.emplace_back(buffer.content());
    }
    const auto place =
        buffer.kind == BufferKind::kPriorityEvent ? FirstOvertakable() : buffers_.end();
    buffers_.insert(place, {.sequence = sequence, .buffer = std::move(buffer)});
    if (barrier && barrier->options.kind == CheckpointKind::kTimeoutable) {
      owner_.OnAnnounced(channel_, *barrier);
    }
    owner_.OnBuffer(channel_);
  }

  void OnBacklog(uint32_t buffers) override {
    credit_.OnBacklog(buffers);
    Grant();
  }

  void OnOver(const sim::Error& reason) override {
    credit_.Stop();
    client_ = nullptr;
    owner_.OnOver(channel_, reason);
  }

 private:
  struct Queued {
    uint32_t sequence = 0;
    Buffer buffer;
  };

  void Grant() {
    if (client_ == nullptr) {
      return;
    }
    if (const uint32_t credit = credit_.TakeGrant(); credit > 0) {
      client_->Grant(number_, credit);
    }
  }

  std::deque<Queued>::iterator FirstOvertakable() {
    return std::ranges::find_if(buffers_, [](const Queued& queued) {
      return queued.buffer.kind != BufferKind::kPriorityEvent;
    });
  }

  ShuffleEnvironment& shuffle_;
  ChannelOwner& owner_;
  size_t channel_;
  sim::Address producer_;
  PartitionRequest request_;
  ChannelCredit credit_;
  PartitionClient* client_ = nullptr;  // while it is requested or served
  uint32_t number_ = 0;                // with the client
  uint32_t expected_ = 0;              // sequence number
  std::deque<Queued> buffers_;
  Defects defects_;
  ChannelPersister persister_;
  uint32_t barrier_sequence_ = 0;  // of the newest barrier that has come
  std::vector<Bytes> persisted_;
  size_t queued_ = 0;  // of them, what was there when it began
};

}  // namespace

std::unique_ptr<InputChannel> MakeInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner,
                                               size_t channel, const sim::Address& producer,
                                               const PartitionRequest& request, uint32_t own,
                                               FloatingBuffers& floating, const Defects& defects) {
  if (shuffle.IsHere(producer)) {
    return std::make_unique<LocalInputChannel>(shuffle, owner, channel, request, defects);
  }
  return std::make_unique<RemoteInputChannel>(shuffle, owner, channel, producer, request, own,
                                              floating, defects);
}

}  // namespace flinch::engine
