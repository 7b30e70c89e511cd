// User code with keyed state and timers.
//
// `Function` is a value with
//   void Open(RuntimeContext&)                                  (may be left out; gets its state)
//   void ProcessElement(const In&, const KeyedContext<Key, Out>&)
//   void OnTimer(EventTime, const KeyedContext<Key, Out>&)      (may be empty; of both domains)
// and, if it listens to checkpoints, what engine/functions.h says.
#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/planted_runtime.h"
#include "engine/runtime/processing_timers.h"
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
    processing_timers_.emplace(runtime.subtask().name, DefectsOf(runtime));
    sim::Result<void> opened = timers_->Open(*state_);
    if (opened) {
      opened = processing_timers_->Open(*state_, runtime.environment());
    }
    return opened ? sim::Result<void>() : StateRefused(runtime.subtask(), opened.error());
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return WithContext(record.timestamp, TimeDomain::kEventTime, [&](const Context& context) {
      this->function_.ProcessElement(*static_cast<const In*>(record.value), context);
    });
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    watermark_ = watermark;
    sim::Result<void> fired =
        timers_->Advance(watermark, [this](const Timer<std::monostate>& timer) {
          return OnTimer(timer, TimeDomain::kEventTime);
        });
    if (!fired) {
      return fired;
    }
    return output_->EmitWatermark(watermark);
  }

  sim::Result<void> EndKey() override {
    watermark_ = kMaxEventTime;
    sim::Result<void> fired = timers_->EndKey([this](const Timer<std::monostate>& timer) {
      return OnTimer(timer, TimeDomain::kEventTime);
    });
    if (fired) {
      fired = processing_timers_->EndKey([this](const Timer<std::monostate>& timer) {
        return OnTimer(timer, TimeDomain::kProcessingTime);
      });
    }
    watermark_ = kMinEventTime;
    return fired;
  }

  sim::SimTime NextTimer() const override { return processing_timers_->due_at(); }

  sim::Result<void> FireTimers() override {
    return processing_timers_->Fire([this](const Timer<std::monostate>& timer) {
      return OnTimer(timer, TimeDomain::kProcessingTime);
    });
  }

 private:
  using Context = KeyedContext<Key, Out>;

  sim::Result<void> OnTimer(const Timer<std::monostate>& timer, TimeDomain domain) {
    return WithContext(timer.timestamp, domain, [&](const Context& context) {
      this->function_.OnTimer(timer.timestamp, context);
    });
  }

  template <typename Body>
  sim::Result<void> WithContext(EventTime timestamp, TimeDomain domain, Body body) {
    Decoder in(state_->current_key());
    Read(in, key_);
    if (!in.good() || in.remaining() > 0) {  // of a restored timer
      return sim::Fail(
          sim::ErrorCode::kCorruption,
          "A restored timer has no key of its type: the checkpoint is damaged. Restore "
          "from another one.");
    }
    Collector<Out> out(*output_, timestamp);
    body(Context{.key = key_,
                 .timestamp = timestamp,
                 .watermark = watermark_,
                 .domain = domain,
                 .timers = *timers_,
                 .processing_timers = *processing_timers_,
                 .out = out});
    return out.result();
  }

  Output* output_ = nullptr;
  KeyedStateBackend* state_ = nullptr;
  std::optional<TimerService<std::monostate>> timers_;
  std::optional<ProcessingTimers<std::monostate>> processing_timers_;
  Key key_{};  // the current one; a member, for its room
  EventTime watermark_ = kMinEventTime;
};

}  // namespace flinch::engine
