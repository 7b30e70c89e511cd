#include "engine/network/input_channel.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

class LocalInputChannel final : public InputChannel, public SubpartitionReader {
 public:
  LocalInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner, size_t channel,
                    const PartitionRequest& request)
      : shuffle_(shuffle), owner_(owner), channel_(channel), request_(request) {}

  ~LocalInputChannel() override { LocalInputChannel::Release(); }

  void Request() override {
    ResultPartition* partition = shuffle_.Find(request_);
    if (partition == nullptr || !partition->Attach(request_.subpartition, *this)) {
      return owner_.OnOver(
          channel_, {sim::ErrorCode::kNotFound, "The producer does not have the partition."});
    }
    partition_ = partition;
    owner_.OnServed(channel_);
    if (HasBuffer()) {
      owner_.OnBuffer(channel_);
    }
  }

  bool HasBuffer() const override {
    return partition_ != nullptr && partition_->HasBuffer(request_.subpartition);
  }

  Buffer Take() override { return partition_->Take(request_.subpartition); }

  void Release() override {
    if (partition_ != nullptr) {
      std::exchange(partition_, nullptr)->Detach(request_.subpartition, *this);
    }
  }

  void OnBuffer() override { owner_.OnBuffer(channel_); }

  void OnClosed() override {
    partition_ = nullptr;
    owner_.OnOver(channel_, {kProducerEnded, "The producer has ended."});
  }

 private:
  ShuffleEnvironment& shuffle_;
  ChannelOwner& owner_;
  size_t channel_;
  PartitionRequest request_;
  ResultPartition* partition_ = nullptr;  // while it is attached
};

class RemoteInputChannel final : public InputChannel, public ChannelListener {
 public:
  RemoteInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner, size_t channel,
                     const sim::Address& producer, const PartitionRequest& request, uint32_t credit)
      : shuffle_(shuffle),
        owner_(owner),
        channel_(channel),
        producer_(producer),
        request_(request),
        credit_(credit) {}

  ~RemoteInputChannel() override { RemoteInputChannel::Release(); }

  void Request() override {
    sim::Check(client_ == nullptr, "channel {} is requested twice", channel_);
    client_ = &shuffle_.ClientOf(producer_);
    expected_ = 0;
    taken_ = 0;
    number_ = client_->Request(request_, credit_, *this);
  }

  bool HasBuffer() const override { return !buffers_.empty(); }

  Buffer Take() override {
    Buffer buffer = std::move(buffers_.front());
    buffers_.pop_front();
    taken_ += buffer.kind == BufferKind::kRecords ? 1U : 0U;
    // In portions: a frame per buffer would double what is sent.
    if (client_ != nullptr && taken_ >= std::max(1U, credit_ / 2)) {
      client_->Grant(number_, std::exchange(taken_, 0));
    }
    return buffer;
  }

  void Release() override {
    if (client_ != nullptr) {
      std::exchange(client_, nullptr)->Release(number_);
    }
  }

  void OnServed() override { owner_.OnServed(channel_); }

  void OnBuffer(uint32_t sequence, Buffer buffer) override {
    if (sequence != expected_++) {
      Release();
      return owner_.OnOver(
          channel_, {sim::ErrorCode::kCorruption, "A buffer was lost on its way, or came twice."});
    }
    buffers_.push_back(std::move(buffer));
    owner_.OnBuffer(channel_);
  }

  void OnOver(const sim::Error& reason) override {
    client_ = nullptr;
    owner_.OnOver(channel_, reason);
  }

 private:
  ShuffleEnvironment& shuffle_;
  ChannelOwner& owner_;
  size_t channel_;
  sim::Address producer_;
  PartitionRequest request_;
  uint32_t credit_;
  PartitionClient* client_ = nullptr;  // while it is requested or served
  uint32_t number_ = 0;                // with the client
  uint32_t expected_ = 0;              // sequence number
  uint32_t taken_ = 0;                 // buffers of which the producer has not been told
  std::deque<Buffer> buffers_;
};

}  // namespace

std::unique_ptr<InputChannel> MakeInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner,
                                               size_t channel, const sim::Address& producer,
                                               const PartitionRequest& request, uint32_t credit) {
  if (shuffle.IsHere(producer)) {
    return std::make_unique<LocalInputChannel>(shuffle, owner, channel, request);
  }
  return std::make_unique<RemoteInputChannel>(shuffle, owner, channel, producer, request, credit);
}

}  // namespace flinch::engine
