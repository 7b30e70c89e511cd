#include "scenarios/bench/generator.h"

namespace flinch::scenarios {

namespace {

constexpr uint64_t kGeneratorBatch = 16;
constexpr uint64_t kGeneratorScramble = 0x9E3779B97F4A7C15;  // odd, its bits spread
constexpr char kGeneratorPosition[] = "position";

}  // namespace

ClickGenerator::ClickGenerator(const GeneratorOptions& options) : options_(options) {
  for (uint32_t key = 0; key < options.keys; ++key) {
    clicks_.push_back({.page = "/page/" + std::to_string(key)});
  }
}

sim::Result<void> ClickGenerator::Open(engine::OperatorRuntime& runtime,
                                       const engine::OperatorState* restored) {
  output_ = &runtime.main_output();
  if (restored == nullptr) {
    return {};
  }
  const auto position = restored->find(kGeneratorPosition);
  if (position == restored->end() || position->second.size() != 1) {
    return sim::Fail(sim::ErrorCode::kCorruption, "The generator's position is not in its state.");
  }
  const sim::Result<uint64_t> next = engine::Decode<uint64_t>(position->second.front());
  if (!next) {
    return sim::Fail(next);
  }
  next_ = *next;
  return {};
}

void ClickGenerator::OnAvailable(std::function<void()> wake) { wake(); }

sim::Result<engine::InputStatus> ClickGenerator::EmitNext() {
  const uint64_t end = std::min(next_ + kGeneratorBatch, options_.records);
  for (; next_ < end; ++next_) {
    const uint64_t key = (next_ * kGeneratorScramble >> 32) * options_.keys >> 32;
    const auto time = static_cast<int64_t>(next_) * options_.event_step.count();
    if (sim::Result<void> sent = output_->Emit({&clicks_[key], engine::EventTime(time)}); !sent) {
      return sim::Fail(sent);
    }
  }
  if (next_ % options_.watermark_every == 0) {
    const auto time = static_cast<int64_t>(next_) * options_.event_step.count();
    if (sim::Result<void> sent = output_->EmitWatermark(engine::EventTime(time - 1)); !sent) {
      return sim::Fail(sent);
    }
  }
  return next_ == options_.records ? engine::InputStatus::kEndOfInput
                                   : engine::InputStatus::kMoreAvailable;
}

sim::Result<engine::OperatorState> ClickGenerator::Snapshot(const engine::CheckpointMeta&) {
  return engine::OperatorState{{kGeneratorPosition, {engine::Encode(next_)}}};
}

}  // namespace flinch::scenarios
