#include "engine/network/input_gate.h"

#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

// How long one attempt to reach a producer's host may take; then it starts over.
constexpr sim::Duration kConnectTimeout = 1s;

}  // namespace

InputGate::InputGate(sim::Environment& environment, const NetworkOptions& options,
                     std::vector<ChannelOptions> channels, std::function<void()> on_input,
                     BrokenChannel broken)
    : environment_(environment),
      options_(options),
      on_input_(std::move(on_input)),
      broken_(broken) {
  for (ChannelOptions& channel : channels) {
    channels_.push_back(std::make_unique<Channel>(environment));
    channels_.back()->options = std::move(channel);
  }
}

void InputGate::Start(sim::FiberGroup& fibers) {
  for (size_t index = 0; index < channels_.size(); ++index) {
    fibers.Spawn("input", [this, index] { Read(index); });
  }
}

sim::Result<void> InputGate::RequestOnce(Channel& channel, sim::SimTime deadline) {
  sim::Result<std::unique_ptr<sim::Connection>> connection =
      environment_.network().Connect(channel.options.producer, kConnectTimeout);
  if (!connection) {
    return sim::Fail(connection);
  }
  if (closed_) {
    return sim::Fail(sim::ErrorCode::kCancelled, "The task is being stopped.");
  }
  channel.connection = *std::move(connection);
  if (sim::Result<void> sent = channel.connection->Send(Encode(channel.options.request)); !sent) {
    return sent;
  }
  const sim::Result<Bytes> answer = channel.connection->Receive(deadline);
  if (!answer) {
    return sim::Fail(answer);
  }
  const sim::Result<PartitionReply> reply = Decode<PartitionReply>(*answer);
  if (!reply || *reply != PartitionReply::kServed) {
    return sim::Fail(sim::ErrorCode::kNotFound, "The producer does not have the partition.");
  }
  return {};
}

sim::Result<void> InputGate::Request(Channel& channel) {
  const sim::SimTime deadline = sim::Later(environment_.Now(), options_.request_timeout);
  for (;;) {
    sim::Result<void> requested = RequestOnce(channel, deadline);
    if (requested || closed_ || environment_.Now() >= deadline) {
      return requested;
    }
    environment_.Sleep(options_.request_backoff);
    if (closed_) {
      return sim::Fail(sim::ErrorCode::kCancelled, "The task is being stopped.");
    }
  }
}

void InputGate::Read(size_t index) {
  Channel& channel = *channels_[index];
  const auto fail = [&](const sim::Error& error) {
    if (!closed_ && !channel.ended && !error_) {
      error_ = sim::Error{error.code, fmt::format("The connection to {} failed: {}",
                                                  channel.options.producer_name, error.message)};
      on_input_();
    }
  };
  if (sim::Result<void> requested = Request(channel); !requested) {
    fail(requested.error());
    return;
  }
  if (closed_) {
    return;
  }
  for (;;) {
    sim::Result<Bytes> buffer = channel.connection->Receive();
    if (!buffer && broken_ == BrokenChannel::kReconnects && !closed_ && !channel.ended &&
        Request(channel)) {
      continue;
    }
    if (!buffer) {
      fail(buffer.error());
      return;
    }
    channel.buffers.push_back(*std::move(buffer));
    if (!channel.blocked) {
      ready_.insert(index);
    }
    on_input_();
    channel.room.WaitFor(
        [&] { return closed_ || channel.buffers.size() < options_.buffers_per_subpartition; });
    if (closed_) {
      return;
    }
  }
}

std::optional<size_t> InputGate::Next() const {
  if (ready_.empty()) {
    return std::nullopt;
  }
  const auto next = ready_.lower_bound(turn_);
  return next == ready_.end() ? *ready_.begin() : *next;
}

Bytes InputGate::Take(size_t index) {
  Channel& channel = *channels_.at(index);
  sim::Check(!channel.buffers.empty(), "channel {} has nothing to be taken", index);
  Bytes buffer = std::move(channel.buffers.front());
  channel.buffers.pop_front();
  if (channel.buffers.empty()) {
    ready_.erase(index);
  }
  turn_ = (index + 1) % channels_.size();
  channel.room.NotifyAll();
  return buffer;
}

void InputGate::Block(size_t index) {
  channels_.at(index)->blocked = true;
  ready_.erase(index);
}

void InputGate::Resume(size_t index) {
  Channel& channel = *channels_.at(index);
  channel.blocked = false;
  if (!channel.buffers.empty()) {
    ready_.insert(index);
  }
}

void InputGate::EndOfData(size_t channel) {
  if (!std::exchange(channels_.at(channel)->ended, true)) {
    ++ended_;
  }
}

void InputGate::Close() {
  closed_ = true;
  for (const std::unique_ptr<Channel>& channel : channels_) {
    if (channel->connection) {
      channel->connection->Close();
    }
    channel->room.NotifyAll();
  }
}

}  // namespace flinch::engine
