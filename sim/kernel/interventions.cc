// What the experimenter does to time: clocks, pauses, and acts at a suspension.
#include <algorithm>
#include <utility>

#include "sim/check.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

SimTime Kernel::WorldDeadline(const Fiber& fiber) const {
  return IsOnHostClock(fiber.wait) ? fiber.owner->clock.WorldTime(fiber.wait.deadline)
                                   : fiber.wait.deadline;
}

// Sets the timer of a parked fiber, in the world's time. One that was set before is void.
void Kernel::Arm(Fiber& fiber, SimTime deadline) {
  ++fiber.timer;
  if (deadline != kForever) {
    queue_.Push(std::max(deadline, now_), EventKind::kWake, fiber.slot, fiber.timer);
  }
}

void Kernel::SetClock(HostId id, const ClockCondition& condition) {
  HostClock changed = hosts_.at(id.value())->clock;
  const Duration wall_before = changed.Wall(now_).time_since_epoch();
  changed.Set(now_, condition);
  const Duration step = changed.Wall(now_).time_since_epoch() - wall_before;
  const Field fields[] = {{"host", hosts_[id.value()]->name},
                          {"drift_ppm", condition.drift_ppm},
                          {"frozen", condition.frozen},
                          {"wall_step_ns", step.count()}};
  Trace("fault.clock", fields);
  hosts_[id.value()]->clock = changed;
  for (uint32_t slot = 0; slot < fibers_.size(); ++slot) {
    Fiber& fiber = *fibers_[slot];
    if (fiber.state != FiberState::kParked || fiber.owner->host != id ||
        !IsOnHostClock(fiber.wait)) {
      continue;
    }
    const std::unique_ptr<PauseRecord>& pause = fiber.owner->pause;
    if (!pause || pause->timers == PausedTimers::kRunning) {
      Arm(fiber, WorldDeadline(fiber));
    }
  }
}

void Kernel::HealEverything() {
  network_.Heal();
  HealDisks();
  for (uint32_t index = 0; index < hosts_.size(); ++index) {
    const HostClock& clock = hosts_[index]->clock;
    const ClockCondition& condition = clock.condition();
    if (condition.drift_ppm != 0 || condition.frozen ||
        clock.Wall(now_).time_since_epoch() != now_.time_since_epoch()) {
      SetClock(HostId(index), {});
    }
  }
  for (size_t index = 0; index < processes_.size(); ++index) {
    const ProcessId process(static_cast<uint32_t>(index));
    Unpause(process);
    if (processes_[index]->crashed) {
      Restart(process);
    }
  }
}

void Kernel::Pause(ProcessId id, PausedTimers timers) {
  const auto can_pause = [&] {
    const ProcessRecord& process = *processes_.at(id.value());
    return process.current && !process.current->pause;
  };
  if (!can_pause()) {
    return;
  }
  const Field fields[] = {
      {"process", process(id).name},
      {"incarnation", process(id).incarnations},
      {"timers", timers == PausedTimers::kFrozen ? "frozen" : "running"},
  };
  Trace("fault.pause", fields);
  if (!can_pause()) {
    return;  // an observer of just this event has crashed or paused it
  }
  Incarnation& incarnation = *processes_[id.value()]->current;
  incarnation.pause =
      std::make_unique<PauseRecord>(PauseRecord{.timers = timers,
                                                .since = now_,
                                                .since_local = incarnation.clock.Monotonic(now_),
                                                .held = {}});
  Hold(incarnation);
}

// Takes what is paused out of the hands of the scheduler and, if they stand, of the timers.
void Kernel::Hold(Incarnation& incarnation) {
  PauseRecord& pause = *incarnation.pause;
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_head_));
  ready_head_ = 0;
  std::erase_if(ready_, [&](const Runnable& runnable) {
    if (fibers_[runnable.slot]->owner != &incarnation) {
      return false;
    }
    pause.held.push_back(runnable.slot);
    return true;
  });
  if (pause.timers == PausedTimers::kRunning) {
    return;
  }
  for (uint32_t slot = incarnation.oldest; slot != kNoFiber; slot = fibers_[slot]->younger) {
    Fiber& fiber = *fibers_[slot];
    if (fiber.state == FiberState::kParked && IsOnHostClock(fiber.wait)) {
      ++fiber.timer;  // voids its timer
    }
  }
}

void Kernel::Unpause(ProcessId id) {
  const auto can_resume = [&] {
    const ProcessRecord& process = *processes_.at(id.value());
    return process.current && process.current->pause;
  };
  if (!can_resume()) {
    return;
  }
  const Duration length = now_ - process(id).current->pause->since;
  const Field fields[] = {{"process", process(id).name},
                          {"incarnation", process(id).incarnations},
                          {"paused_ns", length.count()}};
  Trace("fault.resume", fields);
  if (!can_resume()) {
    return;
  }
  Incarnation& incarnation = *processes_[id.value()]->current;
  const PauseRecord pause = std::move(*std::exchange(incarnation.pause, nullptr));
  if (pause.timers == PausedTimers::kFrozen) {
    const Duration shift = incarnation.clock.Monotonic(now_) - pause.since_local;
    for (uint32_t slot = incarnation.oldest; slot != kNoFiber; slot = fibers_[slot]->younger) {
      Fiber& fiber = *fibers_[slot];
      if (fiber.state == FiberState::kParked && IsOnHostClock(fiber.wait)) {
        fiber.wait.deadline = Later(fiber.wait.deadline, shift);
        Arm(fiber, WorldDeadline(fiber));
      }
    }
  }
  for (const uint32_t slot : pause.held) {
    MakeReady(*fibers_[slot]);
  }
}

void Kernel::AtSuspension(ProcessId id, uint64_t number, std::move_only_function<void()> act) {
  ProcessRecord& process = *processes_.at(id.value());
  if (number <= process.suspensions) {
    return;
  }
  process.suspension_acts[number] = std::move(act);
  process.next_suspension_act = process.suspension_acts.begin()->first;
}

void Kernel::ActAtSuspension(ProcessRecord& process) {
  auto act = process.suspension_acts.extract(process.suspension_acts.begin());
  process.next_suspension_act =
      process.suspension_acts.empty() ? 0 : process.suspension_acts.begin()->first;
  act.mapped()();
}

}  // namespace flinch::sim
