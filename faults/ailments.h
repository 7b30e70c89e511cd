// What ails a world at the moment: several troubles of one link, disk or clock at once.
//
// Intuition: of a disk, volume or clock the world knows one condition, the last one set. Here each
//            trouble is kept by itself under a number, and what holds is what they come to
//            together: it ends alone, and leaves the others as they are. Of links the world itself
//            does that; here their troubles get the same numbers.
// Shape:     one per world. `Worsen` with the number of whoever caused it, `End` with that number.
// Compose:   the worst of each: delays add up; the greatest probability, the smallest disk; drifts
//            add up. Paths of disk troubles that do
//            not agree widen to the whole disk. A disk that is to crash its n-th writer counts
//            anew when another trouble of it begins or ends.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "sim/world/world.h"

namespace flinch::faults {

// In millionths: as much as a world allows, alone or together.
inline constexpr int64_t kDriftMax = 500'000;
inline constexpr sim::Duration kJumpMax = std::chrono::hours(24 * 36'525);

sim::DiskCondition Compose(std::span<const sim::DiskCondition> conditions);
sim::VolumeCondition Compose(std::span<const sim::VolumeCondition> conditions);
// Of drift and standing still. The wall clock is not touched.
sim::ClockCondition Compose(std::span<const sim::ClockCondition> conditions);

class Ailments {
 public:
  using Link = std::pair<sim::HostId, sim::HostId>;  // from, to

  explicit Ailments(sim::World& world) : world_(world) {}

  Ailments(const Ailments&) = delete;
  Ailments& operator=(const Ailments&) = delete;

  void Worsen(uint64_t cause, const Link& link, const sim::LinkCondition& condition);
  void Worsen(uint64_t cause, sim::HostId host, const sim::DiskCondition& condition);
  void Worsen(uint64_t cause, const sim::VolumeCondition& condition);
  void Worsen(uint64_t cause, sim::HostId host, const sim::ClockCondition& condition);

  // Sets the wall clock once; nothing of it ends but by Heal.
  void SetWallClock(sim::HostId host, sim::Duration offset);

  // What this cause brought is over; nothing where it brought nothing any more.
  void End(uint64_t cause);

  // All links, disks and clocks that were touched are whole and right; the shared volume, too.
  void Heal();

 private:
  template <typename Condition>
  struct Trouble {
    uint64_t cause;
    Condition condition;
  };

  template <typename Condition>
  using Troubles = std::vector<Trouble<Condition>>;

  template <typename Condition>
  static Condition Composed(const Troubles<Condition>& troubles);
  // Whether what holds has changed by it.
  template <typename Condition>
  static bool Remove(uint64_t cause, Troubles<Condition>& troubles);

  sim::World& world_;
  std::map<Link, std::vector<std::pair<uint64_t, sim::TroubleId>>> links_;  // by cause
  std::map<sim::HostId, Troubles<sim::DiskCondition>> disks_;
  Troubles<sim::VolumeCondition> volume_;
  std::map<sim::HostId, Troubles<sim::ClockCondition>> clocks_;
};

}  // namespace flinch::faults
