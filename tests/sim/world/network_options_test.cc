#include "sim/world/network_options.h"

#include <array>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world/options.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(NetworkOptionsTest, ConditionsThatMakeNoSenseAreNamed) {
  struct Case {
    std::string_view part;
    LinkCondition condition;
  };

  const Case cases[] = {
      {"The loss of a link is 3/2", {.loss = {3, 2}}},
      {"The duplication of a link is 0/0", {.duplicate = {0, 0}}},
      {"The reordering of a link is 2/1", {.reorder = {2, 1}}},
      {"The corruption of a link is 2/1", {.corrupt = {2, 1}}},
      {"The share of stalls of a link is 2/1", {.stall = {2, 1}}},
      {"The delay of a link is -1ns", {.delay = -1ns}},
      {"The delay of reordered messages is -1ns", {.reorder_delay = -1ns}},
      {"The time of a stall is -1ns", {.stall_time = -1ns}},
      {"flips at most 0 bits", {.corrupt_bits_max = 0}},
      {"flips at most 1025 bits", {.corrupt_bits_max = 1025}},
      {"ranges from 2ms to 1ms", {.latency = UniformLatency{.min = 2ms, .max = 1ms}}},
      {"The mean latency of a link is", {.latency = ExponentialLatency{.mean = 2h, .max = 3h}}},
      {"The slow latency of a link ranges from 2ms to 1ms",
       {.latency = BimodalLatency{.slow = {.min = 2ms, .max = 1ms}}}},
      {"The share of slow latencies is 2/1", {.latency = BimodalLatency{.slow_share = {2, 1}}}},
  };
  for (const Case& wrong : cases) {
    const Result<void> valid = Validate(wrong.condition);
    ASSERT_FALSE(valid.has_value()) << wrong.part;
    EXPECT_EQ(valid.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(valid.error().message, HasSubstr(std::string(wrong.part)));
  }
  EXPECT_TRUE(Validate(LinkCondition{}).has_value());
  WorldOptions world;
  world.link.latency = UniformLatency{.min = 2ms, .max = 1ms};
  EXPECT_FALSE(world.Validate().has_value());
}

TEST(NetworkOptionsTest, AConditionShowsWhatIsNotWhole) {
  EXPECT_EQ(Show(LinkCondition{}), "whole");
  EXPECT_EQ(Show(LinkCondition{.cut = true, .in_flight = InFlight::kHold}), "cut:hold");
  EXPECT_EQ(Show(LinkCondition{.loss = {1, 10},
                               .delay = 3ms,
                               .duplicate = {1, 4},
                               .reorder = {1, 2},
                               .corrupt = {1, 8},
                               .corrupt_bits_max = 3,
                               .corruption = Corruption::kUndetected,
                               .stall = {1, 16},
                               .clog = true}),
            "clog loss=1/10 delay=3ms duplicate=1/4 reorder=1/2 within=10ms corrupt=1/8 "
            "bits=3:undetected stall=1/16 for=1s");
  EXPECT_EQ(Show(LinkCondition{.latency = ExponentialLatency{.min = 1ms, .mean = 2ms, .max = 9ms},
                               .bytes_per_second = 5,
                               .read_bytes_per_second = 7}),
            "latency=exponential:1ms+2ms..9ms bytes_per_second=5 read_bytes_per_second=7");
}

TEST(ComposeTest, TakesTheWorstOfEverythingOfALink) {
  const auto conditions = std::to_array<LinkCondition>({
      {.loss = {1, 3}, .delay = milliseconds(5), .stall = {1, 2}, .stall_time = milliseconds(7)},
      {.loss = {50, 100}, .delay = milliseconds(7), .bytes_per_second = 900},
      {.cut = true, .duplicate = {1, 4}, .bytes_per_second = 300},
      {.stall = {1, 9}, .stall_time = milliseconds(9), .clog = true},
  });
  EXPECT_EQ(Compose(conditions), (LinkCondition{.cut = true,
                                                .loss = {50, 100},
                                                .delay = milliseconds(12),
                                                .duplicate = {1, 4},
                                                .stall = {1, 2},
                                                .stall_time = milliseconds(9),
                                                .bytes_per_second = 300,
                                                .clog = true}));
  EXPECT_EQ(Compose(std::vector<LinkCondition>()), LinkCondition{});
}

TEST(ComposeTest, OneConditionIsWhatItIs) {
  const auto conditions =
      std::to_array<LinkCondition>({{.cut = true,
                                     .reorder = {1, 2},
                                     .reorder_delay = milliseconds(3),
                                     .corrupt = {1, 2},
                                     .corrupt_bits_max = 7,
                                     .corruption = Corruption::kUndetected,
                                     .latency = UniformLatency{.max = milliseconds(9)},
                                     .read_bytes_per_second = 8,
                                     .in_flight = InFlight::kHold}});
  EXPECT_EQ(Compose(conditions), conditions[0]);
}

TEST(ComposeTest, TheSlowerLatencyAndTheWorseFateOfWhatIsInFlight) {
  const Latency slow =
      BimodalLatency{.fast = {}, .slow = {.max = milliseconds(50)}, .slow_share = {1, 9}};
  const auto conditions = std::to_array<LinkCondition>(
      {{.latency = UniformLatency{.max = milliseconds(9)}, .in_flight = InFlight::kDrop},
       {.cut = true, .latency = slow, .in_flight = InFlight::kDeliver},
       {.cut = true, .in_flight = InFlight::kHold}});
  EXPECT_EQ(Compose(conditions),
            (LinkCondition{.cut = true, .latency = slow, .in_flight = InFlight::kHold}))
      << "who does not cut drops nothing";
}

TEST(ComposeTest, AddsDelaysWithoutOverflow) {
  const auto conditions =
      std::to_array<LinkCondition>({{.delay = Duration::max()}, {.delay = milliseconds(7)}});
  EXPECT_EQ(Compose(conditions).delay, Duration::max());
}

}  // namespace
}  // namespace flinch::sim
