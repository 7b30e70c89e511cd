#include "reports/plot_svg.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::reports {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

size_t CountIn(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(PlotSvgTest, ASpreadIsOfWhatWasMeasured) {
  EXPECT_FALSE(SpreadOf({}).has_value());
  const Spread one = *SpreadOf({7});
  EXPECT_EQ(one.low, 7);
  EXPECT_EQ(one.high, 7);
  const Spread many = *SpreadOf({11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ(many.low, 2);
  EXPECT_EQ(many.middle, 6);
  EXPECT_EQ(many.high, 10);
}

TEST(PlotSvgTest, HasAMarkPerPointANameForEachLineAndReadableAxes) {
  const std::string svg =
      ShowSvg({.title = "Checkpoints",
               .across = "execution.checkpointing.interval",
               .unit = "ms",
               .categories = {"100ms", "1s"},
               .lines = {{.name = "a=1", .points = {Spread{1, 2, 3}, {}}},
                         {.name = "a=2", .points = {Spread{2, 4, 93}, Spread{}}}}});
  EXPECT_EQ(CountIn(svg, "<circle "), 3U);
  EXPECT_EQ(CountIn(svg, "<polyline "), 2U);
  EXPECT_THAT(svg, AllOf(HasSubstr(">a=1</text>"), HasSubstr(">a=2</text>"),
                         HasSubstr(">execution.checkpointing.interval</text>"),
                         HasSubstr(">100ms</text>"), HasSubstr(">100</text>"),
                         HasSubstr(">80</text>"), HasSubstr("stroke-dasharray=\"8 4\"")));
}

TEST(PlotSvgTest, WhatAUserWroteIsText) {
  const std::string hostile = "<script>\x1b \u202e\" & x";
  EXPECT_THAT(ShowSvg({.title = hostile,
                       .across = hostile,
                       .unit = hostile,
                       .categories = {hostile},
                       .lines = {{.name = hostile, .points = {Spread{1, 2, 3}}}}}),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e"))));
}

TEST(PlotSvgTest, WithoutAnythingMeasuredThereAreAxes) {
  EXPECT_THAT(ShowSvg({.title = "t", .categories = {"a"}, .lines = {{.points = {{}}}}}),
              AllOf(HasSubstr(">a</text>"), Not(HasSubstr("<circle")), Not(HasSubstr("nan"))));
}

}  // namespace

}  // namespace flinch::reports
