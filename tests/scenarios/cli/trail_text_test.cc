#include "scenarios/cli/trail_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

TEST(TrailTextTest, ATrailComesBackAsItWas) {
  const sim::Trail trail{.digest = {.high = UINT64_MAX, .low = 1},
                         .events = 300,
                         .ladder = {UINT64_MAX, 7},
                         .kept = {"#1 \"a\"", "#2\n"},
                         .actor = "fiber main of a",
                         .stack = {"f()", "g<int>()"},
                         .judgement = R"({"verdict":"passed"})"};
  const std::string text = ShowTrail(trail);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  const sim::Result<sim::Trail> read = ParseTrail(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->SameRunAs(trail));
  EXPECT_EQ(read->ladder, trail.ladder);
  EXPECT_EQ(read->kept, trail.kept);
  EXPECT_EQ(read->actor, trail.actor);
  EXPECT_EQ(read->stack, trail.stack);
}

TEST(TrailTextTest, AnythingElseIsNoTrail) {
  for (const std::string_view text : {"", "{}", "[1]", "flinch: no", "{\"digest\":[1]}"}) {
    const sim::Result<sim::Trail> read = ParseTrail(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption);
  }
}

TEST(TrailTextTest, ALensIsThreeNumbers) {
  const sim::Result<sim::Lens> lens = ParseLens("257:512:300");
  ASSERT_TRUE(lens.has_value());
  EXPECT_EQ(ShowLens(*lens), "257:512:300");
  EXPECT_EQ(lens->stack_at, 300U);
  for (const std::string_view text : {"", "1", "1:2", "1:2:", "a:2:3", "1:2:3:4", "-1:2:3"}) {
    EXPECT_FALSE(ParseLens(text).has_value()) << text;
  }
}

}  // namespace

}  // namespace flinch::scenarios
