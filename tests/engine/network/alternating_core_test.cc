#include "engine/network/alternating_core.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/check.h"
#include "tests/engine/network/alternating_script.h"
#include "tests/support/interaction.h"

namespace flinch::engine {
namespace {

class AlternatingCoreTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AlternatingCoreTest, DoesWhatTheTextSays) {
  AlternatingScript script;
  EXPECT_TRUE(tests::MatchesInteraction(
      GetParam(), [&script](std::string_view command) { return script.Run(command); }));
}

INSTANTIATE_TEST_SUITE_P(
    Interactions, AlternatingCoreTest,
    ::testing::ValuesIn(tests::InteractionsIn("tests/engine/network/alternating_core")),
    tests::InteractionName);

TEST(AlternatingCoreTest, AChannelThatDoesNotExistBreaksAnInvariant) {
  AlternatingScript script;
  script.Run("new 2");
  EXPECT_THROW(script.Run("barrier 2 1"), sim::Violation);
  EXPECT_THROW(script.Run("announced 2 1"), sim::Violation);
  EXPECT_THROW(script.Run("cancel 2 1"), sim::Violation);
  EXPECT_THROW(script.Run("end 2"), sim::Violation);
  EXPECT_THROW(script.Run("place 2 1"), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
