#include "reports/checkpoint_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace flinch::reports {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

CheckpointRow Completed() {
  return {.id = 3,
          .triggered = sim::kEpoch + 10ms,
          .completed = sim::kEpoch + 40ms,
          .stored = sim::kEpoch + 45ms,
          .expected = 2,
          .subtasks = {{.subtask = "sink[0]",
                        .first_barrier = sim::kEpoch + 12ms,
                        .aligned = sim::kEpoch + 20ms,
                        .snapshot = sim::kEpoch + 21ms,
                        .uploaded = sim::kEpoch + 33ms,
                        .received = sim::kEpoch + 40ms,
                        .bytes = 20'480},
                       {.subtask = "source[0]",
                        .snapshot = sim::kEpoch + 10ms + 500us,
                        .uploaded = sim::kEpoch + 12ms,
                        .received = sim::kEpoch + 15ms,
                        .bytes = 24}}};
}

CheckpointRow Failed() {
  CheckpointRow row = Completed();
  row.id = 4;
  row.completed.reset();
  row.stored.reset();
  row.subtasks[0].received.reset();
  row.aborted = sim::kEpoch + 110ms;
  row.reason = "CHECKPOINT_EXPIRED";
  return row;
}

TEST(CheckpointRowTest, ATableHasFlinksColumnsAndTheLongestTimesOfTheSubtasks) {
  EXPECT_EQ(ShowCheckpoints({Completed(), Failed()}),
            "  ID  Status     Acknowledged  Trigger Time  Latest Ack  End to End  Data Size  Start "
            "Delay  Alignment  Sync  Async\n"
            "   3  COMPLETED  2/2              00:00.010   00:00.040        30ms     20 KiB        "
            "  2ms        8ms   1ms   12ms\n"
            "   4  FAILED     1/2              00:00.010   00:00.015       100ms     20 KiB        "
            "  2ms        8ms   1ms   12ms  CHECKPOINT_EXPIRED\n");
}

TEST(CheckpointRowTest, DetailsTellWhatEachSubtaskDid) {
  const std::string text = ShowCheckpointDetails({Failed()});
  EXPECT_THAT(text, HasSubstr("sink[0]                              -           -     20 KiB"));
  EXPECT_THAT(text,
              HasSubstr("source[0]                    00:00.015         5ms       24 B        "
                        "500us          -     0    1ms\n"));
}

TEST(CheckpointRowTest, WithoutCheckpointsThereIsNoTable) {
  EXPECT_EQ(ShowCheckpoints({}), "");
  EXPECT_EQ(ShowCheckpointDetails({}), "");
}

TEST(CheckpointRowTest, ForeignTextStaysOnItsLine) {
  CheckpointRow row = Failed();
  row.reason = "a\nb";
  EXPECT_THAT(ShowCheckpoints({row}), HasSubstr("a\\nb\n"));
}

TEST(CheckpointRowTest, JsonHasWhatThereIs) {
  const auto json = nlohmann::json::parse(ToJson({Completed(), Failed()}));
  EXPECT_EQ(json[0]["status"], "COMPLETED");
  EXPECT_EQ(json[0]["end_to_end_ns"], 30'000'000);
  EXPECT_FALSE(json[0].contains("reason"));
  EXPECT_EQ(json[0]["subtasks"][0]["alignment_ns"], 8'000'000);
  EXPECT_FALSE(json[0]["subtasks"][1].contains("alignment_ns"));
  EXPECT_EQ(json[1]["reason"], "CHECKPOINT_EXPIRED");
  EXPECT_EQ(json[1]["acknowledged"], 1);
  EXPECT_FALSE(json[1]["subtasks"][0].contains("acknowledged_ns"));
}

TEST(CheckpointRowTest, OneThatIsNeitherStoredNorGivenUpIsInProgress) {
  CheckpointRow row = Completed();
  row.stored.reset();
  EXPECT_EQ(row.status(), "IN_PROGRESS");
  EXPECT_THAT(ShowCheckpoints({row}), Not(HasSubstr("COMPLETED")));
}

}  // namespace

}  // namespace flinch::reports
