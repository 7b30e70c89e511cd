// How long a consumer waits before it asks again for a partition that was not there.
//
// Shape:  the first pause, then each twice as long as the one before, the longest last; behind that
//         there is none, and the partition counts as not found. Without a longest one all are the
//         same, and there is no last.
// Source: Flink's InputChannel.increaseBackoff.
#pragma once

#include <algorithm>
#include <optional>

#include "sim/time.h"

namespace flinch::engine {

class RequestBackoff {
 public:
  // `max` 0: it does not grow.
  RequestBackoff(sim::Duration initial, sim::Duration max) : initial_(initial), max_(max) {}

  // The next pause; nothing when none is left.
  std::optional<sim::Duration> Next() {
    if (max_ == sim::Duration(0)) {
      return initial_;
    }
    if (current_ == max_) {
      return std::nullopt;
    }
    current_ = current_ == sim::Duration(0) ? initial_ : std::min(2 * current_, max_);
    return current_;
  }

 private:
  sim::Duration initial_;
  sim::Duration max_;
  sim::Duration current_{0};
};

}  // namespace flinch::engine
