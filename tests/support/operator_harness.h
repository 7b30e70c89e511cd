// One operator outside any world: fed by hand, its output kept, restarted from its snapshots.
//
//   OperatorHarness harness({.make = …, .key = …, .output = TypeOf<Out>()});
//   ASSERT_TRUE(harness.Process(Click{"a"}, EventTime(5)));
//   ASSERT_TRUE(harness.Watermark(EventTime(59)));
//   EXPECT_THAT(harness.Take<Out>(), ElementsAre(…));
//
// As the task does, it sets a record's key in the backend before the operator sees the record, and
// results leave as bytes, so that an element that does not survive its serializer shows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/stream_operator.h"
#include "sim/check.h"
#include "tests/support/null_environment.h"
#include "tests/support/plain_runtime.h"

namespace flinch::tests {

struct OperatorHarnessOptions {
  engine::OperatorFactory make;
  engine::KeyCodec key;  // set: the operator has keyed state
  engine::ElementType output;
  uint32_t max_parallelism = 128;
  uint32_t parallelism = 1;
  engine::SubtaskIndex subtask;
  engine::Defects defects;
  std::map<engine::OutputTag, engine::ElementType> sides;
};

struct OperatorSnapshot {
  engine::OperatorState state;
  std::map<engine::KeyGroup, engine::Bytes> keyed;
};

class OperatorHarness : private engine::Output {
 public:
  // Opens the operator; see `opened`.
  explicit OperatorHarness(OperatorHarnessOptions options,
                           const OperatorSnapshot* restored = nullptr);

  // What Restore and Open said. Nothing else may be called when it failed.
  const sim::Result<void>& opened() const { return opened_; }

  template <typename T>
  sim::Result<void> Process(const T& value, engine::EventTime timestamp) {
    return ProcessRecord({&value, timestamp});
  }

  // Of an operator with several inputs; `options.key` is left for the backend, `key` is this
  // input's.
  template <typename T>
  sim::Result<void> ProcessInput(uint32_t input, const engine::KeyCodec& key, const T& value,
                                 engine::EventTime timestamp) {
    engine::Bytes bytes;
    key.encode(&value, bytes);
    keyed_state_->SetCurrentKey(bytes, key.hash(&value));
    return code_->ProcessInput(input, {&value, timestamp});
  }

  sim::Result<void> Watermark(engine::EventTime watermark) {
    return code_->ProcessWatermark(watermark);
  }

  // Both clocks go on until the wall clock shows `nanos`; then what is due fires.
  sim::Result<void> PassTimeUntil(int64_t nanos) {
    environment_.PassTime(sim::Duration(nanos - sim::Nanos(environment_.WallNow())));
    sim::Result<void> fired;
    while (fired && code_->NextTimer() <= environment_.Now()) {
      fired = code_->FireTimers();
    }
    return fired;
  }

  OperatorSnapshot Snapshot();

  // The results since the last Take, with their timestamps, in order.
  template <typename T>
  std::vector<std::pair<T, engine::EventTime>> Take() {
    return TakeFrom<T>(results_);
  }

  // The same of a side output.
  template <typename T>
  std::vector<std::pair<T, engine::EventTime>> TakeSide(engine::OutputTag tag) {
    return TakeFrom<T>(sides_.at(tag).results);
  }

  const std::vector<engine::EventTime>& watermarks() const { return watermarks_; }

  const std::vector<std::string>& events() const { return environment_.events(); }

  engine::KeyedStateBackend& keyed_state() { return *keyed_state_; }

 private:
  using Results = std::vector<std::pair<engine::Bytes, engine::EventTime>>;

  struct Side final : engine::Output {
    engine::ElementType type;
    Results results;

    sim::Result<void> Emit(const engine::StreamRecord& record) override;

    sim::Result<void> EmitWatermark(engine::EventTime) override { return {}; }
  };

  template <typename T>
  static std::vector<std::pair<T, engine::EventTime>> TakeFrom(Results& from) {
    std::vector<std::pair<T, engine::EventTime>> results;
    const Results taken = std::exchange(from, {});
    for (const auto& [bytes, timestamp] : taken) {
      sim::Result<T> value = engine::Decode<T>(bytes);
      sim::Check(value.has_value(), "a result does not survive its serializer");
      results.emplace_back(*std::move(value), timestamp);
    }
    return results;
  }

  sim::Result<void> Open(const OperatorSnapshot* restored);
  sim::Result<void> ProcessRecord(const engine::StreamRecord& record);
  sim::Result<void> Emit(const engine::StreamRecord& record) override;
  sim::Result<void> EmitWatermark(engine::EventTime watermark) override;

  OperatorHarnessOptions options_;
  NullEnvironment environment_;
  std::unique_ptr<engine::KeyedStateBackend> keyed_state_;
  std::unique_ptr<engine::StreamOperator> code_;
  std::optional<PlainRuntime> runtime_;
  Results results_;
  std::map<engine::OutputTag, Side> sides_;
  std::vector<engine::EventTime> watermarks_;
  sim::Result<void> opened_;
};

}  // namespace flinch::tests
