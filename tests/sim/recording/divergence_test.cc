#include "sim/recording/divergence.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

// A run of events "#n value"; the event `odd` has another value. What it kept, and at what cost,
// as a recorder would do it.
struct Script {
  uint64_t events = 2'000;
  uint64_t odd = 0;
  std::string judgement = "passed";
  uint64_t performed = 0;

  Trail Run(const Lens& lens) {
    Trail trail{.judgement = judgement};
    uint64_t state = 1;
    for (uint64_t number = 1; number <= std::min(events, lens.end()); ++number) {
      state = state * 6'364'136'223'846'793'005U + (number == odd ? 2 : 1);
      if (number % kEventsPerRung == 0) {
        trail.ladder.push_back(state);
      }
      if (lens.Covers(EventId(number))) {
        trail.kept.push_back(std::to_string(number) + (number == odd ? " odd" : " even"));
      }
      if (lens.stack_at == number) {
        trail.actor = "fiber main of a";
        trail.stack = {"Work()"};
      }
      trail.events = number;
      ++performed;
    }
    trail.digest = {.high = 0, .low = state};
    return trail;
  }

  Experiment AsExperiment() {
    return [this](const Lens& lens) { return Run(lens); };
  }
};

std::optional<Divergence> Find(Script& first, Script& second) {
  return FindDivergence(first.AsExperiment(), second.AsExperiment());
}

TEST(DivergenceTest, TheSameRunTwiceHasNone) {
  Script first;
  Script second;
  EXPECT_FALSE(Find(first, second).has_value());
  EXPECT_EQ(first.performed, 2'000U);  // and nothing is run again
}

TEST(DivergenceTest, EveryEventIsFoundWhereverItStands) {
  for (const uint64_t odd : {1U, 2U, 255U, 256U, 257U, 512U, 1'000U, 1'999U, 2'000U}) {
    Script first;
    Script second{.odd = odd};
    const std::optional<Divergence> found = Find(first, second);
    ASSERT_TRUE(found.has_value()) << odd;
    EXPECT_EQ(found->event.value(), odd);
    EXPECT_EQ(found->first.event, std::to_string(odd) + " even");
    EXPECT_EQ(found->second.event, std::to_string(odd) + " odd");
    EXPECT_EQ(found->first.actor, "fiber main of a");
    EXPECT_EQ(found->second.stack, std::vector<std::string>{"Work()"});
    EXPECT_LE(first.performed, 3 * first.events + kEventsPerRung) << odd;
  }
}

TEST(DivergenceTest, ARunThatEndsEarlierPartsAtItsEnd) {
  for (const uint64_t events : {0U, 100U, 256U, 300U, 1'999U}) {
    Script first{.events = events};
    Script second;
    const std::optional<Divergence> found = Find(first, second);
    ASSERT_TRUE(found.has_value()) << events;
    EXPECT_EQ(found->event.value(), events + 1);
    EXPECT_EQ(found->first.event, "");
    EXPECT_TRUE(found->first.stack.empty());
    EXPECT_EQ(found->second.event, std::to_string(events + 1) + " even");
    EXPECT_NE(Show(*found, "one", "two").find("one: (the run had ended)"), std::string::npos);
  }
}

TEST(DivergenceTest, EqualEventsWithAnotherJudgementAreADifference) {
  Script first;
  Script second{.judgement = "failed"};
  const std::optional<Divergence> found = Find(first, second);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->event, EventId());
  EXPECT_EQ(found->first.event, "passed");
  EXPECT_EQ(found->second.event, "failed");
  EXPECT_NE(Show(*found, "one", "two").find("Every event is equal"), std::string::npos);
}

TEST(DivergenceTest, ADifferenceThatMovesIsFollowed) {
  Script first;
  Script second;
  int runs = 0;
  const std::optional<Divergence> found =
      FindDivergence(first.AsExperiment(), [&](const Lens& lens) {
        second.odd = runs++ == 0 ? 1'500 : 700;
        return second.Run(lens);
      });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->event.value(), 700U);
  EXPECT_EQ(found->second.event, "700 odd");
}

TEST(DivergenceTest, IsShownWithBothSides) {
  Script first;
  Script second{.odd = 300};
  EXPECT_EQ(Show(*Find(first, second), "plain", "hostile"),
            "The first event that differs is #300:\n"
            "  plain: 300 even\n"
            "    by fiber main of a\n"
            "      at Work()\n"
            "  hostile: 300 odd\n"
            "    by the same, from the same place\n");
}

}  // namespace
}  // namespace flinch::sim
