// Runs a function whose results come later (engine/async_function.h).
//
// Shape: what is answered is emitted in the task's fiber: by FireTimers, which is due at once then,
//        or while a record or the end of the input waits for room. Time-outs and tries that are to
//        come are times of one list.
// Waits: for room in front of a record, and for everything at the end. Checkpoints wait as well.
// State: "requests": the records that wait, with their times.
// Source: Flink's AsyncWaitOperator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "engine/async_function.h"
#include "engine/functions.h"
#include "engine/operators/async_queue.h"
#include "engine/planted_runtime.h"
#include "engine/serializer.h"
#include "engine/stream_operator.h"
#include "sim/result.h"
#include "sim/sync.h"

namespace flinch::engine {

template <typename In>
struct AsyncRequest {
  In value{};
  EventTime timestamp;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.value);
    visit(self.timestamp);
  }
};

template <typename In, typename Out, typename Function>
class AsyncWaitOperator final : public FunctionOperator<StreamOperator, Function>,
                                private ResultReceiver<Out> {
 public:
  AsyncWaitOperator(Function function, AsyncOptions options, AsyncOrder order)
      : FunctionOperator<StreamOperator, Function>(std::move(function)),
        options_(std::move(options)),
        queue_(order) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    if (options_.capacity == 0 || options_.timeout <= sim::Duration(0)) {
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("Asynchronous calls of {} have a capacity of {} and a time-out of "
                      "{}: give AsyncOptions a capacity of at least 1 and a time-out "
                      "above 0.",
                      runtime.subtask().Show(), options_.capacity, sim::Show(options_.timeout)));
    }
    runtime_ = &runtime;
    defects_ = DefectsOf(runtime);
    changed_.emplace(runtime.environment(), "results of asynchronous calls");
    OpenFunction(this->function_, runtime);
    if (restored == nullptr || !restored->contains(kRequests)) {
      return {};
    }
    for (const Bytes& bytes : restored->at(kRequests)) {
      sim::Result<AsyncRequest<In>> request = Decode<AsyncRequest<In>>(bytes);
      if (!request) {
        return sim::Fail(request);
      }
      Begin(std::move(request->value), request->timestamp);
    }
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    if (sim::Result<void> room = AwaitRoom(); !room) {
      return room;
    }
    Begin(*static_cast<const In*>(record.value), record.timestamp);
    return {};
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    if (queue_.empty()) {
      return runtime_->main_output().EmitWatermark(watermark);
    }
    if (sim::Result<void> room = AwaitRoom(); !room) {
      return room;
    }
    queue_.Put(watermark);
    return {};
  }

  sim::SimTime NextTimer() const override {
    if (failure_ || queue_.HasReady()) {
      return runtime_->environment().Now();
    }
    return due_.empty() ? sim::kForever : due_.begin()->at;
  }

  sim::Result<void> FireTimers() override { return WorkOff(); }

  sim::Result<void> Finish() override {
    return AwaitUntil([this] { return queue_.empty(); });
  }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta&) override {
    std::vector<Bytes> requests;
    for (const auto& [number, entry] : queue_.entries()) {
      const auto* const record = std::get_if<Record>(&entry);
      const bool is_forgotten =
          record != nullptr && record->results && defects_.Has(Defect::kAsyncForgetsAnswered);
      if (record != nullptr && !is_forgotten) {
        requests.push_back(Encode(AsyncRequest<In>{record->value, record->timestamp}));
      }
    }
    return OperatorState{{kRequests, std::move(requests)}};
  }

  void Cancel() override {
    if constexpr (requires { this->function_.Cancel(); }) {
      this->function_.Cancel();
    }
    if (changed_) {
      changed_->NotifyAll();
    }
  }

  void Close() override {
    if constexpr (requires { this->function_.Cancel(); }) {
      this->function_.Cancel();
    }
    if constexpr (requires { this->function_.Close(); }) {
      this->function_.Close();
    }
  }

 private:
  using Queue = AsyncQueue<In, Out>;
  using Record = typename Queue::Record;

  static constexpr const char* kRequests = "requests";

  // Of a record: its time-out, or its next try.
  struct Due {
    sim::SimTime at;
    uint64_t record = 0;
    bool is_retry = false;

    friend auto operator<=>(const Due&, const Due&) = default;
  };

  void Begin(In value, EventTime timestamp) {
    const uint64_t number = queue_.Put(Record{.value = std::move(value), .timestamp = timestamp});
    due_.insert(
        {.at = sim::Later(runtime_->environment().Now(), options_.timeout), .record = number});
    Invoke(number);
  }

  void Invoke(uint64_t number) {
    const Record* const record = queue_.Find(number);
    this->function_.AsyncInvoke(record->value, ResultFuture<Out>(*this, number, record->attempt));
  }

  void OnResult(uint64_t number, uint32_t attempt, sim::Result<std::vector<Out>> results) override {
    Record* const record = queue_.Find(number);
    if (record == nullptr || record->results || record->attempt != attempt || failure_) {
      return;
    }
    if (!record->is_last_attempt && IsWorthRetrying(results, attempt)) {
      ++record->attempt;  // what the try before says from now on is late
      due_.insert(
          {.at = sim::Later(runtime_->environment().Now(), options_.retry.DelayAfter(attempt)),
           .record = number,
           .is_retry = true});
    } else if (results) {
      queue_.Answer(*record, *std::move(results));
      std::erase_if(due_, [number](const Due& due) { return due.record == number; });
    } else {
      failure_ = results.error();
    }
    changed_->NotifyAll();
    runtime_->Wake();
  }

  bool IsWorthRetrying(const sim::Result<std::vector<Out>>& results, uint32_t attempt) const {
    if (attempt >= options_.retry.attempts_max) {
      return false;
    }
    if (results) {
      return options_.retry.on_empty_result && results->empty();
    }
    return !options_.retry.on_error || options_.retry.on_error(results.error());
  }

  // Does what is due, and emits what is ready.
  sim::Result<void> WorkOff() {
    while (!due_.empty() && due_.begin()->at <= runtime_->environment().Now()) {
      const Due due = *due_.begin();
      due_.erase(due_.begin());
      if (due.is_retry) {
        Invoke(due.record);
      } else {
        TimeOut(due.record);
      }
    }
    while (!failure_) {
      auto ready = queue_.TakeReady();
      if (!ready) {
        return {};
      }
      if (sim::Result<void> emitted = Emit(ready->second); !emitted) {
        return emitted;
      }
    }
    return std::unexpected(*failure_);
  }

  void TimeOut(uint64_t number) {
    std::erase_if(due_, [number](const Due& due) { return due.record == number; });
    Record* const record = queue_.Find(number);
    record->is_last_attempt = true;
    const ResultFuture<Out> future(*this, number, record->attempt);
    if constexpr (requires { this->function_.Timeout(record->value, future); }) {
      this->function_.Timeout(record->value, future);
    } else if (!failure_) {
      failure_ = sim::Error{
          .code = sim::ErrorCode::kTimeout,
          .message = fmt::format("An asynchronous call of {} was not answered within {}, in {} "
                                 "{}; give it a longer time-out, or a function Timeout.",
                                 runtime_->subtask().Show(), sim::Show(options_.timeout),
                                 record->attempt, record->attempt == 1 ? "try" : "tries")};
    }
  }

  sim::Result<void> Emit(const typename Queue::Entry& entry) {
    Output& output = runtime_->main_output();
    if (const auto* watermark = std::get_if<EventTime>(&entry)) {
      return output.EmitWatermark(*watermark);
    }
    const Record& record = std::get<Record>(entry);
    for (const Out& result : *record.results) {
      if (sim::Result<void> emitted = output.Emit({&result, record.timestamp}); !emitted) {
        return emitted;
      }
    }
    return {};
  }

  sim::Result<void> AwaitRoom() {
    while (defects_.Has(Defect::kAsyncYieldsInARecord) && queue_.size() >= options_.capacity &&
           !queue_.HasReady() && NextTimer() > runtime_->environment().Now() &&
           !runtime_->is_cancelled()) {
      changed_->WaitUntil(std::min(
          NextTimer(), sim::Later(runtime_->environment().Now(), std::chrono::milliseconds(1))));
      if (sim::Result<void> yielded = RunMailsOf(*runtime_); !yielded) {
        return yielded;
      }
    }
    return AwaitUntil([this] { return queue_.size() < options_.capacity; });
  }

  template <typename Holds>
  sim::Result<void> AwaitUntil(Holds holds) {
    for (;;) {
      if (sim::Result<void> worked = WorkOff(); !worked) {
        return worked;
      }
      if (holds()) {
        return {};
      }
      if (runtime_->is_cancelled()) {
        return sim::Fail(sim::ErrorCode::kCancelled, "The task was cancelled.");
      }
      if (NextTimer() > runtime_->environment().Now()) {
        changed_->WaitUntil(NextTimer());
      }
    }
  }

  AsyncOptions options_;
  Defects defects_;
  OperatorRuntime* runtime_ = nullptr;
  Queue queue_;
  std::set<Due> due_;
  std::optional<sim::Error> failure_;
  std::optional<sim::Condition> changed_;
};

}  // namespace flinch::engine
