#include "sim/kernel/choices.h"

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

TEST(ChoicesTest, PointsOfOtherNamesOrActorsDrawOtherNumbers) {
  const Choices choices(Random(7), nullptr);
  ChoicePoint point = choices.Point("link.latency", "a/b");
  ChoicePoint same = choices.Point("link.latency", "a/b");
  ChoicePoint other_name = choices.Point("link.loss", "a/b");
  ChoicePoint other_actor = choices.Point("link.latency", "b/a");
  const uint64_t first = point.Below(UINT64_MAX);
  EXPECT_EQ(same.Below(UINT64_MAX), first);
  EXPECT_NE(other_name.Below(UINT64_MAX), first);
  EXPECT_NE(other_actor.Below(UINT64_MAX), first);
}

TEST(ChoicesTest, MembersOfAFamilyAreToldByBothActors) {
  const Choices choices(Random(7), nullptr);
  ChoicePoint point = choices.Family("link.latency", "a").Point("b");
  ChoicePoint same = choices.Family("link.latency", "a").Point("b");
  ChoicePoint other_second = choices.Family("link.latency", "a").Point("c");
  ChoicePoint other_first = choices.Family("link.latency", "b").Point("b");
  ChoicePoint swapped = choices.Family("link.latency", "b").Point("a");
  const uint64_t first = point.Below(UINT64_MAX);
  EXPECT_EQ(same.Below(UINT64_MAX), first);
  EXPECT_NE(other_second.Below(UINT64_MAX), first);
  EXPECT_NE(other_first.Below(UINT64_MAX), first);
  EXPECT_NE(swapped.Below(UINT64_MAX), first);
}

TEST(ChoicesTest, DrawsStayWithinTheirBounds) {
  ChoicePoint point = Choices(Random(7), nullptr).Point("a", "b");
  for (int i = 0; i < 1'000; ++i) {
    const Duration span = point.Between(2ms, 3ms);
    EXPECT_GE(span, 2ms);
    EXPECT_LE(span, 3ms);
  }
  EXPECT_TRUE(point.Chance({1, 1}));
  EXPECT_FALSE(point.Chance({0, 1}));
  EXPECT_EQ(point.Between(5ms, 5ms), 5ms);
}

}  // namespace
}  // namespace flinch::sim
