// Where an iteration begins: passes on what is new, and what is fed back.
#pragma once

#include "engine/operators/stateless.h"

namespace flinch::engine {

class IterationHead final : public StatelessOperator {
 public:
  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return output_->Emit({record.value, record.timestamp});
  }

  sim::Result<void> ProcessInput(uint32_t, const StreamRecord& record) override {
    return ProcessElement(record);
  }
};

}  // namespace flinch::engine
