#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/committing_sink.h"
#include "tests/contracts/contract.h"
#include "tests/support/null_environment.h"
#include "tests/support/plain_runtime.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;

// What was committed, by name; a name counts once.
using Outside = std::map<std::string, Texts>;

class TextSink final : public CommittingSink<std::string> {
 public:
  explicit TextSink(Outside& outside) : outside_(outside) {}

  sim::Result<void> Commit(sim::Environment&, const std::string& name, const Texts& records) final {
    outside_.try_emplace(name, records);
    return {};
  }

 private:
  Outside& outside_;
};

class NoOutput final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override { return {}; }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }
};

// One attempt of a sink.
class Attempt {
 public:
  explicit Attempt(Outside& outside, const OperatorState* restored = nullptr) : sink_(outside) {
    EXPECT_TRUE(sink_.Open(runtime_, restored));
  }

  void Write(const std::string& text) {
    EXPECT_TRUE(sink_.ProcessElement({.value = &text, .timestamp = EventTime(0)}));
  }

  OperatorState Snapshot(uint64_t id) {
    sim::Result<OperatorState> state = sink_.Snapshot({.id = CheckpointId(id)});
    EXPECT_TRUE(state);
    return state.value_or(OperatorState());
  }

  void Complete(uint64_t id) { EXPECT_TRUE(sink_.NotifyCheckpointComplete(CheckpointId(id))); }

 private:
  tests::NullEnvironment environment_;
  NoOutput output_;
  tests::PlainRuntime runtime_{{.environment = environment_,
                                .output = output_,
                                .subtask = {.name = "sink"},
                                .keyed_state = nullptr,
                                .defects = {}}};
  TextSink sink_;
};

Texts Committed(const Outside& outside) {
  Texts texts;
  for (const auto& [name, records] : outside) {
    texts.insert(texts.end(), records.begin(), records.end());
  }
  return texts;
}

FLINK_CONTRACT(TwoPhaseCommitSinkFunctionTest, testNotifyOfCompletedCheckpoint) {
  Outside outside;
  Attempt sink(outside);
  sink.Write("42");
  sink.Snapshot(1);
  sink.Write("43");
  sink.Snapshot(2);
  sink.Write("44");
  sink.Snapshot(3);
  sink.Complete(2);
  EXPECT_THAT(Committed(outside), ElementsAre("42", "43")) << "the third stays open";
}

FLINK_CONTRACT(TwoPhaseCommitSinkFunctionTest, testSubsumedNotificationOfPreviousCheckpoint) {
  Outside outside;
  Attempt sink(outside);
  sink.Write("42");
  sink.Snapshot(1);
  sink.Write("43");
  sink.Snapshot(2);
  sink.Write("44");
  sink.Complete(2);
  sink.Complete(1);
  EXPECT_THAT(Committed(outside), ElementsAre("42", "43")) << "each once";
}

FLINK_CONTRACT(TwoPhaseCommitSinkFunctionTest, testFailBeforeNotify) {
  Outside outside;
  OperatorState snapshot;
  {
    Attempt sink(outside);
    sink.Write("42");
    sink.Snapshot(1);
    sink.Write("43");
    snapshot = sink.Snapshot(2);
    sink.Write("44");
    EXPECT_THAT(Committed(outside), IsEmpty()) << "nobody has heard that one is complete";
  }
  const Attempt next(outside, &snapshot);
  EXPECT_THAT(Committed(outside), ElementsAre("42", "43")) << "just what the checkpoint holds";
}

}  // namespace
}  // namespace flinch::engine
