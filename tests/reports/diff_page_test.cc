#include "reports/diff_page.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::RecordingBuilder;

const std::string kDiffHostile = "<script>x</script> @style@ \x1b \u202e \" '";

RunSummary Ended(Verdict verdict) {
  return {.scenario = kDiffHostile, .seed = 7, .verdict = verdict};
}

RecordingBuilder Beginning() {
  RecordingBuilder history;
  history.At(1s).By("jm").Tell("a", {{"id", 1}});
  history.At(2s).By("tm-1").Tell("b", {{"reason", kDiffHostile}});
  return history;
}

TEST(DiffPageTest, ShowsBothFromWhereTheyDiffer) {
  RecordingBuilder left = Beginning();
  RecordingBuilder right = Beginning();
  left.At(3s).Tell("only_left");
  right.At(4s).Tell("only_right");
  left.At(5s).Tell("later_both");
  right.At(5s).Tell("later_both");
  const RunSummary failed = Ended(Verdict::kFailed);
  const RunSummary passed = Ended(Verdict::kPassed);
  const std::string page = ShowDiffPage({failed, left.recording()}, {passed, right.recording()});
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("The first 2 events that they told are the same."),
            HasSubstr("<td>◂</td><td>00:03.000000</td><td class=\"long\">#3 tm-1 only_left"),
            HasSubstr(
                "<td>▸</td><td>00:04.000000</td><td></td><td class=\"long\">#3 tm-1 only_right"),
            HasSubstr("<td>=</td><td>00:05.000000</td>")));
}

TEST(DiffPageTest, WhatAUserWroteIsText) {
  const RunSummary failed = Ended(Verdict::kFailed);
  const RecordingBuilder history = Beginning();
  const std::string page =
      ShowDiffPage({failed, history.recording()}, {failed, history.recording()});
  EXPECT_THAT(page, AllOf(HasSubstr("All that they told is the same."), Not(HasSubstr("<script")),
                          Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e")),
                          HasSubstr("default-src 'none'")));
}

TEST(DiffPageTest, HoweverLongTheRunsThePageStaysBelowFiveMegabytes) {
  RecordingBuilder left;
  RecordingBuilder right;
  for (int64_t number = 0; number < 3'000; ++number) {
    left.Tell("a", {{"text", std::string(5'000, 'x')}, {"number", number}});
    right.Tell("b", {{"text", std::string(5'000, 'y')}, {"number", number}});
  }
  const RunSummary failed = Ended(Verdict::kFailed);
  const std::string page = ShowDiffPage({failed, left.recording()}, {failed, right.recording()});
  EXPECT_LT(page.size(), 5'000'000U);
  EXPECT_THAT(page, HasSubstr("5000 more events are not in this page"));
}

TEST(DiffPageTest, ARunWithoutEventsIsOne) {
  const RunSummary passed = Ended(Verdict::kPassed);
  EXPECT_THAT(ShowDiffPage({passed, {}}, {passed, {}}),
              HasSubstr("All that they told is the same."));
}

}  // namespace

}  // namespace flinch::reports
