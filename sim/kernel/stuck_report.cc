// World::Explain: looks at every fiber, queue and clock, and changes nothing.
#include <algorithm>
#include <map>
#include <ranges>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {
namespace {

constexpr size_t kHistoryMax = 50;

std::vector<StuckReport::History> HistoryOf(const Recording& recording) {
  std::map<std::string, std::vector<RecordedEvent>> last;
  for (const RecordedEvent& event : std::views::reverse(recording.events)) {
    std::vector<RecordedEvent>& events = last[event.process];
    if (events.size() < kHistoryMax) {
      events.push_back(event);
    }
  }
  std::vector<StuckReport::History> histories;
  for (auto& [process, events] : last) {
    std::ranges::reverse(events);
    histories.push_back({process, std::move(events)});
  }
  return histories;
}

// `peer` and what it has not received yet: for waits on a connection.
std::string WaitText(const Wait& wait, std::string_view peer, uint64_t unread_bytes) {
  const uint64_t connection = wait.on >> 1;
  switch (wait.kind) {
    case WaitKind::kNothing:
      return "could run";
    case WaitKind::kSleep:
      return "sleeps";
    case WaitKind::kPark:
      return wait.reason.empty() ? "is parked" : fmt::format("waits for {}", wait.reason);
    case WaitKind::kDevice:
      return "waits for a disk";
    case WaitKind::kMessage:
      return fmt::format("receives on port {}", wait.on);
    case WaitKind::kAccept:
      return fmt::format("accepts on port {}", wait.on);
    case WaitKind::kConnect:
      return fmt::format("connects to {}", peer);
    case WaitKind::kFrame:
      return fmt::format("receives on connection {} from {}", connection, peer);
    case WaitKind::kWindow:
      return fmt::format("sends on connection {} to {}, which has {} bytes unread", connection,
                         peer, unread_bytes);
  }
  Unreachable("a wait of kind {}", static_cast<int>(wait.kind));
}

}  // namespace

StuckReport Kernel::Explain() const {
  StuckReport report;
  report.time = now_;
  report.ready = ready_count();
  report.pending = queue_.size();
  for (const std::unique_ptr<ProcessRecord>& process : processes_) {
    if (process->current) {
      ExplainFibers(*process, report);
    } else {
      report.dead.push_back(process->name);
    }
  }
  network_.Explain(report);
  for (const std::unique_ptr<HostRecord>& host : hosts_) {
    const HostClock& clock = host->clock;
    report.clocks.push_back({.host = host->name,
                             .monotonic = clock.Monotonic(now_),
                             .wall = clock.Wall(now_),
                             .right = clock.condition().drift_ppm == 0 &&
                                      !clock.condition().frozen &&
                                      Nanos(clock.Wall(now_)) == Nanos(now_),
                             .frozen = clock.condition().frozen,
                             .drift_ppm = clock.condition().drift_ppm});
  }
  report.history = HistoryOf(recorder_.recording());
  return report;
}

void Kernel::ExplainFibers(const ProcessRecord& process, StuckReport& report) const {
  const Incarnation& incarnation = *process.current;
  if (incarnation.pause) {
    report.paused.push_back({process.name, incarnation.pause->since,
                             incarnation.pause->timers == PausedTimers::kFrozen});
  }
  for (uint32_t slot = incarnation.oldest; slot != kNoFiber; slot = fibers_[slot]->younger) {
    report.waiters.push_back(ExplainFiber(process, *fibers_[slot]));
  }
}

StuckReport::Waiter Kernel::ExplainFiber(const ProcessRecord& process, const Fiber& fiber) const {
  StuckReport::Waiter waiter{.process = process.name,
                             .fiber = fiber.name,
                             .id = fiber.id,
                             .kind = WaitKind::kNothing,
                             .what = {},
                             .since = fiber.since,
                             .until = std::nullopt,
                             .waits_for = std::nullopt};
  if (fiber.state != FiberState::kParked) {
    waiter.what = fiber.owner->pause ? "could run, but its process is paused" : "could run";
    return waiter;
  }
  waiter.kind = fiber.wait.kind;
  const bool timers_frozen =
      fiber.owner->pause && fiber.owner->pause->timers == PausedTimers::kFrozen;
  const SimTime deadline = WorldDeadline(fiber);
  if (deadline != kForever && !(timers_frozen && IsOnHostClock(fiber.wait))) {
    waiter.until = deadline;
  }
  const bool on_connection = fiber.wait.kind == WaitKind::kConnect ||
                             fiber.wait.kind == WaitKind::kFrame ||
                             fiber.wait.kind == WaitKind::kWindow;
  const std::optional<ConnectionPeer> peer =
      on_connection ? network_.PeerOf(fiber.wait.on) : std::nullopt;
  const std::string name =
      peer ? fmt::format("{}:{}", hosts_[peer->address.host.value()]->name, peer->address.port)
           : "nowhere";
  if (peer && peer->process) {
    waiter.waits_for = processes_[peer->process->value()]->name;
  }
  const std::optional<std::string> hosted =
      fiber.owner->threads ? fiber.owner->threads->WaitText(fiber.id) : std::nullopt;
  if (fiber.wait.detail != nullptr) {
    waiter.detail = fiber.wait.detail->WaitText();
  }
  waiter.what =
      hosted ? "waits for " + *hosted : WaitText(fiber.wait, name, peer ? peer->unread_bytes : 0);
  return waiter;
}

}  // namespace flinch::sim
