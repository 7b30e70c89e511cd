// Who runs next, when several fibers could: the strategies of sim/world/scheduling.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sim/random.h"
#include "sim/world/scheduling.h"

namespace flinch::sim {

// A fiber that could run.
struct Runnable {
  uint32_t slot = 0;     // where the kernel keeps it
  uint32_t process = 0;  // whose it is
  uint64_t fiber = 0;    // its id, never used twice
  uint64_t rank = 0;     // the strategy's own
};

class ScheduleStrategy {
 public:
  virtual ~ScheduleStrategy() = default;

  // An index into `runnable`: at least two, in the order in which they became so.
  virtual size_t Pick(std::span<Runnable> runnable) = 0;

  // Which of `count` deliveries of one instant comes first; at least two.
  virtual size_t PickDelivery(size_t count) = 0;

  // Which of so many, at least two, the next two calls of Pick will choose, as far as that is
  // known; a hint. Draws nothing.
  virtual std::array<size_t, 2> Guess(size_t /*count*/) const { return {0, 1}; }

  // Whether OnRunnable does anything.
  virtual bool ranks() const { return false; }

  // A fiber became runnable, and waits behind the others; `yielded`: because it let others go
  // first.
  virtual void OnRunnable(Runnable&, bool /*yielded*/) {}
};

std::unique_ptr<ScheduleStrategy> MakeStrategy(const Scheduling& scheduling, const Random& random);

}  // namespace flinch::sim
