// What a parked fiber waits for: enough to wake it in time, and to say so when nothing does.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/environment.h"
#include "sim/time.h"
#include "sim/world/stuck_report.h"

namespace flinch::sim {

struct Wait {
  WaitKind kind = WaitKind::kPark;
  // On the monotonic clock of the fiber's host; for kDevice on the world's.
  SimTime deadline = kForever;
  uint64_t on = 0;          // kMessage, kAccept: the port; kConnect, kFrame, kWindow: see EndOf
  std::string_view reason;  // kPark: what the caller calls it
  const WaitDetail* detail = nullptr;
};

// One end of a connection as one number.
constexpr uint64_t EndOf(uint32_t connection, int side) {
  return static_cast<uint64_t>(connection) << 1 | static_cast<uint64_t>(side);
}

constexpr bool IsOnHostClock(const Wait& wait) {
  return wait.kind != WaitKind::kDevice && wait.deadline != kForever;
}

}  // namespace flinch::sim
