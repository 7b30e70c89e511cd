#include "engine/connectors/log_sink.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

LogSinkOptions Options() {
  LogSinkOptions options;
  options.topic = "out";
  options.batch_records_max = 2;
  return options;
}

// One attempt of a sink subtask.
struct Attempt {
  explicit Attempt(sim::Environment& environment, uint32_t attempt = 1, std::string name = "sink",
                   uint32_t subtask = 0)
      : environment_(environment), sink(Options(), [](const std::string& value) {
          return std::pair<Bytes, Bytes>("k", value);
        }) {
    setting.name = std::move(name);
    setting.subtask = subtask;
    setting.parallelism = 16;
    setting.attempt = attempt;
  }

  ~Attempt() { sink.Close(); }

  sim::Result<void> Open(const OperatorState* restored = nullptr) {
    return sink.Open(setting.Runtime(environment_), restored);
  }

  sim::Result<void> Write(const std::string& value) {
    return sink.ProcessElement({.value = &value, .timestamp = EventTime(9)});
  }

  // Writes a value and takes the snapshot of a checkpoint.
  OperatorState WriteAndSnapshot(const std::string& value, uint64_t checkpoint) {
    EXPECT_TRUE(Write(value).has_value());
    return Snapshot(checkpoint);
  }

  OperatorState Snapshot(uint64_t checkpoint) {
    auto state = sink.Snapshot({.id = CheckpointId(checkpoint)});
    EXPECT_TRUE(state.has_value());
    return state.value_or(OperatorState());
  }

  sim::Result<void> Complete(uint64_t checkpoint) {
    return sink.NotifyCheckpointComplete(CheckpointId(checkpoint));
  }

  sim::Environment& environment_;
  OperatorSetting setting;
  LogSink<std::string> sink;
};

// Runs `body` beside a broker that has topic "out".
void RunWithLog(LogWorld& world, uint32_t partitions,
                const std::function<void(sim::Environment&)>& body) {
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([&](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(
        client.Call(CreateTopicRequest{.topic = "out", .partitions = partitions}).has_value());
    body(environment);
  }));
}

TEST(LogSinkTest, CommitsWithTheNotificationAndNotBefore) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    for (const std::string value : {"a", "b", "c"}) {
      ASSERT_TRUE(attempt.Write(value).has_value());
    }
    attempt.Snapshot(1);
    ASSERT_TRUE(attempt.Write("d").has_value());
    EXPECT_THAT(world.Committed("out"), IsEmpty());
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("sink-0-1-1"));
    ASSERT_TRUE(attempt.Complete(1).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
  });
  EXPECT_THAT(world.Traced("sink."),
              ElementsAre("sink.precommitted transaction=sink-0-1-1 checkpoint=1 subtask=sink[0]",
                          "sink.committing transaction=sink-0-1-1 checkpoint=1 subtask=sink[0]",
                          "sink.committed transaction=sink-0-1-1 checkpoint=1 subtask=sink[0]"));
}

TEST(LogSinkTest, TheTransactionBeginsAtTheLogWithItsFirstRecord) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    ASSERT_TRUE(attempt.Write("a").has_value());
    environment.Sleep(1s);
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("sink-0-1-1"));
    environment.Sleep(16min);
    EXPECT_THAT(world.Contents().open_transactions, IsEmpty()) << "its time-out has run since";
    attempt.Snapshot(1);
    EXPECT_FALSE(attempt.Complete(1).has_value()) << "the record is lost, and that is said";
  });
  EXPECT_THAT(world.Committed("out"), IsEmpty());
}

TEST(LogSinkTest, KeepsKeyTimestampAndItsPartition) {
  LogWorld world;
  RunWithLog(world, 2, [](sim::Environment& environment) {
    Attempt attempt(environment, 1, "sink", 3);
    ASSERT_TRUE(attempt.Open().has_value());
    attempt.WriteAndSnapshot("a", 1);
    ASSERT_TRUE(attempt.Complete(1).has_value());
  });
  const LogContents contents = world.Contents();
  const std::vector<LogContents::Chunk>& chunks = contents.topics.at("out").chunks;
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].partition, 1U);
  EXPECT_EQ(chunks[0].records,
            RecordBatch({{.key = "k", .value = "a", .timestamp = EventTime(9)}}));
}

TEST(LogSinkTest, OpensNoTransactionWhereNothingWasWritten) {
  LogWorld world;
  RunWithLog(world, 1, [](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    const OperatorState state = attempt.Snapshot(1);
    EXPECT_THAT(state.at("pending"), IsEmpty());
    ASSERT_TRUE(attempt.Complete(1).has_value());
    ASSERT_TRUE(attempt.sink.Finish().has_value());
  });
  EXPECT_THAT(world.Traced("transaction."), IsEmpty());
  EXPECT_THAT(world.Traced("sink."), IsEmpty());
}

TEST(LogSinkTest, ALostNotificationIsMadeGoodByTheNextOne) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    attempt.WriteAndSnapshot("a", 1);
    attempt.WriteAndSnapshot("b", 2);
    attempt.WriteAndSnapshot("c", 3);
    ASSERT_TRUE(attempt.Complete(2).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b"));
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("sink-0-1-3"));
  });
}

TEST(LogSinkTest, LateDoubledAndOvertakingNotificationsDoNoHarm) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    ASSERT_TRUE(attempt.Complete(7).has_value());  // before anything was written
    attempt.WriteAndSnapshot("a", 8);
    attempt.WriteAndSnapshot("b", 9);
    for (const uint64_t checkpoint : {7U, 9U, 8U, 9U, 3U}) {
      ASSERT_TRUE(attempt.Complete(checkpoint).has_value());
    }
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b"));
  });
  EXPECT_EQ(world.Traced("sink.committed").size(), 2U);
}

TEST(LogSinkTest, WhatBelongsToAnAbortedCheckpointIsCommittedWithTheNext) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    attempt.WriteAndSnapshot("a", 1);
    ASSERT_TRUE(attempt.sink.NotifyCheckpointAborted(CheckpointId(1)).has_value());
    ASSERT_TRUE(attempt.sink.NotifyCheckpointAborted(CheckpointId(5)).has_value());
    const OperatorState state = attempt.WriteAndSnapshot("b", 2);
    EXPECT_EQ(state.at("pending").size(), 2U);
    EXPECT_THAT(world.Committed("out"), IsEmpty());
    ASSERT_TRUE(attempt.Complete(2).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b"));
  });
}

TEST(LogSinkTest, FinishFlushesAndTheFinalCheckpointCommits) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    ASSERT_TRUE(attempt.Write("last").has_value());
    ASSERT_TRUE(attempt.sink.Finish().has_value());
    EXPECT_EQ(world.Contents().topics.at("out").record_count, 1U);
    EXPECT_THAT(world.Committed("out"), IsEmpty());
    attempt.Snapshot(4);
    ASSERT_TRUE(attempt.Complete(4).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("last"));
  });
}

TEST(LogSinkTest, ARestoredAttemptCommitsWhatIsPendingAndAbortsWhatWasLeftOpen) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    OperatorState state;
    {
      Attempt first(environment);
      ASSERT_TRUE(first.Open().has_value());
      state = first.WriteAndSnapshot("complete", 1);
      first.WriteAndSnapshot("incomplete", 2);
      for (const std::string value : {"open", "open too"}) {
        ASSERT_TRUE(first.Write(value).has_value());
      }
      Attempt second(environment, 2);
      ASSERT_TRUE(second.Open(&state).has_value());
      EXPECT_THAT(world.Committed("out"), ElementsAre("complete"));
      EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
      const OperatorState next = second.WriteAndSnapshot("again", 3);
      EXPECT_EQ(next.at("pending").size(), 1U);
      ASSERT_TRUE(second.Complete(3).has_value());
    }
    // Restoring the same state again finds everything done.
    Attempt third(environment, 3);
    ASSERT_TRUE(third.Open(&state).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("complete", "again"));
  });
  EXPECT_THAT(world.Traced("sink.aborted"),
              ElementsAre("sink.aborted transaction=sink-0-1-2 subtask=sink[0]",
                          "sink.aborted transaction=sink-0-1-3 subtask=sink[0]"));
}

TEST(LogSinkTest, AZombieIsFencedWhetherItHasATransactionOrNot) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt busy(environment, 1);
    ASSERT_TRUE(busy.Open().has_value());
    for (const std::string value : {"z1", "z2"}) {
      ASSERT_TRUE(busy.Write(value).has_value());
    }
    Attempt idle(environment, 2);
    ASSERT_TRUE(idle.Open().has_value());
    Attempt heir(environment, 3);
    ASSERT_TRUE(heir.Open().has_value());
    for (Attempt* zombie : {&busy, &idle}) {
      ASSERT_TRUE(zombie->Write("z3").has_value());
      ASSERT_TRUE(zombie->Write("z4").has_value());
      const auto flushed = zombie->sink.Finish();
      ASSERT_FALSE(flushed.has_value());
      EXPECT_EQ(flushed.error().code, ErrorCode::kFenced);
    }
    EXPECT_EQ(Attempt(environment, 2).Open().error().code, ErrorCode::kFenced);
    heir.WriteAndSnapshot("heir", 1);
    ASSERT_TRUE(heir.Complete(1).has_value());
    EXPECT_THAT(world.Committed("out"), ElementsAre("heir"));
    EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
  });
}

TEST(LogSinkTest, LeavesAloneWhatOtherSubtasksAndOtherSinksHaveOpen) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    std::vector<std::unique_ptr<Attempt>> others;
    others.push_back(std::make_unique<Attempt>(environment, 1, "sink", 11));
    others.push_back(std::make_unique<Attempt>(environment, 1, "sink-1", 1));
    others.push_back(std::make_unique<Attempt>(environment, 1, "sink-1-1", 0));
    for (const std::unique_ptr<Attempt>& other : others) {
      ASSERT_TRUE(other->Open().has_value());
      other->WriteAndSnapshot("other", 1);
    }
    Attempt mine(environment, 9, "sink", 1);
    ASSERT_TRUE(mine.Open().has_value());
    EXPECT_EQ(world.Contents().open_transactions.size(), 3U);
    for (const std::unique_ptr<Attempt>& other : others) {
      ASSERT_TRUE(other->Complete(1).has_value());
    }
  });
  EXPECT_THAT(world.Committed("out"), ElementsAre("other", "other", "other"));
}

TEST(LogSinkTest, AnAttemptThatIsCancelledTakesBackWhatItHadOpen) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    {
      Attempt attempt(environment);
      ASSERT_TRUE(attempt.Open().has_value());
      attempt.WriteAndSnapshot("pending", 1);
      for (const std::string value : {"open", "open too"}) {
        ASSERT_TRUE(attempt.Write(value).has_value());
      }
    }
    environment.Sleep(1s);
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("sink-0-1-1"));
  });
}

TEST(LogSinkTest, ATransactionThatTheLogGaveUpFailsTheTaskInPlainWords) {
  LogWorld world;
  RunWithLog(world, 1, [](sim::Environment& environment) {
    Attempt attempt(environment);
    ASSERT_TRUE(attempt.Open().has_value());
    attempt.WriteAndSnapshot("a", 1);
    environment.Sleep(16min);
    const auto committed = attempt.Complete(1);
    ASSERT_FALSE(committed.has_value());
    EXPECT_THAT(committed.error().message,
                HasSubstr("Transaction \"sink-0-1-1\" of completed checkpoint 1 could not be "
                          "committed: It is too late to commit"));
    EXPECT_THAT(committed.error().message, HasSubstr("make sink.transaction-timeout longer"));
  });
}

TEST(LogSinkTest, ADamagedStateIsRefused) {
  LogWorld world;
  RunWithLog(world, 1, [](sim::Environment& environment) {
    const OperatorState pending = {{"pending", {"xyz"}}};
    EXPECT_EQ(Attempt(environment).Open(&pending).error().code, ErrorCode::kCorruption);
    const OperatorState counter = {{"counter", {"xyz"}}};
    EXPECT_EQ(Attempt(environment).Open(&counter).error().code, ErrorCode::kCorruption);
  });
}

TEST(LogSinkTest, WithItsDefectItCommitsAtTheSnapshot) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    attempt.setting.defects.Plant(Defect::kSinkCommitsAtSnapshot);
    ASSERT_TRUE(attempt.Open().has_value());
    const OperatorState state = attempt.WriteAndSnapshot("a", 1);
    EXPECT_THAT(state.at("pending"), IsEmpty());
    EXPECT_THAT(world.Committed("out"), ElementsAre("a"));
  });
}

TEST(LogSinkTest, WithItsDefectItForgetsTheTransactionsOfALostNotification) {
  LogWorld world;
  RunWithLog(world, 1, [&world](sim::Environment& environment) {
    Attempt attempt(environment);
    attempt.setting.defects.Plant(Defect::kSinkCommitsOnlyMatchingId);
    ASSERT_TRUE(attempt.Open().has_value());
    attempt.WriteAndSnapshot("a", 1);
    attempt.WriteAndSnapshot("b", 2);
    ASSERT_TRUE(attempt.Complete(2).has_value());
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("sink-0-1-1"));
  });
}

// A sink through crashes of the broker and a lossy link: what its checkpoints cover is there once,
// in order.
TEST(LogSinkTest, WritesEverythingOnceThroughCrashesOfTheBroker) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LogWorld world(seed);
    std::vector<std::string> expected;
    RunWithLog(world, 1, [&](sim::Environment& environment) {
      world.SetLinks({.cut = false, .loss = sim::Percent(5), .delay = 0ms});
      for (int crash = 0; crash < 3; ++crash) {
        world.CrashBrokerAt(crash * 700ms + static_cast<int64_t>(seed) * 3ms, 100ms);
      }
      Attempt attempt(environment);
      ASSERT_TRUE(attempt.Open().has_value());
      for (uint64_t checkpoint = 1; checkpoint <= 10; ++checkpoint) {
        for (int record = 0; record < 5; ++record) {
          expected.push_back(fmt::format("{}.{}", checkpoint, record));
          ASSERT_TRUE(attempt.Write(expected.back()).has_value());
        }
        attempt.Snapshot(checkpoint);
        ASSERT_TRUE(attempt.Complete(checkpoint).has_value());
      }
    });
    EXPECT_EQ(world.Committed("out"), expected) << "seed " << seed;
    EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
  }
}

TEST(LogSinkTest, ParsesOnlyNamesOfItsOwn) {
  EXPECT_THAT(ParseSinkTransaction("sink-1", "sink-1-3-12"),
              Optional(SinkTransactionName{.attempt = 3, .counter = 12}));
  for (const std::string_view foreign :
       {"sink-11-3-12", "sink-1-3", "sink-1-3-12-4", "sink-1--3-12", "sink-1-3-x", "sink-1-3-",
        "sink-1", "other-1-3-12", "", "sink-1-99999999999-1"}) {
    EXPECT_EQ(ParseSinkTransaction("sink-1", foreign), std::nullopt) << foreign;
  }
}

}  // namespace
}  // namespace flinch::engine
