#include "engine/runtime/timer_service.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "engine/state/hashmap_backend.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<KeyedStateBackend> Backend() {
  return MakeHashMapBackend({KeyGroup(0), KeyGroup(127)}, 128);
}

class TimerServiceTest : public testing::Test {
 protected:
  void Register(std::string_view key, int64_t time, std::string_view space = "") {
    backend_->SetCurrentKey(key, JavaHash(key));
    timers_.Register(EventTime(time), space);
  }

  void Delete(std::string_view key, int64_t time, std::string_view space = "") {
    backend_->SetCurrentKey(key, JavaHash(key));
    timers_.Delete(EventTime(time), space);
  }

  static std::string Show(const Timer& timer) {
    return std::to_string(timer.timestamp.nanos()) + timer.key + timer.space;
  }

  // What fired, as "5a": time, key, namespace.
  std::vector<std::string> FiredAt(int64_t watermark) {
    std::vector<std::string> fired;
    const sim::Result<void> advanced =
        timers_.Advance(EventTime(watermark), [&](const Timer& timer) -> sim::Result<void> {
          EXPECT_EQ(backend_->current_key(), timer.key);
          fired.push_back(Show(timer));
          return {};
        });
    EXPECT_TRUE(advanced);
    return fired;
  }

  std::unique_ptr<KeyedStateBackend> backend_ = Backend();
  TimerService timers_{*backend_, "timers"};
};

TEST_F(TimerServiceTest, FiresUpToTheWatermarkByTimeKeyAndNamespace) {
  Register("b", 5, "x");
  Register("a", 5, "y");
  Register("a", 5, "x");
  Register("c", -3);
  Register("a", 6);
  EXPECT_THAT(FiredAt(-4), IsEmpty());
  EXPECT_THAT(FiredAt(5), ElementsAre("-3c", "5ax", "5ay", "5bx"));
  EXPECT_THAT(FiredAt(5), IsEmpty());
  EXPECT_THAT(FiredAt(6), ElementsAre("6a"));
  EXPECT_EQ(backend_->entries(), 0U);
}

TEST_F(TimerServiceTest, ATimerRegisteredTwiceFiresOnce) {
  Register("a", 5);
  Register("a", 5);
  EXPECT_EQ(timers_.size(), 1U);
  EXPECT_THAT(FiredAt(5), ElementsAre("5a"));
}

TEST_F(TimerServiceTest, DeletingTakesAwayThatTimerOnly) {
  Register("a", 5);
  Register("b", 5);
  Delete("a", 4);
  Delete("a", 5, "x");
  Delete("c", 5);
  EXPECT_EQ(timers_.size(), 2U);
  Delete("a", 5);
  EXPECT_THAT(FiredAt(9), ElementsAre("5b"));
}

TEST_F(TimerServiceTest, WhatACallbackRegistersInThePastFiresInTheSamePass) {
  Register("a", 1);
  Register("b", 3);
  std::vector<std::string> fired;
  const sim::Result<void> advanced =
      timers_.Advance(EventTime(4), [&](const Timer& timer) -> sim::Result<void> {
        fired.push_back(Show(timer));
        if (timer.timestamp == EventTime(1)) {
          timers_.Register(EventTime(2), {});
          timers_.Register(EventTime(5), {});
        }
        return {};
      });
  ASSERT_TRUE(advanced);
  EXPECT_THAT(fired, ElementsAre("1a", "2a", "3b"));
  EXPECT_THAT(FiredAt(5), ElementsAre("5a"));
}

TEST_F(TimerServiceTest, ACallbackCanDeleteATimerThatIsDue) {
  Register("a", 1);
  Register("a", 2);
  std::vector<std::string> fired;
  ASSERT_TRUE(timers_.Advance(EventTime(4), [&](const Timer& timer) -> sim::Result<void> {
    fired.push_back(Show(timer));
    timers_.Delete(EventTime(2), {});
    return {};
  }));
  EXPECT_THAT(fired, ElementsAre("1a"));
}

TEST_F(TimerServiceTest, TheFirstErrorEndsThePassAndIsReturned) {
  Register("a", 1);
  Register("a", 2);
  int calls = 0;
  const sim::Result<void> advanced =
      timers_.Advance(EventTime(4), [&](const Timer&) -> sim::Result<void> {
        ++calls;
        return sim::Fail(sim::ErrorCode::kIo, "The callback failed.");
      });
  ASSERT_FALSE(advanced);
  EXPECT_EQ(advanced.error().code, sim::ErrorCode::kIo);
  EXPECT_EQ(calls, 1);
}

TEST_F(TimerServiceTest, AWatermarkThatGoesBackBreaksAnInvariant) {
  EXPECT_THAT(FiredAt(5), IsEmpty());
  const TimerService::Callback nothing = [](const Timer&) -> sim::Result<void> { return {}; };
  EXPECT_THROW((void)timers_.Advance(EventTime(4), nothing), sim::Violation);
}

TEST_F(TimerServiceTest, TimersComeBackWithTheStateAndKnowTheirKeys) {
  Register("b", 5, "x");
  Register("a", 7);
  EXPECT_THAT(FiredAt(4), IsEmpty());
  const auto restored = Backend();
  ASSERT_TRUE(restored->Restore(backend_->Snapshot(), Defects()));
  TimerService timers(*restored, "timers");
  EXPECT_EQ(timers.size(), 0U);
  ASSERT_TRUE(timers.Rebuild());
  EXPECT_EQ(timers.current_watermark(), kMinEventTime);
  std::vector<std::string> fired;
  ASSERT_TRUE(timers.Advance(EventTime(7), [&](const Timer& timer) -> sim::Result<void> {
    EXPECT_EQ(restored->current_key_hash(), JavaHash(timer.key));
    fired.push_back(Show(timer));
    return {};
  }));
  EXPECT_THAT(fired, ElementsAre("5bx", "7a"));
}

TEST_F(TimerServiceTest, ServicesOfOtherNamesShareTheBackendWithoutMixing) {
  Register("a", 5);
  TimerService other(*backend_, "other");
  ASSERT_TRUE(other.Rebuild());
  EXPECT_EQ(other.size(), 0U);
}

TEST_F(TimerServiceTest, EntriesThatAreNoTimersAreCorrupt) {
  for (const auto& [space, value] :
       {std::pair<std::string, std::string>{"short", Encode(int32_t{1})},
        {std::string(8, 'x'), "not a hash"},
        {"", ""}}) {
    const auto backend = Backend();
    backend->SetCurrentKey("a", JavaHash("a"));
    backend->Put("_timer_state/event_timers", space, value);
    TimerService timers(*backend, "timers");
    const sim::Result<void> rebuilt = timers.Rebuild();
    ASSERT_FALSE(rebuilt) << space;
    EXPECT_EQ(rebuilt.error().code, sim::ErrorCode::kCorruption);
    EXPECT_EQ(timers.size(), 0U);
  }
}

TEST_F(TimerServiceTest, ATimerWhoseKeyBelongsToAnotherSubtaskIsCorrupt) {
  const auto backend = MakeHashMapBackend({KeyGroup(35), KeyGroup(35)}, 128);
  backend->SetCurrentKey("hello", JavaHash("hello"));
  backend->Put("_timer_state/event_timers", std::string(8, '\0'), Encode(int32_t{0}));  // group 94
  TimerService timers(*backend, "timers");
  EXPECT_FALSE(timers.Rebuild());
}

}  // namespace
}  // namespace flinch::engine
