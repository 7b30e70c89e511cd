#include "engine/checkpoint/coordinator_core.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/engine/checkpoint/coordinator_script.h"
#include "tests/support/interaction.h"

namespace flinch::engine {
namespace {

class CoordinatorCoreTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CoordinatorCoreTest, DoesWhatTheTextSays) {
  CoordinatorScript script;
  EXPECT_TRUE(tests::MatchesInteraction(
      GetParam(), [&script](std::string_view command) { return script.Run(command); }));
}

INSTANTIATE_TEST_SUITE_P(
    Interactions, CoordinatorCoreTest,
    ::testing::ValuesIn(tests::InteractionsIn("tests/engine/checkpoint/coordinator_core")),
    tests::InteractionName);

TEST(CoordinatorCoreTest, InputsThatNobodyAskedForBreakAnInvariant) {
  CoordinatorScript script;
  script.Run("new");
  EXPECT_THROW(script.Run("clean"), sim::Violation);
  EXPECT_THROW(script.Run("new stored 2 2"), sim::Violation);
  script.Run("new");
  script.Run("start 1s");
  EXPECT_THROW(script.Run("start 1s"), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
