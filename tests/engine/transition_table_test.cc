#include "engine/transition_table.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

enum class DoorPhase : uint8_t { kClosed, kOpen, kLocked };
enum class DoorInput : uint8_t { kPush, kPull, kTurnKey };
enum class DoorAction : uint8_t { kIgnore, kRing };

std::string_view Name(DoorPhase phase) {
  switch (phase) {
    case DoorPhase::kClosed:
      return "closed";
    case DoorPhase::kOpen:
      return "open";
    case DoorPhase::kLocked:
      return "locked";
  }
  return "?";
}

using DoorTransition = Transition<DoorPhase, DoorInput, DoorAction>;

constexpr auto kDoor = std::to_array<DoorTransition>({
    {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kOpen, DoorAction::kRing},
    {DoorPhase::kOpen, DoorInput::kPull, DoorPhase::kClosed, DoorAction::kIgnore},
    {DoorPhase::kClosed, DoorInput::kTurnKey, DoorPhase::kLocked, DoorAction::kIgnore},
    {DoorPhase::kLocked, DoorInput::kTurnKey, DoorPhase::kClosed, DoorAction::kIgnore},
});
static_assert(IsDeterministic(kDoor));
static_assert(EveryPhaseReachable(kDoor));

// Reachable only through a row that stands later in the table.
constexpr auto kBackwards = std::to_array<DoorTransition>({
    {DoorPhase::kClosed, DoorInput::kPull, DoorPhase::kClosed, DoorAction::kIgnore},
    {DoorPhase::kLocked, DoorInput::kPush, DoorPhase::kLocked, DoorAction::kIgnore},
    {DoorPhase::kOpen, DoorInput::kTurnKey, DoorPhase::kLocked, DoorAction::kIgnore},
    {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kOpen, DoorAction::kIgnore},
});
static_assert(EveryPhaseReachable(kBackwards));

TEST(TransitionTableTest, FindsTheRowOfAPhaseAndAnInput) {
  const DoorTransition* row = Find(kDoor, DoorPhase::kClosed, DoorInput::kPush);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->to, DoorPhase::kOpen);
  EXPECT_EQ(row->action, DoorAction::kRing);
  EXPECT_EQ(Find(kDoor, DoorPhase::kLocked, DoorInput::kPush), nullptr);
}

TEST(TransitionTableTest, SeesThatAPairHasTwoRows) {
  constexpr auto kTwice = std::to_array<DoorTransition>({
      {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kOpen, DoorAction::kRing},
      {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kClosed, DoorAction::kIgnore},
  });
  EXPECT_FALSE(IsDeterministic(kTwice));
}

TEST(TransitionTableTest, SeesThatAPhaseCannotBeReached) {
  constexpr auto kIsland = std::to_array<DoorTransition>({
      {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kOpen, DoorAction::kRing},
      {DoorPhase::kLocked, DoorInput::kTurnKey, DoorPhase::kClosed, DoorAction::kIgnore},
  });
  EXPECT_FALSE(EveryPhaseReachable(kIsland));
}

TEST(TransitionTableTest, StepsToTheNextPhase) {
  DoorPhase phase = DoorPhase::kClosed;
  phase = Step(kDoor, phase, DoorInput::kTurnKey).to;
  EXPECT_EQ(phase, DoorPhase::kLocked);
  phase = Step(kDoor, phase, DoorInput::kTurnKey).to;
  EXPECT_EQ(phase, DoorPhase::kClosed);
}

TEST(TransitionTableTest, AMissingPairBreaksAnInvariantThatNamesPhaseInputAndCaller) {
  try {
    Step(kDoor, DoorPhase::kLocked, DoorInput::kPull);
    FAIL() << "the pair has no row";
  } catch (const sim::Violation& violation) {
    EXPECT_EQ(violation.what, "the protocol has no transition from phase locked on input 1");
    EXPECT_NE(violation.where.find("transition_table_test.cc"), std::string::npos);
  }
}

TEST(TransitionTableTest, DrawsItself) {
  EXPECT_EQ(RenderMermaid(kDoor),
            "stateDiagram-v2\n"
            "    [*] --> closed\n"
            "    closed --> open: 0 / 1\n"
            "    open --> closed: 1 / 0\n"
            "    closed --> locked: 2 / 0\n"
            "    locked --> closed: 2 / 0\n");
}

}  // namespace
}  // namespace flinch::engine
