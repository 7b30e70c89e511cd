#include "scenarios/lab/interrupt.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(InterruptWatchTest, TellsWhichSignalCame) {
  const InterruptWatch watch;
  EXPECT_EQ(watch.signal(), 0);
  EXPECT_EQ(watch.name(), "");
  std::raise(SIGTERM);
  EXPECT_EQ(watch.signal(), SIGTERM);
  EXPECT_EQ(watch.name(), "SIGTERM");
}

TEST(InterruptWatchTest, ForgetsWhatCameToTheOneBefore) {
  {
    const InterruptWatch watch;
    std::raise(SIGINT);
    EXPECT_EQ(watch.name(), "SIGINT");
  }
  EXPECT_EQ(InterruptWatch().signal(), 0);
}

TEST(InterruptWatchDeathTest, TheSecondOneEndsTheProcess) {
  EXPECT_EXIT(
      {
        const InterruptWatch watch;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptTest, HasAnExitCodeForEachSignal) {
  EXPECT_EQ(ExitCodeOfSignal(SIGINT), 130);
  EXPECT_EQ(ExitCodeOfSignal(SIGTERM), 75);
}

TEST(AlarmTest, IsOverWhenItsTimeIs) {
  {
    const Alarm alarm(3'600'000'000'000);
    EXPECT_FALSE(alarm.is_over());
  }
  const Alarm alarm(20'000'000);
  while (!alarm.is_over()) {
    usleep(1000);
  }
  SUCCEED();
}

TEST(AlarmTest, OfNoTimeIsOverAtOnce) { EXPECT_TRUE(Alarm(0).is_over()); }

TEST(MetronomeTest, BeatsAgainAndAgainAndThenNoMore) {
  {
    const Metronome metronome(2'000'000);
    while (metronome.beats() < 3) {
      pause();
    }
  }
  const Metronome slow(3'600'000'000'000);
  EXPECT_EQ(slow.beats(), 0);
}

}  // namespace

}  // namespace flinch::scenarios
