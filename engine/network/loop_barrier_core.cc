#include "engine/network/loop_barrier_core.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

LoopBarrierCore::LoopBarrierCore(const std::vector<bool>& is_feedback, const Defects& defects)
    : defects_(defects) {
  for (const bool each : is_feedback) {
    channels_.push_back({.is_feedback = each});
  }
  sim::Check(CountOf(true) > 0 && CountOf(false) > 0, "an iteration of {} channels, {} of feedback",
             channels_.size(), CountOf(true));
}

std::span<const BarrierEffect> LoopBarrierCore::Step(const BarrierInput& input) {
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void LoopBarrierCore::Verify() const {
  const bool is_logging = phase_ == LoopPhase::kLogging;
  sim::Check(is_logging || Delivered(true) == 0, "{} channels bring round what nobody took",
             Delivered(true));
  sim::Check(is_logging || early_.empty(), "{} barriers wait for nothing", early_.size());
  sim::Check(!is_logging || Delivered(true) < CountOf(true),
             "checkpoint {} has come round and yet waits", newest_.value());
  sim::Check(phase_ != LoopPhase::kAligning || Delivered(false) < CountOf(false),
             "checkpoint {} is aligned and yet waits", newest_.value());
  sim::Check(phase_ != LoopPhase::kIdle || Delivered(false) == 0,
             "{} channels wait for no checkpoint", Delivered(false));
}

size_t LoopBarrierCore::Delivered(bool feedback) const {
  return static_cast<size_t>(std::ranges::count_if(channels_, [feedback](const Channel& channel) {
    return channel.is_feedback == feedback && channel.has_delivered;
  }));
}

size_t LoopBarrierCore::CountOf(bool feedback) const {
  return static_cast<size_t>(std::ranges::count(channels_, feedback, &Channel::is_feedback));
}

LoopInput LoopBarrierCore::Classify(size_t channel, CheckpointId id) const {
  const bool is_logging = phase_ == LoopPhase::kLogging;
  if (channels_[channel].is_feedback) {
    if (!is_logging || id != newest_ || channels_[channel].has_delivered) {
      return LoopInput::kStale;
    }
    return Delivered(true) + 1 == CountOf(true) ? LoopInput::kLastLoopBarrier
                                                : LoopInput::kLoopBarrier;
  }
  if (id > newest_) {
    if (is_logging) {
      return LoopInput::kEarlyBarrier;
    }
    return CountOf(false) == 1 ? LoopInput::kOnlyBarrier : LoopInput::kNewBarrier;
  }
  if (id < newest_ || phase_ != LoopPhase::kAligning || channels_[channel].has_delivered) {
    return LoopInput::kStale;
  }
  return Delivered(false) + 1 == CountOf(false) ? LoopInput::kLastBarrier : LoopInput::kBarrier;
}

std::string_view LoopBarrierCore::PlaceOf(size_t channel, CheckpointId id) const {
  sim::Check(channel < channels_.size(), "a barrier on channel {} of {}", channel,
             channels_.size());
  switch (Classify(channel, id)) {
    case LoopInput::kNewBarrier:
    case LoopInput::kOnlyBarrier:
    case LoopInput::kEarlyBarrier:
      return "first";
    case LoopInput::kBarrier:
    case LoopInput::kLastBarrier:
    case LoopInput::kLoopBarrier:
      return "middle";
    case LoopInput::kLastLoopBarrier:
      return "last";
    default:
      return "stale";
  }
}

LoopAction LoopBarrierCore::Take(LoopInput input) {
  const auto& row = engine::Step(kLoopTransitions, phase_, input);
  phase_ = row.to;
  return row.action;
}

void LoopBarrierCore::On(const barrier_input::Barrier& barrier) {
  sim::Check(barrier.channel < channels_.size(), "a barrier on channel {} of {}", barrier.channel,
             channels_.size());
  const CheckpointId older = newest_;
  const LoopAction action = Take(Classify(barrier.channel, barrier.meta.id));
  switch (action) {
    case LoopAction::kIgnore:
      return;
    case LoopAction::kDefer:
      early_.push_back(barrier);
      effects_.emplace_back(barrier_effect::Block{.channel = barrier.channel});
      return;
    case LoopAction::kRestart:
      GiveUp(older);
      [[fallthrough]];
    case LoopAction::kStart:
      newest_ = barrier.meta.id;
      [[fallthrough]];
    case LoopAction::kCount:
      return Count(barrier);
    case LoopAction::kOvertake:
      GiveUp(older);
      [[fallthrough]];
    case LoopAction::kTake:
      newest_ = barrier.meta.id;
      return Begin(barrier.meta);
    case LoopAction::kPass:
      channels_[barrier.channel].has_delivered = true;
      return;
    case LoopAction::kFinish:
      return Finish();
    case LoopAction::kGiveUp:
      break;
  }
  sim::Unreachable("a barrier is followed by {}", Name(action));
}

void LoopBarrierCore::On(const barrier_input::CancelMarker& marker) {
  sim::Check(marker.channel < channels_.size(), "a cancel marker on channel {} of {}",
             marker.channel, channels_.size());
  OnGivenUp(marker.id);  // one that this task sent itself is stale when it comes round
}

void LoopBarrierCore::On(const barrier_input::Aborted& aborted) { OnGivenUp(aborted.id); }

void LoopBarrierCore::OnGivenUp(CheckpointId id) {
  const bool counts = phase_ == LoopPhase::kIdle ? id > newest_ : id >= newest_;
  if (Take(counts ? LoopInput::kGivenUp : LoopInput::kStale) == LoopAction::kIgnore) {
    return;
  }
  newest_ = id;
  GiveUp(id);
  LookAtEarly();
}

void LoopBarrierCore::Count(const barrier_input::Barrier& barrier) {
  channels_[barrier.channel].has_delivered = true;
  effects_.emplace_back(barrier_effect::Block{.channel = barrier.channel});
}

void LoopBarrierCore::Begin(const CheckpointMeta& meta) {
  meta_ = meta;
  effects_.emplace_back(barrier_effect::Persist{.id = meta.id});
  effects_.emplace_back(barrier_effect::Trigger{.meta = meta});
  if (!IsSynchronous(meta.options.kind)) {
    ResumeInputs();
    return;
  }
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    Channel& each = channels_[channel];
    if (!each.is_feedback && !std::exchange(each.has_delivered, true)) {
      effects_.emplace_back(barrier_effect::Block{.channel = channel});
    }
  }
}

void LoopBarrierCore::Finish() {
  effects_.emplace_back(barrier_effect::Persisted{.id = meta_.id});
  ResumeInputs();
  Forget();
  LookAtEarly();
}

void LoopBarrierCore::GiveUp(CheckpointId id) {
  effects_.emplace_back(barrier_effect::GiveUp{.id = id});
  ResumeInputs();
  Forget();
}

void LoopBarrierCore::ResumeInputs() {
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    Channel& each = channels_[channel];
    if (!each.is_feedback && std::exchange(each.has_delivered, false)) {
      effects_.emplace_back(barrier_effect::Resume{.channel = channel});
    }
  }
}

void LoopBarrierCore::Forget() {
  for (Channel& channel : channels_) {
    channel.has_delivered = false;
  }
  meta_ = {};
}

// As if they came now.
void LoopBarrierCore::LookAtEarly() {
  for (const barrier_input::Barrier& barrier : std::exchange(early_, {})) {
    effects_.emplace_back(barrier_effect::Resume{.channel = barrier.channel});
    On(barrier);
  }
}

}  // namespace flinch::engine
