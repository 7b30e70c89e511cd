#include "sim/world/disk_options.h"

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

TEST(DiskOptionsTest, WhatMakesNoSenseIsRefusedInASentence) {
  EXPECT_TRUE(DiskOptions{}.Validate());
  EXPECT_TRUE(VolumeCondition{}.Validate());
  const auto message = [](const Result<void>& checked) {
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(message(DiskOptions{.latency_min = 2ms, .latency_max = 1ms}.Validate()),
            "The latency ranges from 2ms to 1ms: give a minimum of at least 0 that is not above "
            "the maximum.");
  EXPECT_EQ(message(DiskOptions{.crash_weights = {.kept = 0, .lost = 0, .torn = 0}}.Validate()),
            "All weights of a crash are 0: give at least one that is positive.");
  EXPECT_EQ(message(DiskCondition{.bit_rot = {1, 0}}.Validate()),
            "The rate bit_rot is 1/0: give a part of at most 1, such as 1/100.");
  EXPECT_EQ(message(VolumeCondition{.disk = {.extra_latency = -1ms}}.Validate()),
            "The time extra_latency is -1ms: give 0 (off) or more.");
  EXPECT_EQ(message(VolumeCondition{.reply_lost = {3, 2}}.Validate()),
            "The rate reply_lost is 3/2: give a part of at most 1, such as 1/100.");
}

TEST(DiskOptionsTest, AConditionShowsWhatIsWrong) {
  EXPECT_EQ(Show(VolumeCondition{}), "whole");
  EXPECT_EQ(Show(VolumeCondition{.disk = {.path_prefix = "/wal"}}), "whole");
  EXPECT_EQ(
      Show(VolumeCondition{
          .disk = {.path_prefix = "/wal", .hung = true, .capacity_bytes = 7, .bit_rot = Percent(1)},
          .outage = Outage::kRefuses,
          .listing_delay_max = 2s}),
      "path=/wal hung=1 capacity_bytes=7 bit_rot=1/100 outage=refuses listing_delay_max=2s");
}

}  // namespace
}  // namespace flinch::sim
