// Event-time timers of one operator in one subtask: "call me under this key when the watermark
// reaches this time".
//
// Shape:  a set of (timestamp, key, namespace): registering twice is registering once. Each timer
//         is also an entry of the keyed state, so that snapshots hold it and rescaling moves it
//         with its key; the ordered set in memory is only an index, which `Rebuild` makes anew
//         after a restore.
// Order:  Advance fires in (timestamp, key, namespace) order, the last two in byte order, all that
//         is due at or before the watermark. What a callback registers at or before the watermark
//         fires in the same pass.
// Errors: the first error of a callback ends the pass and is returned: the task fails, and the
//         timers come back with the state. kCorruption from Rebuild for entries that no timer
//         service wrote. kInvalidArgument when callbacks never stop registering timers that are due
//         at once.
// Source: Flink docs "Process Function / Timers"; InternalTimerService.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "engine/ids.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/result.h"

namespace flinch::engine {

struct Timer {
  EventTime timestamp;
  std::string key;  // encoded, as in the backend
  std::string space;
  int32_t key_hash = 0;
};

// How timers lie in the keyed state, for who reads a snapshot: the state of the service of this
// name, and the timer's own namespace in that of its entry. Entries of a timer service only.
std::string TimerState(std::string_view name);
std::string_view TimerSpace(std::string_view entry_space);

class TimerService {
 public:
  // `name` tells the services of one operator apart and is part of the state's name. Holds no
  // timers before Rebuild.
  TimerService(KeyedStateBackend& backend, std::string_view name, const Defects& defects = {});

  // Under the backend's current key.
  void Register(EventTime timestamp, std::string_view space);
  // Nothing happens when there is no such timer.
  void Delete(EventTime timestamp, std::string_view space);

  // Runs with the timer's key as the current key; the timer is gone already.
  using Callback = std::function<sim::Result<void>(const Timer& timer)>;
  // Watermarks never decrease. `current_watermark` has the new value before the first callback
  // runs.
  sim::Result<void> Advance(EventTime watermark, const Callback& callback);

  // Reads the timers back from the backend's state. Once, before the first Advance.
  sim::Result<void> Rebuild();

  EventTime current_watermark() const { return current_watermark_; }

  size_t size() const { return timers_.size(); }

 private:
  // A timer's place in the order; what is looked up need not be copied.
  struct Place {
    EventTime timestamp;
    std::string_view key;
    std::string_view space;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  struct InOrder {
    using is_transparent = void;

    static Place Of(const Timer& timer) { return {timer.timestamp, timer.key, timer.space}; }

    static Place Of(const Place& place) { return place; }

    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      return Of(left) < Of(right);
    }
  };

  KeyedStateBackend& backend_;
  Defects defects_;
  std::string state_;
  std::set<Timer, InOrder> timers_;
  EventTime current_watermark_ = kMinEventTime;
};

}  // namespace flinch::engine
