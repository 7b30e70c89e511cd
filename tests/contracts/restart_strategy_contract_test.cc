#include <set>

#include <gmock/gmock.h>

#include "engine/master/restart_strategy.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;

using Numbers = std::set<int64_t>;

sim::SimTime At(Duration span) { return sim::kEpoch + span; }

int64_t Millis(Duration span) { return span / 1ms; }

ExponentialDelayRestart Exponential(const ExponentialDelayOptions& options, uint64_t seed = 1) {
  return {options, sim::Random(seed)};
}

// The delays of 1000 strategies after so many failures, each just behind the restart before.
Numbers DelaysAfter(const ExponentialDelayOptions& options, int failures) {
  Numbers delays;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    ExponentialDelayRestart strategy = Exponential(options, seed);
    Duration now(0);
    RestartDecision decision;
    for (int failure = 0; failure < failures; ++failure) {
      now += decision.backoff + 1ns;
      decision = strategy.OnFailure(At(now));
    }
    delays.insert(Millis(decision.backoff));
  }
  return delays;
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testMaxAttempts) {
  ExponentialDelayRestart strategy = Exponential({.initial = 1ms,
                                                  .max = 3ms,
                                                  .multiplier = {120},
                                                  .reset_threshold = 1h,
                                                  .jitter = {25},
                                                  .attempts = 13});
  for (int restart = 1; restart <= 13; ++restart) {
    EXPECT_TRUE(strategy.OnFailure(At(restart * 1s)).can_restart) << restart;
  }
  EXPECT_FALSE(strategy.OnFailure(At(20s)).can_restart);
  EXPECT_EQ(strategy.WhyNoMore(), "after 13 restarts no more are allowed");
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testInitialBackoff) {
  ExponentialDelayRestart strategy =
      Exponential({.initial = 42ms, .max = 45ms, .multiplier = {200}, .jitter = {0}});
  EXPECT_EQ(strategy.OnFailure(At(0s)).backoff, 42ms);
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testMaxBackoff) {
  ExponentialDelayRestart strategy =
      Exponential({.initial = 1ms, .max = 6ms, .multiplier = {200}, .jitter = {25}});
  for (int failure = 0; failure < 10; ++failure) {
    EXPECT_THAT(strategy.OnFailure(At(failure * 1s)).backoff, Le(6ms));
  }
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testResetBackoff) {
  ExponentialDelayRestart strategy = Exponential(
      {.initial = 1ms, .max = 5ms, .multiplier = {200}, .reset_threshold = 8ms, .jitter = {25}});
  Duration now = strategy.OnFailure(At(0s)).backoff + 8ms - 1ms;
  const Duration longer = strategy.OnFailure(At(now)).backoff;
  EXPECT_EQ(longer, 2ms) << "a millisecond before the threshold the delay still grows";
  now += longer + 8ms;
  EXPECT_EQ(strategy.OnFailure(At(now)).backoff, 1ms);
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testBackoffMultiplier) {
  ExponentialDelayRestart strategy = Exponential(
      {.initial = 4ms, .max = 300ms, .multiplier = {230}, .jitter = {0}, .attempts = 10});
  std::vector<int64_t> delays;
  for (int failure = 0; failure < 3; ++failure) {
    delays.push_back(Millis(strategy.OnFailure(At(failure * 1s)).backoff));
  }
  EXPECT_THAT(delays, ElementsAre(4, 9, 21)) << "whole milliseconds, rounded down";
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testJitter) {
  const ExponentialDelayOptions options{
      .initial = 2ms, .max = 7ms, .multiplier = {200}, .jitter = {25}};
  EXPECT_EQ(DelaysAfter(options, 2), (Numbers{3, 4, 5}));
  EXPECT_EQ(DelaysAfter(options, 3), (Numbers{6, 7}));
  EXPECT_EQ(DelaysAfter(options, 4), (Numbers{7}));
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testJitterNoHigherThanMax) {
  const ExponentialDelayOptions options{
      .initial = 1ms, .max = 7ms, .multiplier = {200}, .jitter = {100}};
  EXPECT_EQ(DelaysAfter(options, 1), (Numbers{1, 2}));
  EXPECT_EQ(DelaysAfter(options, 2), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(DelaysAfter(options, 3), (Numbers{1, 2, 3, 4, 5, 6, 7}));
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest, testMultipleSettings) {
  ExponentialDelayRestart strategy = Exponential(
      {.initial = 1ms, .max = 9ms, .multiplier = {200}, .reset_threshold = 80ms, .jitter = {25}});
  EXPECT_EQ(strategy.OnFailure(At(0ms)).backoff, 1ms);
  EXPECT_EQ(strategy.OnFailure(At(90ms)).backoff, 1ms) << "it ran for long";
  EXPECT_EQ(strategy.OnFailure(At(94ms)).backoff, 2ms) << "it did not";
  EXPECT_EQ(strategy.OnFailure(At(180ms)).backoff, 1ms);
  EXPECT_EQ(strategy.OnFailure(At(182ms)).backoff, 2ms);
}

FLINK_CONTRACT(ExponentialDelayRestartBackoffTimeStrategyTest,
               testMergeMultipleExceptionsIntoOneAttempt) {
  ExponentialDelayRestart strategy =
      Exponential({.initial = 100ms, .max = 1s, .multiplier = {200}, .jitter = {0}, .attempts = 2});
  const RestartDecision first{.new_attempt = true, .can_restart = true, .backoff = 100ms};
  EXPECT_EQ(strategy.OnFailure(At(0ms)), first);
  const RestartDecision merged{.new_attempt = false, .can_restart = true, .backoff = 40ms};
  EXPECT_EQ(strategy.OnFailure(At(60ms)), merged) << "what is left of the delay";
  const RestartDecision last{.new_attempt = false, .can_restart = true, .backoff = 0ms};
  EXPECT_EQ(strategy.OnFailure(At(100ms)), last);
  const RestartDecision second{.new_attempt = true, .can_restart = true, .backoff = 200ms};
  EXPECT_EQ(strategy.OnFailure(At(101ms)), second) << "only two attempts so far";
}

FLINK_CONTRACT(FailureRateRestartBackoffTimeStrategyTest, testManyFailuresWithinRate) {
  FailureRateRestart strategy({.max_failures = 3, .interval = 10ms, .delay = 0ms});
  for (int failure = 0; failure < 12; ++failure) {
    EXPECT_TRUE(strategy.OnFailure(At(failure * 4ms)).can_restart) << failure;
  }
}

FLINK_CONTRACT(FailureRateRestartBackoffTimeStrategyTest, testFailuresExceedingRate) {
  FailureRateRestart strategy({.max_failures = 3, .interval = 1h, .delay = 0ms});
  for (int failure = 0; failure < 3; ++failure) {
    EXPECT_TRUE(strategy.OnFailure(At(failure * 1ms)).can_restart);
  }
  EXPECT_FALSE(strategy.OnFailure(At(3ms)).can_restart);
  EXPECT_EQ(strategy.WhyNoMore(), "more than 3 failures within 1h are not allowed");
}

FLINK_CONTRACT(FailureRateRestartBackoffTimeStrategyTest, testBackoffTime) {
  FailureRateRestart strategy({.max_failures = 1, .interval = 1s, .delay = 10s});
  EXPECT_EQ(strategy.OnFailure(At(0s)).backoff, 10s);
}

FLINK_CONTRACT(FixedDelayRestartBackoffTimeStrategyTest, testNumberOfRestarts) {
  RestartOptions options;
  options.attempts = 10;
  FixedDelayRestart strategy(options);
  for (int restart = 0; restart < 10; ++restart) {
    EXPECT_TRUE(strategy.OnFailure(At(0s)).can_restart);
  }
  EXPECT_FALSE(strategy.OnFailure(At(0s)).can_restart);
}

FLINK_CONTRACT(FixedDelayRestartBackoffTimeStrategyTest, testBackoffTime) {
  RestartOptions options;
  options.attempts = 1;
  options.delay = 10s;
  EXPECT_EQ(FixedDelayRestart(options).OnFailure(At(0s)).backoff, 10s);
}

}  // namespace
}  // namespace flinch::engine
