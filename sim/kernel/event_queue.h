// What will happen when: a heap ordered by time, then by the order in which it was scheduled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/time.h"

namespace flinch::sim {

enum class EventKind : uint32_t {
  kWake,     // index: fiber slot; detail: the park it ends
  kMessage,  // index: message in flight
  kPipe,     // index: connection; detail: see NetworkModel
  kAct,      // index: act of the experimenter
};

struct PendingEvent {
  int64_t time = 0;
  uint64_t order = 0;
  EventKind kind{};
  uint32_t index = 0;
  uint64_t detail = 0;
};

class EventQueue {
 public:
  void Push(SimTime time, EventKind kind, uint32_t index, uint64_t detail) {
    heap_.push_back({Nanos(time), ++order_, kind, index, detail});
    std::ranges::push_heap(heap_, After);
  }

  bool empty() const { return heap_.empty(); }

  size_t size() const { return heap_.size(); }

  const PendingEvent& next() const { return heap_.front(); }

  PendingEvent Pop() {
    std::ranges::pop_heap(heap_, After);
    const PendingEvent event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  static bool After(const PendingEvent& left, const PendingEvent& right) {
    return left.time != right.time ? left.time > right.time : left.order > right.order;
  }

  std::vector<PendingEvent> heap_;
  uint64_t order_ = 0;
};

}  // namespace flinch::sim
