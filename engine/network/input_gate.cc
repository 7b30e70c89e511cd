#include "engine/network/input_gate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {

InputGate::InputGate(sim::Environment& environment, const NetworkOptions& options,
                     ShuffleEnvironment& shuffle, std::vector<ChannelOptions> channels,
                     std::function<void()> on_input, BrokenChannel broken, const Defects& defects)
    : environment_(environment),
      options_(options),
      floating_(options.floating_buffers),
      channels_(channels.size()),
      on_input_(std::move(on_input)),
      broken_(broken),
      changed_(environment, "producers to answer") {
  for (size_t index = 0; index < channels.size(); ++index) {
    Channel& channel = channels_[index];
    channel.options = std::move(channels[index]);
    channel.input =
        MakeInputChannel(shuffle, *this, index, channel.options.producer, channel.options.request,
                         options.buffers_per_channel > 0 ? options.buffers_per_channel
                                                         : options.buffers_per_subpartition,
                         floating_, defects);
  }
}

void InputGate::Start(sim::FiberGroup& fibers) {
  fibers_ = &fibers;
  if (!channels_.empty()) {
    requesting_ = true;
    fibers.Spawn("requests", [this] { RequestChannels(); });
  }
}

void InputGate::RequestChannels() {
  const sim::SimTime deadline = sim::Later(environment_.Now(), options_.request_timeout);
  RequestBackoff backoff(options_.request_backoff, options_.request_backoff_max);
  const auto is_over = [this] { return closed_ || error_ || AllServed(); };
  while (!is_over() && environment_.Now() < deadline) {
    for (Channel& channel : channels_) {
      if (channel.state == State::kWanted) {
        channel.state = State::kRequested;
        channel.input->Request();
      }
    }
    const std::optional<sim::Duration> pause = backoff.Next();
    if (!pause) {
      changed_.WaitFor([&] { return is_over() || AnyRefused(); }, deadline);
      break;
    }
    changed_.WaitFor(is_over, std::min(deadline, sim::Later(environment_.Now(), *pause)));
  }
  requesting_ = false;
  if (!is_over()) {
    FailRequests();
  }
}

void InputGate::FailRequests() {
  const auto missing = std::ranges::find_if(
      channels_, [](const Channel& channel) { return channel.state != State::kServed; });
  sim::Check(missing != channels_.end(), "all channels are there, and yet one is missing");
  Miss(*missing);
  Fail(*missing,
       missing->refusal.value_or(sim::Error{sim::ErrorCode::kTimeout, "No answer came in time."}));
}

void InputGate::OnServed(size_t index) {
  Channel& channel = channels_[index];
  sim::Check(channel.state == State::kRequested, "channel {} was not requested", index);
  channel.state = State::kServed;
  ++served_;
  changed_.NotifyAll();
}

void InputGate::OnBuffer(size_t index) {
  NoteContent(index);
  on_input_();
}

void InputGate::NoteContent(size_t index) {
  const Channel& channel = channels_[index];
  if (!channel.input->HasBuffer()) {
    ReadySetOf(index).erase(index);
    priority_.erase(index);
    return;
  }
  if (!channel.blocked) {
    ReadySetOf(index).insert(index);
  }
  if (channel.input->HasPriority()) {
    priority_.insert(index);
  } else if (!priority_.empty()) {
    priority_.erase(index);
  }
}

void InputGate::OnAnnounced(size_t index, const CheckpointMeta& meta) {
  announcements_.push_back({.channel = index, .meta = meta});
}

std::optional<Announcement> InputGate::TakeAnnouncement() {
  if (announcements_.empty()) {
    return std::nullopt;
  }
  const Announcement first = announcements_.front();
  announcements_.pop_front();
  return first;
}

void InputGate::Persist(CheckpointId id) {
  // Where some come first the others have delivered the barrier, and may hold newer ones.
  const bool is_partial = std::ranges::any_of(
      channels_, [](const Channel& channel) { return channel.options.comes_first; });
  for (Channel& channel : channels_) {
    if (!is_partial || channel.options.comes_first) {
      channel.input->Persist(id);
    }
  }
}

std::vector<PersistedChannel> InputGate::StopPersisting(CheckpointId id) {
  std::vector<PersistedChannel> persisted;
  for (size_t index = 0; index < channels_.size(); ++index) {
    persisted.push_back({.channel = index, .buffers = channels_[index].input->StopPersisting(id)});
  }
  return persisted;
}

void InputGate::LetOvertake(CheckpointId id) {
  for (Channel& channel : channels_) {
    channel.input->LetOvertake(id);
  }
}

void InputGate::OnOver(size_t index, const sim::Error& reason) {
  Channel& channel = channels_[index];
  const bool is_result = channel.options.has_finished;
  if (is_result && channel.ended) {
    return;  // nothing is behind it
  }
  const bool was_served = channel.state == State::kServed;
  served_ -= was_served ? 1U : 0U;
  channel.state = State::kWanted;
  channel.refusal = reason;
  if (!channel.input->HasBuffer()) {
    NoteContent(index);
  }
  // Behind the end of its data a channel still brings barriers, until the producer has ended.
  const bool has_brought_all = channel.ended && reason.code == kProducerEnded;
  if (is_result && (reason.code == sim::ErrorCode::kNotFound || reason.code == kProducerEnded)) {
    Miss(channel);
    return Fail(channel, reason);
  }
  if (closed_ || has_brought_all || !was_served) {
    if (options_.request_backoff_max > sim::Duration(0)) {
      changed_.NotifyAll();
    }
    return;  // or it is asked for again
  }
  if (broken_ == BrokenChannel::kFails) {
    return Fail(channel, reason);
  }
  if (!std::exchange(requesting_, true)) {
    fibers_->Spawn("requests", [this] { RequestChannels(); });
  }
}

void InputGate::Miss(const Channel& channel) {
  if (!closed_ && !error_) {
    missing_ = channel.options.request.producer;
  }
}

void InputGate::Fail(const Channel& channel, const sim::Error& error) {
  if (!closed_ && !error_) {
    error_ = sim::Error{error.code, fmt::format("The connection to {} failed: {}",
                                                channel.options.producer_name, error.message)};
    changed_.NotifyAll();
    on_input_();
  }
}

size_t InputGate::BuffersInUse() const {
  size_t in_use = 0;
  for (const Channel& channel : channels_) {
    in_use += channel.input->BuffersInUse();
  }
  return in_use;
}

void InputGate::SetBufferSize(uint32_t bytes) {
  for (Channel& channel : channels_) {
    channel.input->SetBufferSize(bytes);
  }
}

std::optional<size_t> InputGate::Next() const {
  const std::set<size_t>& ready = ready_first_.empty() ? ready_ : ready_first_;
  if (ready.empty()) {
    return std::nullopt;
  }
  const auto next = ready.lower_bound(turn_);
  return next == ready.end() ? *ready.begin() : *next;
}

Buffer InputGate::Take(size_t index) {
  Channel& channel = channels_.at(index);
  sim::Check(channel.input->HasBuffer(), "channel {} has nothing to be taken", index);
  Buffer buffer = channel.input->Take();
  if (!channel.input->HasBuffer() || !priority_.empty()) {
    NoteContent(index);
  }
  turn_ = (index + 1) % channels_.size();
  return buffer;
}

void InputGate::Block(size_t index) {
  channels_.at(index).blocked = true;
  ReadySetOf(index).erase(index);
}

void InputGate::Resume(size_t index) {
  Channel& channel = channels_.at(index);
  channel.blocked = false;
  if (channel.input->HasBuffer()) {
    ReadySetOf(index).insert(index);
  }
}

void InputGate::EndOfData(size_t index) {
  Channel& channel = channels_.at(index);
  if (!std::exchange(channel.ended, true)) {
    ++ended_;
  }
  if (channel.options.has_finished) {
    channel.input->Release();
  }
}

void InputGate::Close() {
  closed_ = true;
  for (Channel& channel : channels_) {
    channel.input->Release();
  }
  changed_.NotifyAll();
}

}  // namespace flinch::engine
