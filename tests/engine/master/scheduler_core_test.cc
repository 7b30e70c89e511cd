#include "engine/master/scheduler_core.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/engine/master/scheduler_script.h"
#include "tests/support/interaction.h"

namespace flinch::engine {
namespace {

class SchedulerCoreTest : public ::testing::TestWithParam<std::string> {};

TEST_P(SchedulerCoreTest, DoesWhatTheTextSays) {
  SchedulerScript script;
  EXPECT_TRUE(tests::MatchesInteraction(
      GetParam(), [&script](std::string_view command) { return script.Run(command); }));
}

INSTANTIATE_TEST_SUITE_P(
    Interactions, SchedulerCoreTest,
    ::testing::ValuesIn(tests::InteractionsIn("tests/engine/master/scheduler_core")),
    tests::InteractionName);

TEST(SchedulerCoreTest, InputsThatNobodyAskedForBreakAnInvariant) {
  SchedulerScript script;
  script.Run("new source:1");
  EXPECT_THROW(script.Run("number 1"), sim::Violation);
  EXPECT_THROW(script.Run("settled"), sim::Violation);
  EXPECT_THROW(script.Run("written"), sim::Violation);
  script.Run("new source:1");
  script.Run("start");
  EXPECT_THROW(script.Run("start"), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
