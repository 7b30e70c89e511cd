// The input of one task: a channel per producing subtask.
//
// Asks each producer for its subpartition, again with a pause while that is not there yet, until
// there is no pause left or the request time-out comes; then says which channel has a buffer to be
// read, in turn. A channel that is not read takes no more than its credit, and so back-pressure
// travels upstream.
// Errors: a channel that is over before the end of its data is an error of the gate, and fails the
//         task; so is one whose connection is lost behind it, for the barriers of the final
//         checkpoint are still to come, unless the producer itself has ended.
// Source: Flink's SingleInputGate.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/network/input_channel.h"
#include "engine/network/request_backoff.h"
#include "sim/sync.h"

namespace flinch::engine {

struct ChannelOptions {
  PartitionRequest request;
  sim::Address producer;
  std::string producer_name;
  bool comes_first = false;   // is read before others
  bool has_finished = false;  // the producer, before we begin: what is not there will never be
};

// What becomes of a channel that breaks in mid-stream. kReconnects is a planted defect.
enum class BrokenChannel : uint8_t { kFails, kReconnects };

// A barrier that lies in a channel behind records (ChannelOwner::OnAnnounced).
struct Announcement {
  size_t channel = 0;
  CheckpointMeta meta;
};

// What of a channel belongs to a checkpoint.
struct PersistedChannel {
  size_t channel = 0;
  std::vector<Bytes> buffers;
};

class InputGate final : private ChannelOwner {
 public:
  // `on_input` is called when there is something new to look at. `shuffle` outlives the gate.
  InputGate(sim::Environment& environment, const NetworkOptions& options,
            ShuffleEnvironment& shuffle, std::vector<ChannelOptions> channels,
            std::function<void()> on_input, BrokenChannel broken = BrokenChannel::kFails,
            const Defects& defects = {});

  // Asks for the channels, on a fiber of `fibers`.
  void Start(sim::FiberGroup& fibers);

  size_t channels() const { return channels_.size(); }

  const ChannelOptions& channel(size_t index) const { return channels_.at(index).options; }

  // The next channel that has a buffer and is not blocked, in turn, among those that come first if
  // one of them has; nothing when there is none.
  std::optional<size_t> Next() const;
  // Takes the channel's next buffer.
  Buffer Take(size_t channel);

  // There is an announcement, or an event that has overtaken, to be heard before all else.
  bool HasUrgent() const { return !announcements_.empty() || !priority_.empty(); }

  std::optional<Announcement> TakeAnnouncement();

  // A channel whose next buffer has overtaken others, blocked or not.
  std::optional<size_t> NextPriority() const {
    return priority_.empty() ? std::nullopt : std::optional(*priority_.begin());
  }

  // As InputChannel's, of all channels; Persist, where some come first, of those.
  void Persist(CheckpointId id);
  std::vector<PersistedChannel> StopPersisting(CheckpointId id);
  void LetOvertake(CheckpointId id);

  // As InputChannel's, of all channels.
  size_t BuffersInUse() const;
  void SetBufferSize(uint32_t bytes);

  // Leaves what the channel brings in its queue until it is resumed.
  void Block(size_t channel);
  void Resume(size_t channel);

  // Nothing that comes after it but events; of a producer that has finished, nothing.
  void EndOfData(size_t channel);

  bool IsBlocked(size_t channel) const { return channels_.at(channel).blocked; }

  bool HasEnded(size_t channel) const { return channels_.at(channel).ended; }

  bool AllEnded() const { return ended_ == channels_.size(); }

  const std::optional<sim::Error>& error() const { return error_; }

  // With an error: whose output is not where it should be, or is no more, if that was it. A
  // connection that broke says nothing of the kind.
  const std::optional<ExecutionAttemptId>& missing() const { return missing_; }

  // Lets all channels go.
  void Close();

 private:
  enum class State : uint8_t { kWanted, kRequested, kServed };

  struct Channel {
    ChannelOptions options;
    std::unique_ptr<InputChannel> input;
    State state = State::kWanted;
    std::optional<sim::Error> refusal;  // why it had to be asked for again
    bool blocked = false;
    bool ended = false;
  };

  void OnServed(size_t channel) override;
  void OnBuffer(size_t channel) override;
  void OnAnnounced(size_t channel, const CheckpointMeta& meta) override;
  void OnOver(size_t channel, const sim::Error& reason) override;

  // Whether there is something in the channel, or something that has overtaken, may have changed.
  void NoteContent(size_t channel);

  std::set<size_t>& ReadySetOf(size_t channel) {
    return channels_[channel].options.comes_first ? ready_first_ : ready_;
  }

  void RequestChannels();

  // It was asked for, and is not there.
  bool AnyRefused() const {
    return std::ranges::any_of(
        channels_, [](const Channel& channel) { return channel.state == State::kWanted; });
  }

  bool AllServed() const { return served_ == channels_.size(); }

  // What the time-out found missing.
  void FailRequests();
  void Fail(const Channel& channel, const sim::Error& error);
  // What the error that follows is about.
  void Miss(const Channel& channel);

  sim::Environment& environment_;
  NetworkOptions options_;
  FloatingBuffers floating_;
  std::vector<Channel> channels_;
  // Channels with buffers that are not blocked. Ordered, so that the next one after `turn_` is
  // found at once, however many others there are.
  std::set<size_t> ready_;
  std::set<size_t> ready_first_;  // the same of those that come first
  std::set<size_t> priority_;     // channels whose next buffer has overtaken others
  std::deque<Announcement> announcements_;
  std::function<void()> on_input_;
  BrokenChannel broken_;
  sim::Condition changed_;  // all are served, or the gate is closed
  sim::FiberGroup* fibers_ = nullptr;
  bool requesting_ = false;
  size_t turn_ = 0;
  size_t served_ = 0;
  size_t ended_ = 0;
  bool closed_ = false;
  std::optional<sim::Error> error_;
  std::optional<ExecutionAttemptId> missing_;
};

}  // namespace flinch::engine
