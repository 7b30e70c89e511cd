#include "scenarios/stage/leader_view.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

class Watcher final : public sim::TraceObserver {
 public:
  std::vector<std::string_view> wants() const override { return {"job."}; }

  void OnEvent(const sim::TraceEvent& event) override {
    seen.push_back(fmt::format("{} {}", event.process_name, event.kind));
  }

  std::vector<std::string> seen;
};

TEST(LeaderViewTest, ShowsOnlyTheNewestLeadersActs) {
  RecordingBuilder history;
  history.By("jm").Tell("leader.granted", {{"term", 1}, {"session", 1}});
  history.By("jm").Tell("job.status");
  history.By("jm-2").Tell("leader.granted", {{"term", 2}, {"session", 2}});
  history.By("jm").Tell("job.restored");  // a zombie
  history.By("jm-2").Tell("job.restored");
  history.By("jm").Tell("leader.granted", {{"term", 1}, {"session", 1}});  // learned late
  history.By("tm-1").Tell("job.of_a_worker");
  history.By("jm").Tell("job.status");
  Watcher watcher;
  LeaderView view(watcher);
  history.ShowTo(view);
  EXPECT_THAT(watcher.seen,
              ElementsAre("jm job.status", "jm-2 job.restored", "tm-1 job.of_a_worker"));
}

// ---- The library's stories of leaders --------------------------------------------------------

constexpr uint64_t kSeeds = 8;

reports::RunSummary Play(std::string_view name, uint64_t seed) {
  const Scenario* const scenario = FindLibraryScenario(name);
  const RunResult result = Run(*scenario, seed);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed)
      << "seed " << seed << ": " << reports::ShowText(result.summary);
  return result.summary;
}

// "1 jm", "2 jm-2".
std::vector<std::string> LeadersOf(const reports::RunSummary& summary) {
  std::vector<std::string> leaders;
  for (const reports::Leader& leader : summary.leaders) {
    leaders.push_back(fmt::format("{} {}", leader.term, leader.process));
  }
  return leaders;
}

// From which checkpoint each restart went on.
std::vector<int64_t> RestoredFrom(const reports::RunSummary& summary) {
  std::vector<int64_t> ids;
  for (const reports::Restart& restart : summary.restart_causes) {
    ids.push_back(restart.checkpoint);
  }
  return ids;
}

TEST(MasterFailoverTest, WhatIsStoredIsWhereTheNextLeaderGoesOn) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const reports::RunSummary summary = Play("master_failover", seed);
    EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm", "2 jm-2")) << seed;
    EXPECT_THAT(RestoredFrom(summary), ElementsAre(3)) << seed;
    EXPECT_EQ(summary.leaders.at(0).end, "crashed");
    EXPECT_LT(*summary.leaders.at(0).until, summary.leaders.at(1).from);
  }
}

TEST(MasterFailoverTest, WhatIsCompleteAndNotStoredNeverWas) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const reports::RunSummary summary = Play("master_dies_before_store", seed);
    EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm", "2 jm-2")) << seed;
    EXPECT_THAT(RestoredFrom(summary), ElementsAre(2)) << seed;
  }
}

TEST(MasterFailoverTest, AZombieChangesNothing) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const reports::RunSummary summary = Play("master_comes_back", seed);
    EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm", "2 jm-2")) << seed;
    EXPECT_THAT(RestoredFrom(summary), ElementsAre(2)) << seed;
  }
}

TEST(MasterFailoverTest, WhoIsCutOffFromTheServiceStepsDownBeforeAnotherLeads) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const reports::RunSummary summary = Play("master_cut_off", seed);
    EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm", "2 jm-2")) << seed;
    EXPECT_EQ(summary.leaders.at(0).end, "the coordination service was silent for 1s") << seed;
    EXPECT_LE(*summary.leaders.at(0).until, summary.leaders.at(1).from) << seed;
  }
}

TEST(MasterFailoverTest, WhoLosesItsSessionBeforeItHasRecoveredBeginsAnew) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const reports::RunSummary summary = Play("master_starts_cut_off", seed);
    EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm", "2 jm")) << seed;
    EXPECT_THAT(summary.restart_causes, IsEmpty()) << "nothing had been started";
  }
}

TEST(MasterFailoverTest, ShortInterruptionsTakeNoLeadershipAway) {
  for (const std::string_view name : {"master_blinks", "coordination_away"}) {
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const reports::RunSummary summary = Play(name, seed);
      EXPECT_THAT(LeadersOf(summary), ElementsAre("1 jm")) << name << " " << seed;
      EXPECT_THAT(summary.restart_causes, IsEmpty()) << name << " " << seed;
    }
  }
}

TEST(MasterFailoverTest, TwoJobManagersChangeNothingOfAJobThatGoesWell) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.faults = {};
  scenario.cluster.job_managers = 3;
  const RunResult result = scenarios::Run(scenario, 1);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  EXPECT_THAT(result.summary.leaders, SizeIs(1));
  EXPECT_EQ(result.summary.restarts, 0);
}

}  // namespace

}  // namespace flinch::scenarios
