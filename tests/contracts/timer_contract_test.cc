// Flink's InternalTimerServiceImplTest, of our two services.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "engine/runtime/processing_timers.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "tests/contracts/contract.h"
#include "tests/support/null_environment.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using tests::NullEnvironment;

constexpr uint32_t kGroups = 128;

using Snapshot = std::map<KeyGroup, sim::Bytes>;

// Both services of one subtask, with a clock that is moved by hand.
class Timers {
 public:
  explicit Timers(KeyGroupRange range = {KeyGroup(0), KeyGroup(kGroups - 1)},
                  const Snapshot& from = {})
      : backend_(range, kGroups) {
    EXPECT_TRUE(backend_.Restore(from, Defects()));
    EXPECT_TRUE(event_.Open(backend_));
    EXPECT_TRUE(processing_.Open(backend_, environment_));
  }

  void SetKey(std::string_view key) { backend_.SetCurrentKey(key, JavaHash(key)); }

  void Event(std::string_view key, int64_t time, const std::string& space) {
    SetKey(key);
    event_.Register(EventTime(time), space);
  }

  void Processing(std::string_view key, int64_t time, const std::string& space) {
    SetKey(key);
    processing_.Register(EventTime(time), space);
  }

  // Notes what fires, as "5ax": time, key, namespace.
  auto Note(std::vector<std::string>& fired) {
    return [this, &fired](const Timer<std::string>& timer) {
      fired.push_back(std::to_string(timer.timestamp.nanos()) +
                      std::string(backend_.current_key()) + timer.space);
      return sim::Result<void>();
    };
  }

  std::vector<std::string> Watermark(int64_t time) {
    std::vector<std::string> fired;
    EXPECT_TRUE(event_.Advance(EventTime(time), Note(fired)));
    return fired;
  }

  // Moves the clock, as its runner would: to each time that is waited for.
  std::vector<std::string> PassTo(int64_t time) {
    std::vector<std::string> fired;
    const sim::SimTime until = sim::AtNanos(time);
    for (;;) {
      const sim::SimTime next = std::min(until, processing_.due_at());
      if (next > environment_.Now()) {
        environment_.PassTime(next - environment_.Now());
      }
      if (processing_.due_at() > environment_.Now()) {
        return fired;
      }
      EXPECT_TRUE(processing_.Fire(Note(fired)));
    }
  }

  KeyedStateBackend& backend() { return backend_; }

  TimerService<std::string>& event() { return event_; }

  ProcessingTimers<std::string>& processing() { return processing_; }

  NullEnvironment& environment() { return environment_; }

 private:
  NullEnvironment environment_;
  KeyedStateBackend backend_;
  TimerService<std::string> event_{"timers"};
  ProcessingTimers<std::string> processing_{"timers"};
};

// Two keys, two namespaces, one time.
void RegisterFour(Timers& timers, bool of_processing_time) {
  for (const std::string_view key : {"a", "b"}) {
    for (const char* const space : {"x", "y"}) {
      if (of_processing_time) {
        timers.Processing(key, 10, space);
      } else {
        timers.Event(key, 10, space);
      }
    }
  }
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testSetAndFireEventTimeTimers) {
  Timers timers;
  RegisterFour(timers, false);
  RegisterFour(timers, false);  // a set: they collapse
  EXPECT_EQ(timers.event().size(), 4U);
  EXPECT_THAT(timers.Watermark(9), IsEmpty());
  EXPECT_THAT(timers.Watermark(10), UnorderedElementsAre("10ax", "10ay", "10bx", "10by"));
  EXPECT_EQ(timers.event().size(), 0U);
  EXPECT_THAT(timers.Watermark(20), IsEmpty());
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testSetAndFireProcessingTimeTimers) {
  Timers timers;
  RegisterFour(timers, true);
  EXPECT_EQ(timers.processing().size(), 4U);
  EXPECT_EQ(timers.event().size(), 0U);
  EXPECT_THAT(timers.PassTo(10), IsEmpty());
  EXPECT_THAT(timers.PassTo(11), UnorderedElementsAre("10ax", "10ay", "10bx", "10by"));
  EXPECT_EQ(timers.processing().size(), 0U);
  EXPECT_THAT(timers.PassTo(100), IsEmpty());
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testDeleteEventTimeTimers) {
  Timers timers;
  RegisterFour(timers, false);
  timers.SetKey("a");
  timers.event().Delete(EventTime(10), "x");
  timers.SetKey("b");
  timers.event().Delete(EventTime(10), "y");
  timers.event().Delete(EventTime(11), "x");  // there is none
  EXPECT_THAT(timers.Watermark(10), UnorderedElementsAre("10ay", "10bx"));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testDeleteProcessingTimeTimers) {
  Timers timers;
  RegisterFour(timers, true);
  timers.SetKey("a");
  timers.processing().Delete(EventTime(10), "x");
  timers.SetKey("b");
  timers.processing().Delete(EventTime(10), "y");
  timers.processing().Delete(EventTime(11), "x");
  EXPECT_THAT(timers.PassTo(11), UnorderedElementsAre("10ay", "10bx"));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testOnlySetsOnePhysicalProcessingTimeTimer) {
  Timers timers;
  for (const int64_t time : {30, 10, 20, 10}) {
    timers.Processing("a", time, "");
    timers.Processing("b", time, "");
  }
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(11));
  EXPECT_THAT(timers.PassTo(11), ElementsAre("10a", "10b"));
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(21));
  EXPECT_THAT(timers.PassTo(21), ElementsAre("20a", "20b"));
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(31));
  EXPECT_THAT(timers.PassTo(31), ElementsAre("30a", "30b"));
  EXPECT_EQ(timers.processing().due_at(), sim::kForever);
}

FLINK_CONTRACT(InternalTimerServiceImplTest,
               testRegisterEarlierProcessingTimerMovesPhysicalProcessingTimer) {
  Timers timers;
  timers.Processing("a", 20, "");
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(21));
  timers.Processing("a", 10, "");
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(11));
}

FLINK_CONTRACT(InternalTimerServiceImplTest,
               testRegisteringProcessingTimeTimerInOnProcessingTimeDoesNotLeakPhysicalTimers) {
  Timers timers;
  timers.Processing("a", 10, "");
  timers.environment().PassTime(sim::Duration(11));
  const auto again = [&](int64_t time) {
    return [&, time](const Timer<std::string>&) {
      timers.processing().Register(EventTime(time), "");
      return sim::Result<void>();
    };
  };
  EXPECT_TRUE(timers.processing().Fire(again(20)));
  EXPECT_EQ(timers.processing().size(), 1U);
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(21));
  timers.environment().PassTime(sim::Duration(10));
  EXPECT_TRUE(timers.processing().Fire(again(30)));
  EXPECT_EQ(timers.processing().size(), 1U);
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(31));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testCurrentProcessingTime) {
  Timers timers;
  EXPECT_EQ(timers.processing().now(), EventTime(0));
  timers.environment().PassTime(sim::Duration(17));
  EXPECT_EQ(timers.processing().now(), EventTime(17));
  // A clock that jumps does not move what is waited for already.
  timers.Processing("a", 20, "");
  timers.environment().SetWallClock(sim::Duration(5));
  EXPECT_EQ(timers.processing().now(), EventTime(5));
  EXPECT_EQ(timers.processing().due_at(), sim::AtNanos(21));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testCurrentEventTime) {
  Timers timers;
  EXPECT_EQ(timers.event().current_watermark(), kMinEventTime);
  EXPECT_THAT(timers.Watermark(17), IsEmpty());
  EXPECT_EQ(timers.event().current_watermark(), EventTime(17));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testKeyGroupStartIndexSetting) {
  const KeyGroupRange range{KeyGroup(40), KeyGroup(41)};
  Timers timers(range);
  timers.Event("key1", 10, "");  // its group is 41
  timers.Processing("key1", 10, "");
  const Snapshot snapshot = timers.backend().Snapshot();
  ASSERT_EQ(snapshot.size(), 1U);
  EXPECT_EQ(snapshot.begin()->first, KeyGroup(41));
  Timers restored(range, snapshot);
  EXPECT_THAT(restored.Watermark(10), ElementsAre("10key1"));
  EXPECT_THAT(restored.PassTo(11), ElementsAre("10key1"));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testSnapshotAndRestore) {
  Timers timers;
  RegisterFour(timers, false);
  RegisterFour(timers, true);
  Timers restored({KeyGroup(0), KeyGroup(kGroups - 1)}, timers.backend().Snapshot());
  EXPECT_EQ(restored.processing().due_at(), sim::AtNanos(11));
  EXPECT_THAT(restored.Watermark(10), UnorderedElementsAre("10ax", "10ay", "10bx", "10by"));
  EXPECT_THAT(restored.PassTo(11), UnorderedElementsAre("10ax", "10ay", "10bx", "10by"));
}

FLINK_CONTRACT(InternalTimerServiceImplTest, testSnapshotAndRebalancingRestore) {
  Timers timers;
  for (const char* const key : {"", "a", "key1", "key2", "hello"}) {  // 94, 81, 41, 27, 35
    timers.Event(key, 10, "");
    timers.Processing(key, 10, "");
  }
  const Snapshot snapshot = timers.backend().Snapshot();
  Timers low({KeyGroup(0), KeyGroup(63)}, snapshot);
  Timers high({KeyGroup(64), KeyGroup(127)}, snapshot);
  EXPECT_THAT(low.Watermark(10), UnorderedElementsAre("10key1", "10key2", "10hello"));
  EXPECT_THAT(low.PassTo(11), UnorderedElementsAre("10key1", "10key2", "10hello"));
  EXPECT_THAT(high.Watermark(10), UnorderedElementsAre("10", "10a"));
  EXPECT_THAT(high.PassTo(11), UnorderedElementsAre("10", "10a"));
}

}  // namespace
}  // namespace flinch::engine
