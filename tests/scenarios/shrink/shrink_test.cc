#include "scenarios/shrink/shrink.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/files/registry.h"
#include "scenarios/shrink/tape_edits.h"
#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Scenario Clicks() {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  // Enough for each defect, and quick.
  scenario.workload.records = 300;
  scenario.workload.keys = 100;
  return scenario;
}

RunRequest Request(const Scenario& scenario, uint64_t seed, const engine::Defects& defects) {
  return {.scenario = scenario,
          .workload = *LoadWorkload(scenario, seed, std::nullopt),
          .seed = seed,
          .defects = defects};
}

reports::RunSummary SummaryOf(const RunRequest& request) { return Run(request).summary; }

// The first seed whose run fails.
std::optional<RunRequest> FindFailure(const engine::Defects& defects) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    RunRequest request = Request(Clicks(), seed, defects);
    if (SummaryOf(request).verdict == reports::Verdict::kFailed) {
      return request;
    }
  }
  return std::nullopt;
}

// The rows without any of which it does not fail like this; of those that are published.
std::vector<uint64_t> RowsThatMatter(const Shrunk& shrunk) {
  const RowSelection& rows = shrunk.run.scenario.workload.rows;
  const NumberRanges kept =
      rows.all() ? NumberRanges::From(1, shrunk.run.workload.rows.size()) : rows.numbers();
  std::vector<uint64_t> matter;
  const std::vector<uint64_t> numbers = kept.Numbers();
  for (size_t place = 0; place < numbers.size(); ++place) {
    Scenario fewer = shrunk.run.scenario;
    fewer.workload.rows = RowSelection::OfRanges(kept.Without(place, place + 1));
    RunRequest without = shrunk.run;
    without.scenario = fewer;
    without.workload = *LoadWorkload(fewer, without.seed, std::nullopt);
    if (SignatureOf(SummaryOf(without)) != shrunk.signature) {
      matter.push_back(numbers[place]);
    }
  }
  return matter;
}

class ShrinkDefectTest : public ::testing::TestWithParam<engine::Defect> {};

TEST_P(ShrinkDefectTest, LeavesFewFaultsAndRecordsThatFailTheSameWay) {
  engine::Defects defects;
  defects.Plant(GetParam());
  const std::optional<RunRequest> failure = FindFailure(defects);
  ASSERT_TRUE(failure.has_value());
  const ShrinkOptions options{.base = *FindLibraryScenario("url_clicks")};
  const sim::Result<Shrunk> shrunk = Shrink(*failure, options);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_EQ(SignatureOf(SummaryOf(shrunk->run)), shrunk->signature);
  EXPECT_EQ(SummaryOf(shrunk->run).digest, shrunk->summary.digest);
  EXPECT_LE(shrunk->run.plan->faults.size(), 3U) << faults::ShowToml(*shrunk->run.plan);
  EXPECT_LE(shrunk->run.workload.rows.size(), 10U);
  EXPECT_EQ(NamesOf(shrunk->run.defects), NamesOf(defects));
  EXPECT_THAT(RowsThatMatter(*shrunk), SizeIs(shrunk->run.workload.rows.size()));

  const sim::Result<Shrunk> again = Shrink(shrunk->run, options);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->steps.size(), 1U);
  EXPECT_EQ(again->summary.digest, shrunk->summary.digest);
  EXPECT_EQ(ShowToml(again->run.scenario), ShowToml(shrunk->run.scenario));
  EXPECT_EQ(*again->run.plan, *shrunk->run.plan);
}

INSTANTIATE_TEST_SUITE_P(Planted, ShrinkDefectTest,
                         ::testing::Values(engine::Defect::kSinkCommitsAtSnapshot,
                                           engine::Defect::kSinkCommitsOnlyMatchingId,
                                           engine::Defect::kKeyGroupRangeEndExclusive,
                                           engine::Defect::kSourceAdvancesBeforeEmit,
                                           engine::Defect::kNotifiesBeforeStored),
                         [](const ::testing::TestParamInfo<engine::Defect>& tested) {
                           return std::string(
                               engine::kDefects.at(static_cast<size_t>(tested.param)).name);
                         });

// Operators that have nothing to do with it go, and their numbers get small.
TEST(ShrinkTest, LeavesFewStepsOfAJobOfTheAlgebra) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.job = {.name = "algebra",
                  .parallelism = 4,
                  .window = std::chrono::milliseconds(500),
                  .steps = {"map 9", "rebalance", "flat_map 3", "key 7", "count", "map 3"}};
  scenario.workload.records = 200;
  engine::Defects defects;
  defects.Plant(engine::Defect::kSourceAdvancesBeforeEmit);
  std::optional<RunRequest> failure;
  for (uint64_t seed = 1; !failure && seed <= 100; ++seed) {
    RunRequest request = Request(scenario, seed, defects);
    if (SummaryOf(request).verdict == reports::Verdict::kFailed) {
      failure = std::move(request);
    }
  }
  ASSERT_TRUE(failure.has_value());
  const ShrinkOptions options{.base = scenario};
  const sim::Result<Shrunk> shrunk = Shrink(*failure, options);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_THAT(shrunk->run.scenario.job.steps, ::testing::ElementsAre("count"));
  const sim::Result<Shrunk> again = Shrink(shrunk->run, options);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->steps.size(), 1U);
}

// Rows that matter because of how they meet: from 2000, in a few hundred runs.
TEST(ShrinkTest, TradesManyRowsForSettingsUnderWhichFewDo) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.limits.simulated_time = std::chrono::minutes(1);
  engine::Defects defects;
  defects.Plant(engine::Defect::kUploadReadsLiveState);
  std::optional<RunRequest> failure;
  for (uint64_t seed = 1; !failure && seed <= 100; ++seed) {
    RunRequest request = Request(scenario, seed, defects);
    if (SummaryOf(request).verdict == reports::Verdict::kFailed) {
      failure = std::move(request);
    }
  }
  ASSERT_TRUE(failure.has_value());
  const ShrinkOptions options{.base = scenario};
  const sim::Result<Shrunk> shrunk = Shrink(*failure, options);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_LE(shrunk->run.plan->faults.size(), 3U);
  EXPECT_LE(shrunk->run.workload.rows.size(), 10U);
  EXPECT_LE(shrunk->runs, 3000U);
  const sim::Result<Shrunk> again = Shrink(shrunk->run, options);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->steps.size(), 1U);
}

// Ends with the first schedule: smaller runs may fail first in first out.
Shrunk ShrinkSchedule(const RunRequest& failure, bool may_use_tape) {
  bool is_done = false;
  ShrinkOptions options{.base = failure.scenario, .may_use_tape = may_use_tape};
  options.tell = [&is_done](const ShrinkStep& step) {
    is_done = is_done || step.pass == "schedule";
  };
  options.stop = [&is_done] { return is_done; };
  sim::Result<Shrunk> shrunk = Shrink(failure, options);
  EXPECT_TRUE(shrunk.has_value()) << shrunk.error().message;
  return *std::move(shrunk);
}

struct FailureOfChance {
  RunRequest failure;
  Shrunk shrunk;
};

// A failure of this defect that first in first out does not show, nor shows once its faults are
// fewer.
std::optional<FailureOfChance> ShrinkFailureOfChance(engine::Defect defect, bool on_tape) {
  engine::Defects defects;
  defects.Plant(defect);
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    RunRequest request = Request(Clicks(), seed, defects);
    if (SummaryOf(request).verdict != reports::Verdict::kFailed) {
      continue;
    }
    RunRequest other = request;
    other.scheduling.strategy = sim::Strategy::kFifo;
    if (SummaryOf(other).verdict != reports::Verdict::kPassed) {
      continue;
    }
    if (on_tape) {
      other = request;
      other.records_tape = true;
      request.play = scenarios::Run(other).tape;
    }
    Shrunk shrunk = ShrinkSchedule(request, !on_tape);
    if (shrunk.run.play) {
      return FailureOfChance{.failure = std::move(request), .shrunk = std::move(shrunk)};
    }
  }
  return std::nullopt;
}

// Which defects need a schedule changes with every recording: one of these does.
std::optional<FailureOfChance> ShrinkFailureOfChance(bool on_tape) {
  for (const engine::Defect defect :
       {engine::Defect::kSinkCommitsOnlyMatchingId, engine::Defect::kSourceAdvancesBeforeEmit,
        engine::Defect::kAlignerKeepsReceived, engine::Defect::kSinkExpectsNotificationsInOrder}) {
    if (std::optional<FailureOfChance> found = ShrinkFailureOfChance(defect, on_tape)) {
      return found;
    }
  }
  return std::nullopt;
}

TEST(ShrinkTest, LeavesOnATapeOnlyTheChoicesThatMatter) {
  const std::optional<FailureOfChance> found = ShrinkFailureOfChance(true);
  if (!found) {
    GTEST_SKIP() << "in today's recordings no failure of these seeds needs its schedule";
  }
  const Shrunk& shrunk = found->shrunk;
  const uint64_t left = shrunk.steps.back().size.choices;
  EXPECT_EQ(left, CountChoices(*shrunk.run.play));
  EXPECT_GT(left, 0U);
  EXPECT_LE(left, 20U);
  EXPECT_GT(shrunk.steps.front().size.choices, 10 * left);
  EXPECT_EQ(SummaryOf(shrunk.run).digest, shrunk.summary.digest);
  EXPECT_EQ(SignatureOf(SummaryOf(shrunk.run)), shrunk.signature);
}

TEST(ShrinkTest, WritesATapeOnlyWhereItMay) {
  const std::optional<FailureOfChance> found = ShrinkFailureOfChance(false);
  if (!found) {
    GTEST_SKIP() << "in today's recordings no failure of these seeds needs its schedule";
  }
  const auto& [failure, with] = *found;
  EXPECT_LE(CountChoices(*with.run.play), 10U);
  EXPECT_EQ(SummaryOf(with.run).digest, with.summary.digest);
  const sim::Result<Shrunk> without = Shrink(failure, {.base = failure.scenario});
  ASSERT_TRUE(without.has_value());
  EXPECT_FALSE(without->run.play.has_value());
}

TEST(ShrinkTest, RefusesWhatPasses) {
  const sim::Result<Shrunk> shrunk =
      Shrink(Request(Clicks(), 1, {}), {.base = *FindLibraryScenario("url_clicks")});
  ASSERT_FALSE(shrunk.has_value());
  EXPECT_THAT(shrunk.error().message, HasSubstr("only a failure can be shrunk"));
}

TEST(ShrinkTest, KeepsTheBestSoFarWhenItIsStopped) {
  engine::Defects defects;
  defects.Plant(engine::Defect::kSinkCommitsAtSnapshot);
  const RunRequest failure = *FindFailure(defects);
  ShrinkOptions options{.base = *FindLibraryScenario("url_clicks")};
  // It is asked inside of runs, too: the first one must come to its end.
  bool has_begun = false;
  int asked = 0;
  options.tell = [&has_begun](const ShrinkStep&) { has_begun = true; };
  options.stop = [&] { return has_begun && ++asked > 10; };
  const sim::Result<Shrunk> shrunk = Shrink(failure, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_TRUE(shrunk->stopped);
  EXPECT_LE(shrunk->runs, 11U);
  EXPECT_EQ(SignatureOf(SummaryOf(shrunk->run)), shrunk->signature);
}

// 20,000 rows, of which a run takes seconds: neither is a run waited for, nor is a row looked at
// once the time is over.
TEST(ShrinkTest, EndsInTheMiddleOfARun) {
  Scenario scenario = Clicks();
  scenario.workload.records = 20'000;
  engine::Defects defects;
  defects.Plant(engine::Defect::kSinkCommitsAtSnapshot);
  const RunRequest failure = Request(scenario, 1, defects);
  ShrinkOptions options{.base = scenario};
  int asked = 0;
  options.stop = [&asked] { return ++asked > 3; };
  const sim::Result<Shrunk> shrunk = Shrink(failure, options);
  ASSERT_FALSE(shrunk.has_value());
  EXPECT_EQ(shrunk.error().code, sim::ErrorCode::kUnavailable);
  EXPECT_LE(asked, 5);
}

}  // namespace

}  // namespace flinch::scenarios
