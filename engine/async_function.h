// Functions whose results come later: calls of an outside system that do not hold the stream up.
//
//   struct LookUp {
//     void AsyncInvoke(const Click& click, ResultFuture<Place> future);
//
//     // All of these may be left out.
//     void Open(OperatorRuntime& runtime);
//     void Timeout(const Click& click, ResultFuture<Place> future);  // else it fails the task
//     void Cancel();  // end what waits; must not suspend
//     void Close();   // and wait for its end
//   };
//   DataStream<Place> places = AsyncDataStream::UnorderedWait<Place>(
//       clicks, "look up", LookUp(), {.timeout = 5s, .capacity = 100});
//
// Shape:    AsyncInvoke begins the call and returns; whoever has the result completes the future,
//           from any fiber of the process, at once or later. Only the first completion counts, and
//           only while the record waits for it: a late one changes nothing. Results carry the
//           time of their record.
// Order:    ordered: as the records came. Unordered: as the results come, but none passes a
//           watermark.
// Capacity: records and watermarks that wait; who brings more waits, and with it the whole task,
//           checkpoints included: a cut never falls into the middle of a record.
// State:    a snapshot has the records that wait, answered or not; they are asked for again after
//           a restore, at once, also those above the capacity. So a call may be made twice.
// Errors:   a future that is completed with an error fails the task, unless it is tried again. So
//           do options without capacity or time, when the task opens (kInvalidArgument).
// Retries:  `AsyncRetryStrategy`; the time-out is that of all tries together. They go on at the end
//           of the input, which waits for them.
// Source:   Flink's AsyncFunction, AsyncDataStream, AsyncRetryStrategy (FLIP-232).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sim/check.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

// Whom a result is told.
template <typename Out>
class ResultReceiver {
 public:
  virtual void OnResult(uint64_t record, uint32_t attempt,
                        sim::Result<std::vector<Out>> results) = 0;

 protected:
  ~ResultReceiver() = default;
};

// The result of one try at one record. A value; good until its function is closed.
template <typename Out>
class ResultFuture {
 public:
  ResultFuture(ResultReceiver<Out>& receiver, uint64_t record, uint32_t attempt)
      : receiver_(&receiver), record_(record), attempt_(attempt) {}

  // None, one or several results.
  void Complete(std::vector<Out> results) const {
    receiver_->OnResult(record_, attempt_, std::move(results));
  }

  void CompleteExceptionally(sim::Error error) const {
    receiver_->OnResult(record_, attempt_, std::unexpected(std::move(error)));
  }

 private:
  ResultReceiver<Out>* receiver_;
  uint64_t record_;
  uint32_t attempt_;
};

// When a call is made again. Delays grow by the factor up to the maximum: 1 keeps them fixed.
struct AsyncRetryStrategy {
  uint32_t attempts_max = 1;  // 1: never again
  sim::Duration delay = std::chrono::milliseconds(100);
  uint32_t factor = 1;
  sim::Duration delay_max = std::chrono::minutes(1);
  // Which errors are worth it. Null: all.
  std::function<bool(const sim::Error&)> on_error{};
  bool on_empty_result = false;

  // Before the try that follows try `attempt` (1, 2, …).
  sim::Duration DelayAfter(uint32_t attempt) const;
};

struct AsyncOptions {
  // Of all tries; longer than 0.
  sim::Duration timeout = std::chrono::minutes(3);
  size_t capacity = 100;  // at least 1
  AsyncRetryStrategy retry{};
};

enum class AsyncOrder : uint8_t { kOrdered, kUnordered };

}  // namespace flinch::engine
