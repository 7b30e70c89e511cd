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

TEST(CheckpointRowTest, WhatWasInFlightHasAColumnWhereThereWasAny) {
  EXPECT_THAT(ShowCheckpoints({Completed()}), Not(HasSubstr("In-Flight")));
  CheckpointRow row = Completed();
  row.subtasks[0].in_flight = 300;
  row.subtasks[1].in_flight = 4;
  EXPECT_THAT(ShowCheckpoints({Completed(), row}), HasSubstr("Data Size  In-Flight  Start Delay"));
  EXPECT_THAT(ShowCheckpoints({Completed(), row}), HasSubstr("20 KiB      304 B          2ms"));
  EXPECT_THAT(ToJson({row}), HasSubstr("\"persisted_in_flight_bytes\":304"));
}

TEST(CheckpointRowTest, DetailsTellEventTimeAndSinceWhenItStandsStill) {
  CheckpointRow row = Completed();
  row.subtasks[0].watermark = "2026-01-01T00:04:10Z";
  row.subtasks[0].watermark_since = 2;
  const std::string text = ShowCheckpointDetails({row});
  EXPECT_THAT(text, HasSubstr("watermark 2026-01-01T00:04:10Z, since checkpoint 2\n"));
  EXPECT_THAT(ShowCheckpoints({row}), Not(HasSubstr("watermark")));
  EXPECT_THAT(ToJson({row}), HasSubstr(R"("watermark":"2026-01-01T00:04:10Z")"));
}

// The snapshot of an unaligned one comes before the last barrier.
TEST(CheckpointRowTest, AnUnalignedSnapshotTakesNoTimeOfItsOwn) {
  SubtaskCheckpoint subtask = Completed().subtasks[0];
  subtask.snapshot = sim::kEpoch + 13ms;
  EXPECT_EQ(subtask.synchronous(), 0ms);
  EXPECT_EQ(subtask.alignment(), 8ms);
}

TEST(CheckpointRowTest, DurationsAreToldWhereTheyAreWorthIt) {
  EXPECT_FALSE(TellsDurations({}));
  EXPECT_FALSE(TellsDurations({Completed(), Failed()}));
  CheckpointRow unaligned = Completed();
  unaligned.subtasks[0].in_flight = 0;
  EXPECT_TRUE(TellsDurations({Completed(), unaligned}));
  EXPECT_EQ(ShowDurations({Completed(), unaligned}),
            "30ms at 50 %, 30ms at 99 %, 30ms at most; in flight 0 B at 50 %, 0 B at most");
  CheckpointRow slow = Completed();
  slow.subtasks[0].received = slow.triggered + 1001ms;
  EXPECT_TRUE(TellsDurations({slow}));
  EXPECT_FALSE(TellsDurations({Completed(), slow}));
  EXPECT_EQ(ShowDurations({Completed(), slow}), "30ms at 50 %, 1001ms at 99 %, 1001ms at most");
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
