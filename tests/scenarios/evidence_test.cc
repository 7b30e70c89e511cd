#include "scenarios/evidence.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Gives another answer each time it is asked.
class ChangingOutside final : public Outside {
 public:
  std::vector<int64_t> Retained() const override { return {++count_}; }

  CheckpointView ReadCheckpoint(int64_t id) const override {
    ++count_;
    CheckpointView view;
    view.positions.push_back({.partition = 0, .next = static_cast<uint64_t>(id)});
    return view;
  }

  std::vector<std::string> CheckFiles(int64_t id) const override {
    ++count_;
    return {"file of " + std::to_string(id)};
  }

  std::vector<int64_t> WithFiles() const override { return {++count_, 9}; }

 private:
  mutable int64_t count_ = 0;
};

class EvidenceTest : public ::testing::Test {
 protected:
  void Tell(uint64_t number) {
    const std::vector<sim::Field> fields = {{"id", 3}, {"subtask", "sink[0]"}};
    recorder_.OnEvent({.id = sim::EventId(number),
                       .cause = {},
                       .time = {},
                       .process = sim::ProcessId(4),
                       .process_name = "tm-1",
                       .kind = "checkpoint.stored",
                       .fields = fields});
  }

  ChangingOutside outside_;
  EvidenceRecorder recorder_{outside_};
};

TEST_F(EvidenceTest, KeepsEventsWithTheNumberOfTheirProcess) {
  Tell(7);
  const std::vector<SeenEvent> events = recorder_.TakeEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].process, sim::ProcessId(4));
  EXPECT_EQ(events[0].event.process, "tm-1");
  EXPECT_EQ(events[0].event.Number("id"), 3);
  EXPECT_EQ(events[0].event.Text("subtask"), "sink[0]");
}

TEST_F(EvidenceTest, ShowsWhatWasSeenWhenItWasSeen) {
  Tell(1);
  EXPECT_THAT(recorder_.Retained(), ElementsAre(1));
  EXPECT_THAT(recorder_.CheckFiles(5), ElementsAre("file of 5"));
  Tell(2);
  EXPECT_THAT(recorder_.Retained(), ElementsAre(3));
  EXPECT_THAT(recorder_.ReadCheckpoint(8).positions, ElementsAre(CheckpointView::Position{0, 8}));
  recorder_.OnEnd();
  EXPECT_THAT(recorder_.WithFiles(), ElementsAre(5, 9));

  const std::vector<Look> looks = recorder_.TakeLooks();
  RecordedOutside recorded(looks);
  recorded.MoveTo(sim::EventId(2));
  EXPECT_THAT(recorded.Retained(), ElementsAre(3));
  EXPECT_THAT(recorded.ReadCheckpoint(8).positions, ElementsAre(CheckpointView::Position{0, 8}));
  recorded.MoveTo(sim::EventId(1));
  EXPECT_THAT(recorded.Retained(), ElementsAre(1));
  EXPECT_THAT(recorded.CheckFiles(5), ElementsAre("file of 5"));
  recorded.MoveTo({});
  EXPECT_THAT(recorded.WithFiles(), ElementsAre(5, 9));
  EXPECT_FALSE(recorded.TakeMissed());
}

TEST_F(EvidenceTest, SaysWhenNobodyHasLookedThere) {
  Tell(1);
  (void)recorder_.CheckFiles(5);
  const std::vector<Look> looks = recorder_.TakeLooks();
  RecordedOutside recorded(looks);
  recorded.MoveTo(sim::EventId(1));
  EXPECT_THAT(recorded.CheckFiles(6), IsEmpty());
  EXPECT_TRUE(recorded.TakeMissed());
  EXPECT_FALSE(recorded.TakeMissed());
  (void)recorded.CheckFiles(5);
  EXPECT_FALSE(recorded.TakeMissed());
  recorded.MoveTo(sim::EventId(2));
  (void)recorded.CheckFiles(5);
  EXPECT_TRUE(recorded.TakeMissed());
}

TEST_F(EvidenceTest, KeepsALookThatIsTakenAgainOnce) {
  Tell(1);
  (void)recorder_.CheckFiles(5);
  (void)recorder_.CheckFiles(5);
  EXPECT_EQ(recorder_.TakeLooks().size(), 1U);
}

}  // namespace

}  // namespace flinch::scenarios
