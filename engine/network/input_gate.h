// The input of one task: a channel per producing subtask, each with a bounded queue of buffers.
//
// A fiber per channel connects to the producer, asks for its subpartition and reads; it stops
// reading while the queue is full, and so back-pressure travels upstream. A producer that is not
// there yet is asked again with a pause, until the request time-out.
// Errors: a connection that breaks before the end of data is an error of the gate, and fails the
//         task.
// Source: Flink's SingleInputGate and RemoteInputChannel.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/ids.h"
#include "engine/serializer.h"
#include "sim/sync.h"

namespace flinch::engine {

// The first frame of a connection: which subpartition of whose output is wanted.
struct PartitionRequest {
  ExecutionAttemptId producer;
  uint32_t edge = 0;
  uint32_t subpartition = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.producer);
    visit(self.edge);
    visit(self.subpartition);
  }
};

// The answer, before the first buffer.
enum class PartitionReply : uint8_t { kServed, kNotFound };

struct ChannelOptions {
  PartitionRequest request;
  sim::Address producer;
  std::string producer_name;
};

// What becomes of a connection that breaks in mid-stream. kReconnects is a planted defect.
enum class BrokenChannel : uint8_t { kFails, kReconnects };

class InputGate {
 public:
  // `on_input` is called when there is something new to look at.
  InputGate(sim::Environment& environment, const NetworkOptions& options,
            std::vector<ChannelOptions> channels, std::function<void()> on_input,
            BrokenChannel broken = BrokenChannel::kFails);

  // Starts to read, on fibers of `fibers`.
  void Start(sim::FiberGroup& fibers);

  size_t channels() const { return channels_.size(); }

  const ChannelOptions& channel(size_t index) const { return channels_.at(index)->options; }

  // The next channel that has a buffer and is not blocked, in turn; nothing when there is none.
  std::optional<size_t> Next() const;
  // Takes the channel's next buffer.
  Bytes Take(size_t channel);

  // Leaves what the channel brings in its queue until it is resumed.
  void Block(size_t channel);
  void Resume(size_t channel);

  // Nothing that comes after it but barriers.
  void EndOfData(size_t channel);

  bool HasEnded(size_t channel) const { return channels_.at(channel)->ended; }

  bool AllEnded() const { return ended_ == channels_.size(); }

  const std::optional<sim::Error>& error() const { return error_; }

  // Ends the fibers.
  void Close();

 private:
  struct Channel {
    explicit Channel(sim::Environment& environment) : room(environment) {}

    ChannelOptions options;
    std::deque<Bytes> buffers;
    bool blocked = false;
    bool ended = false;
    std::unique_ptr<sim::Connection> connection;
    sim::Condition room;  // a buffer was taken from a full queue, or the gate was closed
  };

  void Read(size_t index);
  // Leaves the connection in the channel. Whoever asked for a subpartition waits on that connection
  // for the answer: the producer serves it to nobody else.
  sim::Result<void> Request(Channel& channel);
  sim::Result<void> RequestOnce(Channel& channel, sim::SimTime deadline);

  sim::Environment& environment_;
  NetworkOptions options_;
  std::vector<std::unique_ptr<Channel>> channels_;
  // Channels with buffers that are not blocked. Ordered, so that the next one after `turn_` is
  // found at once, however many others there are.
  std::set<size_t> ready_;
  std::function<void()> on_input_;
  BrokenChannel broken_;
  size_t turn_ = 0;
  size_t ended_ = 0;
  bool closed_ = false;
  std::optional<sim::Error> error_;
};

}  // namespace flinch::engine
