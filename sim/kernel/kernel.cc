#include "sim/kernel/kernel.h"

#include <algorithm>
#include <exception>
#include <ranges>
#include <utility>

#include "sim/check.h"
#include "sim/kernel/interpose.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

// The experimenter's events carry a process id that no process has.
constexpr ProcessId kNobody{UINT32_MAX};

}  // namespace

Kernel::Kernel(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      choices_(random_.Split("choice"),
               options_.NeedsTape() ? &deck_.emplace(options_.play, options_.seed) : nullptr),
      strategy_(
          MakeStrategy(options.play ? Scheduling{.strategy = Strategy::kFifo} : options.scheduling,
                       random_.Split("scheduler"))),
      recorder_(options.keep, options.lens),
      shared_(*this, choices_, "shared", options.shared_volume),
      network_(*this, options_.link, choices_) {
  options_.limits.events_max = std::min(options.limits.events_max, options.lens.end());
  // Small worlds are built by the hundred thousand: they never grow a table.
  constexpr size_t kSmall = 8;
  fibers_.reserve(kSmall);
  ready_.reserve(kSmall);
}

Kernel::~Kernel() {
  for (ProcessRecord& process : processes_) {
    if (process.current) {
      process.current->alive = false;
      dying_.push_back(std::move(process.current));
    }
  }
  UnwindTheDead();
}

HostId Kernel::AddHost(std::string name, const HostOptions& options) {
  const HostId id(static_cast<uint32_t>(hosts_.size()));
  auto disk = std::make_unique<DiskModel>(*this, choices_, "host/" + name, options_.disk);
  auto clock = std::make_unique<HostClock>(now_, options);
  network_.AddHost(name);
  hosts_.push_back({std::move(name), std::move(clock), std::move(disk)});
  return id;
}

ProcessId Kernel::AddProcess(HostId host, std::string name, Program program) {
  Check(host.value() < hosts_.size(), "process {} is put on host {} of {}", name, host.value(),
        hosts_.size());
  const ProcessId id(static_cast<uint32_t>(processes_.size()));
  ProcessRecord& process = processes_.emplace_back();
  process.id = id;
  process.host = host;
  process.name = std::move(name);
  process.program = std::move(program);
  Boot(process);
  return id;
}

void Kernel::Boot(ProcessRecord& process) {
  Check(process.current == nullptr, "process {} is booted while it runs", process.name);
  process.current = std::make_unique<Incarnation>();
  network_.OnBoot(process.id);
  Incarnation& incarnation = *process.current;
  incarnation.process = process.id;
  incarnation.host = process.host;
  incarnation.clock = hosts_[process.host.value()].clock.get();
  incarnation.number = ++process.incarnations;
  incarnation.environment = std::make_unique<ProcessEnvironment>(*this, incarnation);
  Spawn(incarnation, "main",
        [program = process.program, environment = incarnation.environment.get()] {
          program(*environment);
        });
}

std::string Kernel::RunningActor() const {
  if (current_ == kNoFiber) {
    return "the experimenter";
  }
  const Fiber& fiber = *fibers_[current_];
  return fmt::format("fiber {} of {}", fiber.name, processes_[fiber.owner->process.value()].name);
}

EventId Kernel::Record(Step step, ProcessId process, uint64_t a, uint64_t b) {
  return recorder_.Record(step, now_, process, a, b, [this, process] {
    return process == kNobody ? std::string_view("world")
                              : std::string_view(processes_[process.value()].name);
  });
}

EventId Kernel::RecordOnHost(Step step, HostId host, uint64_t a, uint64_t b) {
  return recorder_.Record(step, now_, ProcessId(UINT32_MAX - 1 - host.value()), a, b,
                          [this, host] { return std::string_view(hosts_[host.value()].name); });
}

void Kernel::SetCause(EventId cause) {
  if (current_ != kNoFiber) {
    fibers_[current_]->cause = cause;
  }
}

EventId Kernel::TraceFrom(Incarnation& owner, std::string_view kind,
                          std::span<const Field> fields) {
  if (!owner.alive) {
    return EventId();
  }
  const EventId event = recorder_.Trace({.id = EventId(),
                                         .cause = CurrentCause(),
                                         .time = now_,
                                         .process = owner.process,
                                         .process_name = processes_[owner.process.value()].name,
                                         .kind = kind,
                                         .fields = fields});
  if (!owner.alive) {
    // An observer crashed the process at just this event. It is unwound in its turn, after younger
    // fibers, which may use what lies on its stack.
    Fiber& fiber = current();
    fiber.state = FiberState::kParked;
    fiber.context->Suspend();
    fiber.unwinding = true;
    throw ProcessKilled{};
  }
  current().cause = event;
  if (owner.pause) {
    // … or paused it.
    MakeReady(current());
    SuspendCurrent();
  }
  return event;
}

EventId Kernel::Trace(std::string_view kind, std::span<const Field> fields) {
  return recorder_.Trace({.id = EventId(),
                          .cause = CurrentCause(),
                          .time = now_,
                          .process = kNobody,
                          .process_name = "world",
                          .kind = kind,
                          .fields = fields});
}

void Kernel::Crash(ProcessId id, CrashStyle style) {
  ProcessRecord& process = processes_.at(id.value());
  if (!process.current) {
    return;
  }
  const Field fields[] = {
      {"process", process.name}, {"incarnation", process.incarnations}, {"style", "silent"}};
  Trace("fault.crash", std::span(fields).first(style == CrashStyle::kSilent ? 3 : 2));
  if (!process.current) {
    return;  // an observer of just this event has crashed it
  }
  process.current->alive = false;
  network_.Drop(*process.current, style);
  hosts_[process.host.value()].disk->Crash(id);
  shared_.Crash(id);
  dying_.push_back(std::move(process.current));
}

void Kernel::Restart(ProcessId id) {
  ProcessRecord& process = processes_.at(id.value());
  if (process.current) {
    return;
  }
  const Field fields[] = {{"process", process.name}, {"incarnation", process.incarnations + 1}};
  Trace("fault.restart", fields);
  if (!process.current) {  // unless an observer has booted it already
    Boot(process);
  }
}

void Kernel::SetDisk(DiskModel& disk, const VolumeCondition& condition) {
  const std::string text = Show(condition);
  const Field fields[] = {{"disk", disk.name()}, {"condition", text}};
  Trace("fault.disk", fields);
  disk.SetCondition(condition);
}

void Kernel::HealDisks() {
  const VolumeCondition whole;
  for (const HostRecord& host : hosts_) {
    if (host.disk->condition() != whole) {
      SetDisk(*host.disk, whole);
    }
  }
  if (shared_.condition() != whole) {
    SetDisk(shared_, whole);
  }
}

void Kernel::At(SimTime time, std::move_only_function<void()> act) {
  uint32_t index = 0;
  if (free_acts_.empty()) {
    index = static_cast<uint32_t>(acts_.size());
    acts_.push_back(std::move(act));
  } else {
    index = free_acts_.back();
    free_acts_.pop_back();
    acts_[index] = std::move(act);
  }
  queue_.Push(std::max(time, now_), EventKind::kAct, index, 0);
}

void Kernel::Unwind(Incarnation& incarnation) {
  // Fibers started during the unwinding do not exist: Spawn refuses the dead. The youngest goes
  // first, for it may use what lies on the stack of an older one.
  const std::vector<uint32_t> slots = incarnation.fibers;
  for (const uint32_t slot : std::views::reverse(slots)) {
    Fiber& fiber = *fibers_[slot];
    if (fiber.state == FiberState::kReady) {
      Forget(slot);
    }
    if (fiber.context->started()) {
      fiber.killed = true;
      if (!Switch(fiber)) {
        return;
      }
      Check(fiber.context->finished(), "fiber {} waits while it is unwound", fiber.name);
    } else {
      current_ = slot;
      fiber.body = nullptr;  // as the fiber, whose calls do nothing
      current_ = kNoFiber;
    }
    Release(slot);
  }
}

void Kernel::UnwindTheDead() {
  while (!dying_.empty() && !is_broken_) {
    const std::unique_ptr<Incarnation> incarnation = std::move(dying_.front());
    dying_.erase(dying_.begin());
    Unwind(*incarnation);
  }
}

Outcome Kernel::Run(const std::function<bool()>& reached) {
  const RunScope scope(*this);
  UnwindTheDead();  // whom the experimenter has crashed since
  for (;;) {
    while (ready_count() > 0) {
      if (NoEventsLeft()) {
        return Ended(Ending::kLimit, Limit::kEvents);
      }
      Resume(PickReady());
      if (!dying_.empty()) {
        UnwindTheDead();
      }
      if (violation_) {
        return Ended(Ending::kViolation);
      }
    }
    if (reached()) {
      return Ended(Ending::kGoal);
    }
    switch (AdvanceToNextEvent()) {
      case Advance::kDone:
        break;
      case Advance::kNothing:
        return Ended(Ending::kIdle);
      case Advance::kLimit:
        return Ended(Ending::kLimit, NoEventsLeft() ? Limit::kEvents : Limit::kTime);
    }
  }
}

bool Kernel::IsStale(const PendingEvent& event) const {
  if (event.kind != EventKind::kWake) {
    return false;
  }
  const Fiber& fiber = *fibers_[event.index];
  return fiber.timer != event.detail || fiber.state != FiberState::kParked;
}

Kernel::Advance Kernel::AdvanceToNextEvent() {
  SimTime next;
  for (;;) {
    if (queue_.empty()) {
      return Advance::kNothing;
    }
    const PendingEvent& first = queue_.next();
    next = AtNanos(first.time);
    if (!IsStale(first)) {
      break;
    }
    queue_.Pop();
  }
  if (next > options_.limits.time_max) {
    now_ = options_.limits.time_max;
    return Advance::kLimit;
  }
  now_ = next;
  if (!FireAllOfThisInstant()) {
    return Advance::kLimit;  // acts that call for one another at one instant end here too
  }
  if (!dying_.empty()) {
    UnwindTheDead();
  }
  return Advance::kDone;
}

// Acts and timers in the order in which they were set (who of the woken runs first is chosen
// later), then what arrives, in an order that is chosen too.
bool Kernel::FireAllOfThisInstant() {
  while (queue_.HasMoreAt(now_)) {
    if (NoEventsLeft()) {
      return false;
    }
    const PendingEvent event = queue_.Pop();
    const bool is_delivery = event.kind == EventKind::kMessage || event.kind == EventKind::kPipe;
    if (is_delivery && (!deliveries_.empty() || queue_.HasMoreAt(now_))) {
      deliveries_.push_back(event);
    } else if (!IsStale(event)) {
      Fire(event);
    }
  }
  while (!deliveries_.empty()) {
    const size_t count = deliveries_.size();
    size_t index = 0;
    if (count > 1) {
      index = ChooseDelivery(count);
      Check(index < count, "the strategy chose delivery {} of {}", index, count);
      if (options_.scheduling.strategy == Strategy::kPrefix) {
        picks_.push_back({static_cast<uint32_t>(index), static_cast<uint32_t>(count)});
      }
    }
    const PendingEvent event = deliveries_[index];
    deliveries_.erase(deliveries_.begin() + static_cast<std::ptrdiff_t>(index));
    Fire(event);
  }
  return true;
}

void Kernel::Fire(const PendingEvent& event) {
  switch (event.kind) {
    case EventKind::kWake:
      fibers_[event.index]->cause = EventId();
      MakeReady(*fibers_[event.index]);
      break;
    case EventKind::kMessage:
      network_.DeliverMessage(event.index);
      break;
    case EventKind::kPipe:
      network_.OnPipeEvent(event.index, event.detail);
      break;
    case EventKind::kAct: {
      act_cause_ = Record(Step::kAct, kNobody, event.index, 0);
      std::move_only_function<void()> act = std::move(acts_[event.index]);
      free_acts_.push_back(event.index);
      act();
      act_cause_ = EventId();
      break;
    }
  }
}

Outcome Kernel::Ended(Ending ending, std::optional<Limit> limit) {
  return {.ending = ending,
          .limit = limit,
          .time = now_,
          .violation = violation_,
          .last_event = EventId(recorder_.count())};
}

}  // namespace flinch::sim
