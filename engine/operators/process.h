// User code that may emit to several outputs and read several inputs, without keyed state.
//
// One input:  void ProcessElement(const In&, const ProcessContext<Out>&)
// Two inputs: void ProcessFirst(const First&, const ProcessContext<Out>&)
//             void ProcessSecond(const Second&, const ProcessContext<Out>&)
// Both:       void InitializeState(OperatorStateStore&), which gets its operator state,
//             void SnapshotState(CheckpointId), before that is written,
//             void Open(OperatorRuntime&), auto SideOutputs() const, and what listens to
//             checkpoints (engine/functions.h): may be left out. They come in the order
//             initialize, open, records.
// Source:     Flink's ProcessFunction, CoProcessFunction and CheckpointedFunction.
#pragma once

#include <utility>

#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/side_output.h"
#include "engine/state/operator_state.h"
#include "engine/stream_operator.h"
#include "sim/check.h"

namespace flinch::engine {

// What a process function may use while a record is processed.
template <typename Out>
class ProcessContext {
 public:
  ProcessContext(OperatorRuntime& runtime, Collector<Out>& out, sim::Result<void>& failure,
                 EventTime timestamp, EventTime watermark)
      : runtime_(runtime),
        out_(out),
        failure_(failure),
        timestamp_(timestamp),
        watermark_(watermark) {}

  // Of the record. `watermark` is the minimum over all inputs.
  EventTime timestamp() const { return timestamp_; }

  EventTime watermark() const { return watermark_; }

  OperatorRuntime& runtime() const { return runtime_; }

  // To the main output, with the record's timestamp.
  void Collect(const Out& value) const { out_.Collect(value); }

  template <typename T>
  void Emit(const SideOutput<T>& side, const T& value) const {
    if (failure_) {
      failure_ = runtime_.output(side.tag()).Emit({.value = &value, .timestamp = timestamp_});
    }
  }

 private:
  OperatorRuntime& runtime_;
  Collector<Out>& out_;
  sim::Result<void>& failure_;
  EventTime timestamp_;
  EventTime watermark_;
};

template <typename Out, typename Function>
class ProcessOperatorBase : public FunctionOperator<StreamOperator, Function> {
 public:
  using FunctionOperator<StreamOperator, Function>::FunctionOperator;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    runtime_ = &runtime;
    output_ = &runtime.main_output();
    state_.Restore(restored);
    if constexpr (requires { this->function_.InitializeState(state_); }) {
      this->function_.InitializeState(state_);
    }
    if (!state_.result()) {
      return StateRefused(runtime.subtask(), state_.result().error());
    }
    OpenFunction(this->function_, runtime);
    return {};
  }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta& meta) override {
    if constexpr (requires { this->function_.SnapshotState(meta.id); }) {
      this->function_.SnapshotState(meta.id);
    }
    return state_.Snapshot();
  }

  ListMode ModeOf(std::string_view list) const override { return state_.ModeOf(list); }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    watermark_ = watermark;
    return output_->EmitWatermark(watermark);
  }

 protected:
  // Calls `body(function, context)`.
  template <typename Body>
  sim::Result<void> WithContext(EventTime timestamp, Body body) {
    Collector<Out> out(*output_, timestamp);
    sim::Result<void> failure;
    body(this->function_, ProcessContext<Out>(*runtime_, out, failure, timestamp, watermark_));
    return failure ? out.result() : failure;
  }

 private:
  OperatorRuntime* runtime_ = nullptr;
  Output* output_ = nullptr;
  OperatorStateStore state_;
  EventTime watermark_ = kMinEventTime;
};

template <typename In, typename Out, typename Function>
class ProcessOperator final : public ProcessOperatorBase<Out, Function> {
 public:
  using ProcessOperatorBase<Out, Function>::ProcessOperatorBase;

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return this->WithContext(record.timestamp, [&](auto& function, const auto& context) {
      function.ProcessElement(*static_cast<const In*>(record.value), context);
    });
  }
};

template <typename First, typename Second, typename Out, typename Function>
class TwoInputProcessOperator final : public ProcessOperatorBase<Out, Function> {
 public:
  using ProcessOperatorBase<Out, Function>::ProcessOperatorBase;

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return ProcessInput(0, record);
  }

  sim::Result<void> ProcessInput(uint32_t input, const StreamRecord& record) override {
    sim::Check(input < 2, "a record of input {} for an operator with two", input);
    return this->WithContext(record.timestamp, [&](auto& function, const auto& context) {
      if (input == 0) {
        function.ProcessFirst(*static_cast<const First*>(record.value), context);
      } else {
        function.ProcessSecond(*static_cast<const Second*>(record.value), context);
      }
    });
  }
};

}  // namespace flinch::engine
