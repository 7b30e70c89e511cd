// Which of a window's records count when it fires.
//
//   clicks.KeyBy(user)
//       .Window(GlobalWindows())
//       .Trigger(CountTrigger{.count = 10})
//       .Evictor(CountEvictor{.max_count = 100})
//       .Process<Out>("last hundred", …);
//
// An evictor is a value with
//   void Evict(std::vector<TimestampedValue<In>>&, const TimeWindow&, EvictionTime now) const;
// which is asked twice at each firing, before the window's function sees the records, in the order
// of their arrival, and after it. What it removes is gone for later firings, too.
//
// Cost:   all records of a window are kept, also of one that reduces or aggregates.
// Source: Flink's Evictor, CountEvictor, TimeEvictor, DeltaEvictor.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/functions.h"
#include "engine/ids.h"
#include "sim/time.h"

namespace flinch::engine {

template <typename T>
struct TimestampedValue {
  T value{};
  EventTime timestamp;  // kMinEventTime: none

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.value);
    visit(self.timestamp);
  }
};

// Before the window's function, or after it.
enum class EvictionTime : uint8_t { kBefore, kAfter };

template <typename T, typename In>
concept WindowEvictor =
    requires(const T& evictor, std::vector<TimestampedValue<In>>& records,
             const TimeWindow& window) { evictor.Evict(records, window, EvictionTime::kBefore); };

// Keeps the last `max_count`.
struct CountEvictor {
  size_t max_count = 0;
  EvictionTime when = EvictionTime::kBefore;

  template <typename In>
  void Evict(std::vector<TimestampedValue<In>>& records, const TimeWindow&,
             EvictionTime now) const {
    if (now != when) {
      return;
    }
    const size_t gone = records.size() - std::min(records.size(), max_count);
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(gone));
  }
};

// Keeps what is less than `span` older than the latest. Where records have no time, all of them.
struct TimeEvictor {
  sim::Duration span;
  EvictionTime when = EvictionTime::kBefore;

  template <typename In>
  void Evict(std::vector<TimestampedValue<In>>& records, const TimeWindow&,
             EvictionTime now) const {
    if (now != when || records.empty() || records.front().timestamp == kMinEventTime) {
      return;
    }
    EventTime latest = kMinEventTime;
    for (const TimestampedValue<In>& record : records) {
      latest = std::max(latest, record.timestamp);
    }
    const int64_t cutoff = latest.nanos() < kMinEventTime.nanos() + span.count()
                               ? kMinEventTime.nanos()
                               : latest.nanos() - span.count();
    std::erase_if(records, [cutoff](const TimestampedValue<In>& record) {
      return record.timestamp.nanos() <= cutoff;
    });
  }
};

// Keeps what is less than `threshold` from the last record: `delta(record, last)` says how far.
template <typename Delta>
struct DeltaEvictor {
  int64_t threshold = 0;
  Delta delta;
  EvictionTime when = EvictionTime::kBefore;

  template <typename In>
  void Evict(std::vector<TimestampedValue<In>>& records, const TimeWindow&,
             EvictionTime now) const {
    if (now != when || records.empty()) {
      return;
    }
    const In last = records.back().value;
    std::erase_if(records, [&](const TimestampedValue<In>& record) {
      return delta(record.value, last) >= threshold;
    });
  }
};

}  // namespace flinch::engine
