#include "scenarios/stage/promise.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Two TaskManagers with a slot each, and a job that needs one.
Scenario SmallCluster() {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.cluster = {.task_managers = 2, .slots_each = 1};
  scenario.job.parallelism = 1;
  scenario.workload.partitions = 1;
  scenario.workload.records = 60;
  scenario.workload.rows_per_second = 40;
  scenario.faults.source = FaultSource::kNone;
  scenario.vary = {};
  scenario.limits.heal_after = 1s;
  // What does not finish need not take long for it.
  scenario.limits.simulated_time = 1min;
  scenario.limits.events = 300'000;
  scenario.limits.checkpoints_after_healing = 60;
  scenario.options.checkpoint.timeout = 2s;
  scenario.options.network.request_timeout = 2s;
  return scenario;
}

void Set(Scenario& scenario, const std::vector<std::string>& settings) {
  for (const std::string& text : settings) {
    const Setting setting = ParseSetting(text).value();
    ASSERT_TRUE(ApplySetting(scenario, setting.key, setting.value).has_value()) << text;
  }
  ASSERT_TRUE(Validate(scenario).has_value());
}

faults::FaultPlan PlanFrom(std::string_view text) {
  const sim::Result<faults::FaultPlan> plan =
      faults::ParseFaultPlan("plan.toml", "version = 1\n" + std::string(text));
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return plan.value_or(faults::FaultPlan());
}

Promise Promised(const Scenario& scenario, const faults::FaultPlan& plan = {}) {
  return PromiseOf(scenario, plan);
}

const Clause& ClauseOf(const Promise& promise, std::string_view name) {
  for (const Clause& clause : promise.clauses) {
    if (clause.name == name) {
      return clause;
    }
  }
  ADD_FAILURE() << "no clause " << name;
  return promise.clauses.front();
}

TEST(PromiseOfTest, HoldsForTheLibraryUnderItsSwarms) {
  for (const std::string_view name : {"url_clicks", "word_count", "small_job"}) {
    const Scenario& scenario = *FindLibraryScenario(name);
    const Workload workload = *LoadWorkload(scenario, 1, std::nullopt);
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      EXPECT_EQ(PromiseOf(scenario, PlanOf(scenario, workload, seed)).excuses(),
                std::vector<std::string>())
          << name << " seed " << seed;
    }
  }
}

struct BeyondCase {
  std::string_view setting;
  std::string_view name;
};

class BeyondTest : public ::testing::TestWithParam<BeyondCase> {};

// These were once told as failures of the engine.
TEST_P(BeyondTest, IsInconclusiveAndSaysWhatIsAskedTooMuch) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  Set(scenario, {std::string(GetParam().setting)});
  const Workload workload = *LoadWorkload(scenario, 3, std::nullopt);
  const RunResult result =
      scenarios::Run({.scenario = scenario, .workload = workload, .seed = 3, .defects = {}});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive)
      << reports::ShowText(result.summary);
  const std::string option(GetParam().setting.substr(0, GetParam().setting.find('=')));
  EXPECT_THAT(result.summary.reason, HasSubstr(option));
}

INSTANTIATE_TEST_SUITE_P(Options, BeyondTest,
                         testing::Values(BeyondCase{"restart-strategy.fixed-delay.attempts=0",
                                                    "restarts"},
                                         BeyondCase{"restart-strategy.type=none", "no_restarts"},
                                         BeyondCase{"task.record-time=1s", "time"},
                                         BeyondCase{"sink.transaction-timeout=10ms", "transaction"},
                                         BeyondCase{"transaction.max.timeout=59s", "refused"}),
                         [](const testing::TestParamInfo<BeyondCase>& tested) {
                           return std::string(tested.param.name);
                         });

// What is set in a small cluster, from what every job bears to what none can finish with.
const std::vector<std::vector<std::string>> kVariations = {
    {},
    {"heartbeat.interval=10ms", "heartbeat.timeout=11ms"},
    {"heartbeat.interval=10ms", "heartbeat.timeout=12ms"},
    {"heartbeat.interval=10ms", "heartbeat.timeout=40ms"},
    {"pekko.ask.timeout=10ms"},
    {"taskmanager.network.request-timeout=10ms"},
    {"taskmanager.network.request-timeout=106ms"},
    {"taskmanager.network.request-timeout=200ms"},
    {"execution.checkpointing.timeout=10ms"},
    {"execution.checkpointing.timeout=20ms"},
    {"execution.checkpointing.timeout=60ms"},
    {"execution.checkpointing.timeout=150ms"},
    {"execution.checkpointing.timeout=300ms"},
    {"restart-strategy.fixed-delay.attempts=0"},
    {"restart-strategy.fixed-delay.attempts=2"},
    {"restart-strategy.fixed-delay.attempts=30"},
    {"restart-strategy.type=none"},
    {"restart-strategy.type=failure-rate",
     "restart-strategy.failure-rate.max-failures-per-interval=2"},
    {"restart-strategy.type=exponential-delay",
     "restart-strategy.exponential-delay.initial-backoff=100ms"},
    {"execution.checkpointing.max-concurrent-checkpoints=3"},
    {"sink.transaction-timeout=300ms"},
    {"sink.transaction-timeout=20s"},
    {"task.record-time=1s", "limits.simulated_time=30s"},
    {"task.record-time=100ms"},
    {"limits.simulated_time=3s"}};

// All small clusters: whatever is asked too much, no run is called wrong.
TEST(PromiseOfTest, NobodyIsBlamedOnAnySmallCluster) {
  const std::vector<std::string_view> plans = {"",
                                               R"([[fault]]
when = { at = "300ms" }
do = { crash = "tm-1", restart_after = "200ms" })",
                                               R"([[fault]]
when = { at = "300ms" }
do = { crash = "tm-1" }
[[fault]]
when = { at = "400ms" }
do = { crash = "tm-2" })",
                                               R"([[fault]]
when = { event = "checkpoint.stored", nth = 1 }
do = { crash = "jm", restart_after = "300ms" })",
                                               R"([[fault]]
when = { at = "200ms" }
do = { pause = "broker", for = "700ms" })"};
  size_t passed = 0;
  size_t inconclusive = 0;
  for (const std::vector<std::string>& variation : kVariations) {
    Scenario scenario = SmallCluster();
    Set(scenario, variation);
    const Workload workload = *LoadWorkload(scenario, 1, std::nullopt);
    for (const std::string_view text : plans) {
      const faults::FaultPlan plan = PlanFrom(text);
      for (uint64_t seed = 1; seed <= 2; ++seed) {
        const RunResult result = scenarios::Run({.scenario = scenario,
                                                 .workload = workload,
                                                 .seed = seed,
                                                 .defects = {},
                                                 .plan = plan});
        EXPECT_NE(result.summary.verdict, reports::Verdict::kFailed)
            << fmt::format("{}\n{}\nseed {}\n", fmt::join(variation, " "), text, seed)
            << reports::ShowText(result.summary);
        passed += result.summary.verdict == reports::Verdict::kPassed ? 1U : 0U;
        inconclusive += result.summary.verdict == reports::Verdict::kInconclusive ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(passed, 2 * inconclusive);
  EXPECT_GT(inconclusive, 0U);
}

TEST(PromiseOfTest, CountsWhoMayBeDownAtOnce) {
  const Scenario scenario = SmallCluster();
  EXPECT_EQ(SpareTaskManagers(scenario), 1U);
  const Promise one = Promised(
      scenario, {.faults = {{.when = faults::AtTime{}, .what = faults::Crash{.process = "tm-1"}}}});
  EXPECT_TRUE(ClauseOf(one, "slots").holds);
  const Promise both = Promised(
      scenario, {.faults = {{.when = faults::AtTime{}, .what = faults::Crash{.process = "tm-1"}},
                            {.when = faults::AtTime{}, .what = faults::Crash{.process = "tm-2"}}}});
  EXPECT_FALSE(ClauseOf(both, "slots").holds);
  EXPECT_THAT(ClauseOf(both, "slots").sentence,
              HasSubstr("Up to 2 of 2 TaskManagers may be down at once"));
  EXPECT_TRUE(both.holds()) << "they come back with the healing";
}

TEST(PromiseOfTest, AnOutageIsAsLongAsItsRestartOrTheHealing) {
  Scenario scenario = SmallCluster();
  scenario.limits.heal_after = 20s;
  scenario.options.sink.transaction_timeout = 15s;
  scenario.options.checkpoint.timeout = 5s;
  faults::FaultPlan plan = {
      .faults = {{.when = faults::AtTime{}, .what = faults::Crash{.process = "broker"}}}};
  EXPECT_FALSE(ClauseOf(Promised(scenario, plan), "transaction").holds);
  EXPECT_FALSE(ClauseOf(Promised([&scenario] {
                          Scenario hasty = scenario;
                          hasty.options.sink.transaction_timeout = 100ms;
                          return hasty;
                        }()),
                        "transaction")
                   .holds)
      << "below the interval, whatever breaks";
  plan.faults.push_back({.when = faults::AfterFault{.fault = 0, .delay = 2s},
                         .what = faults::Restart{.process = "broker"}});
  EXPECT_TRUE(ClauseOf(Promised(scenario, plan), "transaction").holds);
}

}  // namespace

}  // namespace flinch::scenarios
