#include "faults/swarm_options.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/generators.h"
#include "sim/check.h"

namespace flinch::faults {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(SwarmOptionsTest, TellsWhatDoesNotFit) {
  SwarmOptions options{.crash_targets = {{.process = "a", .weight = 0}},
                       .anchors = {{.event = "stored", .nth_max = 0}},
                       .horizon = 3s,
                       .crashes_min = 5,
                       .restart_max = 1500ms,
                       .link_max = 3s,
                       .delay_min = 1s,
                       .delay_max = 500ms};
  const sim::Result<void> valid = options.Validate();
  ASSERT_FALSE(valid.has_value());
  EXPECT_EQ(valid.error().code, sim::ErrorCode::kInvalidArgument);
  for (const std::string sentence :
       {"restart_max is 1500ms, which does not fit the horizon, the time in which faults come; it "
        "may be 500ms.",
        "link_max is 3s, which does not fit the horizon, the time in which faults come; it may be "
        "1500ms.",
        "delay_min is 1s and delay_max is 500ms; the first must be positive and not above the "
        "second.",
        "crashes_min is 5 and crashes_max is 4; the first must not be above the second",
        "crash_targets names nobody with a weight",
        "The anchor stored has nth_max = 0; events are counted from 1."}) {
    EXPECT_THAT(valid.error().message, HasSubstr(sentence));
  }
  EXPECT_THROW(DrawPlan(options, sim::Random(1)), sim::Violation);
}

TEST(SwarmOptionsTest, WhatIsLeftOutFollowsTheHorizon) {
  EXPECT_TRUE(SwarmOptions().Validate().has_value());
  EXPECT_TRUE(DrawPlan(SwarmOptions(), sim::Random(1)).faults.empty()) << "whom to crash?";
  for (const sim::Duration horizon : {sim::Duration(100ms), sim::Duration(1s), sim::Duration(1h)}) {
    for (const std::optional<sim::Duration> given :
         {std::optional<sim::Duration>(), std::optional<sim::Duration>(horizon / 7)}) {
      SwarmOptions options{
          .crash_targets = {{.process = "a"}}, .hosts = {"a", "b"}, .horizon = horizon};
      options.restart_min = given;
      options.link_max = given;
      options.delay_min = given;
      const sim::Result<void> valid = options.Validate();
      EXPECT_TRUE(valid.has_value()) << sim::Show(horizon) << ": " << valid.error().message;
      EXPECT_FALSE(DrawPlan(options, sim::Random(1)).faults.empty());
    }
  }
  EXPECT_EQ(SwarmOptions{.horizon = 10s}.restart().max, 1500ms);
  EXPECT_EQ(SwarmOptions{.horizon = 3s}.restart().max, 500ms);
}

TEST(SwarmOptionsTest, TheAnchorsOfARunAreWhatItTraced) {
  sim::World world({.seed = 7, .keep = sim::Keep::kEverything});
  for (const std::string name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name, [](sim::Environment& env) {
      env.Trace("started");
      if (env.process_name() == "b") {
        for (int vote = 0; vote < 3; ++vote) {
          env.Sleep(1ms);
          env.Trace("voted");
        }
      }
    });
  }
  world.Trace("mine");
  world.Run([] { return false; });
  const std::vector<Anchor> anchors = AnchorsOf(world.recording());
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0].event, "started");
  EXPECT_EQ(anchors[0].nth_max, 2U);
  EXPECT_THAT(anchors[0].processes, testing::UnorderedElementsAre("a", "b"));
  EXPECT_EQ(anchors[1].event, "voted");
  EXPECT_EQ(anchors[1].nth_max, 3U);
  EXPECT_THAT(anchors[1].processes, testing::ElementsAre("b"));
  const SwarmOptions options{.crash_targets = {{"a"}, {"b"}}, .anchors = anchors, .horizon = 1s};
  EXPECT_TRUE(options.Validate().has_value());
}

TEST(SwarmOptionsTest, DisksFailOnAllHostsThatAreNamed) {
  const SwarmOptions options{.hosts = {"a", "b", "c"}, .disk_hosts = {"a", "b"}};
  std::set<std::string> struck;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    struck.insert(
        TargetOf(DrawAction(options, "disk", {.first = "c", .second = "a"}, sim::Random(seed))));
  }
  EXPECT_THAT(struck, testing::ElementsAre("a", "b"));
}

}  // namespace
}  // namespace flinch::faults
