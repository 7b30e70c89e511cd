#include "scenarios/lab/shard_variables.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

sim::Result<FoundShard> Find(const std::map<std::string, std::string, std::less<>>& set) {
  return FindShard([&set](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional(found->second);
  });
}

struct Case {
  std::string name;
  std::map<std::string, std::string, std::less<>> set;
  std::string shard;
  std::string by;
};

class ShardVariablesTest : public testing::TestWithParam<Case> {};

TEST_P(ShardVariablesTest, TellTheShard) {
  const sim::Result<FoundShard> found = Find(GetParam().set);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(Show(found->shard), GetParam().shard);
  EXPECT_EQ(found->by, GetParam().by);
}

INSTANTIATE_TEST_SUITE_P(
    All, ShardVariablesTest,
    testing::Values(
        Case{"by_hand", {{"FLINCH_SHARD", "2/4"}, {"SLURM_PROCID", "7"}}, "2/4", "FLINCH_SHARD"},
        Case{"slurm_array",
             {{"SLURM_ARRAY_TASK_ID", "14"},
              {"SLURM_ARRAY_TASK_MIN", "10"},
              {"SLURM_ARRAY_TASK_STEP", "2"},
              {"SLURM_ARRAY_TASK_COUNT", "5"},
              {"SLURM_PROCID", "0"},
              {"SLURM_NTASKS", "1"}},
             "3/5",
             "SLURM_ARRAY_TASK_ID"},
        Case{"slurm_tasks", {{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}, "2/2", "SLURM_PROCID"},
        Case{"kubernetes",
             {{"JOB_COMPLETION_INDEX", "0"}, {"FLINCH_SHARDS", "8"}},
             "1/8",
             "JOB_COMPLETION_INDEX"},
        Case{"gitlab", {{"CI_NODE_INDEX", "1"}, {"CI_NODE_TOTAL", "3"}}, "1/3", "CI_NODE_INDEX"},
        Case{"two_that_agree",
             {{"OMPI_COMM_WORLD_RANK", "1"},
              {"OMPI_COMM_WORLD_SIZE", "2"},
              {"SLURM_PROCID", "1"},
              {"SLURM_NTASKS", "2"}},
             "2/2",
             "SLURM_PROCID"}),
    [](const testing::TestParamInfo<Case>& each) { return each.param.name; });

TEST(FindShardTest, RefusesWhatDoesNotFit) {
  const auto why = [](const std::map<std::string, std::string, std::less<>>& set) {
    const sim::Result<FoundShard> found = Find(set);
    return found ? Show(found->shard) : found.error().message;
  };
  EXPECT_THAT(why({}), HasSubstr("set FLINCH_SHARD=i/n"));
  EXPECT_THAT(why({{"FLINCH_SHARD", "5/4"}}), HasSubstr("FLINCH_SHARD: \"5/4\" is no shard"));
  EXPECT_THAT(why({{"JOB_COMPLETION_INDEX", "0"}}),
              HasSubstr("JOB_COMPLETION_INDEX is set, but FLINCH_SHARDS is not"));
  EXPECT_THAT(why({{"CI_NODE_INDEX", "1"}}), HasSubstr("but CI_NODE_TOTAL is not"));
  EXPECT_THAT(why({{"CI_NODE_INDEX", "0"}, {"CI_NODE_TOTAL", "3"}}), HasSubstr("none of 3"));
  EXPECT_THAT(why({{"CI_NODE_INDEX", "4"}, {"CI_NODE_TOTAL", "3"}}), HasSubstr("none of 3"));
  EXPECT_THAT(why({{"CI_NODE_INDEX", "one"}, {"CI_NODE_TOTAL", "3"}}),
              HasSubstr("CI_NODE_INDEX=one is no whole number"));
  EXPECT_THAT(why({{"CI_NODE_INDEX", "1"},
                   {"CI_NODE_TOTAL", "3"},
                   {"CIRCLE_NODE_INDEX", "1"},
                   {"CIRCLE_NODE_TOTAL", "3"}}),
              HasSubstr("By CI_NODE_INDEX this is shard 1/3, by CIRCLE_NODE_INDEX it is 2/3"));
}

TEST(FindShardTest, AVariableThatIsEmptyIsNotSet) {
  EXPECT_EQ(EnvironmentVariable("FLINCH_NO_SUCH_VARIABLE"), std::nullopt);
}

}  // namespace

}  // namespace flinch::scenarios
