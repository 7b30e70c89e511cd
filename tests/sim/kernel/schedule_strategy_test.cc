#include "sim/kernel/schedule_strategy.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

std::vector<Runnable> Fibers(ScheduleStrategy& strategy, std::vector<uint32_t> processes) {
  std::vector<Runnable> runnable;
  for (const uint32_t process : processes) {
    const auto slot = static_cast<uint32_t>(runnable.size());
    runnable.push_back({.slot = slot, .process = process, .fiber = slot + 1});
    strategy.OnRunnable(runnable.back(), false);
  }
  return runnable;
}

// Each fiber runs once; who comes first, second, …
std::vector<uint32_t> Order(ScheduleStrategy& strategy, std::vector<Runnable> runnable) {
  std::vector<uint32_t> order;
  while (runnable.size() > 1) {
    const size_t chosen = strategy.Pick(runnable);
    order.push_back(runnable[chosen].slot);
    runnable.erase(runnable.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  order.push_back(runnable.front().slot);
  return order;
}

TEST(ScheduleStrategyTest, ChanceIsEvenOverAllOrders) {
  for (const Strategy strategy : {Strategy::kRandom, Strategy::kPct, Strategy::kPos}) {
    std::array<uint64_t, 6> seen{};
    for (uint64_t seed = 0; seed < 6'000; ++seed) {
      const auto made = MakeStrategy({.strategy = strategy, .depth = 1}, Random(seed).Split("s"));
      const std::vector<uint32_t> order = Order(*made, Fibers(*made, {0, 1, 2}));
      ++seen[order[0] * 2 + (order[1] > order[2] ? 1U : 0U)];
    }
    const std::vector<uint64_t> even(seen.size(), 1);
    EXPECT_LT(tests::ChiSquareMilli(seen, even), 20'515U) << static_cast<int>(strategy);
  }
}

TEST(ScheduleStrategyTest, PctRunsTheHighestUntilItsChangePointAndThenAnother) {
  int changed = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto strategy =
        MakeStrategy({.strategy = Strategy::kPct, .depth = 2, .choices = 10}, Random(seed));
    std::vector<Runnable> runnable = Fibers(*strategy, {0, 0, 0});
    size_t last = strategy->Pick(runnable);
    int changes = 0;
    for (int i = 1; i < 20; ++i) {
      const size_t chosen = strategy->Pick(runnable);
      changes += chosen != last ? 1 : 0;
      last = chosen;
    }
    EXPECT_LE(changes, 1) << seed;
    changed += changes;
  }
  // One change point in ten lies at the first choice, where nobody sees it.
  EXPECT_GT(changed, 35);
}

TEST(ScheduleStrategyTest, PctLetsAFiberThatYieldsFallToTheBottom) {
  const auto strategy = MakeStrategy({.strategy = Strategy::kPct, .depth = 1}, Random(7));
  std::vector<Runnable> runnable = Fibers(*strategy, {0, 0, 0});
  const size_t highest = strategy->Pick(runnable);
  strategy->OnRunnable(runnable[highest], true);
  EXPECT_NE(strategy->Pick(runnable), highest);
  EXPECT_EQ(std::ranges::min_element(runnable, {}, &Runnable::rank) - runnable.begin(),
            static_cast<std::ptrdiff_t>(highest));
}

TEST(ScheduleStrategyTest, RoundRobinTakesProcessesInTurn) {
  const auto strategy = MakeStrategy({.strategy = Strategy::kRoundRobin}, Random(7));
  EXPECT_EQ(Order(*strategy, Fibers(*strategy, {1, 0, 1, 2, 0})),
            (std::vector<uint32_t>{1, 0, 3, 4, 2}));
}

TEST(ScheduleStrategyTest, PrefixIsFollowedThenTheFirst) {
  const auto strategy = MakeStrategy({.strategy = Strategy::kPrefix, .prefix = {2, 1}}, Random(7));
  EXPECT_EQ(Order(*strategy, Fibers(*strategy, {0, 0, 0, 0})), (std::vector<uint32_t>{2, 1, 0, 3}));
}

TEST(ScheduleStrategyTest, DeliveriesAreEvenlyChosenOrTheFirst) {
  constexpr size_t kCount = 6;
  for (const Strategy strategy : {Strategy::kFifo, Strategy::kRandom, Strategy::kPct,
                                  Strategy::kPos, Strategy::kRoundRobin, Strategy::kPrefix}) {
    const auto made = MakeStrategy({.strategy = strategy}, Random(7).Split("s"));
    std::array<uint64_t, kCount> seen{};
    for (int i = 0; i < 6'000; ++i) {
      ++seen.at(made->PickDelivery(kCount));
    }
    const bool is_drawn =
        strategy == Strategy::kRandom || strategy == Strategy::kPct || strategy == Strategy::kPos;
    if (is_drawn) {
      EXPECT_LT(tests::ChiSquareMilli(seen, std::vector<uint64_t>(kCount, 1)), 20'515U)
          << static_cast<int>(strategy);
    } else {
      EXPECT_EQ(seen[0], 6'000U) << static_cast<int>(strategy);
    }
  }
}

TEST(ScheduleStrategyTest, ChangePointsOfPctAreEvenOverItsChoices) {
  constexpr uint32_t kChoices = 9;
  std::array<uint64_t, kChoices> seen{};  // the first: no change that shows
  for (uint64_t seed = 0; seed < 9'000; ++seed) {
    const auto strategy = MakeStrategy(
        {.strategy = Strategy::kPct, .depth = 2, .choices = kChoices}, Random(seed).Split("s"));
    std::vector<Runnable> runnable = Fibers(*strategy, {0, 0});
    const size_t first = strategy->Pick(runnable);
    uint32_t changed = 0;
    for (uint32_t choice = 1; choice < kChoices; ++choice) {
      changed = changed == 0 && strategy->Pick(runnable) != first ? choice : changed;
    }
    ++seen.at(changed);
  }
  // 8 degrees of freedom.
  EXPECT_LT(tests::ChiSquareMilli(seen, std::vector<uint64_t>(kChoices, 1)), 26'124U);
}

}  // namespace
}  // namespace flinch::sim
