#include "engine/master/restart_strategy.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

Duration WholeMillis(Duration span) { return std::chrono::floor<std::chrono::milliseconds>(span); }

// Exact as long as the product is a whole number of nanoseconds, else rounded down. Spans are a
// year at most and factors 10'000 at most, or the span is above all limits anyway.
Duration Times(Duration span, Hundredths factor) {
  __extension__ using Wide = __int128;
  const Wide product = static_cast<Wide>(span.count()) * factor.value / 100;
  const Wide most = Duration::max().count();
  return Duration(static_cast<int64_t>(std::min(product, most)));
}

}  // namespace

RestartDecision NoRestart::OnFailure(sim::SimTime) { return {}; }

std::string NoRestart::WhyNoMore() const { return "restart-strategy.type is none"; }

FixedDelayRestart::FixedDelayRestart(const RestartOptions& options)
    : attempts_(options.attempts), delay_(options.delay) {}

RestartDecision FixedDelayRestart::OnFailure(sim::SimTime) {
  ++failures_;
  return {.can_restart = failures_ <= attempts_, .backoff = delay_};
}

std::string FixedDelayRestart::WhyNoMore() const {
  return fmt::format("after {} restarts no more are allowed", failures_ - 1);
}

FailureRateRestart::FailureRateRestart(const FailureRateOptions& options) : options_(options) {}

RestartDecision FailureRateRestart::OnFailure(sim::SimTime now) {
  failures_.push_back(now);
  if (failures_.size() > options_.max_failures + size_t{1}) {
    failures_.pop_front();
  }
  const bool is_full = failures_.size() > options_.max_failures;
  const bool can_restart = !is_full || now - failures_.front() > options_.interval;
  return {.can_restart = can_restart, .backoff = options_.delay};
}

std::string FailureRateRestart::WhyNoMore() const {
  return fmt::format("more than {} failures within {} are not allowed", options_.max_failures,
                     sim::Show(options_.interval));
}

ExponentialDelayRestart::ExponentialDelayRestart(const ExponentialDelayOptions& options,
                                                 sim::Random random)
    : options_(options), random_(random) {}

RestartDecision ExponentialDelayRestart::OnFailure(sim::SimTime now) {
  const bool is_merged = next_restart_ && now <= *next_restart_;
  if (!is_merged) {
    if (next_restart_ && now - *next_restart_ >= options_.reset_threshold) {
      attempt_ = 0;
    }
    const Duration base = Base();
    const Duration delay = WholeMillis(base + Jitter(base));
    // In this order, as in Flink: not shorter than the first, whatever the jitter took away.
    next_restart_ = sim::Later(now, std::max(options_.initial, std::min(delay, options_.max)));
    ++attempt_;
  }
  return {.new_attempt = !is_merged,
          .can_restart = attempt_ <= options_.attempts,
          .backoff = *next_restart_ - now};
}

Duration ExponentialDelayRestart::Base() const {
  // What is longer by the whole jitter is cut to the longest delay all the same.
  const Duration enough = Duration::max() / 4;
  Duration base = options_.initial;
  for (uint64_t i = 0; i < attempt_ && base < enough; ++i) {
    base = Times(base, options_.multiplier);
  }
  return std::min(base, enough);
}

Duration ExponentialDelayRestart::Jitter(Duration base) {
  if (options_.jitter.value == 0) {
    return Duration(0);
  }
  const auto offset = std::chrono::floor<std::chrono::milliseconds>(Times(base, options_.jitter));
  const int64_t drawn = random_.Between(-offset.count(), offset.count());
  return std::chrono::milliseconds(drawn);
}

std::string ExponentialDelayRestart::WhyNoMore() const {
  return fmt::format("after {} restarts no more are allowed", attempt_ - 1);
}

RestartStrategy MakeRestartStrategy(const RestartOptions& options, sim::Random random) {
  switch (options.type) {
    case RestartStrategyType::kNone:
      return NoRestart();
    case RestartStrategyType::kFixedDelay:
      return FixedDelayRestart(options);
    case RestartStrategyType::kFailureRate:
      return FailureRateRestart(options.failure_rate);
    case RestartStrategyType::kExponentialDelay:
      return ExponentialDelayRestart(options.exponential, random);
  }
  sim::Unreachable("a restart strategy has no rules");
}

}  // namespace flinch::engine
