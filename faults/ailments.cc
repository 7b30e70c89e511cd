#include "faults/ailments.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace flinch::faults {
namespace {

bool IsGreater(const sim::Ratio& left, const sim::Ratio& right) {
  return uint64_t{left.numerator} * right.denominator >
         uint64_t{right.numerator} * left.denominator;
}

void Raise(sim::Ratio& whole, const sim::Ratio& part) {
  whole = IsGreater(part, whole) ? part : whole;
}

void Add(sim::Duration& whole, sim::Duration part) {
  whole = part > sim::Duration::max() - whole ? sim::Duration::max() : whole + part;
}

// The smaller of two limits of which 0 is none.
template <typename Limit>
void Narrow(Limit& whole, Limit part) {
  whole = whole == 0 || (part != 0 && part < whole) ? part : whole;
}

}  // namespace

sim::DiskCondition Compose(std::span<const sim::DiskCondition> conditions) {
  sim::DiskCondition whole;
  bool is_first = true;
  for (const sim::DiskCondition& one : conditions) {
    whole.path_prefix = is_first                               ? one.path_prefix
                        : whole.path_prefix == one.path_prefix ? whole.path_prefix
                                                               : "";
    is_first = false;
    whole.hung = whole.hung || one.hung;
    Add(whole.extra_latency, one.extra_latency);
    Raise(whole.read_error, one.read_error);
    Raise(whole.write_error, one.write_error);
    Raise(whole.sync_error, one.sync_error);
    whole.capacity_bytes = std::min(whole.capacity_bytes, one.capacity_bytes);
    Narrow(whole.freeze_at_write, one.freeze_at_write);
    Raise(whole.lying_sync, one.lying_sync);
    Raise(whole.bit_rot, one.bit_rot);
    Raise(whole.misdirected_write, one.misdirected_write);
  }
  return whole;
}

sim::VolumeCondition Compose(std::span<const sim::VolumeCondition> conditions) {
  sim::VolumeCondition whole;
  std::vector<sim::DiskCondition> disks;
  for (const sim::VolumeCondition& one : conditions) {
    if (one.disk != sim::DiskCondition()) {
      disks.push_back(one.disk);
    }
    whole.outage = std::max(whole.outage, one.outage);
    Narrow(whole.operations_per_second, one.operations_per_second);
    Raise(whole.request_lost, one.request_lost);
    Raise(whole.reply_lost, one.reply_lost);
    whole.listing_delay_max = std::max(whole.listing_delay_max, one.listing_delay_max);
  }
  whole.disk = Compose(disks);
  return whole;
}

sim::ClockCondition Compose(std::span<const sim::ClockCondition> conditions) {
  sim::ClockCondition whole{.drift_ppm = 0, .frozen = false, .wall_offset = std::nullopt};
  for (const sim::ClockCondition& one : conditions) {
    whole.drift_ppm = std::clamp(whole.drift_ppm + one.drift_ppm, -kDriftMax, kDriftMax);
    whole.frozen = whole.frozen || one.frozen;
  }
  return whole;
}

template <typename Condition>
Condition Ailments::Composed(const Troubles<Condition>& troubles) {
  std::vector<Condition> conditions;
  for (const Trouble<Condition>& trouble : troubles) {
    conditions.push_back(trouble.condition);
  }
  return Compose(conditions);
}

template <typename Condition>
bool Ailments::Remove(uint64_t cause, Troubles<Condition>& troubles) {
  const Condition before = Composed(troubles);
  std::erase_if(troubles, [cause](const Trouble<Condition>& each) { return each.cause == cause; });
  return Composed(troubles) != before;
}

void Ailments::Worsen(uint64_t cause, const Link& link, const sim::LinkCondition& condition) {
  links_[link].emplace_back(cause, world_.Impair(link.first, link.second, condition));
}

void Ailments::Worsen(uint64_t cause, sim::HostId host, const sim::DiskCondition& condition) {
  Troubles<sim::DiskCondition>& troubles = disks_[host];
  troubles.push_back({.cause = cause, .condition = condition});
  world_.SetDisk(host, Composed(troubles));
}

void Ailments::Worsen(uint64_t cause, const sim::VolumeCondition& condition) {
  volume_.push_back({.cause = cause, .condition = condition});
  world_.SetSharedVolume(Composed(volume_));
}

void Ailments::Worsen(uint64_t cause, sim::HostId host, const sim::ClockCondition& condition) {
  Troubles<sim::ClockCondition>& troubles = clocks_[host];
  troubles.push_back({.cause = cause, .condition = condition});
  world_.SetClock(host, Composed(troubles));
}

void Ailments::SetWallClock(sim::HostId host, sim::Duration offset) {
  sim::ClockCondition condition = Composed(clocks_[host]);
  condition.wall_offset = offset;
  world_.SetClock(host, condition);
}

void Ailments::End(uint64_t cause) {
  std::vector<sim::TroubleId> ended;
  for (auto& [link, troubles] : links_) {
    std::erase_if(troubles, [&ended, cause](const auto& trouble) {
      if (trouble.first == cause) {
        ended.push_back(trouble.second);
      }
      return trouble.first == cause;
    });
  }
  for (const sim::TroubleId trouble : ended) {
    world_.EndTrouble(trouble);
  }
  for (auto& [host, troubles] : disks_) {
    if (Remove(cause, troubles)) {
      world_.SetDisk(host, Composed(troubles));
    }
  }
  if (Remove(cause, volume_)) {
    world_.SetSharedVolume(Composed(volume_));
  }
  for (auto& [host, troubles] : clocks_) {
    if (Remove(cause, troubles)) {
      world_.SetClock(host, Composed(troubles));
    }
  }
}

void Ailments::Heal() {
  for (const auto& [link, troubles] : links_) {
    if (!troubles.empty()) {
      world_.SetLink(link.first, link.second, {});
    }
  }
  links_.clear();
  disks_.clear();
  volume_.clear();
  world_.HealDisks();
  for (const auto& [host, troubles] : clocks_) {
    world_.SetClock(host, {});
  }
  clocks_.clear();
}

}  // namespace flinch::faults
