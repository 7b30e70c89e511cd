#include "reports/hunt_page.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::reports {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHuntHostile = "<script>x</script> @style@ @body@ & \x1b \xff \u202e \" '";

HuntPage Found() {
  return {.title = "url_clicks",
          .verdict = "2 of 9 runs failed, in 1 kinds",
          .groups = {{.signature = "exactly_once:lost@sink",
                      .count = 2,
                      .exemplar = "url_clicks seed 7",
                      .story = {"00:01.000  crash  tm-1"},
                      .witness = "The record is lost.",
                      .replays = {{"As found:", "./flinch replay fl1~x"}}}},
          .curve = {{.runs = 1},
                    {.runs = 3, .groups = 1, .cells = 4},
                    {.runs = 9, .groups = 1, .cells = 5}},
          .searches = {{.name = "random", .runs = 9, .failures = 2, .groups = 1, .cells = 5}},
          .map = {.columns = {"crash", "link"},
                  .rows = {{"store/jm", {CellState::kStruck, CellState::kMissed}},
                           {"align/sink", {CellState::kNone, CellState::kMissed}}}},
          .text = "url_clicks  2 failures"};
}

TEST(HuntPageTest, TellsGroupsCurveSearchesAndWhatWasNeverStruck) {
  EXPECT_THAT(ShowHuntPage(Found()),
              AllOf(HasSubstr("<h3>exactly_once:lost@sink</h3>"),
                    HasSubstr("<pre tabindex=\"0\">./flinch replay fl1~x</pre>"),
                    HasSubstr("After 9 runs 1 kinds of failure and 5 cells of the protocol were"),
                    HasSubstr("<td>random</td><td class=\"number\">9</td>"),
                    HasSubstr("<th scope=\"row\">store/jm</th><td><span "
                              "aria-label=\"struck\">●</span></td><td><span "
                              "aria-label=\"never\">–</span></td>"),
                    HasSubstr("<th scope=\"row\">align/sink</th><td></td>")));
}

TEST(HuntPageTest, HasNoScriptAndAsksNobodyForAnything) {
  EXPECT_THAT(ShowHuntPage(Found()),
              AllOf(HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'\""),
                    Not(HasSubstr("<script")), Not(HasSubstr("http:")), Not(HasSubstr("https:")),
                    Not(HasSubstr(" src="))));
}

TEST(HuntPageTest, WhatAUserWroteIsText) {
  HuntPage page = Found();
  page.title = page.verdict = page.text = kHuntHostile;
  page.groups[0] = {.signature = kHuntHostile,
                    .exemplar = kHuntHostile,
                    .story = {kHuntHostile},
                    .witness = kHuntHostile,
                    .replays = {{kHuntHostile, kHuntHostile}}};
  page.searches[0].name = page.map.columns[0] = page.map.rows[0].first = kHuntHostile;
  EXPECT_THAT(ShowHuntPage(page),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")),
                    Not(HasSubstr("\u202e")), HasSubstr("&lt;script&gt;x&lt;/script&gt;")));
}

TEST(HuntPageTest, HoweverMuchWasFoundItStaysBelowFiveMegabytes) {
  HuntPage page = Found();
  const HuntPageGroup group{.signature = std::string(5'000, '<'),
                            .story = std::vector<std::string>(30, std::string(3'000, '<')),
                            .witness = std::string(50'000, '<'),
                            .replays = {{"As found:", std::string(100'000, '<')}}};
  page.groups.assign(100, group);
  page.curve.assign(100'000, {.runs = 7, .groups = 1});
  page.text = std::string(1'000'000, '<');
  const std::string shown = ShowHuntPage(page);
  EXPECT_LT(shown.size(), 5'000'000U);
  EXPECT_THAT(shown, HasSubstr("more groups</p>"));
}

TEST(HuntPageTest, AHuntThatFoundNothingHasAPage) {
  EXPECT_THAT(ShowHuntPage({.title = "t", .verdict = "no failure in 0 runs"}),
              HasSubstr("<p>No failure was found.</p>"));
}

}  // namespace

}  // namespace flinch::reports
