// What a task gives an operator, made of parts: for operators without a task.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "engine/planted_runtime.h"
#include "engine/stream_operator.h"
#include "sim/check.h"

namespace flinch::tests {

class PlainRuntime final : public engine::PlantedRuntime {
 public:
  struct Parts {
    sim::Environment& environment;
    engine::Output& output;
    engine::SubtaskInfo subtask;
    engine::KeyedStateBackend* keyed_state = nullptr;
    engine::Defects defects;
    std::map<engine::OutputTag, engine::Output*> sides;
  };

  explicit PlainRuntime(Parts parts) : parts_(std::move(parts)) {}

  sim::Environment& environment() override { return parts_.environment; }

  const engine::SubtaskInfo& subtask() const override { return parts_.subtask; }

  engine::Output& output(engine::OutputTag tag) override {
    if (tag == engine::kMainOutput) {
      return parts_.output;
    }
    const auto side = parts_.sides.find(tag);
    sim::Check(side != parts_.sides.end(), "there is no output {}", tag.value());
    return *side->second;
  }

  engine::KeyedStateBackend* keyed_state() override { return parts_.keyed_state; }

  bool is_cancelled() const override { return false; }

  const engine::Defects& defects() const override { return parts_.defects; }

 private:
  Parts parts_;
};

}  // namespace flinch::tests
