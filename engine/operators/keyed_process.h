// User code with keyed state and timers.
//
// `Function` is a value with
//   void Open(RuntimeContext&)                                  (may be left out; gets its state)
//   void ProcessElement(const In&, const KeyedContext<Key, Out>&)
//   void OnTimer(EventTime, const KeyedContext<Key, Out>&)      (may be empty)
// and, if it listens to checkpoints, what engine/functions.h says.
#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/planted_runtime.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "engine/stream_operator.h"
#include "sim/check.h"

namespace flinch::engine {

template <typename Key, typename In, typename Out, typename Function>
class KeyedProcessOperator final : public FunctionOperator<StreamOperator, Function> {
 public:
  using FunctionOperator<StreamOperator, Function>::FunctionOperator;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    state_ = runtime.keyed_state();
    sim::Check(state_ != nullptr, "{} is keyed and has no keyed state", runtime.subtask().name);
    output_ = &runtime.main_output();
    RuntimeContext context(*state_, [&environment = runtime.environment()] {
      return environment.WallNow().time_since_epoch() / std::chrono::milliseconds(1);
    });
    if constexpr (requires { this->function_.Open(context); }) {
      this->function_.Open(context);
    }
    if (!context.result()) {
      return StateRefused(runtime.subtask(), context.result().error());
    }
    timers_.emplace(runtime.subtask().name, DefectsOf(runtime));
    const sim::Result<void> opened = timers_->Open(*state_);
    return opened ? sim::Result<void>() : StateRefused(runtime.subtask(), opened.error());
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return WithContext(record.timestamp, [&](const KeyedContext<Key, Out>& context) {
      this->function_.ProcessElement(*static_cast<const In*>(record.value), context);
    });
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    watermark_ = watermark;
    sim::Result<void> fired =
        timers_->Advance(watermark, [this](const Timer<std::monostate>& timer) {
          return WithContext(timer.timestamp, [&](const KeyedContext<Key, Out>& context) {
            this->function_.OnTimer(timer.timestamp, context);
          });
        });
    if (!fired) {
      return fired;
    }
    return output_->EmitWatermark(watermark);
  }

 private:
  template <typename Body>
  sim::Result<void> WithContext(EventTime timestamp, Body body) {
    Decoder in(state_->current_key());
    Read(in, key_);
    if (!in.good() || in.remaining() > 0) {  // of a restored timer
      return sim::Fail(
          sim::ErrorCode::kCorruption,
          "A restored timer has no key of its type: the checkpoint is damaged. Restore "
          "from another one.");
    }
    Collector<Out> out(*output_, timestamp);
    body(KeyedContext<Key, Out>{.key = key_,
                                .timestamp = timestamp,
                                .watermark = watermark_,
                                .timers = *timers_,
                                .out = out});
    return out.result();
  }

  Output* output_ = nullptr;
  KeyedStateBackend* state_ = nullptr;
  std::optional<TimerService<std::monostate>> timers_;
  Key key_{};  // the current one; a member, for its room
  EventTime watermark_ = kMinEventTime;
};

}  // namespace flinch::engine
