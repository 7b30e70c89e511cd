#include "engine/network/barrier_core.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

BarrierCore::BarrierCore(size_t channels, const Defects& defects)
    : defects_(defects), channels_(channels, Channel::kMissing), open_(channels) {}

std::span<const BarrierEffect> BarrierCore::Step(const BarrierInput& input) {
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void BarrierCore::Verify() const {
  sim::Check(open_ <= channels_.size(), "{} of {} channels are open", open_, channels_.size());
  sim::Check(received_ <= open_, "{} of {} open channels have delivered", received_, open_);
  if (phase_ == AlignmentPhase::kAligning) {
    sim::Check(received_ < open_, "checkpoint {} is aligned and yet waits", newest_.value());
    sim::Check(meta_.id == newest_, "checkpoint {} is aligned, and {} is the newest",
               meta_.id.value(), newest_.value());
  } else {
    sim::Check(received_ == 0 || defects_.Has(Defect::kAlignerKeepsReceived),
               "{} channels wait for no checkpoint", received_);
  }
}

AlignmentInput BarrierCore::Classify(size_t channel, CheckpointId id) const {
  if (channels_[channel] == Channel::kEnded) {
    return AlignmentInput::kStale;
  }
  if (id > newest_) {
    return open_ == 1 ? AlignmentInput::kOnlyBarrier : AlignmentInput::kNewBarrier;
  }
  if (id < newest_ || phase_ == AlignmentPhase::kIdle || channels_[channel] == Channel::kReceived) {
    return AlignmentInput::kStale;
  }
  return received_ + 1 == open_ ? AlignmentInput::kLastBarrier : AlignmentInput::kBarrier;
}

AlignmentInput BarrierCore::ClassifyEnd(size_t channel) const {
  if (channels_[channel] == Channel::kEnded) {
    return AlignmentInput::kStale;
  }
  const bool is_last = phase_ == AlignmentPhase::kAligning &&
                       channels_[channel] == Channel::kMissing && received_ + 1 == open_;
  return is_last ? AlignmentInput::kLastEnd : AlignmentInput::kEnd;
}

std::string_view BarrierCore::PlaceOf(size_t channel, CheckpointId id) const {
  sim::Check(channel < channels_.size(), "a barrier on channel {} of {}", channel,
             channels_.size());
  switch (Classify(channel, id)) {
    case AlignmentInput::kNewBarrier:
      return "first";
    case AlignmentInput::kBarrier:
      return "middle";
    case AlignmentInput::kOnlyBarrier:
    case AlignmentInput::kLastBarrier:
      return "last";
    default:
      return "stale";
  }
}

AlignmentAction BarrierCore::Take(AlignmentInput input) {
  const auto& row = engine::Step(kAlignmentTransitions, phase_, input);
  phase_ = row.to;
  return row.action;
}

void BarrierCore::On(const barrier_input::Barrier& barrier) {
  sim::Check(barrier.channel < channels_.size(), "a barrier on channel {} of {}", barrier.channel,
             channels_.size());
  const CheckpointId older = newest_;
  const AlignmentAction action = Take(Classify(barrier.channel, barrier.meta.id));
  newest_ = std::max(newest_, barrier.meta.id);
  switch (action) {
    case AlignmentAction::kIgnore:
      return;
    case AlignmentAction::kRestart:
      GiveUp(older);
      [[fallthrough]];
    case AlignmentAction::kStart:
      return Start(barrier.channel, barrier.meta);
    case AlignmentAction::kCount:
      return Count(barrier.channel);
    case AlignmentAction::kOvertake:
      GiveUp(older);
      [[fallthrough]];
    case AlignmentAction::kSnapshot:
      meta_ = barrier.meta;
      return Snapshot();
    case AlignmentAction::kEnd:
    case AlignmentAction::kGiveUp:
      break;
  }
  sim::Unreachable("a barrier is followed by {}", Name(action));
}

void BarrierCore::On(const barrier_input::CancelMarker& marker) {
  sim::Check(marker.channel < channels_.size(), "a cancel marker on channel {} of {}",
             marker.channel, channels_.size());
  if (channels_[marker.channel] != Channel::kEnded) {
    OnGivenUp(marker.id);
  }
}

void BarrierCore::On(const barrier_input::Aborted& aborted) { OnGivenUp(aborted.id); }

// An idle task that has seen the id has taken it or given it up. Of an alignment in progress that
// is older than what was given up the end went unheard: the newer one would not have begun before.
void BarrierCore::OnGivenUp(CheckpointId id) {
  const bool counts = phase_ == AlignmentPhase::kAligning ? id >= newest_ : id > newest_;
  const AlignmentAction action = Take(counts ? AlignmentInput::kGivenUp : AlignmentInput::kStale);
  if (action == AlignmentAction::kIgnore) {
    return;
  }
  sim::Check(action == AlignmentAction::kGiveUp, "what is given up is followed by {}",
             Name(action));
  newest_ = id;
  GiveUp(id);
}

void BarrierCore::On(const barrier_input::EndOfPartition& end) {
  sim::Check(end.channel < channels_.size(), "channel {} of {} ends", end.channel,
             channels_.size());
  const AlignmentAction action = Take(ClassifyEnd(end.channel));
  if (action == AlignmentAction::kIgnore) {
    return;
  }
  received_ -= channels_[end.channel] == Channel::kReceived ? 1U : 0U;
  channels_[end.channel] = Channel::kEnded;
  --open_;
  if (action == AlignmentAction::kSnapshot) {
    return Snapshot();
  }
  sim::Check(action == AlignmentAction::kEnd, "an end is followed by {}", Name(action));
}

void BarrierCore::Start(size_t channel, const CheckpointMeta& meta) {
  sim::Check(meta.id == newest_, "checkpoint {} starts after {}", meta.id.value(), newest_.value());
  meta_ = meta;
  for (size_t other = 0; other < channels_.size(); ++other) {
    if (channels_[other] == Channel::kReceived) {
      sim::Check(defects_.Has(Defect::kAlignerKeepsReceived),
                 "channel {} has delivered checkpoint {} before it started", other,
                 meta.id.value());
      Block(other);
    }
  }
  Count(channel);
}

void BarrierCore::Count(size_t channel) {
  if (channels_[channel] != Channel::kReceived) {
    sim::Check(channels_[channel] == Channel::kMissing, "channel {} counts after its end", channel);
    channels_[channel] = Channel::kReceived;
    ++received_;
  }
  Block(channel);
}

void BarrierCore::Block(size_t channel) {
  if (!defects_.Has(Defect::kAlignmentBlocksNobody)) {
    effects_.emplace_back(barrier_effect::Block{.channel = channel});
  }
}

void BarrierCore::Snapshot() {
  sim::Check(meta_.id == newest_, "checkpoint {} is taken after {}", meta_.id.value(),
             newest_.value());
  effects_.emplace_back(barrier_effect::Trigger{.meta = meta_});
  ResumeAll();
  Forget();
}

void BarrierCore::GiveUp(CheckpointId id) {
  sim::Check(id <= newest_, "checkpoint {} is given up and not known", id.value());
  effects_.emplace_back(barrier_effect::GiveUp{.id = id});
  ResumeAll();
  if (!defects_.Has(Defect::kAlignerKeepsReceived)) {
    Forget();
  }
}

void BarrierCore::ResumeAll() {
  for (size_t channel = 0; received_ > 0 && channel < channels_.size(); ++channel) {
    if (channels_[channel] == Channel::kReceived) {
      effects_.emplace_back(barrier_effect::Resume{.channel = channel});
    }
  }
}

void BarrierCore::Forget() {
  std::ranges::replace(channels_, Channel::kReceived, Channel::kMissing);
  received_ = 0;
}

}  // namespace flinch::engine
