#include "scenarios/oracles/catalogue.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> NamesOf(const std::vector<std::unique_ptr<Oracle>>& oracles) {
  std::vector<std::string> names;
  for (const auto& oracle : oracles) {
    names.emplace_back(oracle->name());
  }
  return names;
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
  EXPECT_THAT(
      NamesOf(*oracles),
      ElementsAre("exactly_once", "committed_stays", "consistent_cut", "commit_after_durable",
                  "no_zombie", "restored_state", "restores_newest", "retained_files",
                  "channel_counts", "watermarks_grow", "one_attempt", "checkpoint_ids_grow",
                  "alignment", "no_open_transaction", "progress", "job_finishes"));
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

}  // namespace

}  // namespace flinch::scenarios
