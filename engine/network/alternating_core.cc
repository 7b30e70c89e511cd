#include "engine/network/alternating_core.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

AlternatingCore::AlternatingCore(size_t channels, sim::Duration aligned_timeout,
                                 const Defects& defects)
    : defects_(defects),
      aligned_timeout_(aligned_timeout),
      channels_(channels, Channel::kMissing),
      open_(channels) {}

std::span<const BarrierEffect> AlternatingCore::Step(const BarrierInput& input) {
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void AlternatingCore::Verify() const {
  sim::Check(open_ <= channels_.size(), "{} of {} channels are open", open_, channels_.size());
  const bool is_idle = phase_ == AlternatingPhase::kIdle;
  sim::Check(received_ < open_ || is_idle, "checkpoint {} has all barriers and yet waits",
             newest_.value());
  sim::Check(is_idle || meta_.id == newest_, "checkpoint {} is in progress, and {} is the newest",
             meta_.id.value(), newest_.value());
  sim::Check(received_ == 0 || !is_idle, "{} channels wait for no checkpoint", received_);
  const bool may_block = phase_ == AlternatingPhase::kAligning;
  sim::Check(may_block || std::ranges::find(channels_, Channel::kBlocked) == channels_.end(),
             "a channel is blocked for nothing");
}

bool AlternatingCore::IsTimedOut(const CheckpointMeta& meta, sim::WallTime now) const {
  return meta.options.kind == CheckpointKind::kTimeoutable &&
         now - meta.timestamp > aligned_timeout_;
}

AlternatingInput AlternatingCore::Classify(const barrier_input::Barrier& barrier) const {
  const CheckpointId id = barrier.meta.id;
  const Channel channel = channels_[barrier.channel];
  const bool starts_again = id < newest_ && phase_ == AlternatingPhase::kIdle &&
                            defects_.Has(Defect::kLateBarrierStartsAgain);
  if (channel == Channel::kEnded || (id < newest_ && !starts_again)) {
    return AlternatingInput::kStale;
  }
  // Where nobody else is missing time has not run out: the checkpoint is aligned.
  if (id > newest_ || starts_again) {
    const bool is_only = open_ == 1;
    if (barrier.meta.options.kind == CheckpointKind::kUnaligned) {
      return is_only ? AlternatingInput::kOnlyOvertaker : AlternatingInput::kNewOvertaker;
    }
    if (is_only) {
      return AlternatingInput::kOnlyBarrier;
    }
    return IsTimedOut(barrier.meta, barrier.now) ? AlternatingInput::kNewOvertaker
                                                 : AlternatingInput::kNewBarrier;
  }
  if (phase_ == AlternatingPhase::kIdle || channel != Channel::kMissing) {
    return AlternatingInput::kStale;
  }
  const bool is_last = received_ + 1 == open_;
  if (barrier.meta.options.kind == CheckpointKind::kUnaligned) {
    return is_last ? AlternatingInput::kLastOvertaker : AlternatingInput::kOvertaker;
  }
  if (is_last) {
    return AlternatingInput::kLastBarrier;
  }
  return IsTimedOut(barrier.meta, barrier.now) ? AlternatingInput::kOvertaker
                                               : AlternatingInput::kBarrier;
}

AlternatingInput AlternatingCore::ClassifyEnd(size_t channel) const {
  if (channels_[channel] == Channel::kEnded) {
    return AlternatingInput::kStale;
  }
  const bool is_last = phase_ != AlternatingPhase::kIdle &&
                       channels_[channel] == Channel::kMissing && received_ + 1 == open_;
  return is_last ? AlternatingInput::kLastEnd : AlternatingInput::kEnd;
}

std::string_view AlternatingCore::PlaceOf(size_t channel, CheckpointId id) const {
  sim::Check(channel < channels_.size(), "a barrier on channel {} of {}", channel,
             channels_.size());
  if (channels_[channel] == Channel::kEnded || id < newest_) {
    return "stale";
  }
  if (id > newest_) {
    return open_ == 1 ? "last" : "first";
  }
  if (phase_ == AlternatingPhase::kIdle || channels_[channel] != Channel::kMissing) {
    return "stale";
  }
  if (received_ + 1 == open_) {
    return "last";
  }
  return received_ == 0 ? "first" : "middle";
}

AlternatingAction AlternatingCore::Take(AlternatingInput input) {
  const auto& row = engine::Step(kAlternatingTransitions, phase_, input);
  phase_ = row.to;
  return row.action;
}

void AlternatingCore::Renew(const CheckpointMeta& meta) {
  if (meta.id == newest_) {
    return;
  }
  if (meta_.id == newest_ && meta_.id != CheckpointId()) {
    GiveUp(newest_);
  }
  newest_ = meta.id;
  meta_ = meta;
}

void AlternatingCore::On(const barrier_input::Barrier& barrier) {
  sim::Check(barrier.channel < channels_.size(), "a barrier on channel {} of {}", barrier.channel,
             channels_.size());
  const AlternatingAction action = Take(Classify(barrier));
  if (action == AlternatingAction::kIgnore) {
    return;
  }
  Renew(barrier.meta);
  switch (action) {
    case AlternatingAction::kStart:
      StartClock(barrier.now);
      [[fallthrough]];
    case AlternatingAction::kCount:
      effects_.emplace_back(barrier_effect::Block{.channel = barrier.channel});
      return Count(barrier.channel, Channel::kBlocked);
    case AlternatingAction::kSnapshot:
      return Snapshot();
    case AlternatingAction::kBegin:
      Begin();
      return Count(barrier.channel, Channel::kPassed);
    case AlternatingAction::kSwitch:
      Switch();
      return Count(barrier.channel, Channel::kPassed);
    case AlternatingAction::kTake:
      Begin();
      ResumeAll();
      return Finish();
    case AlternatingAction::kPass:
      return Count(barrier.channel, Channel::kPassed);
    case AlternatingAction::kFinish:
      return Finish();
    default:
      sim::Unreachable("a barrier is followed by {}", Name(action));
  }
}

void AlternatingCore::On(const barrier_input::Announcement& announced) {
  sim::Check(announced.channel < channels_.size(), "an announcement on channel {} of {}",
             announced.channel, channels_.size());
  const CheckpointId id = announced.meta.id;
  const bool is_over = id < newest_ || (id == newest_ && phase_ == AlternatingPhase::kIdle);
  if (channels_[announced.channel] == Channel::kEnded || is_over) {
    Take(AlternatingInput::kStale);
    return;
  }
  const AlternatingAction action =
      Take(id > newest_ ? AlternatingInput::kNewAnnounced : AlternatingInput::kAnnounced);
  Renew(announced.meta);
  if (action == AlternatingAction::kWait) {
    StartClock(announced.now);
  } else if (action == AlternatingAction::kOvertake) {
    effects_.emplace_back(barrier_effect::Overtake{.id = id});
    return;
  }
  if (IsTimedOut(announced.meta, announced.now)) {
    On(barrier_input::TimedOut{.id = id});
  }
}

void AlternatingCore::On(const barrier_input::TimedOut& timed_out) {
  // Nobody has started a clock of a checkpoint that is aligned however long it takes.
  const bool is_over = timed_out.id != newest_ || phase_ == AlternatingPhase::kIdle ||
                       (phase_ != AlternatingPhase::kUnaligned &&
                        meta_.options.kind != CheckpointKind::kTimeoutable);
  const AlternatingAction action =
      Take(is_over ? AlternatingInput::kStale : AlternatingInput::kTimedOut);
  if (action == AlternatingAction::kOvertake) {
    effects_.emplace_back(barrier_effect::Overtake{.id = newest_});
  } else if (action == AlternatingAction::kSwitch) {
    Switch();
  } else {
    sim::Check(action == AlternatingAction::kIgnore, "a time-out is followed by {}", Name(action));
  }
}

void AlternatingCore::On(const barrier_input::CancelMarker& marker) {
  sim::Check(marker.channel < channels_.size(), "a cancel marker on channel {} of {}",
             marker.channel, channels_.size());
  if (channels_[marker.channel] != Channel::kEnded) {
    OnGivenUp(marker.id);
  }
}

void AlternatingCore::On(const barrier_input::Aborted& aborted) { OnGivenUp(aborted.id); }

// As BarrierCore::OnGivenUp.
void AlternatingCore::OnGivenUp(CheckpointId id) {
  const bool counts = phase_ == AlternatingPhase::kIdle ? id > newest_ : id >= newest_;
  const AlternatingAction action =
      Take(counts ? AlternatingInput::kGivenUp : AlternatingInput::kStale);
  if (action == AlternatingAction::kIgnore) {
    return;
  }
  sim::Check(action == AlternatingAction::kGiveUp, "what is given up is followed by {}",
             Name(action));
  newest_ = id;
  GiveUp(id);
}

void AlternatingCore::On(const barrier_input::EndOfPartition& end) {
  sim::Check(end.channel < channels_.size(), "channel {} of {} ends", end.channel,
             channels_.size());
  const AlternatingAction action = Take(ClassifyEnd(end.channel));
  if (action == AlternatingAction::kIgnore) {
    return;
  }
  const Channel was = channels_[end.channel];
  received_ -= was == Channel::kBlocked || was == Channel::kPassed ? 1U : 0U;
  channels_[end.channel] = Channel::kEnded;
  --open_;
  switch (action) {
    case AlternatingAction::kEnd:
      return;
    case AlternatingAction::kSnapshot:
      return Snapshot();
    case AlternatingAction::kFinish:
      return Finish();
    case AlternatingAction::kGiveUp:
      return GiveUp(newest_);
    default:
      sim::Unreachable("an end is followed by {}", Name(action));
  }
}

void AlternatingCore::StartClock(sim::WallTime now) {
  if (meta_.options.kind != CheckpointKind::kTimeoutable) {
    return;
  }
  const sim::Duration left = meta_.timestamp + aligned_timeout_ - now;
  effects_.emplace_back(
      barrier_effect::StartClock{.id = meta_.id, .after = std::max(left, sim::Duration(0))});
}

void AlternatingCore::Count(size_t channel, Channel as) {
  sim::Check(channels_[channel] == Channel::kMissing, "channel {} counts twice", channel);
  channels_[channel] = as;
  ++received_;
}

void AlternatingCore::Snapshot() {
  effects_.emplace_back(barrier_effect::Trigger{.meta = meta_});
  ResumeAll();
  Forget();
}

void AlternatingCore::Begin() {
  meta_.options.kind = CheckpointKind::kUnaligned;
  effects_.emplace_back(barrier_effect::Persist{.id = meta_.id});
  effects_.emplace_back(barrier_effect::Trigger{.meta = meta_});
}

void AlternatingCore::Switch() {
  effects_.emplace_back(barrier_effect::Overtake{.id = meta_.id});
  Begin();
  ResumeAll();
}

void AlternatingCore::Finish() {
  effects_.emplace_back(barrier_effect::Persisted{.id = meta_.id});
  Forget();
}

void AlternatingCore::GiveUp(CheckpointId id) {
  effects_.emplace_back(barrier_effect::GiveUp{.id = id});
  ResumeAll();
  Forget();
}

// Those that wait go on; that they have delivered still counts.
void AlternatingCore::ResumeAll() {
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    if (channels_[channel] == Channel::kBlocked) {
      effects_.emplace_back(barrier_effect::Resume{.channel = channel});
      channels_[channel] = Channel::kPassed;
    }
  }
}

// The next checkpoint counts from the start.
void AlternatingCore::Forget() {
  std::ranges::replace(channels_, Channel::kPassed, Channel::kMissing);
  received_ = 0;
  meta_ = {};
}

}  // namespace flinch::engine
