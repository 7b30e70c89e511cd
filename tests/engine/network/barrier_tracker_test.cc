#include "engine/network/barrier_tracker.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

barrier_input::Barrier BarrierOf(size_t channel, uint64_t id) {
  return {.channel = channel, .meta = {.id = CheckpointId(id)}};
}

uint64_t TriggeredBy(BarrierTracker& tracker, const BarrierInput& input) {
  uint64_t triggered = 0;
  for (const BarrierEffect& effect : tracker.Step(input)) {
    if (const auto* const trigger = std::get_if<barrier_effect::Trigger>(&effect)) {
      EXPECT_EQ(triggered, 0U) << "one at a time";
      triggered = trigger->meta.id.value();
    }
    EXPECT_FALSE(std::holds_alternative<barrier_effect::Block>(effect));
  }
  return triggered;
}

TEST(BarrierTrackerTest, TellsThePlaceOfABarrier) {
  BarrierTracker tracker(2);
  EXPECT_EQ(tracker.PlaceOf(0, CheckpointId(1)), "first");
  tracker.Step(BarrierOf(0, 1));
  EXPECT_EQ(tracker.PlaceOf(0, CheckpointId(1)), "stale");
  EXPECT_EQ(tracker.PlaceOf(1, CheckpointId(1)), "last");
  EXPECT_EQ(tracker.PlaceOf(1, CheckpointId(2)), "first");
  tracker.Step(barrier_input::EndOfPartition{.channel = 0});
  EXPECT_EQ(tracker.PlaceOf(1, CheckpointId(2)), "last");
}

TEST(BarrierTrackerTest, TheOldestIsForgottenWhereTooManyWait) {
  BarrierTracker tracker(2);
  const uint64_t more = BarrierTracker::kTracked + 1;
  for (uint64_t id = 1; id <= more; ++id) {
    EXPECT_EQ(TriggeredBy(tracker, BarrierOf(0, id)), 0U);
  }
  EXPECT_EQ(TriggeredBy(tracker, BarrierOf(1, 1)), 0U) << "forgotten";
  EXPECT_EQ(TriggeredBy(tracker, BarrierOf(1, 2)), 2U);
}

TEST(BarrierTrackerTest, AChannelThatDoesNotExistBreaksAnInvariant) {
  BarrierTracker tracker(2);
  EXPECT_THROW(tracker.Step(BarrierOf(2, 1)), sim::Violation);
  EXPECT_THROW(tracker.Step(barrier_input::EndOfPartition{.channel = 2}), sim::Violation);
}

// Channels deliver ids that grow, with gaps. What is taken has come on all of them, and what has
// come on all of them before anything newer was taken is taken.
RC_GTEST_PROP(BarrierTrackerPropertyTest, TakesWhatHasComeOnAllChannels,
              (const std::vector<std::pair<uint8_t, bool>>& deliveries)) {
  constexpr size_t kChannels = 3;
  BarrierTracker tracker(kChannels);
  std::vector<uint64_t> next(kChannels, 1);
  std::map<uint64_t, std::set<size_t>> delivered;
  uint64_t newest = 0;
  for (const auto& [number, leaves_out] : deliveries) {
    const size_t channel = number % kChannels;
    next[channel] += leaves_out ? 1U : 0U;
    const uint64_t id = next[channel]++;
    delivered[id].insert(channel);
    const bool is_due = delivered[id].size() == kChannels && id > newest;
    const uint64_t triggered = TriggeredBy(tracker, BarrierOf(channel, id));
    RC_ASSERT(triggered == (is_due ? id : 0));
    newest = is_due ? id : newest;
  }
}

}  // namespace
}  // namespace flinch::engine
