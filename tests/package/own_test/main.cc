// Tests of a job of one's own: the whole of it in a small cluster, one operator by hand, many
// seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/testing/gtest.h"
#include "scenarios/testing/mini_cluster.h"
#include "scenarios/testing/operator_harness.h"

using namespace flinch;
using namespace flinch::scenarios;
using namespace std::chrono_literals;
using engine::EventTime;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// The planted bug: a cache that does not survive a restart.
struct Count {
  bool caches = false;
  engine::ValueState<int64_t> state{};
  std::map<std::string, int64_t> cache{};

  void Open(engine::RuntimeContext& task) { state = task.GetState<int64_t>({"count"}); }

  void ProcessElement(const LogRow& click, const engine::KeyedContext<std::string, LogRow>& to) {
    int64_t& count = cache[click.key];
    state.Update(count = (caches ? count : state.Value().value_or(0)) + 1);
    to.RegisterTimer(engine::kMaxEventTime);  // when there is no more
  }

  void OnTimer(EventTime, const engine::KeyedContext<std::string, LogRow>& to) {
    to.out.Collect({to.key, std::to_string(state.Value().value_or(0))});
  }
};

JobCase Clicks(const std::string& name, bool caches) {
  const auto build = [caches](const Scenario& scenario, const Workload& workload) {
    engine::StreamExecutionEnvironment job("clicks", OptionsOf(scenario));
    WriteOutput<LogRow>(ReadInput(job, scenario, workload)
                            .KeyBy([](const LogRow& click) { return click.key; })
                            .Process<LogRow>("count", Count{caches}),
                        scenario, [](const LogRow& row) { return std::pair(row.key, row.value); });
    return job.Build();
  };
  return {.name = name, .what = "Clicks per page.", .build = build};
}

const Scenario& Small(const std::string& name, bool caches) {
  static std::map<std::string, Scenario> known;
  if (!known.contains(name)) {
    EXPECT_TRUE(AddJobs({Clicks(name, caches)}));
    known[name] = *FindLibraryScenario(name);
    known[name].workload.records = 200;
  }
  return known[name];
}

TEST(ClicksTest, CountsThroughACrash) {
  std::vector<InputRow> rows;
  for (int64_t row = 0; row < 100; ++row) {
    rows.push_back({.key = row % 2 == 0 ? "a" : "b", .value = "", .timestamp = EventTime(row)});
  }
  MiniCluster cluster(Clicks("clicks", false), {.rows = rows});
  ASSERT_TRUE(cluster.RunUntil("checkpoint.stored", 2));
  cluster.world().Crash(cluster.process("tm-1"));
  ASSERT_TRUE(cluster.RunFor(300ms));
  cluster.world().Restart(cluster.process("tm-1"));
  ASSERT_TRUE(cluster.RunToEnd());
  EXPECT_THAT(*cluster.Output(), SizeIs(2));
}

TEST(ClicksTest, CountsByHandAndAsOtherSubtasks) {
  const engine::StreamGraph job =
      Clicks("clicks", false).build(*FindLibraryScenario("small_job"), {});
  OperatorHarness before(job, "count");
  ASSERT_TRUE(before.Process(LogRow{.key = "a", .value = ""}, EventTime(5)));
  const auto snapshot = before.Snapshot();
  ASSERT_TRUE(snapshot.has_value());
  std::vector<std::string> counts;
  for (uint32_t subtask = 0; subtask < 2; ++subtask) {
    OperatorHarness after(job, "count", {.subtask = subtask, .parallelism = 2}, {*snapshot});
    ASSERT_TRUE(after.AdvanceTime(1s));
    ASSERT_TRUE(after.Watermark(engine::kMaxEventTime));
    const auto taken = after.Take<LogRow>();
    ASSERT_TRUE(taken.has_value());
    for (const Emitted<LogRow>& result : *taken) {
      counts.push_back(result.value.value);
    }
  }
  EXPECT_THAT(counts, ElementsAre("1"));
}

TEST(ClicksTest, HoldsAllPropertiesForTwentySeeds) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_THAT(scenarios::Run(Small("good", false), seed), HoldsAllProperties());
  }
}

TEST(ClicksTest, ForgetsWhatItCachedAndIsFound) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_THAT(scenarios::Run(Small("bad", true), seed), HoldsAllProperties());
  }
}

FLINCH_PROP(ClicksProperty, SurvivesAnything, Small("anything", false))
