#include "faults/swarm_options.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace flinch::faults {
namespace {

using namespace std::chrono_literals;

// Of a recording: who did what no process did, and what nobody traced.
constexpr std::string_view kNobody = "world";
constexpr std::string_view kKernelSteps = "sim.";

// More faults than any run needs; a bound for the loops.
constexpr uint32_t kFaultsMax = 10'000;

// Timed faults start in the first half; a crash and the crash again after it each need three
// restart delays at most.
constexpr int64_t kRestartsPerHorizon = 6;

// One sentence per broken rule.
class Rules {
 public:
  void Require(bool holds, std::string_view sentence) {
    if (!holds) {
      broken_ += fmt::format("{}{}", broken_.empty() ? "" : "\n", sentence);
    }
  }

  void RequireRange(std::string_view name, const SpanBounds& bounds, sim::Duration limit) {
    const auto [min, max] = bounds;
    Require(min > sim::Duration(0) && min <= max,
            fmt::format("{0}_min is {1} and {0}_max is {2}; the first must be positive and not "
                        "above the second.",
                        name, sim::Show(min), sim::Show(max)));
    Require(
        max <= limit,
        fmt::format("{}_max is {}, which does not fit the horizon, the time in which faults come; "
                    "it may be {}.",
                    name, sim::Show(max), sim::Show(limit)));
  }

  sim::Result<void> Finish() && {
    return broken_.empty() ? sim::Result<void>()
                           : sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(broken_));
  }

 private:
  std::string broken_;
};

template <typename Weighted>
uint64_t SumOfWeights(const std::vector<Weighted>& all) {
  uint64_t sum = 0;
  for (const Weighted& one : all) {
    sum += one.weight;
  }
  return sum;
}

// What was given of two bounds. The usual ones of the rest, so that the two do not cross.
SpanBounds Given(std::optional<sim::Duration> min, std::optional<sim::Duration> max,
                 const SpanBounds& usual, sim::Duration limit) {
  const sim::Duration most =
      max.value_or(std::max(std::min(usual.max, limit), min.value_or(sim::Duration(0))));
  return {.min = min.value_or(std::min(usual.min, most)), .max = most};
}

}  // namespace

SpanBounds SwarmOptions::restart() const {
  return Given(restart_min, restart_max, {.min = 50ms, .max = 1500ms},
               horizon / kRestartsPerHorizon);
}

SpanBounds SwarmOptions::link() const {
  return Given(link_min, link_max, {.min = 20ms, .max = 3s}, horizon / 2);
}

SpanBounds SwarmOptions::delay() const {
  return Given(delay_min, delay_max, {.min = 1ms, .max = 500ms}, horizon / 2);
}

std::vector<Anchor> AnchorsOf(const sim::Recording& recording) {
  std::vector<Anchor> anchors;
  for (const sim::RecordedEvent& event : recording.events) {
    if (event.process == kNobody || event.kind.starts_with(kKernelSteps)) {
      continue;
    }
    const auto known = std::ranges::find(anchors, event.kind, &Anchor::event);
    if (known == anchors.end()) {
      anchors.push_back({.event = event.kind, .nth_max = 1, .processes = {event.process}});
      continue;
    }
    ++known->nth_max;
    if (std::ranges::find(known->processes, event.process) == known->processes.end()) {
      known->processes.push_back(event.process);
    }
  }
  return anchors;
}

sim::Result<void> SwarmOptions::Validate() const {
  Rules rules;
  rules.Require(horizon >= std::chrono::milliseconds(100),
                fmt::format("horizon, the time in which faults come, is {}; give at least 100ms.",
                            sim::Show(horizon)));
  rules.Require(
      crashes_min <= crashes_max && crashes_max <= kFaultsMax,
      fmt::format(
          "crashes_min is {} and crashes_max is {}; the first must not be above the second, and "
          "that not above {}.",
          crashes_min, crashes_max, kFaultsMax));
  rules.Require(link_faults_max <= kFaultsMax,
                fmt::format("link_faults_max is {}; it may be {}.", link_faults_max, kFaultsMax));
  rules.Require(code_faults_max <= kFaultsMax,
                fmt::format("code_faults_max is {}; it may be {}.", code_faults_max, kFaultsMax));
  rules.Require(others_max <= kFaultsMax,
                fmt::format("others_max is {}; it may be {}.", others_max, kFaultsMax));
  rules.Require(
      crashes_max == 0 || crash_targets.empty() || SumOfWeights(crash_targets) > 0,
      "crash_targets names nobody with a weight; give one a weight or set crashes_max to 0.");
  rules.Require(host_weights.empty() || (host_weights.size() == hosts.size() &&
                                         std::ranges::any_of(host_weights, std::identity())),
                "host_weights has not one weight per host, or only zeros.");
  rules.Require(anchors.empty() || SumOfWeights(anchors) > 0,
                "All anchors have the weight 0; leave them out or give one a weight.");
  for (const Anchor& anchor : anchors) {
    rules.Require(
        anchor.nth_max > 0,
        fmt::format("The anchor {} has nth_max = 0; events are counted from 1.", anchor.event));
  }
  rules.RequireRange("restart", restart(), horizon / kRestartsPerHorizon);
  rules.RequireRange("link", link(), horizon / 2);
  rules.RequireRange("delay", delay(), horizon / 2);
  return std::move(rules).Finish();
}

}  // namespace flinch::faults
