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
class MapOperator final : public StatelessOperator {
 public:
  explicit MapOperator(Function function) : function_(std::move(function)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const auto result = function_(*static_cast<const In*>(record.value));
    return output_->Emit({&result, record.timestamp});
  }

 private:
  Function function_;
};

template <typename In, typename Function>
class FilterOperator final : public StatelessOperator {
 public:
  explicit FilterOperator(Function function) : function_(std::move(function)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    if (function_(*static_cast<const In*>(record.value))) {
      return output_->Emit(record);
    }
    return {};
  }

 private:
  Function function_;
};

// `function(record, collector)`.
template <typename In, typename Out, typename Function>
class FlatMapOperator final : public StatelessOperator {
 public:
  explicit FlatMapOperator(Function function) : function_(std::move(function)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    OpenFunction(function_, runtime);
    return StatelessOperator::Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    Collector<Out> out(*output_, record.timestamp);
    function_(*static_cast<const In*>(record.value), out);
    return out.result();
  }

 private:
  Function function_;
};

}  // namespace flinch::engine
