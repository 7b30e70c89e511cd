// Timers of one operator in one subtask: "call me under this key when the watermark reaches this
// time". Those of processing time are a service of their own around one (processing_timers.h).
//
// Shape:  a set of (time, key, namespace): registering twice is registering once. The set is a
//         state like any other, so that snapshots hold it and rescaling moves it with its keys;
//         what stands beside it is a queue, which `Open` makes anew after a restore.
// Order:  Advance fires by time, all that is due at or before the watermark; timers of one time in
//         the order in which they were registered, after a restore in that of the snapshot. What a
//         callback registers at or before the watermark fires in the same pass.
// Cost:   a timer of a time for which there is one already costs no more than its entry.
// Errors: the first error of a callback ends the pass and is returned: the task fails, and the
//         timers come back with the state. kInvalidArgument when callbacks never stop registering
//         timers that are due at once; from Open, what KeyedStateBackend::Register says.
// Source: Flink docs "Process Function / Timers"; InternalTimerService.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/ids.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/check.h"
#include "sim/result.h"

namespace flinch::engine {

// What a timer goes by: the watermark, or the host's wall clock.
enum class TimeDomain : uint8_t { kEventTime, kProcessingTime };

// How timers lie in the keyed state, for who reads a snapshot: the state of the service of this
// name, and the timer's own namespace, encoded, in that of its entry.
std::string TimerState(std::string_view name, TimeDomain domain = TimeDomain::kEventTime);
std::string_view TimerSpace(std::string_view entry_space);

template <typename Space>
struct Timer {
  EventTime timestamp;
  [[no_unique_address]] Space space{};

  friend auto operator<=>(const Timer&, const Timer&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.timestamp);
    visit(self.space);
  }
};

namespace detail {

// Timers that may fire in one pass beyond those that were there at its start. A real job stays far
// below: one timer per second and key over a day is 86,400 per key. A callback that registers what
// is due at once would go on for ever.
inline constexpr size_t kChainedTimersMax = size_t{1} << 24;

std::unexpected<sim::Error> EndlessTimers(std::string_view state, EventTime time);

}  // namespace detail

template <typename Space>
class TimerService {
 public:
  // `name` tells the services of one operator apart and is part of the state's name.
  explicit TimerService(std::string_view name, const Defects& defects = {},
                        TimeDomain domain = TimeDomain::kEventTime)
      : defects_(defects), state_(TimerState(name, domain)) {}

  // Once, before anything else: with the timers that `backend` has restored.
  sim::Result<void> Open(KeyedStateBackend& backend) {
    backend_ = &backend;
    const auto table = backend.Register<Timer<Space>, std::monostate>(StateKind::kTimers, state_);
    if (!table) {
      return sim::Fail(table);
    }
    table_ = *table;
    if (!defects_.Has(Defect::kRestoreForgetsTimers)) {
      table_->ForEach([this](KeyNumber key, const Timer<Space>& timer, std::monostate) {
        Enqueue(key, timer);
      });
    }
    return {};
  }

  // Under the backend's current key. Nothing happens while a key ends (EndKey): as in Flink, or a
  // callback that registers the next of its timers would never come to an end.
  void Register(EventTime timestamp, const Space& space = {}) {
    if (ends_key_) {
      return;
    }
    const Timer<Space> timer{.timestamp = timestamp, .space = space};
    const auto slot = table_->Mutable(timer);
    if (slot.is_new) {
      Enqueue(slot.key, timer);
    }
  }

  // Nothing happens when there is no such timer.
  void Delete(EventTime timestamp, const Space& space = {}) {
    if (table_->Remove({.timestamp = timestamp, .space = space}) &&
        ++deleted_ > kDeletedMin + table_->entries()) {
      ForgetDeleted();
    }
  }

  // `callback(timer)` returns a sim::Result<void>; it runs with the timer's key as the current key,
  // and the timer is gone already. Watermarks never decrease. `current_watermark` has the new value
  // before the first callback runs.
  template <typename Callback>
  sim::Result<void> Advance(EventTime watermark, Callback callback) {
    sim::Check(watermark >= current_watermark_, "the watermark went back from {} to {}",
               current_watermark_.nanos(), watermark.nanos());
    current_watermark_ = watermark;
    return FireUpTo(watermark, callback);
  }

  // The same for any time, which may be one before the last: what a clock says goes back.
  template <typename Callback>
  sim::Result<void> FireUpTo(EventTime time, Callback callback) {
    size_t fires_left = table_->entries() + detail::kChainedTimersMax;
    while (const std::optional<EventTime> earliest = Earliest()) {
      if (*earliest > time) {
        break;
      }
      if (fires_left-- == 0) {
        return detail::EndlessTimers(state_, time);
      }
      Bucket& bucket = queue_.begin()->second;
      const Waiting due = bucket.waiting[bucket.next++];
      const Timer<Space> timer{.timestamp = *earliest, .space = due.space};
      backend_->SetCurrentKey(due.key);
      if (!defects_.Has(Defect::kFiredTimersStayInState)) {
        table_->Remove(timer);
      }
      if (sim::Result<void> fired = callback(timer); !fired) {
        return fired;
      }
    }
    return {};
  }

  // No record of the current key follows: all of its timers fire, as at the end of time. Of the
  // next key's time nothing has passed.
  template <typename Callback>
  sim::Result<void> EndKey(Callback callback) {
    ends_key_ = true;
    current_watermark_ = kMaxEventTime;
    sim::Result<void> fired = FireUpTo(kMaxEventTime, callback);
    current_watermark_ = kMinEventTime;
    ends_key_ = false;
    queue_.clear();
    latest_ = nullptr;
    deleted_ = 0;
    return fired;
  }

  // Of those that are registered. Forgets deleted ones that came before.
  std::optional<EventTime> Earliest() {
    while (!queue_.empty()) {
      const auto first = queue_.begin();
      Bucket& bucket = first->second;
      if (bucket.next == bucket.waiting.size()) {
        Retire(first);
        continue;
      }
      const Waiting& next = bucket.waiting[bucket.next];
      if (table_->HoldsAt(next.key, {.timestamp = first->first, .space = next.space})) {
        return first->first;
      }
      deleted_ -= deleted_ > 0 ? 1 : 0;
      ++bucket.next;
    }
    return std::nullopt;
  }

  EventTime current_watermark() const { return current_watermark_; }

  size_t size() const { return table_->entries(); }

 private:
  static constexpr size_t kDeletedMin = 1'000;

  // A timer in the queue: it counts only while the state holds it.
  struct Waiting {
    KeyNumber key = kNoKey;
    [[no_unique_address]] Space space{};
  };

  // All timers of one time, in their order; those before `next` have fired.
  struct Bucket {
    std::vector<Waiting> waiting;
    size_t next = 0;
  };

  using Queue = std::map<EventTime, Bucket>;

  void Enqueue(KeyNumber key, const Timer<Space>& timer) {
    if (latest_ == nullptr || latest_time_ != timer.timestamp) {
      const auto [place, is_new] = queue_.try_emplace(timer.timestamp);
      if (is_new) {
        place->second.waiting.swap(spare_);
      }
      latest_ = &place->second;
      latest_time_ = timer.timestamp;
    }
    latest_->waiting.push_back({.key = key, .space = timer.space});
  }

  void Retire(typename Queue::iterator bucket) {
    if (latest_ == &bucket->second) {
      latest_ = nullptr;
    }
    if (bucket->second.waiting.capacity() > spare_.capacity()) {
      spare_.swap(bucket->second.waiting);
      spare_.clear();
    }
    queue_.erase(bucket);
  }

  void ForgetDeleted() {
    for (auto& [time, bucket] : queue_) {
      const auto fired = static_cast<std::ptrdiff_t>(bucket.next);
      bucket.waiting.erase(bucket.waiting.begin(), bucket.waiting.begin() + fired);
      bucket.next = 0;
      std::erase_if(bucket.waiting, [this, at = time](const Waiting& waiting) {
        return !table_->HoldsAt(waiting.key, {.timestamp = at, .space = waiting.space});
      });
    }
    deleted_ = 0;
  }

  Defects defects_;
  std::string state_;
  KeyedStateBackend* backend_ = nullptr;
  HeapTable<Timer<Space>, std::monostate>* table_ = nullptr;
  Queue queue_;
  Bucket* latest_ = nullptr;  // that a timer was put into
  EventTime latest_time_;
  std::vector<Waiting> spare_;  // room of a bucket that has fired
  size_t deleted_ = 0;          // about so many in the queue count no more
  EventTime current_watermark_ = kMinEventTime;
  bool ends_key_ = false;
};

}  // namespace flinch::engine
