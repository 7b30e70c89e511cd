#include "engine/connectors/database_sink.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/outside/database_service.h"
#include "engine/outside/database_state.h"
#include "tests/support/bench.h"
#include "tests/support/plain_runtime.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class NoReaders final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override { return {}; }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }
};

// One attempt of one subtask.
class SinkStage {
 public:
  SinkStage(sim::Environment& environment, DatabaseWrites writes, uint32_t attempt,
            const OperatorState* restored = nullptr, uint32_t subtask = 0)
      : runtime_({.environment = environment,
                  .output = output_,
                  .subtask = {.name = "sink",
                              .index = SubtaskIndex(subtask),
                              .parallelism = 2,
                              .attempt = AttemptNumber(attempt)},
                  .keyed_state = nullptr,
                  .defects = {}}) {
    sim::Result<std::unique_ptr<DatabaseWriter>> opened =
        OpenDatabaseWriter(runtime_, {.table = "t", .writes = writes}, restored);
    EXPECT_TRUE(opened);
    writer_ = *std::move(opened);
  }

  DatabaseWriter* operator->() { return writer_.get(); }

 private:
  NoReaders output_;
  tests::PlainRuntime runtime_;
  std::unique_ptr<DatabaseWriter> writer_;
};

// What the table holds when all is over.
DatabaseTable TableAfter(const std::function<void(sim::Environment&)>& body) {
  tests::Bench bench;
  bench.Start("database", [](sim::Environment& environment) { RunDatabase(environment, {}); });
  EXPECT_TRUE(bench.Run("tm", body));
  const sim::Bytes journal =
      bench.world().ReadFile(bench.Host("database"), DatabaseOptions().journal).value_or("");
  const sim::Result<DatabaseState> state = ReadDatabaseJournal(journal);
  EXPECT_TRUE(state);
  return state && state->tables().contains("t") ? state->tables().at("t") : DatabaseTable();
}

TEST(DatabaseSinkTest, TwoPhasesShowRowsWithTheirCheckpoint) {
  const DatabaseTable table = TableAfter([](sim::Environment& environment) {
    SinkStage sink(environment, DatabaseWrites::kTwoPhases, 1);
    ASSERT_TRUE(sink->Write({.key = "a", .value = "1"}));
    ASSERT_TRUE(sink->Snapshot(CheckpointId(1)));
    ASSERT_TRUE(sink->Write({.key = "b", .value = "2"}));
    ASSERT_TRUE(sink->Snapshot(CheckpointId(2)));
    ASSERT_TRUE(sink->NotifyCheckpointComplete(CheckpointId(1)));
  });
  EXPECT_THAT(table.inserted, ElementsAre(DatabaseRow{"a", "1"}));
}

TEST(DatabaseSinkTest, ARestoreCommitsWhatItHoldsAndRollsTheRestBack) {
  const DatabaseTable table = TableAfter([](sim::Environment& environment) {
    SinkStage before(environment, DatabaseWrites::kTwoPhases, 1);
    SinkStage other(environment, DatabaseWrites::kTwoPhases, 1, nullptr, 1);
    ASSERT_TRUE(before->Write({.key = "a", .value = "1"}));
    const sim::Result<OperatorState> state = before->Snapshot(CheckpointId(1));
    ASSERT_TRUE(before->Write({.key = "lost", .value = "2"}));
    ASSERT_TRUE(before->Snapshot(CheckpointId(2)));
    ASSERT_TRUE(other->Write({.key = "another's", .value = "3"}));
    ASSERT_TRUE(other->Snapshot(CheckpointId(2)));
    SinkStage after(environment, DatabaseWrites::kTwoPhases, 2, &*state);
    EXPECT_FALSE(before->NotifyCheckpointComplete(CheckpointId(2)));  // a zombie
    ASSERT_TRUE(other->NotifyCheckpointComplete(CheckpointId(2)));
  });
  EXPECT_THAT(table.inserted, ElementsAre(DatabaseRow{"a", "1"}, DatabaseRow{"another's", "3"}));
}

TEST(DatabaseSinkTest, UpsertsAreWrittenBeforeASnapshotAndFenceZombies) {
  const DatabaseTable table = TableAfter([](sim::Environment& environment) {
    SinkStage before(environment, DatabaseWrites::kUpserts, 1);
    ASSERT_TRUE(before->Write({.key = "a", .value = "1"}));
    ASSERT_TRUE(before->Snapshot(CheckpointId(1)));
    SinkStage after(environment, DatabaseWrites::kUpserts, 2);
    ASSERT_TRUE(before->Write({.key = "a", .value = "a zombie's"}));
    EXPECT_FALSE(before->Snapshot(CheckpointId(2)));
  });
  EXPECT_THAT(table.upserted, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(table.inserted, IsEmpty());
}

}  // namespace
}  // namespace flinch::engine
