#include "scenarios/explain/trials.h"

#include <chrono>
#include <variant>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(MoveFaultTest, MovesByAStepInEachWayThatThereIs) {
  const faults::Action what = faults::Crash{.process = "tm-1"};
  const faults::Fault second{faults::AtEvent{.kind = "a", .nth = 2}, what};
  EXPECT_EQ(std::get<faults::AtEvent>(MoveFault(second, Move::kEarlier)->when).nth, 1U);
  EXPECT_EQ(std::get<faults::AtEvent>(MoveFault(second, Move::kLater)->when).nth, 3U);
  EXPECT_FALSE(MoveFault({faults::AtEvent{.kind = "a"}, what}, Move::kEarlier).has_value());
  EXPECT_FALSE(MoveFault({faults::AtTime{}, what}, Move::kEarlier).has_value());
  EXPECT_EQ(
      std::get<faults::AfterFault>(MoveFault({faults::AfterFault{}, what}, Move::kLater)->when)
          .delay,
      std::chrono::milliseconds(10));
}

}  // namespace

}  // namespace flinch::scenarios
