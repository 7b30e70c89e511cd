#include "sim/kernel/schedule_strategy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/check.h"

namespace flinch::sim {
namespace {

class InOrder final : public ScheduleStrategy {
 public:
  size_t Pick(std::span<Runnable>) override { return 0; }

  size_t PickDelivery(size_t) override { return 0; }
};

class Uniform final : public ScheduleStrategy {
 public:
  explicit Uniform(const Random& random) : random_(random) {}

  size_t Pick(std::span<Runnable> runnable) override { return random_.Below(runnable.size()); }

  size_t PickDelivery(size_t count) override { return random_.Below(count); }

  std::array<size_t, 2> Guess(size_t count) const override {
    Random random(random_);
    const size_t first = random.Below(count);
    const size_t second = random.Below(count - 1);
    return {first, second < first ? second : second + 1};
  }

 private:
  Random random_;
};

size_t HighestOf(std::span<const Runnable> runnable) {
  const auto highest = std::ranges::max_element(runnable, {}, &Runnable::rank);
  return static_cast<size_t>(highest - runnable.begin());
}

class Pct final : public ScheduleStrategy {
 public:
  Pct(const Scheduling& scheduling, const Random& random)
      : priorities_(random.Split("priorities")), deliveries_(random.Split("deliveries")) {
    // Each change has its priority before it has its time: the paper's bound needs that who falls
    // first may come to lie below as well as above who falls later.
    Random changes = random.Split("changes");
    for (uint32_t i = 1; i < scheduling.depth; ++i) {
      changes_.push_back({.choice = changes.Below(scheduling.choices), .priority = kLowest - i});
    }
    std::ranges::sort(changes_, std::greater<>(), [](const Change& change) {
      return std::pair(change.choice, change.priority);
    });
    bottom_ = kLowest - scheduling.depth;
  }

  bool ranks() const override { return true; }

  void OnRunnable(Runnable& runnable, bool yielded) override {
    if (runnable.slot >= fibers_.size()) {
      fibers_.resize(runnable.slot + 1);
    }
    Known& known = fibers_[runnable.slot];
    if (known.fiber != runnable.fiber) {
      known = {.fiber = runnable.fiber, .priority = kLowest + priorities_.Next() / 2};
    }
    if (yielded) {
      known.priority = --bottom_;
    }
    runnable.rank = known.priority;
  }

  size_t Pick(std::span<Runnable> runnable) override {
    const uint64_t choice = choices_++;
    for (; !changes_.empty() && changes_.back().choice <= choice; changes_.pop_back()) {
      Runnable& fallen = runnable[HighestOf(runnable)];
      fallen.rank = changes_.back().priority;
      fibers_[fallen.slot].priority = fallen.rank;
    }
    return HighestOf(runnable);
  }

  size_t PickDelivery(size_t count) override { return deliveries_.Below(count); }

 private:
  // Drawn priorities lie above, those of the fallen below, and lowest who yielded last.
  static constexpr uint64_t kLowest = uint64_t{1} << 62;

  struct Change {
    uint64_t choice = 0;
    uint64_t priority = 0;
  };

  struct Known {
    uint64_t fiber = 0;
    uint64_t priority = 0;
  };

  Random priorities_;
  Random deliveries_;
  std::vector<Change> changes_;  // the next one last
  std::vector<Known> fibers_;    // by slot
  uint64_t choices_ = 0;
  uint64_t bottom_ = kLowest;
};

class Pos final : public ScheduleStrategy {
 public:
  explicit Pos(const Random& random)
      : turns_(random.Split("turns")), deliveries_(random.Split("deliveries")) {}

  bool ranks() const override { return true; }

  void OnRunnable(Runnable& runnable, bool) override { runnable.rank = turns_.Next(); }

  size_t Pick(std::span<Runnable> runnable) override {
    const size_t chosen = HighestOf(runnable);
    const uint32_t process = runnable[chosen].process;
    for (Runnable& other : runnable) {
      if (other.process == process) {
        other.rank = turns_.Next();
      }
    }
    return chosen;
  }

  size_t PickDelivery(size_t count) override { return deliveries_.Below(count); }

 private:
  Random turns_;
  Random deliveries_;
};

class RoundRobin final : public ScheduleStrategy {
 public:
  size_t Pick(std::span<Runnable> runnable) override {
    // The next process after the one that ran, and of its fibers the one that waited longest.
    size_t chosen = 0;
    for (size_t i = 1; i < runnable.size(); ++i) {
      if (Turn(runnable[i]) < Turn(runnable[chosen])) {
        chosen = i;
      }
    }
    last_ = runnable[chosen].process;
    return chosen;
  }

  size_t PickDelivery(size_t) override { return 0; }

 private:
  // How many processes come before this one; ids wrap around.
  uint32_t Turn(const Runnable& runnable) const { return runnable.process - last_ - 1; }

  uint32_t last_ = UINT32_MAX;
};

class Prefix final : public ScheduleStrategy {
 public:
  explicit Prefix(std::vector<uint32_t> choices) : choices_(std::move(choices)) {}

  size_t Pick(std::span<Runnable> runnable) override { return Next(runnable.size()); }

  size_t PickDelivery(size_t count) override { return Next(count); }

 private:
  size_t Next(size_t count) {
    if (made_ == choices_.size()) {
      return 0;
    }
    return std::min<size_t>(choices_[made_++], count - 1);
  }

  std::vector<uint32_t> choices_;
  size_t made_ = 0;
};

}  // namespace

std::unique_ptr<ScheduleStrategy> MakeStrategy(const Scheduling& scheduling, const Random& random) {
  switch (scheduling.strategy) {
    case Strategy::kFifo:
      return std::make_unique<InOrder>();
    case Strategy::kRandom:
      return std::make_unique<Uniform>(random);
    case Strategy::kPct:
      return std::make_unique<Pct>(scheduling, random);
    case Strategy::kPos:
      return std::make_unique<Pos>(random);
    case Strategy::kRoundRobin:
      return std::make_unique<RoundRobin>();
    case Strategy::kPrefix:
      return std::make_unique<Prefix>(scheduling.prefix);
  }
  Unreachable("scheduling strategy {}", static_cast<int>(scheduling.strategy));
}

}  // namespace flinch::sim
