#include "scenarios/stage/outages.h"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace flinch::scenarios {

namespace {

using sim::Duration;

// How long an action lasts; nothing: until somebody ends it, at the latest the healing.
std::optional<Duration> SpanOf(const faults::Action& action) {
  return std::visit(
      [](const auto& what) -> std::optional<Duration> {
        if constexpr (requires { what.lasts; }) {
          return what.lasts.value_or(what.duration);
        } else if constexpr (requires { what.duration; }) {
          return what.duration;
        } else if constexpr (requires { what.restart_after; }) {
          return what.restart_after;
        } else {
          return Duration(0);
        }
      },
      action);
}

Duration DelayOf(const faults::Action& action) {
  return std::visit(
      [](const auto& fault) {
        using Fault = std::decay_t<decltype(fault)>;
        // A jump of a clock delays nobody.
        if constexpr (requires { fault.by; } && !std::is_same_v<Fault, faults::ClockFault>) {
          return fault.by;
        }
        return Duration(0);
      },
      action);
}

}  // namespace

void Outages::OnFired(const faults::FiredFault& fired, const faults::Action& action) {
  if (const Duration delay = DelayOf(action); delay > longest_delay_) {
    longest_delay_ = delay;
    delayed_by_ = fired.kind;
  }
  const std::optional<Duration> span = SpanOf(action);
  const sim::SimTime end = span ? std::min(sim::Later(fired.at, *span), healed_) : healed_;
  if (const auto* const crash = std::get_if<faults::Crash>(&action)) {
    down_[crash->process] = outages_.size();
  }
  outages_.push_back({.from = fired.at, .to = std::max(fired.at, end)});
}

void Outages::OnRestart(std::string_view process, sim::SimTime at) {
  if (const auto down = down_.find(process); down != down_.end()) {
    outages_[down->second].to = at;
    down_.erase(down);
  }
}

Duration Outages::Covered(sim::SimTime from, sim::SimTime to, Duration behind) const {
  Duration sum{0};
  sim::SimTime counted = from;  // everything before it is
  for (const Outage& outage : outages_) {
    const sim::SimTime begin = std::max(outage.from, counted);
    const sim::SimTime end = std::min(sim::Later(outage.to, behind), to);
    if (end > begin) {
      sum += end - begin;
      counted = end;
    }
  }
  return sum;
}

}  // namespace flinch::scenarios
