#include "scenarios/oracles/catalogue.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/click_cluster.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> NamesOf(const std::vector<std::unique_ptr<Oracle>>& oracles) {
  std::vector<std::string> names;
  for (const auto& oracle : oracles) {
    names.emplace_back(oracle->name());
  }
  return names;
}

std::vector<std::string> WitnessesOf(Oracle& oracle) {
  std::vector<std::string> witnesses;
  for (const reports::Finding& finding : oracle.Judge({})) {
    witnesses.push_back(finding.witness);
  }
  return witnesses;
}

TEST(CatalogueTest, EveryEntryMakesTheOracleItNames) {
  std::set<std::string_view> names;
  for (const OracleInfo& info : OracleCatalogue()) {
    const std::unique_ptr<Oracle> oracle = info.make();
    EXPECT_EQ(oracle->name(), info.name);
    EXPECT_EQ(oracle->promise(), info.promise);
    EXPECT_EQ(FindOracle(info.name), &info);
    EXPECT_TRUE(info.promise.ends_with('.')) << info.name;
    names.insert(info.name);
  }
  EXPECT_EQ(names.size(), OracleCatalogue().size());
}

TEST(CatalogueTest, NoNamesMeanAll) {
  const auto oracles = MakeOracles({});
  ASSERT_TRUE(oracles.has_value());
  EXPECT_THAT(NamesOf(*oracles),
              ElementsAre("exactly_once", "committed_stays", "consistent_cut",
                          "commit_after_durable", "no_zombie", "one_leader", "restored_state",
                          "restores_newest", "retained_files", "split_owners", "channel_counts",
                          "watermarks_grow", "one_attempt", "checkpoint_ids_grow", "alignment",
                          "no_open_transaction", "progress", "job_finishes"));
}

TEST(CatalogueTest, OraclesComeOnceAndInTheOrderOfTheCatalogue) {
  const std::vector<std::string> names = {"job_finishes", "exactly_once", "job_finishes"};
  const auto oracles = MakeOracles(names);
  ASSERT_TRUE(oracles.has_value());
  EXPECT_THAT(NamesOf(*oracles), ElementsAre("exactly_once", "job_finishes"));
}

TEST(CatalogueTest, AnUnknownNameIsAnErrorThatNamesTheKnownOnes) {
  const std::vector<std::string> names = {"exactly_once", "exactly_twice"};
  const auto oracles = MakeOracles(names);
  ASSERT_FALSE(oracles.has_value());
  EXPECT_EQ(oracles.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THAT(oracles.error().message,
              HasSubstr("There is no oracle \"exactly_twice\"; use one of exactly_once, commit"));
  EXPECT_EQ(FindOracle("exactly_twice"), nullptr);
}

TEST(CatalogueTest, AFreshJudgeFindsNothingInAnEmptyFinishedRun) {
  FinalState state;
  state.job_finished = true;
  for (const OracleInfo& info : OracleCatalogue()) {
    EXPECT_TRUE(info.make()->Judge(state).empty()) << info.name;
  }
}

TEST(CatalogueTest, WithoutEventsOfChannelsNobodyJudgesThem) {
  const auto oracles = MakeOracles({}, {.channel_events = false});
  ASSERT_TRUE(oracles.has_value());
  EXPECT_EQ(oracles->size(), OracleCatalogue().size() - 2);
  EXPECT_THAT(NamesOf(*oracles), Not(Contains("alignment")));
}

TEST(CatalogueTest, WithoutAlignmentNobodyJudgesACut) {
  const auto oracles = MakeOracles({}, {.aligned = false});
  ASSERT_TRUE(oracles.has_value());
  EXPECT_EQ(oracles->size(), OracleCatalogue().size() - 2);
  EXPECT_THAT(NamesOf(*oracles), Not(Contains("consistent_cut")));
}

// What an oracle leaves out it must not miss: it sees the same as one that is told of everything.
TEST(CatalogueTest, NoOracleMissesWhatItDoesNotWant) {
  class Untiring final : public sim::TraceObserver {
   public:
    explicit Untiring(Oracle& oracle) : oracle_(oracle) {}

    void OnEvent(const sim::TraceEvent& event) override { oracle_.OnEvent(event); }

   private:
    Oracle& oracle_;
  };

  engine::ClickClusterOptions options{.seed = 3};
  options.engine.checkpoint.interval = 200ms;
  options.engine.heartbeat = {.interval = 100ms, .timeout = 500ms};
  options.engine.restart.delay = 100ms;
  engine::ClickCluster cluster(options);
  const auto choosy = MakeOracles({});
  const auto curious = MakeOracles({});
  std::vector<std::unique_ptr<Untiring>> listeners;
  for (size_t index = 0; index < choosy->size(); ++index) {
    cluster.world().Observe(*choosy->at(index));
    listeners.push_back(std::make_unique<Untiring>(*curious->at(index)));
    cluster.world().Observe(*listeners.back());
  }
  sim::World& world = cluster.world();
  world.At(sim::SimTime(900ms), [&] { world.Crash(cluster.process("tm-1")); });
  world.At(sim::SimTime(1100ms), [&] { world.Restart(cluster.process("tm-1")); });
  cluster.RunToEnd(sim::SimTime(60s));
  for (size_t index = 0; index < choosy->size(); ++index) {
    Oracle& oracle = *choosy->at(index);
    EXPECT_EQ(oracle.seen(), curious->at(index)->seen()) << oracle.name();
    EXPECT_EQ(WitnessesOf(oracle), WitnessesOf(*curious->at(index))) << oracle.name();
    EXPECT_THAT(oracle.wants(), Not(IsEmpty())) << oracle.name();
  }
}

}  // namespace

}  // namespace flinch::scenarios
