// When a job that failed is started anew, and after how long. Pure values: a failure in, a decision
// out.
//
// Time:   delays are whole milliseconds, as in Flink; so are the steps of the jitter.
// Exact:  a delay grows in integers. Flink multiplies doubles, so that its delay may be a
//         millisecond shorter where the product is a whole number.
// Draws:  the jitter is drawn from the stream that the strategy is given, once for each new attempt
//         of exponential-delay, and never where the jitter factor is 0.
// Kept:   a strategy lives as long as its JobMaster; restarts change nothing of it.
// Source: Flink's RestartBackoffTimeStrategy and its implementations.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "engine/config.h"
#include "sim/random.h"
#include "sim/time.h"

namespace flinch::engine {

// What a failure brings.
struct RestartDecision {
  bool new_attempt = true;  // false: it belongs to the restart that is under way
  bool can_restart = false;
  Duration backoff{};

  friend bool operator==(const RestartDecision&, const RestartDecision&) = default;
};

// The first failure ends the job.
class NoRestart {
 public:
  RestartDecision OnFailure(sim::SimTime now);
  // Why no restart follows, as the end of a sentence.
  std::string WhyNoMore() const;
};

// So many restarts, each after the same delay.
class FixedDelayRestart {
 public:
  explicit FixedDelayRestart(const RestartOptions& options);

  RestartDecision OnFailure(sim::SimTime now);
  std::string WhyNoMore() const;

 private:
  uint32_t attempts_;
  Duration delay_;
  uint64_t failures_ = 0;
};

// Refused while more failures than allowed lie within the interval, both ends included.
class FailureRateRestart {
 public:
  explicit FailureRateRestart(const FailureRateOptions& options);

  RestartDecision OnFailure(sim::SimTime now);
  std::string WhyNoMore() const;

 private:
  FailureRateOptions options_;
  std::deque<sim::SimTime> failures_;  // the newest, one more than allowed
};

// A delay that grows with each restart until the job has run long enough. A failure until the very
// moment at which the restart is due belongs to that restart.
class ExponentialDelayRestart {
 public:
  ExponentialDelayRestart(const ExponentialDelayOptions& options, sim::Random random);

  RestartDecision OnFailure(sim::SimTime now);
  std::string WhyNoMore() const;

 private:
  // Of the next attempt, without jitter.
  Duration Base() const;
  Duration Jitter(Duration base);

  ExponentialDelayOptions options_;
  sim::Random random_;
  uint64_t attempt_ = 0;  // since the last reset
  std::optional<sim::SimTime> next_restart_;
};

using RestartStrategy =
    std::variant<NoRestart, FixedDelayRestart, FailureRateRestart, ExponentialDelayRestart>;

// `random` is for the jitter.
RestartStrategy MakeRestartStrategy(const RestartOptions& options, sim::Random random);

}  // namespace flinch::engine
