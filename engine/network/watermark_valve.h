// The watermark of a task's input: the minimum over its channels. Pure.
//
// Cost:   logarithmic in the number of channels for a watermark that is newer than the channel's
//         last, constant for another: channels lie in a heap with the slowest on top.
// Source: Flink's StatusWatermarkValve, without idleness.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "sim/check.h"

namespace flinch::engine {

class WatermarkValve {
 public:
  explicit WatermarkValve(size_t channels, const Defects& defects = {}) : defects_(defects) {
    for (size_t channel = 0; channel < channels; ++channel) {
      channels_.push_back({.watermark = kMinEventTime, .place = channel});
      heap_.push_back(channel);
    }
  }

  // Returns the new minimum, if it grew. A watermark below the channel's last is ignored.
  std::optional<EventTime> OnWatermark(size_t channel, EventTime watermark) {
    sim::Check(channel < channels_.size(), "a watermark on channel {} of {}", channel,
               channels_.size());
    if (watermark > channels_[channel].watermark) {
      channels_[channel].watermark = watermark;
      fastest_ = std::max(fastest_, watermark);
      Sink(channel);
    }
    const EventTime minimum = Minimum();
    if (minimum <= emitted_) {
      return std::nullopt;
    }
    emitted_ = minimum;
    return minimum;
  }

  // Returns the minimum that was given last; before the first, the smallest time.
  EventTime current() const { return emitted_; }

 private:
  struct Channel {
    EventTime watermark;
    size_t place = 0;  // in the heap
  };

  // Moves a channel down whose watermark has grown, until both below it are not slower.
  void Sink(size_t channel) {
    size_t place = channels_[channel].place;
    sim::Check(heap_[place] == channel, "channel {} is not at its place in the heap", channel);
    for (;;) {
      size_t slowest = place;
      for (const size_t below : {2 * place + 1, 2 * place + 2}) {
        if (below < heap_.size() && At(below) < At(slowest)) {
          slowest = below;
        }
      }
      if (slowest == place) {
        return;
      }
      std::swap(heap_[place], heap_[slowest]);
      channels_[heap_[place]].place = place;
      channels_[heap_[slowest]].place = slowest;
      place = slowest;
    }
  }

  EventTime At(size_t place) const { return channels_[heap_[place]].watermark; }

  EventTime Minimum() const {
    if (defects_.Has(Defect::kWatermarkOfTheFastest)) {
      return fastest_;
    }
    if (!defects_.Has(Defect::kSilentChannelCountsAsIdle)) {
      return At(0);
    }
    EventTime minimum = kMaxEventTime;
    for (const Channel& channel : channels_) {
      const bool is_silent = channel.watermark == kMinEventTime;
      minimum = is_silent ? minimum : std::min(minimum, channel.watermark);
    }
    return minimum;
  }

  Defects defects_;
  std::vector<Channel> channels_;
  std::vector<size_t> heap_;  // channels; each is not faster than the two below it
  EventTime fastest_ = kMinEventTime;
  EventTime emitted_ = kMinEventTime;
};

}  // namespace flinch::engine
