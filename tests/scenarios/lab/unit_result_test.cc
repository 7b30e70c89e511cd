#include "scenarios/lab/unit_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

UnitResult Full() {
  return {.unit = 12,
          .scenario = "url_clicks",
          .seed = UINT64_MAX,
          .search = "pct",
          .verdict = UnitVerdict::kFailed,
          .digest = "0123456789abcdef",
          .events = 94'012,
          .sim_ns = 10'200'000'000,
          .wall_us = 61'000,
          .checkpoints = 15,
          .faults = {{"crash", 2}, {"cut", 1}},
          .faults_planned = 4,
          .planned_fired = {0, 2},
          .cells = {0, 1, 9, 311},
          .varied = {"job.parallelism"},
          .blind = {"alignment"},
          .twice = true,
          .signature = "exactly_once:lost@sink",
          .oracle = "exactly_once",
          .witness = "A record\n\"x\" is missing.",
          .story = {"00:01.582  crash  tm-3"},
          .replay = "replay fl1~x"};
}

TEST(UnitResultTest, ReadsBackWhatItShows) {
  const std::string line = ShowLine(Full());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  const sim::Result<UnitResult> read = ParseLine(line);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_TRUE(SameOutcome(*read, Full()));
  EXPECT_EQ(ShowLine(*read), line);
  EXPECT_EQ(read->cells, Full().cells);
  EXPECT_EQ(read->faults, Full().faults);
  EXPECT_EQ(read->planned_fired, Full().planned_fired);
  EXPECT_EQ(read->varied, Full().varied);
}

TEST(UnitResultTest, LeavesOutWhatIsEmpty) {
  const std::string line = ShowLine({.unit = 1, .scenario = "a", .seed = 2});
  EXPECT_THAT(line, Not(HasSubstr("signature")));
  EXPECT_THAT(line, Not(HasSubstr("blind")));
  EXPECT_TRUE(SameOutcome(*ParseLine(line), {.unit = 1, .scenario = "a", .seed = 2}));
}

TEST(UnitResultTest, RefusesWhatIsNoResult) {
  for (const char* const line :
       {"",
        "{}",
        "[]",
        "{\"unit\":1",
        R"({"unit":1,"scenario":"a","seed":"x","verdict":"passed"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"lucky"})",
        R"({"unit":"one","scenario":"a","seed":"1","verdict":"passed"})",
        R"({"unit":-1,"scenario":"a","seed":"1","verdict":"passed"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","events":-5})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","sim_ns":-5})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","evnets":5})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","search":"luck"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","digest":"xyz"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","faults":{"crahs":1}})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","faults":{"crash":-1}})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","blind":["no body"]})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","planned_fired":[0]})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","cells":"0"})",
        R"({"unit":1,"scenario":"\u001b[2J","seed":"1","verdict":"passed"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"failed"})",
        R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","replay":"run a; rm -rf ~"})"}) {
    const sim::Result<UnitResult> read = ParseLine(line);
    ASSERT_FALSE(read.has_value()) << line;
    EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption);
    EXPECT_THAT(read.error().message, Not(HasSubstr("exception")));
  }
  const std::string far(100'000, 'f');
  EXPECT_FALSE(
      ParseLine(R"({"unit":1,"scenario":"a","seed":"1","verdict":"passed","cells":")" + far + "\"}")
          .has_value());
}

TEST(UnitResultTest, WordsAreNoMoreThanOneCommand) {
  EXPECT_TRUE(AreShellWords("run 'my scenario.toml' --set 'a=it'\\''s' --seed 7"));
  EXPECT_TRUE(AreShellWords("replay fl1~a~set:b=%20"));
  for (const char* const words : {"run a; b", "run a | b", "run `b`", "run $(b)", "run 'a",
                                  "run a\nb", "run a > b", "run \\x"}) {
    EXPECT_FALSE(AreShellWords(words)) << words;
  }
}

TEST(UnitResultTest, WhatALimitEndedIsNotFinal) {
  UnitResult result = Full();
  EXPECT_TRUE(result.IsFinal());
  result.verdict = UnitVerdict::kHung;
  EXPECT_FALSE(result.IsFinal());
  result.verdict = UnitVerdict::kOutOfMemory;
  EXPECT_FALSE(result.IsFinal());
  result.verdict = UnitVerdict::kCrashed;
  result.signature = "crashed: SIGSEGV";
  EXPECT_TRUE(result.IsFinal());
  result.signature = "crashed: SIGKILL";
  EXPECT_FALSE(result.IsFinal());
}

TEST(UnitResultTest, EveryVerdictHasItsName) {
  for (int verdict = 0; verdict <= static_cast<int>(UnitVerdict::kNondeterministic); ++verdict) {
    UnitResult result{.scenario = "a", .verdict = static_cast<UnitVerdict>(verdict)};
    result.signature = result.IsFailure() ? "x" : "";
    EXPECT_EQ(ParseLine(ShowLine(result))->verdict, result.verdict);
  }
}

TEST(UnitResultTest, BytesThatAreNoTextDoNotBreakTheLine) {
  UnitResult result = Full();
  result.witness = "\xff\x01\nnext";
  const sim::Result<UnitResult> read = ParseLine(ShowLine(result));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_THAT(read->witness, ::testing::EndsWith("\nnext"));
}

}  // namespace

}  // namespace flinch::scenarios
