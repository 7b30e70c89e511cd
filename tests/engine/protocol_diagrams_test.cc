// The pictures of the protocols in engine/README.md are those of the tables that the engine runs.
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/checkpoint_protocol.h"
#include "engine/connectors/file_sink.h"
#include "engine/connectors/log_sink.h"
#include "engine/high_availability/leader_election.h"
#include "engine/master/adaptive_phases.h"
#include "engine/master/execution_graph.h"
#include "engine/master/source_coordinator_core.h"
#include "engine/network/alternating_protocol.h"
#include "engine/network/barrier_core.h"
#include "engine/network/channel_persister.h"
#include "engine/network/loop_barrier_core.h"
#include "engine/outside/log_state.h"
#include "engine/transition_table.h"
#include "tests/support/golden.h"

namespace flinch::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <typename Table>
std::string Draw(std::string_view title, std::string_view header, const Table& table) {
  return fmt::format("**{}** (`{}`)\n\n```mermaid\n{}```\n\n", title, header, RenderMermaid(table));
}

std::string DrawAll() {
  std::string text = "\n";
  text += Draw("A checkpoint at the coordinator", "checkpoint/checkpoint_protocol.h",
               kCheckpointTransitions);
  text += Draw("Barrier alignment in a task", "network/barrier_core.h", kAlignmentTransitions);
  text +=
      Draw("Barriers at the head of an iteration", "network/loop_barrier_core.h", kLoopTransitions);
  text += Draw("Barriers that may overtake, in a task", "network/alternating_protocol.h",
               kAlternatingTransitions);
  text += Draw("What of a channel an unaligned checkpoint holds", "network/channel_persister.h",
               kPersisterTransitions);
  text += Draw("One attempt of a subtask", "master/execution_graph.h", kExecutionTransitions);
  text += Draw("The job", "master/execution_graph.h", kJobTransitions);
  text +=
      Draw("A job whose size its slots decide", "master/adaptive_phases.h", kAdaptiveTransitions);
  text += Draw("What a source's coordinator may tell one reader",
               "master/source_coordinator_core.h", kGatewayTransitions);
  text += Draw("Who leads", "high_availability/leader_election.h", kElectionTransitions);
  text += Draw("A transaction of the sink", "connectors/log_sink.h", kSinkTransactionTransitions);
  text += Draw("A part file of a file sink", "connectors/file_sink.h", kPartFileTransitions);
  text += Draw("A transaction at the broker", "outside/log_state.h", kLogTransactionTransitions);
  return text;
}

TEST(ProtocolDiagramsTest, TheDoorSignShowsEveryTable) {
  EXPECT_TRUE(tests::MatchesGolden("engine/README.md", "protocols", DrawAll()));
}

TEST(ProtocolDiagramsTest, EveryPhaseInputAndActionHasAName) {
  // "  pending --> aborted: 3 / 4" would be an enumeration without names.
  EXPECT_THAT(DrawAll(), Not(::testing::ContainsRegex("(: [0-9]| / [0-9]|    [0-9])")));
}

TEST(GoldenTest, FindsAndReplacesASection) {
  const std::string document =
      "before\n<!-- golden: a -->\nold\n<!-- end of golden: a -->\n"
      "<!-- golden: b -->\n<!-- end of golden: b -->\nafter\n";
  EXPECT_EQ(tests::ReadGolden(document, "a"), "old\n");
  EXPECT_EQ(tests::ReadGolden(document, "b"), "");
  EXPECT_EQ(tests::ReadGolden(document, "c"), std::nullopt);
  EXPECT_EQ(tests::WithGolden(document, "a", "new\nand more\n"),
            "before\n<!-- golden: a -->\nnew\nand more\n<!-- end of golden: a -->\n"
            "<!-- golden: b -->\n<!-- end of golden: b -->\nafter\n");
}

TEST(GoldenTest, SaysWhereADocumentDiffersAndWhatToDo) {
  const std::string drawn = DrawAll();
  const auto result = tests::MatchesGolden("engine/README.md", "protocols", drawn + "more\n",
                                           tests::Golden::kCompare);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("UPDATE_GOLDEN=1"));
  EXPECT_THAT(result.message(), HasSubstr("made:  more"));
  EXPECT_FALSE(tests::MatchesGolden("engine/README.md", "no such", drawn, tests::Golden::kCompare));
}

}  // namespace
}  // namespace flinch::engine
