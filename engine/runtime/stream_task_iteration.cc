// The part of StreamTask that belongs to an iteration: tokens that find its end, and savepoints
// that stop its head.
#include <algorithm>
#include <utility>

#include "engine/graph/iterations.h"
#include "engine/runtime/stream_task.h"

namespace flinch::engine {

bool StreamTask::IsHead() const { return role_ && role_->is_head; }

bool StreamTask::IsFeedback(size_t channel) const { return IsHead() && role_->channels[channel]; }

// Feedback has no event time, and nobody waits for it.
sim::Result<void> StreamTask::OpenFeedback() {
  return IsHead() ? chain_.input(kFeedbackInput).EmitWatermark(kMaxEventTime) : sim::Result<void>();
}

sim::Result<void> StreamTask::On(size_t, const IterationTokenEvent& token) {
  if (!rounds_) {
    return {};  // behind the iteration nobody passes it on
  }
  rounds_->OnToken({.round = token.round, .is_quiet = token.is_quiet});
  return AdvanceIteration();
}

sim::Result<void> StreamTask::AdvanceIteration() {
  bool others_ended = true;
  uint64_t fed = 0;
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    others_ended = others_ended && (role_->channels[channel] || gate_.HasEnded(channel));
    fed += IsFeedback(channel) ? channels_[channel].records : 0;
  }
  while (const auto token = rounds_->Next(others_ended, fed)) {
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (role_->partitions[i]) {
        partitions_[i]->BroadcastEvent(
            IterationTokenEvent{.round = token->round, .is_quiet = token->is_quiet});
      }
    }
  }
  if (!rounds_->is_over() || end_of_input_) {
    return {};
  }
  if (sim::Result<void> ended = chain_.EndInput(kFeedbackInput); !ended) {
    return ended;
  }
  if (sim::Result<void> ended = EndInput(); !ended) {
    return ended;
  }
  for (const barrier_input::Barrier& barrier : std::exchange(drains_, {})) {
    gate_.Resume(barrier.channel);
    if (sim::Result<void> fed_in = Feed(barrier); !fed_in) {
      return fed_in;
    }
  }
  return {};
}

// A drain is behind the end of all input, and what goes round is input.
bool StreamTask::WaitsForTheEnd(const barrier_input::Barrier& barrier) {
  const bool waits = IsHead() && !end_of_input_ && !IsFeedback(barrier.channel) &&
                     barrier.meta.options.kind == CheckpointKind::kSavepointTerminate;
  if (waits) {
    gate_.Block(barrier.channel);
    drains_.push_back(barrier);
  }
  return waits;
}

// Those that would take what this one makes of it wait behind the same savepoint.
sim::Result<bool> StreamTask::Postpone() {
  const std::optional<size_t> channel = gate_.Next();
  if (!channel) {
    return false;
  }
  Buffer buffer = gate_.Take(*channel);
  if (buffer.kind == BufferKind::kRecords) {
    postponed_.push_back({.input = channels_[*channel].input,
                          .channel = channel,
                          .bytes = std::move(buffer.bytes),
                          .begin = kBufferHeadroom});
    return true;
  }
  const sim::Result<void> processed = ProcessEvent(*channel, buffer.content());
  return processed ? sim::Result<bool>(true) : sim::Fail(processed);
}

}  // namespace flinch::engine
