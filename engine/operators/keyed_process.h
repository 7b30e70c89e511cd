// User code with keyed state and timers.
//
// `Function` is a value with
//   void ProcessElement(const In&, const KeyedContext<Key, Out>&)
//   void OnTimer(EventTime, const KeyedContext<Key, Out>&)      (may be empty)
#pragma once

#include <memory>
#include <utility>

#include "engine/functions.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "engine/stream_operator.h"
#include "sim/check.h"

namespace flinch::engine {

template <typename Key, typename In, typename Out, typename Function>
class KeyedProcessOperator final : public StreamOperator {
 public:
  explicit KeyedProcessOperator(Function function) : function_(std::move(function)) {}

  sim::Result<void> Open(const OperatorContext& context, const OperatorState*) override {
    sim::Check(context.keyed_state != nullptr, "{} is keyed and has no keyed state", context.name);
    output_ = &context.output;
    state_ = context.keyed_state;
    timers_ = std::make_unique<TimerService>(*state_, context.name, context.defects);
    return timers_->Rebuild();
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return WithContext(record.timestamp, [&](const KeyedContext<Key, Out>& context) {
      function_.ProcessElement(*static_cast<const In*>(record.value), context);
    });
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    watermark_ = watermark;
    sim::Result<void> fired = timers_->Advance(watermark, [this](const Timer& timer) {
      return WithContext(timer.timestamp, [&](const KeyedContext<Key, Out>& context) {
        function_.OnTimer(timer.timestamp, context);
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
    const sim::Result<Key> key = Decode<Key>(state_->current_key());
    if (!key) {  // of a restored timer
      return sim::Fail(key);
    }
    Collector<Out> out(*output_, timestamp);
    body(KeyedContext<Key, Out>{.key = *key,
                                .timestamp = timestamp,
                                .watermark = watermark_,
                                .state = *state_,
                                .timers = *timers_,
                                .out = out});
    return out.result();
  }

  Function function_;
  Output* output_ = nullptr;
  KeyedStateBackend* state_ = nullptr;
  std::unique_ptr<TimerService> timers_;
  EventTime watermark_ = kMinEventTime;
};

}  // namespace flinch::engine
