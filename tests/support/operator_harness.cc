#include "tests/support/operator_harness.h"

#include "engine/state/key_groups.h"

namespace flinch::tests {

OperatorHarness::OperatorHarness(OperatorHarnessOptions options, const OperatorSnapshot* restored)
    : options_(std::move(options)), code_(options_.make()) {
  if (options_.key) {
    keyed_state_ = std::make_unique<engine::KeyedStateBackend>(
        engine::RangeOf(options_.subtask, options_.max_parallelism, options_.parallelism),
        options_.max_parallelism);
  }
  std::map<engine::OutputTag, engine::Output*> sides;
  for (const auto& [tag, type] : options_.sides) {
    sides_[tag].type = type;
    sides[tag] = &sides_[tag];
  }
  runtime_.emplace(PlainRuntime::Parts{.environment = environment_,
                                       .output = *this,
                                       .subtask = {.id = engine::OperatorIdOf("operator"),
                                                   .name = "operator",
                                                   .index = options_.subtask,
                                                   .parallelism = options_.parallelism,
                                                   .max_parallelism = options_.max_parallelism,
                                                   .attempt = engine::AttemptNumber(1)},
                                       .keyed_state = keyed_state_.get(),
                                       .defects = options_.defects,
                                       .sides = std::move(sides)});
  opened_ = Open(restored);
}

sim::Result<void> OperatorHarness::Open(const OperatorSnapshot* restored) {
  if (restored != nullptr && keyed_state_ != nullptr) {
    sim::Result<void> added = keyed_state_->Restore(restored->keyed, options_.defects);
    if (!added) {
      return added;
    }
  }
  return code_->Open(*runtime_, restored == nullptr ? nullptr : &restored->state);
}

sim::Result<void> OperatorHarness::ProcessRecord(const engine::StreamRecord& record) {
  if (options_.key) {
    engine::Bytes key;
    options_.key.encode(record.value, key);
    keyed_state_->SetCurrentKey(key, options_.key.hash(record.value));
  }
  return code_->ProcessElement(record);
}

OperatorSnapshot OperatorHarness::Snapshot() {
  sim::Result<engine::OperatorState> state = code_->Snapshot({.id = engine::CheckpointId(1)});
  sim::Check(state.has_value(), "the operator took no snapshot");
  OperatorSnapshot snapshot{.state = *std::move(state), .keyed = {}};
  if (keyed_state_ != nullptr) {
    snapshot.keyed = keyed_state_->Snapshot();
  }
  return snapshot;
}

sim::Result<void> OperatorHarness::Emit(const engine::StreamRecord& record) {
  engine::Encoder out;
  options_.output.write(out, record.value);
  results_.emplace_back(out.Take(), record.timestamp);
  return {};
}

sim::Result<void> OperatorHarness::Side::Emit(const engine::StreamRecord& record) {
  engine::Encoder out;
  type.write(out, record.value);
  results.emplace_back(out.Take(), record.timestamp);
  return {};
}

sim::Result<void> OperatorHarness::EmitWatermark(engine::EventTime watermark) {
  watermarks_.push_back(watermark);
  return {};
}

}  // namespace flinch::tests
