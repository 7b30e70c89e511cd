#include "sim/kernel/schedule_strategy.h"

#include "sim/check.h"

namespace flinch::sim {
namespace {

class Fifo : public ScheduleStrategy {
 public:
  size_t Pick(size_t) override { return 0; }
};

class Uniform : public ScheduleStrategy {
 public:
  explicit Uniform(const Random& random) : random_(random) {}

  size_t Pick(size_t runnable) override { return random_.Below(runnable); }

 private:
  Random random_;
};

}  // namespace

std::unique_ptr<ScheduleStrategy> MakeStrategy(Scheduling scheduling, const Random& random) {
  switch (scheduling) {
    case Scheduling::kFifo:
      return std::make_unique<Fifo>();
    case Scheduling::kRandom:
      return std::make_unique<Uniform>(random);
  }
  Unreachable("scheduling {}", static_cast<int>(scheduling));
}

}  // namespace flinch::sim
