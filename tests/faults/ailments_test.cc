#include "faults/ailments.h"

#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;

TEST(ComposeTest, WidensPathsThatDoNotAgree) {
  std::vector<sim::DiskCondition> conditions = {{.path_prefix = "/a", .hung = true},
                                                {.path_prefix = "/a", .capacity_bytes = 10}};
  EXPECT_EQ(Compose(conditions),
            (sim::DiskCondition{.path_prefix = "/a", .hung = true, .capacity_bytes = 10}));
  conditions.push_back({.path_prefix = "/b", .freeze_at_write = 3});
  EXPECT_EQ(Compose(conditions).path_prefix, "");
  EXPECT_EQ(Compose(conditions).freeze_at_write, 3U);
}

TEST(ComposeTest, TheDiskOfTheVolumeIsThatOfTheTroublesThatHaveOne) {
  const auto conditions = std::to_array<sim::VolumeCondition>(
      {{.disk = {.path_prefix = "/ha", .hung = true}},
       {.outage = sim::Outage::kRefuses, .operations_per_second = 7}});
  EXPECT_EQ(Compose(conditions), (sim::VolumeCondition{.disk = {.path_prefix = "/ha", .hung = true},
                                                       .outage = sim::Outage::kRefuses,
                                                       .operations_per_second = 7}));
}

TEST(ComposeTest, DriftsAddUpToWhatAClockCan) {
  const auto conditions = std::to_array<sim::ClockCondition>(
      {{.drift_ppm = 400'000}, {.drift_ppm = 300'000}, {.frozen = true}});
  const sim::ClockCondition whole = Compose(conditions);
  EXPECT_EQ(whole.drift_ppm, 500'000);
  EXPECT_TRUE(whole.frozen);
  EXPECT_FALSE(whole.wall_offset);
}

TEST(AilmentsTest, ATroubleEndsAloneAndHealingEndsAll) {
  sim::World world({.seed = 1, .keep = sim::Keep::kTrace});
  const sim::HostId a = world.AddHost("a");
  const sim::HostId b = world.AddHost("b");
  Ailments ailments(world);
  ailments.Worsen(1, {a, b}, {.cut = true});
  ailments.Worsen(2, {a, b}, {.delay = milliseconds(3)});
  ailments.Worsen(2, b, sim::ClockCondition{.drift_ppm = 300});
  ailments.End(7);
  ailments.End(1);
  EXPECT_EQ(world.ClockOf(b).drift_ppm, 300);
  ailments.Heal();
  ailments.End(2);
  EXPECT_EQ(world.ClockOf(b).drift_ppm, 0);
  std::vector<int64_t> links;
  for (const sim::RecordedEvent& event : world.recording().events) {
    if (event.kind == "fault.link") {
      links.push_back(event.Number("cut").value() + event.Number("delay_ns").value());
    }
  }
  ASSERT_EQ(links.size(), 4U);
  EXPECT_EQ(links.back(), 0);
}

}  // namespace

}  // namespace flinch::faults
