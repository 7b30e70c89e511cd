// Stories without a run to compare with name who did what nobody may: as they must of a bug that is
// in no list of defects.
#include "scenarios/explain/explain.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/defects.h"
#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kSeedsTried = 100;

struct Case {
  std::string_view defect;
  uint64_t seed = 1;          // from which on it is looked for
  std::string_view guilty;    // what some sentence says, an expression
  std::string_view innocent;  // what no sentence says
};

class GuiltyTest : public ::testing::TestWithParam<Case> {};

// The first run from the seed on that breaks a promise.
Story StoryOf(const Case& tested) {
  const Scenario& scenario = *FindLibraryScenario("small_job");
  RunRequest request{.scenario = scenario, .workload = {}};
  request.defects.Plant(*engine::FindDefect(tested.defect));
  for (request.seed = tested.seed; request.seed < tested.seed + kSeedsTried; ++request.seed) {
    request.workload = *LoadWorkload(scenario, request.seed, std::nullopt);
    if (Run(request).summary.verdict == reports::Verdict::kFailed) {
      return Explain(request, {.compares = false});
    }
  }
  return {};
}

TEST_P(GuiltyTest, IsNamedWithoutAComparison) {
  const Story story = StoryOf(GetParam());
  const std::string text = fmt::format("{}", fmt::join(story.sentences, "\n"));
  EXPECT_EQ(story.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(story.sentences, Contains(ContainsRegex(std::string(GetParam().guilty)))) << text;
  EXPECT_THAT(text, Not(HasSubstr(std::string(GetParam().innocent))));
  EXPECT_THAT(text, Not(HasSubstr("The run without"))) << "nothing is compared";
}

INSTANTIATE_TEST_SUITE_P(
    Planted, GuiltyTest,
    ::testing::Values(
        Case{"sink_commits_at_snapshot", 1,
             "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ committed it at .*no commit may come "
             "before its checkpoint",
             "aborted it instead"},
        Case{"sink_aborts_with_its_checkpoint", 13,
             "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ aborted it at .*instead of keeping it",
             "before the sinks"},
        Case{"sink_forgets_the_final_checkpoint", 1, "sink.[0-9]+. never asked for it",
             "before the sinks"},
        Case{"sink_commits_leftovers", 2,
             "sink.[0-9]+. in attempt [0-9]+ on tm-[0-9]+ committed it at .*never stored",
             "before the sinks"},
        Case{"completes_one_ack_short", 1,
             "jm completed it though it had no acknowledgement of sink", "aborted it instead"},
        Case{"clean_up_by_age", 1,
             "jm deleted the files of checkpoint [0-9]+ at .*nothing newer had taken its place",
             "ransaction \""},
        Case{"late_snapshot_is_left", 42,
             "wrote a snapshot for it after it had been given up.*nobody has deleted that",
             "ransaction \""},
        Case{"recovers_the_oldest", 11,
             "restored from checkpoint [0-9]+, though checkpoint [0-9]+ was in the store",
             "before the sinks"},
        Case{"tasks_outlive_their_master", 19, "of attempt [0-9]+ was still at work on tm-[0-9]+",
             "before the sinks"},
        Case{"cancel_sent_once", 14, "executions came to no end: .*CANCELING", "The record"}),
    [](const auto& tested) { return std::string(tested.param.defect); });

}  // namespace

}  // namespace flinch::scenarios
