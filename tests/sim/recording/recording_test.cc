#include "sim/recording/recording.h"

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

RecordedEvent Event(uint64_t id, std::string kind) {
  return {.id = EventId(id),
          .cause = EventId(id - 1),
          .time = SimTime(std::chrono::milliseconds(id)),
          .process = "jm",
          .kind = std::move(kind),
          .fields = {{"id", int64_t{3}}, {"subtask", std::string("sink[1]")}}};
}

TEST(RecordingTest, AnEventIsShownInOneLine) {
  EXPECT_EQ(Show(Event(12, "checkpoint.acknowledged")),
            "#12 0.012s jm checkpoint.acknowledged id=3 subtask=sink[1] cause=#11");
}

TEST(RecordingTest, FieldsAreFoundByNameAndType) {
  const RecordedEvent event = Event(1, "x");
  EXPECT_EQ(event.Number("id"), 3);
  EXPECT_EQ(event.Text("subtask"), "sink[1]");
  EXPECT_EQ(event.Number("subtask"), std::nullopt);
  EXPECT_EQ(event.Text("id"), std::nullopt);
  EXPECT_EQ(event.Number("none"), std::nullopt);
}

TEST(RecordingTest, ACopyHoldsWhatTheViewsShowed) {
  const std::string text = "temporary";
  const Field fields[] = {{"number", 7}, {"text", text}};
  const TraceEvent event{.id = EventId(1),
                         .cause = EventId(),
                         .time = kEpoch,
                         .process = ProcessId(0),
                         .process_name = "p",
                         .kind = "k",
                         .fields = fields};
  EXPECT_EQ(event.Number("number"), 7);
  EXPECT_EQ(event.Text("text"), "temporary");
  const RecordedEvent copy = CopyOf(event);
  EXPECT_EQ(copy.Number("number"), 7);
  EXPECT_EQ(copy.Text("text"), "temporary");
}

TEST(RecordingTest, TheFirstDifferenceIsAnEventOrTheEndOfTheShorter) {
  const Recording left{.events = {Event(1, "a"), Event(2, "b")}};
  Recording right = left;
  EXPECT_EQ(FirstDifference(left, right), std::nullopt);
  right.events[1].kind = "c";
  EXPECT_EQ(FirstDifference(left, right), 1U);
  right.events.pop_back();
  EXPECT_EQ(FirstDifference(left, right), 1U);
}

}  // namespace
}  // namespace flinch::sim
