#include "scenarios/cli/exemplar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/seed_runner.h"
#include "scenarios/lab/group_shrinker.h"
#include "scenarios/lab/hunt_session.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// A run of `small_job` that breaks a promise.
UnitResult FailedRun() {
  sim::Result<HuntTarget> target =
      LoadTarget({.scenario = "small_job", .defects = {"sink_commits_at_snapshot"}});
  EXPECT_TRUE(target.has_value());
  UnitResult result = SeedRunner({*std::move(target)}).Perform({.seed = 1});
  EXPECT_EQ(result.verdict, UnitVerdict::kFailed);
  return result;
}

std::vector<ShrunkGroup> Shrink(const UnitResult& exemplar, int64_t patience_ns) {
  std::vector<ShrunkGroup> shrunk;
  const sim::Result<void> ran =
      ShrinkGroups({{.signature = exemplar.signature, .count = 1, .exemplar = exemplar}},
                   {.shrink = ShrinkFailure,
                    .patience_ns = patience_ns,
                    .clock = RealNow,
                    .done = [&shrunk](const ShrunkGroup& group) { shrunk.push_back(group); }});
  EXPECT_TRUE(ran.has_value());
  return shrunk;
}

TEST(GroupShrinkerTest, MakesTheExemplarSmaller) {
  const UnitResult exemplar = FailedRun();
  const std::vector<ShrunkGroup> shrunk = Shrink(exemplar, 120'000'000'000);
  ASSERT_EQ(shrunk.size(), 1U);
  EXPECT_EQ(shrunk[0].signature, exemplar.signature);
  EXPECT_THAT(shrunk[0].replay, StartsWith("replay fl1~small_job~"));
  EXPECT_LE(shrunk[0].faults, 3U);
  EXPECT_LE(shrunk[0].records, 10U);
  EXPECT_LT(shrunk[0].events, exemplar.events);
  EXPECT_NE(shrunk[0].witness, "");
}

TEST(GroupShrinkerTest, StopsWhenTheTimeIsUp) {
  // By a count of questions: how long a shrink takes is the machine's affair.
  const UnitResult exemplar = FailedRun();
  int questions = 0;
  const sim::Result<ShrunkGroup> whole = ShrinkFailure(exemplar, [&questions] {
    ++questions;
    return false;
  });
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->stopped);
  const sim::Result<ShrunkGroup> half =
      ShrinkFailure(exemplar, [left = questions / 2]() mutable { return left-- <= 0; });
  ASSERT_TRUE(half.has_value());
  EXPECT_TRUE(half->stopped);
  // Of what was not even begun there is nothing smaller.
  EXPECT_TRUE(Shrink(FailedRun(), 0).empty());
}

TEST(GroupShrinkerTest, WhatCannotBeReplayedIsLeftAsItIs) {
  UnitResult exemplar = FailedRun();
  exemplar.replay = "replay fl1~nothing";
  EXPECT_TRUE(Shrink(exemplar, 0).empty());
}

TEST(GroupsToShrinkTest, AreThoseOfRunsThatFailedByThemselves) {
  Tally tally;
  for (const auto& [signature, verdict] :
       {std::pair("lost", UnitVerdict::kFailed), std::pair("small", UnitVerdict::kFailed),
        std::pair("crashed", UnitVerdict::kCrashed), std::pair("hung", UnitVerdict::kHung),
        std::pair("memory", UnitVerdict::kOutOfMemory),
        std::pair("two", UnitVerdict::kNondeterministic)}) {
    tally.Add({.unit = tally.runs(),
               .scenario = "a",
               .verdict = verdict,
               .signature = signature,
               .replay = "replay x"});
  }
  tally.AddShrunk({.signature = "small"});
  std::vector<std::string> signatures;
  for (const FailureGroup& group : GroupsToShrink(tally)) {
    signatures.push_back(group.signature);
  }
  EXPECT_THAT(signatures, ElementsAre("lost"));
}

}  // namespace

}  // namespace flinch::scenarios
