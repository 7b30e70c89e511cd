// One channel of a gate: the way from one subpartition to its reader.
//
// A local channel takes from the subpartition itself; a remote one has a queue, and grants its
// producer credit for as many buffers as there is room for. Of a barrier that is still in the queue
// of a local producer nobody hears: it overtakes there (ResultPartition::LetOvertake).
// Source: Flink's LocalInputChannel and RemoteInputChannel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/network/channel_credit.h"
#include "engine/network/channel_persister.h"
#include "engine/network/shuffle_environment.h"

namespace flinch::engine {

// The gate. No call may suspend.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;

  virtual void OnServed(size_t channel) = 0;
  // There is something to take that was not there before.
  virtual void OnBuffer(size_t channel) = 0;
  // A barrier lies behind records in the channel, and may overtake them when its time has run out.
  virtual void OnAnnounced(size_t channel, const CheckpointMeta& meta) = 0;
  // Nothing comes on the channel before it is requested again.
  virtual void OnOver(size_t channel, const sim::Error& reason) = 0;
};

class InputChannel {
 public:
  virtual ~InputChannel() = default;

  // The owner is told what becomes of it, perhaps at once.
  virtual void Request() = 0;
  virtual bool HasBuffer() const = 0;
  // The next buffer has overtaken others.
  virtual bool HasPriority() const = 0;
  virtual Buffer Take() = 0;

  // What has come before the checkpoint's barrier and was not taken, and what will come before it,
  // is kept in a copy (channel_persister.h).
  virtual void Persist(CheckpointId id) = 0;
  // The checkpoint is whole, or given up. Returns the contents of what was kept, in its order.
  virtual std::vector<Bytes> StopPersisting(CheckpointId id) = 0;
  // The checkpoint's barrier, if it has been announced, overtakes what is before it.
  virtual void LetOvertake(CheckpointId id) = 0;
  // Buffers that wait here or at the producer, as far as that is known here.
  virtual size_t BuffersInUse() const = 0;
  // Its buffers shall hold no more than this.
  virtual void SetBufferSize(uint32_t bytes) = 0;
  // The owner hears of nothing any more.
  virtual void Release() = 0;
};

// `own` buffers of records, and those that it has borrowed of `floating`, may be under way or in
// the queue of a remote channel.
std::unique_ptr<InputChannel> MakeInputChannel(ShuffleEnvironment& shuffle, ChannelOwner& owner,
                                               size_t channel, const sim::Address& producer,
                                               const PartitionRequest& request, uint32_t own,
                                               FloatingBuffers& floating,
                                               const Defects& defects = {});

}  // namespace flinch::engine
