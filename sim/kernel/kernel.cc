#include "sim/kernel/kernel.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "sim/check.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

// The experimenter's events carry a process id that no process has.
constexpr ProcessId kNobody{UINT32_MAX};

}  // namespace

Kernel::Kernel(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      choices_(random_.Split("choice")),
      strategy_(MakeStrategy(options.scheduling, random_.Split("scheduler"))),
      recorder_(options.keep),
      shared_(*this, choices_, "shared", options.shared_volume),
      network_(*this) {}

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
  hosts_.push_back({std::move(name), options, std::move(disk)});
  network_.AddHost();
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
  Incarnation& incarnation = *process.current;
  incarnation.process = process.id;
  incarnation.host = process.host;
  incarnation.number = ++process.incarnations;
  incarnation.environment = std::make_unique<ProcessEnvironment>(*this, incarnation);
  Spawn(incarnation, "main",
        [program = process.program, environment = incarnation.environment.get()] {
          program(*environment);
        });
}

FiberId Kernel::Spawn(Incarnation& owner, std::string_view name,
                      std::move_only_function<void()> body) {
  if (!owner.alive) {
    return FiberId();
  }
  uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<uint32_t>(fibers_.size());
    fibers_.push_back(std::make_unique<Fiber>());
    starts_.push_back(std::make_unique<Start>(Start{this, slot}));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Fiber& fiber = *fibers_[slot];
  fiber.id = FiberId(static_cast<uint64_t>(++fiber.serial) << 32 | slot);
  fiber.owner = &owner;
  fiber.name = name;
  fiber.body = std::move(body);
  fiber.notified = false;
  fiber.killed = false;
  fiber.unwinding = false;
  fiber.cause = CurrentCause();
  fiber.context = std::make_unique<FiberContext>(stacks_, &Kernel::FiberMain, starts_[slot].get());
  owner.fibers.push_back(slot);
  ++owner.fibers_live;
  MakeReady(slot);
  return fiber.id;
}

void Kernel::FiberMain(void* argument) {
  const auto* start = static_cast<Start*>(argument);
  start->kernel->RunBody(*start->kernel->fibers_[start->slot]);
}

void Kernel::RunBody(Fiber& fiber) {
  try {
    fiber.body();
  } catch (const ProcessKilled&) {
    // The end of a crashed process's fiber.
  } catch (const Violation& violation) {
    violation_ = violation_.value_or(violation);
  } catch (const std::exception& error) {
    violation_ = violation_.value_or(Violation{
        fmt::format("an exception left fiber {}: {}", fiber.name, error.what()), "a fiber"});
  } catch (...) {
    violation_ = violation_.value_or(Violation{
        fmt::format("an exception of an unknown type left fiber {}", fiber.name), "a fiber"});
  }
  fiber.body = nullptr;  // here, for destructors belong to the fiber
}

FiberId Kernel::CurrentFiber() const {
  return current_ == kNoFiber ? FiberId() : fibers_[current_]->id;
}

EventId Kernel::CurrentCause() const {
  return current_ == kNoFiber ? act_cause_ : fibers_[current_]->cause;
}

void Kernel::MakeReady(uint32_t slot) {
  fibers_[slot]->state = FiberState::kReady;
  ready_.push_back(slot);
}

uint32_t Kernel::PickReady() {
  if (ready_.size() > 1) {
    const size_t index = strategy_->Pick(ready_.size());
    Check(index < ready_.size(), "the strategy chose {} of {}", index, ready_.size());
    // The others keep their order: first come, first served stays true under every strategy.
    if (index != 0) {
      const uint32_t slot = ready_[index];
      ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(index));
      return slot;
    }
  }
  const uint32_t slot = ready_.front();
  ready_.pop_front();
  return slot;
}

void Kernel::Resume(uint32_t slot) {
  Fiber& fiber = *fibers_[slot];
  const EventId woken_by = fiber.cause;
  const EventId step = Record(Step::kRun, fiber.owner->process, fiber.id.value(), woken_by.value());
  if (woken_by == EventId()) {
    fiber.cause = step;
  }
  fiber.state = FiberState::kRunning;
  current_ = slot;
  fiber.context->Resume();
  current_ = kNoFiber;
  if (fiber.owner->doomed && fiber.owner->alive) {
    act_cause_ = fiber.cause;
    Crash(fiber.owner->process);
    act_cause_ = EventId();
  }
  if (fiber.context->finished()) {
    Release(slot);
  }
}

void Kernel::Release(uint32_t slot) {
  Fiber& fiber = *fibers_[slot];
  Incarnation& owner = *fiber.owner;
  fiber.state = FiberState::kFree;
  fiber.context.reset();
  fiber.body = nullptr;
  fiber.owner = nullptr;
  free_slots_.push_back(slot);
  std::erase(owner.fibers, slot);
  if (--owner.fibers_live == 0 && owner.alive) {
    owner.alive = false;
    network_.Drop(owner);
    ProcessRecord& process = processes_[owner.process.value()];
    dying_.push_back(std::move(process.current));
  }
}

void Kernel::SuspendCurrent() {
  Fiber& fiber = current();
  fiber.context->Suspend();
  if (fiber.killed && !fiber.unwinding) {
    fiber.unwinding = true;
    throw ProcessKilled{};
  }
}

bool Kernel::Park(SimTime deadline) {
  Check(current_ != kNoFiber, "only a fiber can wait");
  Fiber& fiber = current();
  if (!fiber.owner->alive || deadline <= now_) {
    return false;
  }
  fiber.state = FiberState::kParked;
  fiber.notified = false;
  ++fiber.park;
  if (deadline != kForever) {
    queue_.Push(deadline, EventKind::kWake, current_, fiber.park << 32 | fiber.serial);
  }
  SuspendCurrent();
  return fiber.notified;
}

void Kernel::Yield() {
  Check(current_ != kNoFiber, "only a fiber can yield");
  if (!current().owner->alive) {
    return;
  }
  current().cause = EventId();
  MakeReady(current_);
  SuspendCurrent();
}

void Kernel::Wake(FiberId id, EventId cause) {
  const auto slot = static_cast<uint32_t>(id.value());
  if (slot >= fibers_.size()) {
    return;
  }
  Fiber& fiber = *fibers_[slot];
  if (fiber.id != id || fiber.state != FiberState::kParked) {
    return;
  }
  fiber.notified = true;
  fiber.cause = cause;
  MakeReady(slot);
}

EventId Kernel::Record(Step step, ProcessId process, uint64_t a, uint64_t b) {
  const std::string_view name =
      process == kNobody ? std::string_view("world") : processes_[process.value()].name;
  return recorder_.Record(step, now_, process, name, a, b);
}

EventId Kernel::RecordOnHost(Step step, HostId host, uint64_t a, uint64_t b) {
  return recorder_.Record(step, now_, ProcessId(UINT32_MAX - 1 - host.value()),
                          hosts_[host.value()].name, a, b);
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
    // An observer crashed the process at just this event.
    current().killed = true;
    current().unwinding = true;
    throw ProcessKilled{};
  }
  current().cause = event;
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

void Kernel::Crash(ProcessId id) {
  ProcessRecord& process = processes_.at(id.value());
  if (!process.current) {
    return;
  }
  const Field fields[] = {{"process", process.name}, {"incarnation", process.incarnations}};
  Trace("fault.crash", fields);
  if (!process.current) {
    return;  // an observer of just this event has crashed it
  }
  process.current->alive = false;
  network_.Drop(*process.current);
  hosts_[process.host.value()].disk->volume().Crash(id);
  shared_.volume().Crash(id);
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

void Kernel::SetLink(HostId from, HostId to, const LinkCondition& condition) {
  const std::string loss =
      fmt::format("{}/{}", condition.loss.numerator, condition.loss.denominator);
  const Field fields[] = {{"from", hosts_.at(from.value()).name},
                          {"to", hosts_.at(to.value()).name},
                          {"cut", condition.cut},
                          {"loss", loss},
                          {"delay_ns", condition.delay.count()}};
  Trace("fault.link", fields);
  network_.SetCondition(from, to, condition);
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
  // Fibers started during the unwinding do not exist: Spawn refuses the dead.
  const std::vector<uint32_t> slots = incarnation.fibers;
  for (const uint32_t slot : slots) {
    Fiber& fiber = *fibers_[slot];
    if (fiber.state == FiberState::kReady) {
      std::erase(ready_, slot);
    }
    if (fiber.context->started()) {
      fiber.killed = true;
      fiber.state = FiberState::kRunning;
      current_ = slot;
      fiber.context->Resume();
      current_ = kNoFiber;
      Check(fiber.context->finished(), "fiber {} waits while it is unwound", fiber.name);
    }
    Release(slot);
  }
}

void Kernel::UnwindTheDead() {
  while (!dying_.empty()) {
    const std::unique_ptr<Incarnation> incarnation = std::move(dying_.front());
    dying_.erase(dying_.begin());
    Unwind(*incarnation);
  }
}

Outcome Kernel::Run(const std::function<bool()>& reached) {
  for (;;) {
    while (!ready_.empty()) {
      if (recorder_.count() >= options_.limits.events_max) {
        return Ended(Ending::kLimit);
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
    if (!AdvanceToNextEvent()) {
      return Ended(now_ >= options_.limits.time_max ? Ending::kLimit : Ending::kIdle);
    }
  }
}

bool Kernel::AdvanceToNextEvent() {
  const auto is_stale = [this](const PendingEvent& event) {
    if (event.kind != EventKind::kWake) {
      return false;
    }
    const Fiber& fiber = *fibers_[event.index];
    return fiber.state != FiberState::kParked || (fiber.park << 32 | fiber.serial) != event.detail;
  };
  while (!queue_.empty() && is_stale(queue_.next())) {
    queue_.Pop();
  }
  if (queue_.empty()) {
    return false;
  }
  const SimTime next = AtNanos(queue_.next().time);
  if (next > options_.limits.time_max) {
    now_ = options_.limits.time_max;
    return false;
  }
  now_ = next;
  while (!queue_.empty() && queue_.next().time == Nanos(now_)) {
    const PendingEvent event = queue_.Pop();
    if (!is_stale(event)) {
      Fire(event);
    }
  }
  if (!dying_.empty()) {
    UnwindTheDead();
  }
  return true;
}

void Kernel::Fire(const PendingEvent& event) {
  switch (event.kind) {
    case EventKind::kWake:
      fibers_[event.index]->cause = EventId();
      MakeReady(event.index);
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

Outcome Kernel::Ended(Ending ending) {
  return {.ending = ending, .violation = violation_, .last_event = EventId(recorder_.count())};
}

}  // namespace flinch::sim
