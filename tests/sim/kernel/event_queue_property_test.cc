#include "sim/kernel/event_queue.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace flinch::sim {
namespace {

// Whatever is pushed and popped, in whatever order: the earliest comes out, and of those of one
// time the one that came in first.
RC_GTEST_PROP(EventQueuePropertyTest, ComesOutByTimeThenByArrival, ()) {
  EventQueue queue;
  std::multimap<int64_t, uint32_t> reference;
  int64_t now = 0;
  uint32_t pushed = 0;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100));
  for (const int step : steps) {
    if (step < 60) {
      // Few distinct near times, so that there are ties, and some far ones; sometimes an earlier
      // one than what came out last.
      const int64_t ahead = step < 40 ? *rc::gen::inRange<int64_t>(0, 5)
                                      : *rc::gen::inRange<int64_t>(-1000, 1'000'000'000);
      const int64_t time = std::max<int64_t>(0, now + ahead);
      // Sometimes a crowd, of one time or of many: more than lie near.
      const int64_t crowd = step % 20 == 0 ? 100 : 1;
      const int64_t apart = *rc::gen::inRange<int64_t>(0, 3);
      for (int64_t i = 0; i < crowd; ++i) {
        queue.Push(AtNanos(time + i * apart), EventKind::kAct, pushed, 0);
        reference.emplace(time + i * apart, pushed++);
      }
    } else if (!reference.empty()) {
      const auto first = reference.begin();
      RC_ASSERT(queue.next().index == first->second);
      const PendingEvent event = queue.Pop();
      RC_ASSERT(event.time == first->first);
      RC_ASSERT(event.index == first->second);
      now = event.time;
      reference.erase(first);
      RC_ASSERT(queue.HasMoreAt(AtNanos(now)) == reference.contains(now));
    }
    RC_ASSERT(queue.size() == reference.size());
  }
}

}  // namespace
}  // namespace flinch::sim
