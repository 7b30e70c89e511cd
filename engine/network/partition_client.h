// The connection to one other TaskManager, which all channels from there share.
//
// A fiber connects and sends requests and credit, another hands what comes to its channel. Both end
// when the last channel is released, and whoever wants a channel later connects anew: what is left
// in a connection that fell silent concerns nobody.
// Errors: a connection that breaks, or brings a damaged frame, is told to all of its channels.
// Source: Flink's NettyPartitionRequestClient and CreditBasedPartitionRequestClientHandler.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "engine/defects.h"
#include "engine/network/frames.h"
#include "sim/sync.h"

namespace flinch::engine {

// Why a channel is over whose producer has ended: it closed its partition, and nothing was lost.
inline constexpr sim::ErrorCode kProducerEnded = sim::ErrorCode::kCancelled;

// One channel, to whom its connection tells what comes. No call may suspend.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;

  virtual void OnServed() = 0;
  virtual void OnBuffer(uint32_t sequence, Buffer buffer) = 0;
  // So many buffers of records wait at the producer.
  virtual void OnBacklog(uint32_t buffers) = 0;
  // Nothing comes on it any more, and it is released: it was not there, has ended, or broke.
  virtual void OnOver(const sim::Error& reason) = 0;
};

class PartitionClient {
 public:
  PartitionClient(sim::Environment& environment, sim::Address producer,
                  const Defects& defects = {});

  // Starts its fibers.
  void Start();

  // It takes no more channels.
  bool is_over() const { return over_; }

  // It may be destroyed.
  bool has_ended() const { return over_ && fibers_.running() == 0; }

  const sim::Address& producer() const { return producer_; }

  // Returns the channel's number. The listener hears nothing before the caller suspends.
  uint32_t Request(const PartitionRequest& request, uint32_t credit, ChannelListener& listener);
  // The producer may send so many buffers more.
  void Grant(uint32_t channel, uint32_t credit);
  // Buffers of the channel shall hold no more than this.
  void SetBufferSize(uint32_t channel, uint32_t bytes);
  // Its listener hears of nothing any more.
  void Release(uint32_t channel);

  size_t channels() const { return channels_.size(); }

 private:
  void Connect();
  void Write();
  void Read();
  void Hand(const ProducerFrame& frame, Bytes bytes);
  void Send(const ConsumerFrame& frame);
  void EndChannel(uint32_t channel, const sim::Error& reason);
  void End(const sim::Error& reason);

  sim::Environment& environment_;
  sim::Address producer_;
  Defects defects_;
  std::unique_ptr<sim::Connection> connection_;  // null before there is one
  std::map<uint32_t, ChannelListener*> channels_;
  std::deque<Bytes> outgoing_;
  uint32_t next_channel_ = 0;
  bool over_ = false;
  sim::Condition changed_;
  sim::FiberGroup fibers_;
};

}  // namespace flinch::engine
