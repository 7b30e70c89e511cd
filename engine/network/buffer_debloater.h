// How large buffers are to be so that what is in flight is read in a given time.
//
// Intuition: a task under back-pressure has all its buffers full in front of it, and a barrier
//            waits behind them. Smaller buffers hold less, and cost more per record: so they are as
//            large as what is read in the target time allows.
// Shape:     throughput and buffers in use in, a size out; smoothed, and not told when it is about
//            what it was.
// Units:     bytes; fractions of them are whole numbers of 2^-16, which are the same everywhere.
// Source:    Flink's BufferDebloater, BufferSizeEMA and ThroughputCalculator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "engine/config.h"
#include "sim/check.h"
#include "sim/time.h"

namespace flinch::engine {

// A moving average of the size of a buffer, that grows as fast as it shrinks.
class BufferSizeAverage {
 public:
  BufferSizeAverage(uint32_t start, uint32_t min, uint32_t max, uint32_t samples)
      : min_(Fixed(min)), max_(Fixed(max)), samples_(samples), last_(Fixed(start)) {}

  // `bytes` in so many `buffers`.
  uint32_t Next(uint64_t bytes, uint32_t buffers) {
    sim::Check(buffers > 0, "the size of no buffers");
    // Otherwise it would grow to the largest at once, and shrink step by step.
    const int64_t wanted =
        std::min(static_cast<int64_t>(std::min(bytes, kBytesMax) << kBits) / buffers, 2 * last_);
    last_ += (wanted - last_) * 2 / (int64_t{samples_} + 1);
    last_ = std::clamp(last_, min_, max_);
    return static_cast<uint32_t>((last_ + (int64_t{1} << (kBits - 1))) >> kBits);
  }

 private:
  static constexpr int kBits = 16;
  static constexpr uint64_t kBytesMax = uint64_t{1} << 40;

  static int64_t Fixed(uint32_t bytes) { return int64_t{bytes} << kBits; }

  int64_t min_;
  int64_t max_;
  uint32_t samples_;
  int64_t last_;
};

class BufferDebloater {
 public:
  BufferDebloater(const DebloatOptions& options, uint32_t min, uint32_t max)
      : target_(options.target),
        threshold_(options.threshold_percentages),
        min_(min),
        max_(max),
        last_(max),
        average_(max, min, max, options.samples) {}

  // The size to be told; nothing when that is about the last one. `throughput`: bytes a second.
  std::optional<uint32_t> Next(uint64_t throughput, uint32_t buffers_in_use) {
    const uint64_t bytes = Product(throughput, target_);
    const uint32_t size = average_.Next(bytes, std::max(1U, buffers_in_use));
    if (IsAboutTheLast(size)) {
      return std::nullopt;
    }
    last_ = size;
    return size;
  }

  bool IsAboutTheLast(uint32_t size) const {
    if (size == last_) {
      return true;
    }
    if (size <= min_ || size >= max_) {
      return false;  // the ends are always reached
    }
    const uint32_t change = size > last_ ? size - last_ : last_ - size;
    return change < static_cast<uint64_t>(last_) * threshold_ / 100;
  }

  uint32_t last() const { return last_; }

 private:
  // What is read in that time. Milliseconds, as in Flink: the product stays within 64 bits.
  static uint64_t Product(uint64_t throughput, sim::Duration time) {
    const auto millis =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    return std::min(throughput, kThroughputMax) * millis / 1000;
  }

  static constexpr uint64_t kThroughputMax = uint64_t{1} << 28;

  sim::Duration target_;
  uint32_t threshold_;
  uint32_t min_;
  uint32_t max_;
  uint32_t last_;
  BufferSizeAverage average_;
};

// Bytes a second, of the time in which there was something to read.
class ThroughputMeter {
 public:
  void OnRead(size_t bytes) { bytes_ += bytes; }

  void OnIdle(sim::Duration time) { idle_ += time; }

  // Since the last call, which was so long ago. Where all of that was idle: as it was.
  uint64_t Next(sim::Duration elapsed) {
    const auto millis = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(elapsed - std::min(idle_, elapsed))
            .count());
    if (millis > 0) {
      throughput_ = bytes_ * 1000 / millis;
      bytes_ = 0;
      idle_ = sim::Duration(0);
    }
    return throughput_;
  }

 private:
  uint64_t bytes_ = 0;
  sim::Duration idle_{0};
  uint64_t throughput_ = 0;
};

}  // namespace flinch::engine
