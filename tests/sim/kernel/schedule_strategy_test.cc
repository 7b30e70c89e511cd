#include "sim/kernel/schedule_strategy.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

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

// The sum of (seen - expected)^2 / expected, times 1,000.
uint64_t ChiSquareTimes1000(const std::array<uint64_t, 6>& seen, uint64_t expected) {
  uint64_t sum = 0;
  for (const uint64_t count : seen) {
    const uint64_t off = count > expected ? count - expected : expected - count;
    sum += off * off * 1'000 / expected;
  }
  return sum;
}

TEST(ScheduleStrategyTest, ChanceIsEvenOverAllOrders) {
  for (const Strategy strategy : {Strategy::kRandom, Strategy::kPct, Strategy::kPos}) {
    std::array<uint64_t, 6> seen{};
    for (uint64_t seed = 0; seed < 6'000; ++seed) {
      const auto made = MakeStrategy({.strategy = strategy, .depth = 1}, Random(seed).Split("s"));
      const std::vector<uint32_t> order = Order(*made, Fibers(*made, {0, 1, 2}));
      ++seen[order[0] * 2 + (order[1] > order[2] ? 1U : 0U)];
    }
    // Five degrees of freedom: 20.5 is exceeded once in a thousand.
    EXPECT_LT(ChiSquareTimes1000(seen, 1'000), 20'500U) << static_cast<int>(strategy);
  }
}

TEST(ScheduleStrategyTest, PctRunsTheHighestUntilAChangePoint) {
  const auto strategy =
      MakeStrategy({.strategy = Strategy::kPct, .depth = 2, .choices = 10}, Random(7));
  std::vector<Runnable> runnable = Fibers(*strategy, {0, 0, 0});
  std::vector<size_t> chosen;
  for (int i = 0; i < 10; ++i) {
    chosen.push_back(strategy->Pick(runnable));
  }
  // The same fiber, then for good another one.
  const auto change = std::ranges::adjacent_find(chosen, std::not_equal_to());
  const size_t first_run = static_cast<size_t>(change - chosen.begin());
  EXPECT_LE(std::ranges::count(chosen, chosen.back()), 10);
  EXPECT_TRUE(
      std::all_of(chosen.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(first_run + 1, 9)),
                  chosen.end(), [&](size_t pick) { return pick == chosen.back(); }));
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

}  // namespace
}  // namespace flinch::sim
