// What Flink's tests promise of credit, of requests that come too early and of the size of buffers.
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <gmock/gmock.h>

#include "engine/network/buffer_debloater.h"
#include "engine/network/channel_credit.h"
#include "engine/network/request_backoff.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// ---- Requests -----------------------------------------------------------------------------------

std::vector<int64_t> PausesOf(sim::Duration initial, sim::Duration max) {
  RequestBackoff backoff(initial, max);
  std::vector<int64_t> millis;
  while (const std::optional<sim::Duration> pause = backoff.Next()) {
    millis.push_back(*pause / 1ms);
  }
  EXPECT_EQ(backoff.Next(), std::nullopt) << "and none comes later";
  return millis;
}

FLINK_CONTRACT(InputChannelTest, testExponentialBackoff) {
  EXPECT_THAT(PausesOf(500ms, 4s), ElementsAre(500, 1000, 2000, 4000));
}

FLINK_CONTRACT(InputChannelTest, testExponentialBackoffCappedAtMax) {
  EXPECT_THAT(PausesOf(500ms, 3s), ElementsAre(500, 1000, 2000, 3000));
}

FLINK_CONTRACT(InputChannelTest, testExponentialBackoffSingle) {
  EXPECT_THAT(PausesOf(500ms, 500ms), ElementsAre(500));
}

// ---- Credit -------------------------------------------------------------------------------------

// "free/required, at the pool", and "waits" where it does.
std::string Show(const ChannelCredit& credit, const FloatingBuffers& floating) {
  return std::to_string(credit.free()) + "/" + std::to_string(credit.required()) + ", " +
         std::to_string(floating.free()) + (credit.waits() ? " waits" : "");
}

FLINK_CONTRACT(RemoteInputChannelTest, testAvailableBuffersLessThanRequiredBuffers) {
  FloatingBuffers floating(14);
  ChannelCredit credit(2, floating, [] {});
  EXPECT_EQ(credit.Start(), 2U);
  ASSERT_TRUE(credit.OnBuffer());  // of its own
  ASSERT_TRUE(floating.Borrow() && floating.Borrow());
  credit.OnBacklog(14);
  EXPECT_EQ(Show(credit, floating), "13/16, 0 waits");
  credit.OnBacklog(16);
  EXPECT_EQ(Show(credit, floating), "13/18, 0 waits");
  credit.OnRead();
  EXPECT_EQ(Show(credit, floating), "14/18, 0 waits");
  floating.Return(1);
  EXPECT_EQ(Show(credit, floating), "15/18, 0 waits") << "it is lent at once";
  credit.OnBacklog(13);
  EXPECT_EQ(Show(credit, floating), "15/15, 0 waits");
  floating.Return(1);
  EXPECT_EQ(Show(credit, floating), "15/15, 1");
  credit.OnBacklog(15);
  EXPECT_EQ(Show(credit, floating), "16/17, 0 waits");
}

FLINK_CONTRACT(RemoteInputChannelTest, testAvailableBuffersEqualToRequiredBuffers) {
  FloatingBuffers floating(14);
  ChannelCredit credit(2, floating, [] {});
  credit.Start();
  ASSERT_TRUE(credit.OnBuffer());
  ASSERT_TRUE(floating.Borrow());
  credit.OnBacklog(12);
  EXPECT_EQ(Show(credit, floating), "14/14, 0");
  floating.Return(1);
  EXPECT_EQ(Show(credit, floating), "14/14, 1");
  credit.OnRead();
  EXPECT_EQ(Show(credit, floating), "14/14, 2") << "its own in the stead of a borrowed one";
}

FLINK_CONTRACT(RemoteInputChannelTest, testAvailableBuffersMoreThanRequiredBuffers) {
  FloatingBuffers floating(14);
  ChannelCredit credit(2, floating, [] {});
  credit.Start();
  ASSERT_TRUE(credit.OnBuffer());
  ASSERT_TRUE(floating.Borrow());
  credit.OnBacklog(12);
  credit.OnBacklog(10);
  EXPECT_EQ(Show(credit, floating), "14/12, 0");
  credit.OnRead();
  EXPECT_EQ(Show(credit, floating), "14/12, 1");
  floating.Return(1);
  EXPECT_EQ(Show(credit, floating), "14/12, 2");
}

FLINK_CONTRACT(RemoteInputChannelTest, testFairDistributionFloatingBuffers) {
  FloatingBuffers floating(3);
  std::array<ChannelCredit, 3> credits{ChannelCredit(2, floating, [] {}),
                                       ChannelCredit(2, floating, [] {}),
                                       ChannelCredit(2, floating, [] {})};
  ASSERT_TRUE(floating.Borrow() && floating.Borrow() && floating.Borrow());
  for (ChannelCredit& credit : credits) {
    credit.Start();
    credit.OnBacklog(8);
    EXPECT_EQ(Show(credit, floating), "2/10, 0 waits");
  }
  floating.Return(3);
  for (const ChannelCredit& credit : credits) {
    EXPECT_EQ(Show(credit, floating), "3/10, 0 waits");
    EXPECT_EQ(credit.untold(), 1U);
  }
}

// ---- Sizes --------------------------------------------------------------------------------------

FLINK_CONTRACT(BufferSizeEMATest, testCalculationBufferSize) {
  BufferSizeAverage average(200, 10, 200, 3);
  std::vector<uint32_t> sizes{average.Next(111, 13)};
  for (const uint32_t buffers : {7U, 7U, 7U, 7U, 7U, 13U, 13U, 13U}) {
    sizes.push_back(average.Next(107, buffers));
  }
  EXPECT_THAT(sizes, ElementsAre(104, 60, 38, 26, 21, 18, 13, 11, 10));
  sizes.clear();
  for (int i = 0; i < 6; ++i) {
    sizes.push_back(average.Next(333, 1));
  }
  EXPECT_THAT(sizes, ElementsAre(15, 23, 34, 51, 76, 114)) << "it grows as fast as it shrinks";
}

FLINK_CONTRACT(BufferSizeEMATest, testSmallBufferSizeChanges) {
  BufferSizeAverage average(16, 16, 32 * 1024, 10'000);
  for (int i = 0; i < 10'000; ++i) {
    average.Next(20'000, 10);
  }
  EXPECT_GT(average.Next(10'000, 10), 16U);
}

FLINK_CONTRACT(BufferSizeEMATest, testSizeGreaterThanMaxSize) {
  BufferSizeAverage average(200, 10, 200, 3);
  EXPECT_EQ(average.Next(0, 1), 100U);
  EXPECT_EQ(average.Next(1000, 1), 150U);
  EXPECT_EQ(average.Next(1000, 1), 200U);
  EXPECT_EQ(average.Next(1000, 1), 200U);
}

FLINK_CONTRACT(BufferSizeEMATest, testSizeLessThanMinSize) {
  BufferSizeAverage average(200, 10, 200, 3);
  for (const uint32_t size : {100U, 50U, 25U, 13U, 10U, 10U}) {
    EXPECT_EQ(average.Next(0, 1), size);
  }
}

FLINK_CONTRACT(BufferSizeEMATest, testZeroBuffers) {
  BufferSizeAverage average(100, 10, 200, 2);
  EXPECT_THROW(average.Next(1, 0), sim::Violation);
}

struct Sizes {
  sim::Duration target{0};
  uint32_t min = 0;
  uint32_t max = 0;
  uint32_t buffers = 0;
  uint64_t throughput = 0;
};

BufferDebloater DebloaterFor(const Sizes& sizes, uint32_t threshold = 25) {
  return {{.target = sizes.target, .threshold_percentages = threshold, .samples = 1},
          sizes.min,
          sizes.max};
}

std::optional<uint32_t> SizeOf(const Sizes& sizes) {
  return DebloaterFor(sizes).Next(sizes.throughput, sizes.buffers);
}

FLINK_CONTRACT(BufferDebloaterTest, testZeroBuffersInUse) {
  EXPECT_EQ(SizeOf({.target = 1s, .min = 50, .max = 2400, .buffers = 0, .throughput = 1200}),
            1200U);
}

// Rounded, as Flink's average does since it keeps fractions.
FLINK_CONTRACT(BufferDebloaterTest, testCorrectBufferSizeCalculation) {
  EXPECT_EQ(SizeOf({.target = 1200ms, .min = 50, .max = 1100, .buffers = 16, .throughput = 3333}),
            250U);
}

FLINK_CONTRACT(BufferDebloaterTest, testCalculatedBufferSizeLessThanMin) {
  EXPECT_EQ(SizeOf({.target = 1200ms, .min = 250, .max = 1100, .buffers = 16, .throughput = 3333}),
            250U);
}

FLINK_CONTRACT(BufferDebloaterTest, testCalculatedBufferSizeForThroughputZero) {
  EXPECT_EQ(SizeOf({.target = 1200ms, .min = 50, .max = 1100, .buffers = 16, .throughput = 0}),
            50U);
}

FLINK_CONTRACT(BufferDebloaterTest, testConfiguredConsumptionTimeIsTooLow) {
  EXPECT_EQ(SizeOf({.target = 7ms, .min = 50, .max = 1100, .buffers = 16, .throughput = 3333}),
            50U);
}

FLINK_CONTRACT(BufferDebloaterTest, testCalculatedBufferSizeGreaterThanMax) {
  EXPECT_EQ(SizeOf({.target = 1200ms, .min = 50, .max = 248, .buffers = 16, .throughput = 3333}),
            std::nullopt);
}

FLINK_CONTRACT(BufferDebloaterTest, testCalculatedBufferSlightlyDifferentFromCurrentOne) {
  EXPECT_EQ(SizeOf({.target = 1200ms, .min = 50, .max = 252, .buffers = 16, .throughput = 3333}),
            std::nullopt);
}

FLINK_CONTRACT(BufferDebloaterTest, testAnnouncedMaxBufferSizeDespiteLastDiffLessThanThreshold) {
  BufferDebloater debloater = DebloaterFor({.target = 1s, .min = 50, .max = 1100});
  EXPECT_EQ(debloater.Next(500, 1), 500U);
  EXPECT_EQ(debloater.Next(1000, 1), 1000U);
  EXPECT_EQ(debloater.Next(2000, 1), 1100U) << "the end is reached, however near it was";
  EXPECT_EQ(debloater.Next(2000, 1), std::nullopt);
}

FLINK_CONTRACT(BufferDebloaterTest,
               testAnnouncedMinBufferSizeEvenDespiteLastDiffLessThanThreshold) {
  BufferDebloater debloater = DebloaterFor({.target = 1s, .min = 50, .max = 1100});
  EXPECT_EQ(debloater.Next(60, 1), 60U);
  EXPECT_EQ(debloater.Next(60, 1), std::nullopt);
  EXPECT_EQ(debloater.Next(40, 1), 50U);
  EXPECT_EQ(debloater.Next(40, 1), std::nullopt);
}

FLINK_CONTRACT(BufferDebloaterTest, testSkipUpdate) {
  constexpr uint32_t kMin = 256;
  constexpr uint32_t kMax = 32'768;
  constexpr uint32_t kNow = kMax / 2;
  constexpr uint32_t kThreshold = kNow * 30 / 100;
  BufferDebloater debloater = DebloaterFor({.target = 1s, .min = kMin, .max = kMax}, 30);
  EXPECT_EQ(debloater.Next(kNow, 1), kNow);
  for (const uint32_t size :
       {kNow, kNow - 1, kNow + 1, kNow - kThreshold + 1, kNow + kThreshold - 1}) {
    EXPECT_TRUE(debloater.IsAboutTheLast(size)) << size;
  }
  for (const uint32_t size :
       {kNow - kThreshold, kNow + kThreshold, kMin + 1, kMin, kMax - 1, kMax, kMax + 1, kMin - 1}) {
    EXPECT_FALSE(debloater.IsAboutTheLast(size)) << size;
  }
}

}  // namespace
}  // namespace flinch::engine
