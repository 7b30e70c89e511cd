// One channel of a gate: the way from one subpartition to its reader.
//
// A local channel takes from the subpartition itself; a remote one has a queue, and grants its
// producer credit for as many buffers as there is room for.
// Source: Flink's LocalInputChannel and RemoteInputChannel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "engine/network/shuffle_environment.h"

namespace flinch::engine {

// The gate. No call may suspend.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;

  virtual void OnServed(size_t channel) = 0;
  // There is something to take that was not there before.
  virtual void OnBuffer(size_t channel) = 0;
  // Nothing comes on the channel before it is requested again.
  virtual void OnOver(size_t channel, const sim::Error& reason) = 0;
};

class InputChannel {
 public:
  virtual ~InputChannel() = default;

  // The owner is told what becomes of it, perhaps at once.
  virtual void Request() = 0;
  virtual bool HasBuffer() const = 0;
  virtual Buffer Take() = 0;
  // The owner hears of nothing any more.
  virtual void Release() = 0;
};

// `credit` buffers of records may be under way or in the queue of a remote channel.
std::unique_ptr<InputChannel> MakeInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner,
                                               size_t channel, const sim::Address& producer,
                                               const PartitionRequest& request, uint32_t credit);

}  // namespace flinch::engine
