#include "sim/world/options.h"

#include <fmt/format.h>

#include "sim/kernel/option_checks.h"

namespace flinch::sim {
namespace {

constexpr int64_t kDriftMax = 500'000;
constexpr size_t kStackMin = size_t{16} * 1024;
constexpr size_t kStackMax = size_t{1024} * 1024 * 1024;
constexpr Duration kCentury = std::chrono::hours(24 * 36'525);

Result<void> CheckWithinACentury(std::string_view what, Duration span) {
  if (span < -kCentury || span > kCentury) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The {} is {}: stay within 100 years.", what, Show(span)));
  }
  return {};
}

}  // namespace

Result<void> ClockCondition::Validate() const {
  if (drift_ppm < -kDriftMax || drift_ppm > kDriftMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("A clock drifts by {} ppm: give at most {} more or less; real ones "
                            "stay below 200.",
                            drift_ppm, kDriftMax));
  }
  return CheckWithinACentury("error of a wall clock", wall_offset.value_or(Duration(0)));
}

Result<void> HostOptions::Validate() const {
  if (Result<void> valid = CheckWithinACentury("start of a monotonic clock", monotonic_start);
      !valid) {
    return valid;
  }
  return clock.Validate();
}

Result<void> WorldOptions::Validate() const {
  if (Result<void> checked = CheckOrder("latency of a link", link.latency_min, link.latency_max);
      !checked) {
    return checked;
  }
  for (const auto& [which, options] :
       {std::pair{"a disk", &disk}, std::pair{"the shared volume", &shared_volume}}) {
    if (Result<void> checked = options->Validate(); !checked) {
      return Fail(checked.error().code, fmt::format("The options of {} make no sense. {}", which,
                                                    checked.error().message));
    }
  }
  if (link.latency) {
    if (Result<void> checked = sim::Validate(*link.latency); !checked) {
      return checked;
    }
  }
  if (link.loopback_latency < Duration(0)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("A message of a host to itself takes {}: give at least 0.",
                            Show(link.loopback_latency)));
  }
  if (scheduling.strategy == Strategy::kPct && (scheduling.depth == 0 || scheduling.choices == 0)) {
    return Fail(
        ErrorCode::kInvalidArgument,
        "PCT with a depth or a number of choices of 0 can choose nothing: give at least 1.");
  }
  if (play && play->seed != seed) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The tape to be played is of seed {}, but the world has seed {}: a tape "
                    "counts the draws of its own seed.",
                    play->seed, seed));
  }
  if (stack_bytes < kStackMin || stack_bytes > kStackMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Fibers with stacks of {} bytes cannot run: give stack_bytes from {} "
                            "(16 KiB) to {} (1 GiB).",
                            stack_bytes, kStackMin, kStackMax));
  }
  if (link.window_bytes == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "A connection with a window of 0 bytes can send nothing: give at least 1.");
  }
  return {};
}

}  // namespace flinch::sim
