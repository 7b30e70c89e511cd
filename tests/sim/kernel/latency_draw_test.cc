#include "sim/kernel/latency_draw.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using tests::ChiSquareMilli;

constexpr uint64_t kDraws = 40'000;

ChoicePoint Point() { return Choices(Random(7), nullptr).Point("link.latency", "a/b"); }

TEST(LatencyDrawTest, TheLogarithmIsThatOfTheTables) {
  // -ln(2^-k) = k ln 2; in units of 2^-16, ln 2 is 45426.09.
  for (uint64_t k = 0; k <= 32; ++k) {
    const uint64_t exact = k * 4'542'609 / 100;
    EXPECT_NEAR(static_cast<double>(NegativeLog(uint64_t{1} << (32 - k))),
                static_cast<double>(exact), 1.5)
        << k;
  }
  // -ln(3/4) = 0.2876821; between two entries: -ln(0.998046875 - 2^-11) = 0.0024444.
  EXPECT_NEAR(static_cast<double>(NegativeLog(uint64_t{3} << 30)), 18853.5, 1.5);
  EXPECT_NEAR(static_cast<double>(NegativeLog((uint64_t{1} << 32) - 10'485'760)), 160.2, 1.5);
}

TEST(LatencyDrawTest, TheLogarithmNeverRises) {
  uint64_t before = NegativeLog(1);
  for (uint64_t u = 2; u <= uint64_t{1} << 32; u += u / 997 + 1) {
    const uint64_t log = NegativeLog(u);
    EXPECT_LE(log, before) << u;
    before = log;
  }
}

TEST(LatencyDrawTest, UniformLatenciesAreUniform) {
  ChoicePoint point = Point();
  std::vector<uint64_t> counts(16);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Duration latency = DrawLatency(UniformLatency{.min = 100ns, .max = 1'699ns}, point);
    ASSERT_GE(latency, 100ns);
    ASSERT_LE(latency, 1'699ns);
    counts[static_cast<size_t>((latency.count() - 100) / 100)] += 1;
  }
  const std::vector<uint64_t> expected(16, kDraws / 16);
  EXPECT_LT(ChiSquareMilli(counts, expected), 37'700U);  // 15 degrees of freedom, 1 in 1000
}

TEST(LatencyDrawTest, ExponentialLatenciesHalveWithEachHalfLife) {
  constexpr Duration kHalfLife = 693'147'181ns;  // of a mean of one second
  ChoicePoint point = Point();
  std::vector<uint64_t> counts(8);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Duration latency =
        DrawLatency(ExponentialLatency{.min = 5s, .mean = 1s, .max = 1h}, point);
    ASSERT_GE(latency, 5s);
    const auto half_lives = static_cast<size_t>((latency - 5s) / kHalfLife);
    counts[std::min(half_lives, counts.size() - 1)] += 1;
  }
  std::vector<uint64_t> expected;
  for (uint64_t i = 0; i < 7; ++i) {
    expected.push_back(kDraws >> (i + 1));
  }
  expected.push_back(kDraws >> 7);
  EXPECT_LT(ChiSquareMilli(counts, expected), 24'400U);  // 7 degrees of freedom, 1 in 1000
}

TEST(LatencyDrawTest, ExponentialLatenciesAreCutAtTheirMaximum) {
  ChoicePoint point = Point();
  int cut = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Duration latency =
        DrawLatency(ExponentialLatency{.min = 1ms, .mean = 10ms, .max = 11ms}, point);
    ASSERT_LE(latency, 11ms);
    cut += latency == 11ms ? 1 : 0;
  }
  EXPECT_NEAR(cut, 368, 60);  // 1 in e
}

TEST(LatencyDrawTest, BimodalLatenciesAreSlowInTheirShare) {
  ChoicePoint point = Point();
  const BimodalLatency shape{
      .fast = {.min = 1ms, .max = 2ms}, .slow = {.min = 50ms, .max = 60ms}, .slow_share = {1, 8}};
  std::vector<uint64_t> counts(2);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Duration latency = DrawLatency(shape, point);
    const bool slow = latency >= 50ms;
    ASSERT_TRUE(slow ? latency <= 60ms : latency >= 1ms && latency <= 2ms);
    counts[slow ? 1 : 0] += 1;
  }
  const std::vector<uint64_t> expected = {kDraws / 8 * 7, kDraws / 8};
  EXPECT_LT(ChiSquareMilli(counts, expected), 10'900U);  // 1 degree of freedom, 1 in 1000
}

}  // namespace
}  // namespace flinch::sim
