#include "engine/master/source_coordinator_core.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/engine/master/source_coordinator_script.h"
#include "tests/support/interaction.h"

namespace flinch::engine {
namespace {

class SourceCoordinatorCoreTest : public ::testing::TestWithParam<std::string> {};

TEST_P(SourceCoordinatorCoreTest, DoesWhatTheTextSays) {
  SourceCoordinatorScript script;
  EXPECT_TRUE(tests::MatchesInteraction(
      GetParam(), [&script](std::string_view command) { return script.Run(command); }));
}

INSTANTIATE_TEST_SUITE_P(
    Interactions, SourceCoordinatorCoreTest,
    ::testing::ValuesIn(tests::InteractionsIn("tests/engine/master/source_coordinator_core")),
    tests::InteractionName);

TEST(SourceCoordinatorCoreTest, WhatIsNoReaderBreaksAnInvariant) {
  SourceCoordinatorScript script;
  script.Run("new 2");
  EXPECT_THROW(script.Run("register 2#1"), sim::Violation);
  EXPECT_THROW(script.Run("assign 2 a"), sim::Violation);
  EXPECT_THROW(script.Run("assign 0"), sim::Violation) << "that would be an event of nothing";
}

TEST(SourceCoordinatorCoreTest, ACheckpointBeginsOnce) {
  SourceCoordinatorScript script;
  script.Run("new 1");
  script.Run("checkpoint 1");
  EXPECT_THROW(script.Run("checkpoint 1"), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
