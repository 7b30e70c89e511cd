#include "scenarios/lab/process_time.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

constexpr int64_t kGlance = 400;

int64_t Spent(int64_t now, const ProcessLook& look) {
  OwnTime time(kGlance);
  time.Begin(1'000, {.state = ProcessState::kRunning, .processor_ns = 50});
  time.Add(now, look);
  return time.spent_ns();
}

TEST(OwnTimeTest, WhatRunsSpendsWhatItHadOfAProcessor) {
  EXPECT_EQ(Spent(1'300, {.state = ProcessState::kRunning, .processor_ns = 350}), 300);
  EXPECT_EQ(Spent(9'000, {.state = ProcessState::kRunning, .processor_ns = 60}), 10);
}

TEST(OwnTimeTest, WhatWaitsSpendsTheTimeOfAGlanceAtMost) {
  EXPECT_EQ(Spent(1'300, {.state = ProcessState::kWaiting, .processor_ns = 60}), 300);
  EXPECT_EQ(Spent(1'000'000, {.state = ProcessState::kWaiting, .processor_ns = 60}), kGlance);
}

TEST(OwnTimeTest, WhatIsStoppedSpendsNothing) {
  EXPECT_EQ(Spent(1'000'000, {.state = ProcessState::kStopped, .processor_ns = 50}), 0);
}

TEST(LookAtTest, ThisProcessRuns) {
  const ProcessLook look = LookAt(getpid());
  EXPECT_EQ(look.state, ProcessState::kRunning);
  EXPECT_GT(look.processor_ns, 0);
}

TEST(LookAtTest, OfNobodyNothingIsKnown) { EXPECT_EQ(LookAt(0x7ffffff0).processor_ns, 0); }

}  // namespace

}  // namespace flinch::scenarios
