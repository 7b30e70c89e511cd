// The valve's heap against the formula that it stands for.
#include "engine/network/watermark_valve.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

using Watermarks = std::vector<std::pair<size_t, int64_t>>;

// The greatest watermark of each channel, and the least of those.
class Formula {
 public:
  explicit Formula(size_t channels) : channels_(channels, kMinEventTime) {}

  std::optional<EventTime> OnWatermark(size_t channel, EventTime watermark) {
    channels_[channel] = std::max(channels_[channel], watermark);
    const EventTime minimum = *std::ranges::min_element(channels_);
    return minimum > std::exchange(given_, std::max(given_, minimum)) ? std::optional(minimum)
                                                                      : std::nullopt;
  }

  EventTime given() const { return given_; }

 private:
  std::vector<EventTime> channels_;
  EventTime given_ = kMinEventTime;
};

void Compare(size_t channels, const Watermarks& watermarks) {
  WatermarkValve valve(channels);
  Formula formula(channels);
  for (const auto& [channel, time] : watermarks) {
    const std::optional<EventTime> expected = formula.OnWatermark(channel, EventTime(time));
    RC_ASSERT((valve.OnWatermark(channel, EventTime(time)) == expected));
    RC_ASSERT((valve.current() == formula.given()));
  }
}

// Few times and channels: many are equal, many regress, and every channel speaks.
RC_GTEST_PROP(WatermarkValvePropertyTest, IsTheMinimumOfFewChannels, ()) {
  const auto channels = *rc::gen::inRange<size_t>(1, 6);
  Compare(channels,
          *rc::gen::container<Watermarks>(rc::gen::pair(rc::gen::inRange<size_t>(0, channels),
                                                        rc::gen::inRange<int64_t>(-10, 10))));
}

// As channels really are: each goes forward in steps of its own, until its end.
RC_GTEST_PROP(WatermarkValvePropertyTest, IsTheMinimumOfManyChannelsToTheirEnd,
              (const std::vector<uint16_t>& acts)) {
  const auto channels = *rc::gen::inRange<size_t>(1, 70);
  std::vector<int64_t> times(channels, 0);
  Watermarks watermarks;
  for (size_t channel = 0; channel < channels; ++channel) {
    watermarks.emplace_back(channel, static_cast<int64_t>(channel * 37 % channels));
  }
  for (const uint16_t act : acts) {
    const size_t channel = act % channels;
    times[channel] += static_cast<int64_t>(act / channels % 50);
    watermarks.emplace_back(channel, times[channel]);
  }
  for (size_t channel = 0; channel < channels; ++channel) {
    watermarks.emplace_back(channels - 1 - channel, kMaxEventTime.nanos());
  }
  Compare(channels, watermarks);
}

}  // namespace
}  // namespace flinch::engine
