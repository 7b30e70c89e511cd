#include "engine/network/barrier_tracker.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

BarrierTracker::BarrierTracker(size_t channels, const Defects& defects)
    : tolerated_(defects.Has(Defect::kTrackerMissesOne) ? 1 : 0), ended_(channels) {}

std::span<const BarrierEffect> BarrierTracker::Step(const BarrierInput& input) {
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void BarrierTracker::Verify() const {
  sim::Check(pending_.size() <= kTracked, "{} checkpoints are counted", pending_.size());
  for (const auto& [id, tracked] : pending_) {
    sim::Check(id > done_ && tracked.meta.id == id, "checkpoint {} is counted after {}", id.value(),
               done_.value());
    sim::Check(MissingOf(tracked) > tolerated_, "checkpoint {} misses nobody and yet waits",
               id.value());
  }
}

size_t BarrierTracker::MissingOf(const Tracked& tracked) const {
  size_t missing = 0;
  for (size_t channel = 0; channel < ended_.size(); ++channel) {
    missing += tracked.received[channel] || ended_[channel] ? 0U : 1U;
  }
  return missing;
}

std::string_view BarrierTracker::PlaceOf(size_t channel, CheckpointId id) const {
  sim::Check(channel < ended_.size(), "a barrier on channel {} of {}", channel, ended_.size());
  if (ended_[channel] || id <= done_) {
    return "stale";
  }
  const auto found = pending_.find(id);
  if (found == pending_.end()) {
    return std::ranges::count(ended_, false) == 1 ? "last" : "first";
  }
  if (found->second.received[channel]) {
    return "stale";
  }
  return MissingOf(found->second) == 1 ? "last" : "middle";
}

void BarrierTracker::On(const barrier_input::Barrier& barrier) {
  sim::Check(barrier.channel < ended_.size(), "a barrier on channel {} of {}", barrier.channel,
             ended_.size());
  if (ended_[barrier.channel] || barrier.meta.id <= done_) {
    return;
  }
  const auto tracked =
      pending_.try_emplace(barrier.meta.id, barrier.meta, std::vector<bool>(ended_.size())).first;
  tracked->second.received[barrier.channel] = true;
  if (MissingOf(tracked->second) <= tolerated_) {
    Trigger(tracked);
  } else if (pending_.size() > kTracked) {
    done_ = pending_.begin()->first;
    pending_.erase(pending_.begin());
  }
}

void BarrierTracker::On(const barrier_input::CancelMarker& marker) {
  sim::Check(marker.channel < ended_.size(), "a cancel marker on channel {} of {}", marker.channel,
             ended_.size());
  if (!ended_[marker.channel]) {
    GiveUp(marker.id);
  }
}

void BarrierTracker::On(const barrier_input::Aborted& aborted) { GiveUp(aborted.id); }

void BarrierTracker::On(const barrier_input::EndOfPartition& end) {
  sim::Check(end.channel < ended_.size(), "channel {} of {} ends", end.channel, ended_.size());
  ended_[end.channel] = true;
  // The newest that is complete now; it ends those before it.
  for (auto tracked = pending_.end(); tracked != pending_.begin();) {
    --tracked;
    if (MissingOf(tracked->second) <= tolerated_) {
      return Trigger(tracked);
    }
  }
}

void BarrierTracker::Trigger(Pending::iterator complete) {
  done_ = complete->first;
  effects_.emplace_back(barrier_effect::Trigger{.meta = complete->second.meta});
  pending_.erase(pending_.begin(), std::next(complete));
}

// Those before it are given up, too: their barriers would have come first.
void BarrierTracker::GiveUp(CheckpointId id) {
  if (id <= done_) {
    return;
  }
  while (!pending_.empty() && pending_.begin()->first < id) {
    effects_.emplace_back(barrier_effect::GiveUp{.id = pending_.begin()->first});
    pending_.erase(pending_.begin());
  }
  pending_.erase(id);
  done_ = id;
  effects_.emplace_back(barrier_effect::GiveUp{.id = id});
}

}  // namespace flinch::engine
