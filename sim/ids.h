// Identifiers as types of their own: a host cannot be passed where a process is meant.
//
// Ids are small integers given out in a deterministic order; never addresses. `StrongId` orders,
// compares and hashes by value, so it may be a key of an ordered container.
#pragma once

#include <compare>
#include <cstdint>

namespace flinch::sim {

template <typename Tag, typename Rep = uint32_t>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;

  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_ = 0;
};

using HostId = StrongId<struct HostTag>;              // has disks and an address; survives a crash
using ProcessId = StrongId<struct ProcessTag>;        // has memory; dies. Kept over restarts.
using FiberId = StrongId<struct FiberTag, uint64_t>;  // a thread of control; never used twice
using EventId =
    StrongId<struct EventTag, uint64_t>;  // position in the run's sequence of events; 0: none

}  // namespace flinch::sim
