#include "engine/runtime/timer_service.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// Timers that may fire in one pass beyond those that were there at its start. A real job stays far
// below: one timer per second and key over a day is 86,400 per key. A callback that registers what
// is due at once would go on for ever.
constexpr size_t kChainedTimersMax = size_t{1} << 24;

constexpr size_t kTimestampBytes = 8;

// The entry's namespace: the timestamp so that byte order is its order (big end first, sign
// flipped), then the timer's.
std::string EntrySpace(EventTime timestamp, std::string_view space) {
  const uint64_t bits = static_cast<uint64_t>(timestamp.nanos()) ^ (uint64_t{1} << 63);
  std::string entry;
  entry.reserve(kTimestampBytes + space.size());
  for (unsigned shift = 64; shift > 0;) {
    shift -= 8;
    entry.push_back(static_cast<char>(bits >> shift & 0xFFU));
  }
  entry.append(space);
  return entry;
}

EventTime TimestampOf(std::string_view entry) {
  uint64_t bits = 0;
  for (const char c : entry.substr(0, kTimestampBytes)) {
    bits = bits << 8 | static_cast<uint8_t>(c);
  }
  return EventTime(static_cast<int64_t>(bits ^ (uint64_t{1} << 63)));
}

}  // namespace

std::string TimerState(std::string_view name) { return "_timer_state/event_" + std::string(name); }

std::string_view TimerSpace(std::string_view entry_space) {
  return entry_space.substr(std::min(entry_space.size(), kTimestampBytes));
}

TimerService::TimerService(KeyedStateBackend& backend, std::string_view name,
                           const Defects& defects)
    : backend_(backend), defects_(defects), state_(TimerState(name)) {}

void TimerService::Register(EventTime timestamp, std::string_view space) {
  const std::string_view key = backend_.current_key();
  if (timers_.contains(Place{timestamp, key, space})) {
    return;
  }
  const int32_t key_hash = backend_.current_key_hash();
  timers_.insert(Timer{.timestamp = timestamp,
                       .key = std::string(key),
                       .space = std::string(space),
                       .key_hash = key_hash});
  backend_.Put(state_, EntrySpace(timestamp, space), Encode(key_hash));
}

void TimerService::Delete(EventTime timestamp, std::string_view space) {
  const auto found = timers_.find(Place{timestamp, backend_.current_key(), space});
  if (found == timers_.end()) {
    return;
  }
  timers_.erase(found);
  backend_.Remove(state_, EntrySpace(timestamp, space));
}

sim::Result<void> TimerService::Advance(EventTime watermark, const Callback& callback) {
  sim::Check(watermark >= current_watermark_, "the watermark went back from {} to {}",
             current_watermark_.nanos(), watermark.nanos());
  current_watermark_ = watermark;
  size_t fires_left = timers_.size() + kChainedTimersMax;
  while (!timers_.empty() && timers_.begin()->timestamp <= watermark) {
    if (fires_left-- == 0) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("Timers of {} keep registering timers that are due at once: "
                                   "more than {} fired at watermark {}. Register them after the "
                                   "current watermark.",
                                   state_, kChainedTimersMax, watermark.nanos()));
    }
    const Timer timer = std::move(timers_.extract(timers_.begin()).value());
    backend_.SetCurrentKey(timer.key, timer.key_hash);
    if (!defects_.Has(Defect::kFiredTimersStayInState)) {
      backend_.Remove(state_, EntrySpace(timer.timestamp, timer.space));
    }
    sim::Result<void> fired = callback(timer);
    if (!fired) {
      return fired;
    }
  }
  return {};
}

sim::Result<void> TimerService::Rebuild() {
  timers_.clear();
  if (defects_.Has(Defect::kRestoreForgetsTimers)) {
    return {};
  }
  bool good = true;
  backend_.ForEach(
      state_, [this, &good](std::string_view key, std::string_view space, std::string_view value) {
        const sim::Result<int32_t> key_hash = Decode<int32_t>(value);
        if (space.size() < kTimestampBytes || !key_hash ||
            !backend_.range().Contains(KeyGroupFor(*key_hash, backend_.max_parallelism()))) {
          good = false;
          return;
        }
        timers_.insert(Timer{.timestamp = TimestampOf(space),
                             .key = std::string(key),
                             .space = std::string(space.substr(kTimestampBytes)),
                             .key_hash = *key_hash});
      });
  if (!good) {
    timers_.clear();
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The restored state {} holds entries that are no timers. Restore "
                                 "from another checkpoint.",
                                 state_));
  }
  return {};
}

}  // namespace flinch::engine
