#include "engine/network/barrier_core.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/check.h"
#include "tests/engine/network/barrier_script.h"
#include "tests/support/interaction.h"

namespace flinch::engine {
namespace {

class BarrierCoreTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BarrierCoreTest, DoesWhatTheTextSays) {
  BarrierScript script;
  EXPECT_TRUE(tests::MatchesInteraction(
      GetParam(), [&script](std::string_view command) { return script.Run(command); }));
}

INSTANTIATE_TEST_SUITE_P(
    Interactions, BarrierCoreTest,
    ::testing::ValuesIn(tests::InteractionsIn("tests/engine/network/barrier_core")),
    tests::InteractionName);

TEST(BarrierCoreTest, AChannelThatDoesNotExistBreaksAnInvariant) {
  BarrierScript script;
  script.Run("new 2");
  EXPECT_THROW(script.Run("barrier 2 1"), sim::Violation);
  EXPECT_THROW(script.Run("cancel 2 1"), sim::Violation);
  EXPECT_THROW(script.Run("end 2"), sim::Violation);
  EXPECT_THROW(script.Run("place 2 1"), sim::Violation);
}

// What the planted defect does is seen at once where all but one channel had delivered.
TEST(BarrierCoreTest, AnAlignmentThatBeginsCompleteBreaksAnInvariant) {
  BarrierScript script;
  script.Run("new 2 defect=aligner_keeps_received");
  script.Run("barrier 0 1");
  script.Run("aborted 1");
  EXPECT_THROW(script.Run("barrier 1 2"), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
