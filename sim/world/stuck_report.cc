#include "sim/world/stuck_report.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

constexpr size_t kHeadWaitersMax = 3;
constexpr size_t kNextTimersMax = 5;
constexpr size_t kDetailMax = 120;

std::string Plural(uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string NameOf(const StuckReport::Waiter& waiter) {
  return waiter.process + "/" + waiter.fiber;
}

std::string Waiting(const StuckReport::Waiter& waiter) {
  std::string text = waiter.what;
  if (waiter.waits_for) {
    text += fmt::format(" (process {})", *waiter.waits_for);
  }
  return text;
}

// The times of the next timers, if there are any.
std::string ShowTimers(const StuckReport& report) {
  std::vector<SimTime> times;
  for (const StuckReport::Waiter& waiter : report.waiters) {
    if (waiter.until) {
      times.push_back(*waiter.until);
    }
  }
  if (times.empty()) {
    return "timers: none\n";
  }
  std::ranges::sort(times);
  std::string text = fmt::format("timers: {}, next at", times.size());
  for (const SimTime time : times | std::views::take(kNextTimersMax)) {
    text += " " + Show(time);
  }
  return text + (times.size() > kNextTimersMax ? " …\n" : "\n");
}

std::string ShowWaiters(const StuckReport& report) {
  size_t names = 0;
  size_t times = 0;
  for (const StuckReport::Waiter& waiter : report.waiters) {
    names = std::max(names, NameOf(waiter).size());
    times = std::max(times, Show(waiter.since).size());
  }
  std::string text;
  for (const StuckReport::Waiter& waiter : report.waiters) {
    text += fmt::format("  {:<{}}  since {:>{}}  {}", NameOf(waiter), names, Show(waiter.since),
                        times, Waiting(waiter));
    if (!waiter.detail.empty()) {
      const bool is_long = waiter.detail.size() > kDetailMax;
      text += fmt::format(" ({}{})", waiter.detail.substr(0, kDetailMax), is_long ? " …" : "");
    }
    if (waiter.until) {
      text += ", at most until " + Show(*waiter.until);
    }
    text += '\n';
  }
  return text;
}

std::string ShowQueues(const StuckReport& report) {
  size_t names = 0;
  for (const StuckReport::QueueLength& queue : report.queues) {
    names = std::max(names, queue.process.size());
  }
  std::string text;
  for (const StuckReport::QueueLength& queue : report.queues) {
    text += fmt::format("  {:<{}}  {}: {} {}\n", queue.process, names, queue.what, queue.length,
                        queue.unit);
  }
  return text;
}

// Right clocks are not worth a line.
std::string ShowClocks(const StuckReport& report) {
  std::string text;
  for (const StuckReport::Clock& clock : report.clocks) {
    if (!clock.right) {
      text += fmt::format(
          "  {}  monotonic {}, wall {}, {}\n", clock.host, Show(clock.monotonic), Show(clock.wall),
          clock.frozen ? "stands" : fmt::format("drifts by {} ppm", clock.drift_ppm));
    }
  }
  return text;
}

}  // namespace

std::string Head(const StuckReport& report) {
  const std::string fibers = report.waiters.empty() ? "no fiber is left"
                                                    : Plural(report.waiters.size() - report.ready,
                                                             "fiber waits", "fibers wait");
  std::string text =
      report.ready == 0 && report.pending == 0
          ? fmt::format("nothing can happen any more at {}; {}", Show(report.time), fibers)
          : fmt::format("at {} {} could run and {} pending; {}", Show(report.time),
                        Plural(report.ready, "fiber", "fibers"),
                        Plural(report.pending, "event is", "events are"), fibers);
  size_t shown = 0;
  for (const StuckReport::Waiter& waiter : report.waiters) {
    if (waiter.kind == WaitKind::kNothing) {
      continue;
    }
    if (shown == kHeadWaitersMax) {
      return text + "; …";
    }
    text += fmt::format("{} {} {}", shown == 0 ? ":" : ";", NameOf(waiter), Waiting(waiter));
    ++shown;
  }
  return text;
}

std::string Show(const StuckReport& report) {
  std::string text = Head(report) + "\n";
  if (!report.waiters.empty()) {
    text += "fibers:\n" + ShowWaiters(report);
  }
  text += ShowTimers(report);
  if (!report.queues.empty()) {
    text += "queues:\n" + ShowQueues(report);
  }
  for (const StuckReport::Paused& paused : report.paused) {
    text += fmt::format("paused: {} since {}, its timers {}\n", paused.process, Show(paused.since),
                        paused.timers_frozen ? "stand" : "run");
  }
  for (const std::string& process : report.dead) {
    text += fmt::format("dead: {}\n", process);
  }
  if (const std::string clocks = ShowClocks(report); !clocks.empty()) {
    text += "clocks that are not right:\n" + clocks;
  }
  for (const StuckReport::History& history : report.history) {
    text += fmt::format("last events of {}:\n", history.process);
    for (const RecordedEvent& event : history.events) {
      text += "  " + Show(event) + "\n";
    }
  }
  return text;
}

}  // namespace flinch::sim
