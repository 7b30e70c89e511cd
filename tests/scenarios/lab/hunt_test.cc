#include "scenarios/lab/hunt.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

UnitResult Describe(const Unit& unit) {
  return {.unit = unit.number, .scenario = "a", .seed = unit.seed, .replay = "run a"};
}

UnitResult Perform(const Unit& unit) {
  UnitResult result = Describe(unit);
  result.digest = std::to_string(unit.number);
  result.replay = "";
  if (unit.seed % 10 == 3) {
    result.verdict = UnitVerdict::kFailed;
    result.signature = "lost";
  }
  return result;
}

HuntRequest Request(uint64_t seeds) {
  return {.space = {.last_seed = seeds},
          .pool = {.workers = 2},
          .perform = Perform,
          .describe = Describe,
          .clock = Now,
          .interrupted = [] { return false; },
          .progress = [](const HuntProgress&) {}};
}

// Each test has files of its own: others run at the same time.
std::string Prefix() {
  return std::string("hunt_test_") + testing::UnitTest::GetInstance()->current_test_info()->name() +
         "_";
}

ResultsFile OpenFile(const std::string& name) {
  sim::Result<ResultsFile> file =
      ResultsFile::Open(testing::TempDir() + "/" + Prefix() + name + ".jsonl", "{}");
  EXPECT_TRUE(file.has_value()) << file.error().message;
  return *std::move(file);
}

std::set<std::string> LinesOf(const std::string& path) {
  std::set<std::string> lines;
  const sim::Result<StoredResults> stored = ReadResults(path);
  EXPECT_TRUE(stored.has_value());
  for (UnitResult result : stored->results) {
    result.wall_us = 0;
    EXPECT_TRUE(lines.insert(ShowLine(result)).second) << "unit " << result.unit << " twice";
  }
  return lines;
}

class HuntTest : public testing::Test {
 protected:
  HuntTest() {
    for (const auto& entry : std::filesystem::directory_iterator(testing::TempDir())) {
      if (entry.path().filename().string().starts_with(Prefix())) {
        std::filesystem::remove(entry.path());
      }
    }
  }
};

TEST_F(HuntTest, PerformsEveryUnitOnce) {
  Tally tally;
  const sim::Result<HuntProgress> hunted = PerformHunt(Request(100), nullptr, tally);
  ASSERT_TRUE(hunted.has_value());
  EXPECT_EQ(hunted->runs_now, 100U);
  EXPECT_EQ(hunted->of, 100U);
  EXPECT_EQ(tally.runs(), 100U);
  EXPECT_EQ(tally.failures(), 10U);
  EXPECT_EQ(tally.groups().at(0).exemplar.seed, 3U);
}

TEST_F(HuntTest, GoesOnWhereItWasInterrupted) {
  {
    HuntRequest request = Request(200);
    uint64_t answers = 0;
    request.progress = [&](const HuntProgress& progress) { answers = progress.runs; };
    request.interrupted = [&] { return answers >= 50; };
    Tally tally;
    ResultsFile file = OpenFile("interrupted");
    ASSERT_TRUE(PerformHunt(request, &file, tally).has_value());
    EXPECT_GE(tally.runs(), 50U);
    EXPECT_LT(tally.runs(), 200U);
  }
  Tally tally;
  ResultsFile file = OpenFile("interrupted");
  const sim::Result<HuntProgress> hunted = PerformHunt(Request(200), &file, tally);
  ASSERT_TRUE(hunted.has_value());
  EXPECT_LE(hunted->runs_now, 150U);
  EXPECT_EQ(tally.runs(), 200U);
  EXPECT_EQ(tally.failures(), 20U);

  Tally whole;
  ResultsFile one_go = OpenFile("one_go");
  ASSERT_TRUE(PerformHunt(Request(200), &one_go, whole).has_value());
  EXPECT_EQ(LinesOf(file.path()), LinesOf(one_go.path()));
}

TEST_F(HuntTest, ShardsTogetherAreTheWhole) {
  std::set<std::string> together;
  for (uint64_t index = 0; index < 3; ++index) {
    HuntRequest request = Request(100);
    request.shard = {.index = index, .count = 3};
    Tally tally;
    ResultsFile file = OpenFile("shard" + std::to_string(index));
    const sim::Result<HuntProgress> hunted = PerformHunt(request, &file, tally);
    ASSERT_TRUE(hunted.has_value());
    EXPECT_EQ(hunted->of, tally.runs());
    together.merge(LinesOf(file.path()));
  }
  Tally tally;
  ResultsFile whole = OpenFile("whole");
  ASSERT_TRUE(PerformHunt(Request(100), &whole, tally).has_value());
  EXPECT_EQ(together, LinesOf(whole.path()));
}

TEST_F(HuntTest, EndsWhenItsTimeIsUp) {
  HuntRequest request = Request(1);
  request.space.last_seed.reset();
  request.for_ns = 200'000'000;
  Tally tally;
  const sim::Result<HuntProgress> hunted = PerformHunt(request, nullptr, tally);
  ASSERT_TRUE(hunted.has_value());
  EXPECT_GT(tally.runs(), 0U);
  EXPECT_GE(hunted->elapsed_ns, 200'000'000);
}

TEST_F(HuntTest, AProcessThatEndsIsAResultOfItsUnit) {
  HuntRequest request = Request(20);
  request.perform = [](const Unit& unit) {
    if (unit.seed == 5) {
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
    }
    return Perform(unit);
  };
  Tally tally;
  ASSERT_TRUE(PerformHunt(request, nullptr, tally).has_value());
  EXPECT_EQ(tally.runs(), 20U);
  EXPECT_EQ(tally.count(UnitVerdict::kCrashed), 1U);
  bool found = false;
  for (const FailureGroup& group : tally.groups()) {
    if (group.signature == "crashed: SIGSEGV") {
      found = true;
      EXPECT_EQ(group.exemplar.seed, 5U);
      EXPECT_EQ(group.exemplar.replay, "run a");
    }
  }
  EXPECT_TRUE(found);
}

// A limit, or a stranger's signal, says nothing of the run.
TEST_F(HuntTest, WhatIsNotFinalIsDoneAgain) {
  HuntRequest request = Request(12);
  request.perform = [](const Unit& unit) {
    if (unit.seed == 5) {
      std::raise(SIGKILL);
    }
    while (unit.seed == 7) {
    }
    return Perform(unit);
  };
  request.pool.patience_ns = 50'000'000;
  {
    Tally tally;
    ResultsFile file = OpenFile("again");
    ASSERT_TRUE(PerformHunt(request, &file, tally).has_value());
    EXPECT_EQ(tally.count(UnitVerdict::kCrashed), 1U);
    EXPECT_GE(tally.count(UnitVerdict::kHung), 1U);
  }
  Tally tally;
  ResultsFile file = OpenFile("again");
  const sim::Result<HuntProgress> hunted = PerformHunt(Request(12), &file, tally);
  ASSERT_TRUE(hunted.has_value());
  EXPECT_GE(hunted->runs_now, 2U);
  EXPECT_EQ(tally.runs(), 12U);
  EXPECT_EQ(tally.count(UnitVerdict::kPassed), 11U);
  EXPECT_EQ(tally.failures(), 1U);
}

TEST(JudgeFateTest, ARefusedCallIsNondeterminism) {
  UnitResult result;
  JudgeFate({.fate = Fate::kCrashed,
             .text = "flinch: nondeterminism: time() was called inside a simulated run.\nmore",
             .how = "SIGABRT"},
            {}, result);
  EXPECT_EQ(result.verdict, UnitVerdict::kNondeterministic);
  EXPECT_EQ(result.witness, "time() was called inside a simulated run.");
}

TEST(ShowBytesTest, InTheLargestUnitThatIsWhole) {
  EXPECT_EQ(ShowBytes(0), "0");
  EXPECT_EQ(ShowBytes(1000), "1000");
  EXPECT_EQ(ShowBytes(3ULL << 40), "3072G");
  EXPECT_EQ(ShowBytes(1536ULL << 20), "1536M");
}

TEST(JudgeFateTest, ToldWithTheLastWords) {
  UnitResult result;
  result.replay = "run a";
  JudgeFate({.fate = Fate::kHung, .text = "tick\x1b[2J\ntock\n"}, {.patience_ns = 20'000'000},
            result);
  EXPECT_EQ(result.signature, "hung");
  EXPECT_THAT(result.witness, HasSubstr("within 20ms of its own time"));
  EXPECT_THAT(result.witness, HasSubstr("tick\\"));
  EXPECT_EQ(result.replay, "run a --seed-timeout 20ms");
  result.replay = "run a";
  JudgeFate({.fate = Fate::kOutOfMemory}, {.memory_bytes = 512ULL << 20}, result);
  EXPECT_EQ(result.verdict, UnitVerdict::kOutOfMemory);
  EXPECT_EQ(result.replay, "run a --seed-memory 512M");
}

}  // namespace

}  // namespace flinch::scenarios
