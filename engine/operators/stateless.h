// Map, filter and flat map: no state, no timers; watermarks pass through.
#pragma once

#include <utility>

#include "engine/functions.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

class StatelessOperator : public StreamOperator {
 public:
  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    output_ = &runtime.main_output();
    return {};
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    return output_->EmitWatermark(watermark);
  }

 protected:
  Output* output_ = nullptr;
};

template <typename In, typename Function>
class MapOperator final : public FunctionOperator<StatelessOperator, Function> {
 public:
  using FunctionOperator<StatelessOperator, Function>::FunctionOperator;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(this->function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const auto result = this->function_(*static_cast<const In*>(record.value));
    return this->output_->Emit({&result, record.timestamp});
  }
};

template <typename In, typename Function>
class FilterOperator final : public FunctionOperator<StatelessOperator, Function> {
 public:
  using FunctionOperator<StatelessOperator, Function>::FunctionOperator;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(this->function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    if (this->function_(*static_cast<const In*>(record.value))) {
      return this->output_->Emit(record);
    }
    return {};
  }
};

// `function(record, collector)`.
template <typename In, typename Out, typename Function>
class FlatMapOperator final : public FunctionOperator<StatelessOperator, Function> {
 public:
  using FunctionOperator<StatelessOperator, Function>::FunctionOperator;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(this->function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    Collector<Out> out(*this->output_, record.timestamp);
    this->function_(*static_cast<const In*>(record.value), out);
    return out.result();
  }
};

}  // namespace flinch::engine
