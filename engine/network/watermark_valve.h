// The watermark of a task: the minimum over its channels. Pure.
//
// Source: Flink's StatusWatermarkValve, without idleness.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"

namespace flinch::engine {

class WatermarkValve {
 public:
  explicit WatermarkValve(size_t channels, const Defects& defects = {})
      : defects_(defects), channels_(channels, kMinEventTime) {}

  // The new minimum, if it grew. A watermark below the channel's last is ignored.
  std::optional<EventTime> OnWatermark(size_t channel, EventTime watermark) {
    channels_.at(channel) = std::max(channels_.at(channel), watermark);
    const EventTime minimum = Minimum();
    if (minimum <= emitted_) {
      return std::nullopt;
    }
    emitted_ = minimum;
    return minimum;
  }

  // The minimum that was given last.
  EventTime current() const { return emitted_; }

 private:
  EventTime Minimum() const {
    if (defects_.Has(Defect::kWatermarkOfTheFastest)) {
      return *std::ranges::max_element(channels_);
    }
    if (!defects_.Has(Defect::kSilentChannelCountsAsIdle)) {
      return *std::ranges::min_element(channels_);
    }
    EventTime minimum = kMaxEventTime;
    for (const EventTime channel : channels_) {
      minimum = channel == kMinEventTime ? minimum : std::min(minimum, channel);
    }
    return minimum;
  }

  Defects defects_;
  std::vector<EventTime> channels_;
  EventTime emitted_ = kMinEventTime;
};

}  // namespace flinch::engine
