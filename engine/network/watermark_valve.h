// The watermark of a task: the minimum over its channels. Pure.
//
// Source: Flink's StatusWatermarkValve, without idleness.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/ids.h"

namespace flinch::engine {

class WatermarkValve {
 public:
  explicit WatermarkValve(size_t channels) : channels_(channels, kMinEventTime) {}

  // The new minimum, if it grew. A watermark below the channel's last is ignored.
  std::optional<EventTime> OnWatermark(size_t channel, EventTime watermark) {
    channels_.at(channel) = std::max(channels_.at(channel), watermark);
    const EventTime minimum = *std::ranges::min_element(channels_);
    if (minimum <= emitted_) {
      return std::nullopt;
    }
    emitted_ = minimum;
    return minimum;
  }

 private:
  std::vector<EventTime> channels_;
  EventTime emitted_ = kMinEventTime;
};

}  // namespace flinch::engine
