#include "scenarios/stage/outages.h"

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

constexpr sim::SimTime At(sim::Duration time) { return sim::kEpoch + time; }

void Fire(Outages& outages, const faults::Action& action, sim::Duration at) {
  outages.OnFired({.kind = std::string(faults::KindOf(action)), .target = {}, .at = At(at)},
                  action);
}

TEST(OutagesTest, ThoseThatOverlapCountOnce) {
  Outages outages(At(100s));
  Fire(outages, faults::Pause{.process = "tm-1", .duration = 4s}, 10s);
  Fire(outages, faults::CutLink{.from = "jm", .to = "tm-1", .duration = 4s}, 12s);
  Fire(outages, faults::Pause{.process = "tm-2", .duration = 1s}, 30s);
  EXPECT_EQ(outages.Covered(At(0s), At(60s), 0s), 7s);
  EXPECT_EQ(outages.Covered(At(13s), At(15s), 0s), 2s);
  EXPECT_EQ(outages.Covered(At(0s), At(60s), 2s), 11s);
  EXPECT_EQ(outages.Covered(At(17s), At(20s), 0s), 0s);
}

TEST(OutagesTest, WhoIsDownComesBackAtTheLatestWithTheHealing) {
  Outages outages(At(20s));
  Fire(outages, faults::Crash{.process = "jm"}, 10s);
  EXPECT_EQ(outages.Covered(At(0s), At(60s), 0s), 10s);
  outages.OnRestart("jm", At(12s));
  EXPECT_EQ(outages.Covered(At(0s), At(60s), 0s), 2s);
}

TEST(OutagesTest, TheLongestDelayIsNamed) {
  Outages outages(At(20s));
  Fire(outages, faults::ClockFault{.trouble = faults::ClockTrouble::kJump, .host = "jm", .by = 1h},
       1s);
  EXPECT_EQ(outages.longest_delay(), 0s);
  Fire(outages, faults::DelayMessages{.from = "jm", .to = "tm-1", .by = 3s, .duration = 1s}, 1s);
  EXPECT_EQ(outages.longest_delay(), 3s);
  EXPECT_EQ(outages.delayed_by(), "delay");
}

}  // namespace

}  // namespace flinch::scenarios
