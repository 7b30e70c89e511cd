#include "scenarios/oracles/breaches.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Breaches Numbered(int count) {
  Breaches breaches;
  for (int i = 0; i < count; ++i) {
    breaches.Add(fmt::format("Breach {}.", i), {.breach = "broken", .role = "sink"});
  }
  return breaches;
}

TEST(BreachesTest, NoneGiveNoFinding) {
  EXPECT_TRUE(Breaches().empty());
  EXPECT_THAT(Breaches().ToFindings("alignment"), IsEmpty());
}

TEST(BreachesTest, TheFirstIsTheWitnessAndTheOthersAreDetails) {
  const auto findings = Numbered(3).ToFindings("alignment");
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].oracle, "alignment");
  EXPECT_EQ(findings[0].witness, "Breach 0.");
  EXPECT_THAT(findings[0].details, ElementsAre("Breach 1.", "Breach 2."));
}

TEST(BreachesTest, TheFindingHasTheMarkOfTheEarliestEvent) {
  Breaches breaches;
  breaches.Add("At the end.", {.breach = "lost", .role = ""});
  breaches.Add("Later.", {.breach = "doubled", .role = "sink", .event = sim::EventId(9)});
  breaches.Add("Earlier.", {.breach = "foreign", .role = "source", .event = sim::EventId(3)});
  breaches.Add("Later still.", {.breach = "early", .role = "jm", .event = sim::EventId(12)});
  const auto findings = breaches.ToFindings("exactly_once");
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness, "At the end.");
  EXPECT_EQ(findings[0].breach, "foreign");
  EXPECT_EQ(findings[0].role, "source");
  EXPECT_EQ(findings[0].event, sim::EventId(3));
}

TEST(BreachesTest, ABreachWithoutAnEventKeepsItsMarkWhenItIsAlone) {
  Breaches breaches;
  breaches.Add("At the end.", {.breach = "lost", .role = ""});
  const auto findings = breaches.ToFindings("exactly_once");
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "lost");
  EXPECT_FALSE(findings[0].event.has_value());
}

TEST(BreachesTest, ADozenDetailsAreToldInFull) {
  const auto findings = Numbered(13).ToFindings("alignment");
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].details, SizeIs(12));
  EXPECT_EQ(findings[0].details.back(), "Breach 12.");
}

TEST(BreachesTest, BeyondADozenTheLastLineCounts) {
  const auto findings = Numbered(20'013).ToFindings("alignment");
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].details, SizeIs(12));
  EXPECT_EQ(findings[0].details[10], "Breach 11.");
  EXPECT_EQ(findings[0].details.back(), "… and 20,001 more.");
}

}  // namespace

}  // namespace flinch::scenarios
