#include "sim/kernel/volume_faults.h"

#include <array>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr Ratio kQuarter{1, 4};
constexpr DiskRequest kRead{.operation = DiskOperation::kRead, .path = "/d/f"};
constexpr DiskRequest kAppend{
    .operation = DiskOperation::kAppend, .path = "/d/f", .bytes = 8, .grows = 8};
constexpr DiskRequest kSync{.operation = DiskOperation::kSync, .path = "/d/f"};

VolumeFaults Faults(const VolumeCondition& condition) {
  VolumeFaults faults(Choices(Random(5)), "test");
  faults.Set(condition);
  return faults;
}

struct RateCase {
  const char* name;
  VolumeCondition condition;
  DiskRequest request;
  DiskFault fault;
};

class RateTest : public testing::TestWithParam<RateCase> {};

// 8,000 draws at one in four.
TEST_P(RateTest, FiresAsOftenAsItsRateSays) {
  const auto& [name, condition, request, fault] = GetParam();
  VolumeFaults faults = Faults(condition);
  uint64_t counts[] = {0, 0};
  for (int i = 0; i < 8'000; ++i) {
    const bool fired =
        fault == DiskFault::kBitRot
            ? faults.DrawRot(request, std::vector<ByteRange>{{.offset = 0, .size = 8}}).has_value()
        : fault == DiskFault::kMisdirectedWrite ? faults.DrawMisdirection(request)
                                                : faults.Judge(request, 0) == fault;
    ++counts[fired ? 1 : 0];
  }
  const uint64_t weights[] = {3, 1};
  EXPECT_LT(tests::ChiSquareMilli(counts, weights), 10'828);
}

INSTANTIATE_TEST_SUITE_P(
    VolumeFaultsTest, RateTest,
    testing::Values(
        RateCase{"ReadError", {.disk = {.read_error = kQuarter}}, kRead, DiskFault::kReadError},
        RateCase{
            "WriteError", {.disk = {.write_error = kQuarter}}, kAppend, DiskFault::kWriteError},
        RateCase{"SyncError", {.disk = {.sync_error = kQuarter}}, kSync, DiskFault::kSyncError},
        RateCase{"LyingSync", {.disk = {.lying_sync = kQuarter}}, kSync, DiskFault::kLyingSync},
        RateCase{"BitRot", {.disk = {.bit_rot = kQuarter}}, kRead, DiskFault::kBitRot},
        RateCase{"Misdirected",
                 {.disk = {.misdirected_write = kQuarter}},
                 kAppend,
                 DiskFault::kMisdirectedWrite},
        RateCase{"RequestLost", {.request_lost = kQuarter}, kAppend, DiskFault::kRequestLost},
        RateCase{"ReplyLost", {.reply_lost = kQuarter}, kAppend, DiskFault::kReplyLost}),
    [](const auto& tested) { return tested.param.name; });

TEST(VolumeFaultsTest, EveryBitOfWhatIsReadRotsAlikeAndNoOther) {
  VolumeFaults faults = Faults({.disk = {.bit_rot = {1, 1}}});
  std::array<uint64_t, 64> counts{};
  std::array<uint64_t, 64> weights{};
  weights.fill(1);
  const std::vector<ByteRange> parts = {{.offset = 100, .size = 8}};
  for (int i = 0; i < 6'400; ++i) {
    const uint64_t bit = faults.DrawRot(kRead, parts).value();
    ASSERT_GE(bit, 800U);
    ASSERT_LT(bit, 864U);
    ++counts[bit - 800];
  }
  EXPECT_LT(tests::ChiSquareMilli(counts, weights), 103'442);
}

TEST(VolumeFaultsTest, AMisdirectedWriteLandsInEveryFileAndAtEveryOffsetAlike) {
  Volume volume(DiskOptions{}, Choices(Random(1)).Point("disk.crash", "test"));
  for (const std::string_view path : {"/a", "/b", "/c", "/d"}) {
    volume.Append(volume.Create(path, ProcessId(1)), "four", ProcessId(1));
  }
  volume.Create("/empty", ProcessId(1));
  VolumeFaults faults = Faults({.disk = {.misdirected_write = {1, 1}}});
  std::array<uint64_t, 16> counts{};
  std::array<uint64_t, 16> weights{};
  weights.fill(1);
  for (int i = 0; i < 6'400; ++i) {
    const VolumeFaults::Target target = faults.DrawTarget(volume);
    ++counts.at((target.file - 1) * 4 + target.offset);
  }
  EXPECT_LT(tests::ChiSquareMilli(counts, weights), 37'697);
}

TEST(VolumeFaultsTest, AListingIsLateByEveryTimeAlike) {
  VolumeFaults faults = Faults({.listing_delay_max = Duration(7)});
  std::array<uint64_t, 8> counts{};
  std::array<uint64_t, 8> weights{};
  weights.fill(1);
  for (int i = 0; i < 8'000; ++i) {
    ++counts.at(static_cast<uint64_t>(faults.DrawListingDelay(kAppend)->count()));
  }
  EXPECT_LT(tests::ChiSquareMilli(counts, weights), 24'322);
}

TEST(VolumeFaultsTest, OneFaultMoreMovesNoDrawOfAnother) {
  VolumeFaults alone = Faults({.disk = {.sync_error = kQuarter}});
  VolumeFaults both = Faults({.disk = {.read_error = kQuarter, .sync_error = kQuarter}});
  for (int i = 0; i < 200; ++i) {
    (void)both.Judge(kRead, 0);
    EXPECT_EQ(alone.Judge(kSync, 0), both.Judge(kSync, 0));
  }
}

TEST(VolumeFaultsTest, APrefixKeepsAFaultToItsFiles) {
  VolumeFaults faults =
      Faults({.disk = {.path_prefix = "/d/wal", .hung = true, .write_error = {1, 1}}});
  const DiskRequest inside{.operation = DiskOperation::kAppend, .path = "/d/wal-1"};
  const DiskRequest outside{.operation = DiskOperation::kAppend, .path = "/d/sst-1"};
  const DiskRequest from{
      .operation = DiskOperation::kRename, .path = "/d/sst-1", .other_path = "/d/wal-1"};
  EXPECT_EQ(faults.Judge(inside, 0), DiskFault::kWriteError);
  EXPECT_EQ(faults.Judge(outside, 0), std::nullopt);
  EXPECT_EQ(faults.Judge(from, 0), DiskFault::kWriteError);
  EXPECT_EQ(faults.Stall(inside), DiskFault::kHung);
  EXPECT_EQ(faults.Stall(outside), std::nullopt);
}

TEST(VolumeFaultsTest, ADiskIsFullWhenTheBytesWouldNotFit) {
  VolumeFaults faults = Faults({.disk = {.capacity_bytes = 10}});
  EXPECT_EQ(faults.Judge(kAppend, 2), std::nullopt);
  EXPECT_EQ(faults.Judge(kAppend, 3), DiskFault::kFull);
  EXPECT_EQ(faults.Judge(kAppend, 11), DiskFault::kFull);
  EXPECT_EQ(faults.Judge(kSync, 11), std::nullopt);
}

TEST(VolumeFaultsTest, TheNthWriteFreezesOnce) {
  VolumeFaults faults = Faults({.disk = {.freeze_at_write = 3}});
  std::vector<bool> fired;
  for (const DiskRequest& request : {kAppend, kRead, kSync, kAppend, kAppend}) {
    fired.push_back(faults.Judge(request, 0) == DiskFault::kFreeze);
  }
  EXPECT_EQ(fired, (std::vector{false, false, false, true, false}));
}

TEST(VolumeFaultsTest, AThrottledVolumeTakesOneOperationAtATime) {
  VolumeFaults faults = Faults({.operations_per_second = 10});
  EXPECT_EQ(faults.TakeTurn(kRead, SimTime(1s)), 0ms);
  EXPECT_EQ(faults.TakeTurn(kRead, SimTime(1s)), 100ms);
  EXPECT_EQ(faults.TakeTurn(kRead, SimTime(1s)), 200ms);
  EXPECT_EQ(faults.TakeTurn(kRead, SimTime(5s)), 0ms);
}

}  // namespace
}  // namespace flinch::sim
