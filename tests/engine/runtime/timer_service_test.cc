#include "engine/runtime/timer_service.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<KeyedStateBackend> Backend() {
  return std::make_unique<KeyedStateBackend>(KeyGroupRange{KeyGroup(0), KeyGroup(127)}, 128);
}

using Service = TimerService<std::string>;

class TimerServiceTest : public testing::Test {
 protected:
  TimerServiceTest() { EXPECT_TRUE(timers_.Open(*backend_)); }

  void Register(std::string_view key, int64_t time, const std::string& space = "") {
    backend_->SetCurrentKey(key, JavaHash(key));
    timers_.Register(EventTime(time), space);
  }

  void Delete(std::string_view key, int64_t time, const std::string& space = "") {
    backend_->SetCurrentKey(key, JavaHash(key));
    timers_.Delete(EventTime(time), space);
  }

  // What fires, as "5ax": time, key, namespace.
  static std::vector<std::string> FiredAt(Service& timers, KeyedStateBackend& backend,
                                          int64_t watermark) {
    std::vector<std::string> fired;
    const sim::Result<void> advanced =
        timers.Advance(EventTime(watermark), [&](const Timer<std::string>& timer) {
          fired.push_back(std::to_string(timer.timestamp.nanos()) +
                          std::string(backend.current_key()) + timer.space);
          return sim::Result<void>();
        });
    EXPECT_TRUE(advanced);
    return fired;
  }

  std::vector<std::string> FiredAt(int64_t watermark) {
    return FiredAt(timers_, *backend_, watermark);
  }

  std::unique_ptr<KeyedStateBackend> backend_ = Backend();
  Service timers_{"timers"};
};

TEST_F(TimerServiceTest, FiresUpToTheWatermarkByTimeAndThenInTheOrderOfRegistering) {
  Register("b", 5, "x");
  Register("a", 5, "y");
  Register("a", 5, "x");
  Register("c", -3);
  Register("a", 6);
  EXPECT_THAT(FiredAt(-4), IsEmpty());
  EXPECT_THAT(FiredAt(5), ElementsAre("-3c", "5bx", "5ay", "5ax"));
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

TEST_F(TimerServiceTest, ATimerThatIsDeletedAndRegisteredAgainFiresOnce) {
  for (int i = 0; i < 5'000; ++i) {
    Register("a", 5);
    Delete("a", 5);
  }
  Register("a", 5);
  Register("b", 5);
  EXPECT_THAT(FiredAt(5), ElementsAre("5a", "5b"));
}

TEST_F(TimerServiceTest, WhatACallbackRegistersInThePastFiresInTheSamePass) {
  Register("a", 1);
  Register("b", 3);
  std::vector<std::string> fired;
  const sim::Result<void> advanced =
      timers_.Advance(EventTime(4), [&](const Timer<std::string>& timer) -> sim::Result<void> {
        fired.push_back(std::to_string(timer.timestamp.nanos()) +
                        std::string(backend_->current_key()));
        if (timer.timestamp == EventTime(1)) {
          timers_.Register(EventTime(2), {});
          timers_.Register(EventTime(5), {});
        }
        if (timer.timestamp == EventTime(3)) {
          timers_.Register(EventTime(0), {});
        }
        return {};
      });
  ASSERT_TRUE(advanced);
  EXPECT_THAT(fired, ElementsAre("1a", "2a", "3b", "0b"));
  EXPECT_THAT(FiredAt(5), ElementsAre("5a"));
}

TEST_F(TimerServiceTest, ACallbackCanDeleteATimerThatIsDue) {
  Register("a", 1);
  Register("a", 2);
  int fired = 0;
  ASSERT_TRUE(timers_.Advance(EventTime(4), [&](const Timer<std::string>&) -> sim::Result<void> {
    ++fired;
    timers_.Delete(EventTime(2), {});
    return {};
  }));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerServiceTest, TheFirstErrorEndsThePassAndIsReturned) {
  Register("a", 1);
  Register("a", 2);
  int calls = 0;
  const sim::Result<void> advanced =
      timers_.Advance(EventTime(4), [&](const Timer<std::string>&) -> sim::Result<void> {
        ++calls;
        return sim::Fail(sim::ErrorCode::kIo, "The callback failed.");
      });
  ASSERT_FALSE(advanced);
  EXPECT_EQ(advanced.error().code, sim::ErrorCode::kIo);
  EXPECT_EQ(calls, 1);
}

TEST_F(TimerServiceTest, AWatermarkThatGoesBackBreaksAnInvariant) {
  EXPECT_THAT(FiredAt(5), IsEmpty());
  EXPECT_THROW(FiredAt(4), sim::Violation);
}

TEST_F(TimerServiceTest, TimersComeBackWithTheStateAndKnowTheirKeys) {
  Register("b", 5, "x");
  Register("a", 7);
  EXPECT_THAT(FiredAt(4), IsEmpty());
  const auto restored = Backend();
  ASSERT_TRUE(restored->Restore(backend_->Snapshot(), Defects()));
  Service timers("timers");
  ASSERT_TRUE(timers.Open(*restored));
  EXPECT_EQ(timers.current_watermark(), kMinEventTime);
  EXPECT_THAT(FiredAt(timers, *restored, 7), ElementsAre("5bx", "7a"));
}

TEST_F(TimerServiceTest, ServicesOfOtherNamesShareTheBackendWithoutMixing) {
  Register("a", 5);
  Service other("other");
  ASSERT_TRUE(other.Open(*backend_));
  EXPECT_EQ(other.size(), 0U);
}

TEST_F(TimerServiceTest, AStateThatHoldsNoTimersIsRefused) {
  const auto backend = Backend();
  ASSERT_TRUE(
      (backend->Register<std::monostate, int64_t>(StateKind::kValue, TimerState("timers"))));
  Service timers("timers");
  EXPECT_FALSE(timers.Open(*backend));
}

TEST_F(TimerServiceTest, APlantedDefectForgetsOrKeepsTimers) {
  Register("a", 5);
  for (const Defect defect : {Defect::kRestoreForgetsTimers, Defect::kFiredTimersStayInState}) {
    Defects defects;
    defects.Plant(defect);
    const auto restored = Backend();
    ASSERT_TRUE(restored->Restore(backend_->Snapshot(), Defects()));
    Service timers("timers", defects);
    ASSERT_TRUE(timers.Open(*restored));
    const bool forgets = defect == Defect::kRestoreForgetsTimers;
    EXPECT_EQ(FiredAt(timers, *restored, 5).size(), forgets ? 0U : 1U);
    EXPECT_EQ(restored->entries(), 1U);
  }
}

}  // namespace
}  // namespace flinch::engine
