// Joins two keyed streams: each record with those of the other that lie within an interval of it.
//
// A pair is made when its second record comes; its timestamp is the later of both.
// State:  under (key, time) the records of that time, of each side, for as long as a partner may
//         come. A timer removes them.
// Late:   a record before the watermark is dropped and traced: its partners may be gone.
// Source: Flink's IntervalJoinOperator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/functions.h"
#include "engine/operators/state_refused.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// The time of the right record less that of the left one lies between these.
struct IntervalBounds {
  sim::Duration lower{};
  sim::Duration upper{};
  bool lower_inclusive = true;
  bool upper_inclusive = true;
};

// What does not depend on types.
class IntervalJoinBase : public StreamOperator {
 public:
  explicit IntervalJoinBase(const IntervalBounds& bounds) : bounds_(bounds) {}

 protected:
  sim::Result<void> OpenBase(OperatorRuntime& runtime);

  // False for a late record, which has been traced. kInvalidArgument for one without a timestamp.
  sim::Result<bool> Accept(EventTime timestamp) const;

  // Which times of the other side a record of this side and time is joined with: [first, second].
  std::pair<EventTime, EventTime> PartnersOf(uint32_t side, EventTime timestamp) const;

  // No partner of it comes from then on: a watermark is never behind what follows it.
  EventTime OverAt(uint32_t side, EventTime timestamp) const;

  // Of whose records a timer of OverAt tells.
  EventTime TimeOf(uint32_t side, EventTime over_at) const;

  KeyedStateBackend& state() const { return *state_; }

  Output& output() const { return *output_; }

  TimerService<uint32_t>& timers() { return *timers_; }

  void OnWatermark(EventTime watermark) { watermark_ = watermark; }

 private:
  // With both ends included.
  sim::Duration lower_{};
  sim::Duration upper_{};
  IntervalBounds bounds_;
  sim::Environment* environment_ = nullptr;
  std::string subtask_;
  KeyedStateBackend* state_ = nullptr;
  Output* output_ = nullptr;
  std::optional<TimerService<uint32_t>> timers_;
  EventTime watermark_ = kMinEventTime;
};

// `Function`: void Process(const Left&, const Right&, Collector<Out>&).
template <typename Left, typename Right, typename Out, typename Function>
class IntervalJoinOperator final : public IntervalJoinBase {
 public:
  IntervalJoinOperator(const IntervalBounds& bounds, Function function)
      : IntervalJoinBase(bounds), function_(std::move(function)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState*) override {
    OpenFunction(function_, runtime);
    if (sim::Result<void> opened = OpenBase(runtime); !opened) {
      return opened;
    }
    const auto left = state().template State<EventTime, std::vector<Left>>(StateKind::kMap, "left");
    const auto right =
        state().template State<EventTime, std::vector<Right>>(StateKind::kMap, "right");
    if (!left || !right) {
      return StateRefused(runtime.subtask(), left ? right.error() : left.error());
    }
    left_ = *left;
    right_ = *right;
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return ProcessInput(0, record);
  }

  sim::Result<void> ProcessInput(uint32_t input, const StreamRecord& record) override {
    sim::Check(input < 2, "a record of input {} for an operator with two", input);
    if (input == 0) {
      const Left& left = *static_cast<const Left*>(record.value);
      return Join(0, left_, right_, left, record.timestamp,
                  [&](const Right& right, auto& out) { function_.Process(left, right, out); });
    }
    const Right& right = *static_cast<const Right*>(record.value);
    return Join(1, right_, left_, right, record.timestamp,
                [&](const Left& left, auto& out) { function_.Process(left, right, out); });
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    OnWatermark(watermark);
    sim::Result<void> removed =
        timers().Advance(watermark, [this](const Timer<uint32_t>& timer) -> sim::Result<void> {
          const EventTime time = TimeOf(timer.space, timer.timestamp);
          timer.space == 0 ? left_.Remove(time) : right_.Remove(time);
          return {};
        });
    return removed ? output().EmitWatermark(watermark) : removed;
  }

  // What is kept for partners goes with the key.
  sim::Result<void> EndKey() override {
    return timers().EndKey([](const Timer<uint32_t>&) { return sim::Result<void>(); });
  }

 private:
  template <typename Value>
  using Buffer = KeyedTable<EventTime, std::vector<Value>>;

  template <typename Mine, typename Others, typename Pair>
  sim::Result<void> Join(uint32_t side, const Buffer<Mine>& mine, const Buffer<Others>& others,
                         const Mine& value, EventTime timestamp, Pair pair) {
    const sim::Result<bool> accepted = Accept(timestamp);
    if (!accepted || !*accepted) {
      return accepted ? sim::Result<void>() : sim::Fail(accepted);
    }
    mine.Mutable(timestamp).value.push_back(value);
    timers().Register(OverAt(side, timestamp), side);
    const std::pair<EventTime, EventTime> partners = PartnersOf(side, timestamp);
    std::vector<EventTime> times;
    others.ForEach([&](EventTime time, const std::vector<Others>&) {
      if (time >= partners.first && time <= partners.second) {
        times.push_back(time);
      }
    });
    std::ranges::sort(times);
    for (const EventTime time : times) {
      Collector<Out> out(output(), std::max(time, timestamp));
      for (const Others& partner : *others.Find(time)) {
        pair(partner, out);
      }
      if (!out.result()) {
        return out.result();
      }
    }
    return {};
  }

  Function function_;
  Buffer<Left> left_;
  Buffer<Right> right_;
};

}  // namespace flinch::engine
