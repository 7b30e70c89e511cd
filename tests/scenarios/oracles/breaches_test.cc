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
    breaches.Add(fmt::format("Breach {}.", i));
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
