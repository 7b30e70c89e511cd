#include "sim/world/network_options.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

constexpr uint32_t kCorruptBitsMax = 1024;

Result<void> CheckUniform(std::string_view what, const UniformLatency& latency) {
  if (latency.min < Duration(0) || latency.min > latency.max) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The {} ranges from {} to {}: give a minimum of at least 0 that is not above "
                    "the maximum.",
                    what, Show(latency.min), Show(latency.max)));
  }
  return {};
}

Result<void> CheckRatio(std::string_view what, Ratio ratio) {
  if (ratio.denominator == 0 || ratio.numerator > ratio.denominator) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The {} is {}/{}: give a probability between 0/1 and 1/1.", what,
                            ratio.numerator, ratio.denominator));
  }
  return {};
}

Result<void> CheckLatency(const UniformLatency& latency) {
  return CheckUniform("latency of a link", latency);
}

Result<void> CheckLatency(const ExponentialLatency& latency) {
  if (latency.mean < Duration(0) || latency.mean > std::chrono::hours(1)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The mean latency of a link is {}: give one between 0 and an hour.",
                            Show(latency.mean)));
  }
  return CheckUniform("latency of a link", {latency.min, latency.max});
}

Result<void> CheckLatency(const BimodalLatency& latency) {
  if (Result<void> fast = CheckUniform("fast latency of a link", latency.fast); !fast) {
    return fast;
  }
  if (Result<void> slow = CheckUniform("slow latency of a link", latency.slow); !slow) {
    return slow;
  }
  return CheckRatio("share of slow latencies", latency.slow_share);
}

std::string ShowShape(const UniformLatency& latency) {
  return fmt::format("{}..{}", Show(latency.min), Show(latency.max));
}

std::string ShowShape(const ExponentialLatency& latency) {
  return fmt::format("exponential:{}+{}..{}", Show(latency.min), Show(latency.mean),
                     Show(latency.max));
}

std::string ShowShape(const BimodalLatency& latency) {
  return fmt::format("{}|{}/{}:{}", ShowShape(latency.fast), latency.slow_share.numerator,
                     latency.slow_share.denominator, ShowShape(latency.slow));
}

void Raise(Ratio& whole, const Ratio& part) {
  whole =
      uint64_t{part.numerator} * whole.denominator > uint64_t{whole.numerator} * part.denominator
          ? part
          : whole;
}

// The smaller of two limits of which 0 is none.
void Narrow(uint64_t& whole, uint64_t part) {
  whole = whole == 0 || (part != 0 && part < whole) ? part : whole;
}

// How long something takes counts only where it can happen; a whole link has a time for it, too.
void RaiseTimed(Ratio& whole, Duration& whole_time, const Ratio& part, Duration part_time) {
  if (part.numerator > 0) {
    whole_time = whole.numerator > 0 ? std::max(whole_time, part_time) : part_time;
    Raise(whole, part);
  }
}

// What is dropped is gone, whatever else would have become of it.
InFlight Worse(InFlight left, InFlight right) {
  if (left == InFlight::kDrop || right == InFlight::kDrop) {
    return InFlight::kDrop;
  }
  return left == InFlight::kHold ? left : right;
}

void Add(LinkCondition& whole, const LinkCondition& one) {
  if (one.cut) {
    whole.in_flight = whole.cut ? Worse(whole.in_flight, one.in_flight) : one.in_flight;
    whole.cut = true;
  }
  whole.clog = whole.clog || one.clog;
  whole.delay =
      one.delay > Duration::max() - whole.delay ? Duration::max() : whole.delay + one.delay;
  Raise(whole.loss, one.loss);
  Raise(whole.duplicate, one.duplicate);
  RaiseTimed(whole.reorder, whole.reorder_delay, one.reorder, one.reorder_delay);
  RaiseTimed(whole.stall, whole.stall_time, one.stall, one.stall_time);
  if (one.corrupt.numerator > 0) {
    whole.corrupt_bits_max = std::max(whole.corrupt_bits_max, one.corrupt_bits_max);
    whole.corruption = std::max(whole.corruption, one.corruption);
    Raise(whole.corrupt, one.corrupt);
  }
  if (one.latency && (!whole.latency || LongestOf(*one.latency) > LongestOf(*whole.latency))) {
    whole.latency = one.latency;
  }
  Narrow(whole.bytes_per_second, one.bytes_per_second);
  Narrow(whole.read_bytes_per_second, one.read_bytes_per_second);
}

void AddRatio(std::string& shown, std::string_view name, Ratio ratio) {
  if (ratio.numerator > 0) {
    shown += fmt::format(" {}={}/{}", name, ratio.numerator, ratio.denominator);
  }
}

}  // namespace

Duration LongestOf(const Latency& latency) {
  if (const auto* const bimodal = std::get_if<BimodalLatency>(&latency)) {
    return std::max(bimodal->fast.max, bimodal->slow.max);
  }
  const auto* const uniform = std::get_if<UniformLatency>(&latency);
  return uniform != nullptr ? uniform->max : std::get<ExponentialLatency>(latency).max;
}

Result<void> Validate(const Latency& latency) {
  return std::visit([](const auto& shape) { return CheckLatency(shape); }, latency);
}

Result<void> Validate(const LinkCondition& condition) {
  for (const auto& [what, ratio] : {std::pair{"loss of a link", condition.loss},
                                    std::pair{"duplication of a link", condition.duplicate},
                                    std::pair{"reordering of a link", condition.reorder},
                                    std::pair{"corruption of a link", condition.corrupt},
                                    std::pair{"share of stalls of a link", condition.stall}}) {
    if (Result<void> checked = CheckRatio(what, ratio); !checked) {
      return checked;
    }
  }
  for (const auto& [what, span] :
       {std::pair{"delay of a link", condition.delay},
        std::pair{"delay of reordered messages", condition.reorder_delay},
        std::pair{"time of a stall", condition.stall_time}}) {
    if (span < Duration(0)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The {} is {}: give at least 0.", what, Show(span)));
    }
  }
  if (condition.corrupt_bits_max == 0 || condition.corrupt_bits_max > kCorruptBitsMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("A corruption flips at most {} bits: give a number from 1 to {}.",
                            condition.corrupt_bits_max, kCorruptBitsMax));
  }
  if (condition.latency) {
    return Validate(*condition.latency);
  }
  return {};
}

LinkCondition Compose(std::span<const LinkCondition> conditions) {
  LinkCondition whole;
  for (const LinkCondition& one : conditions) {
    Add(whole, one);
  }
  return whole;
}

std::string Show(const LinkCondition& condition) {
  std::string shown;
  if (condition.cut) {
    constexpr std::string_view kNames[] = {" cut", " cut:drop", " cut:hold"};
    shown += kNames[static_cast<size_t>(condition.in_flight)];
  }
  shown += condition.clog ? " clog" : "";
  AddRatio(shown, "loss", condition.loss);
  if (condition.delay > Duration(0)) {
    shown += " delay=" + Show(condition.delay);
  }
  AddRatio(shown, "duplicate", condition.duplicate);
  AddRatio(shown, "reorder", condition.reorder);
  if (condition.reorder.numerator > 0) {
    shown += " within=" + Show(condition.reorder_delay);
  }
  AddRatio(shown, "corrupt", condition.corrupt);
  if (condition.corrupt.numerator > 0) {
    shown += fmt::format(" bits={}{}", condition.corrupt_bits_max,
                         condition.corruption == Corruption::kUndetected ? ":undetected" : "");
  }
  AddRatio(shown, "stall", condition.stall);
  if (condition.stall.numerator > 0) {
    shown += " for=" + Show(condition.stall_time);
  }
  if (condition.latency) {
    shown += " latency=" +
             std::visit([](const auto& shape) { return ShowShape(shape); }, *condition.latency);
  }
  if (condition.bytes_per_second > 0) {
    shown += fmt::format(" bytes_per_second={}", condition.bytes_per_second);
  }
  if (condition.read_bytes_per_second > 0) {
    shown += fmt::format(" read_bytes_per_second={}", condition.read_bytes_per_second);
  }
  return shown.empty() ? "whole" : shown.substr(1);
}

}  // namespace flinch::sim
