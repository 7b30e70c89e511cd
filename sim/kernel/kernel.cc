#include "sim/kernel/kernel.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "sim/check.h"
#include "sim/kernel/interpose.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

// The experimenter's events carry a process id that no process has.
constexpr ProcessId kNobody{UINT32_MAX};

}  // namespace

HostRecord::HostRecord(Kernel& kernel, std::string host, const HostOptions& options)
    : clock(kernel.now(), options),
      name(std::move(host)),
      disk(kernel, kernel.choices(), "host/", name, kernel.options().disk) {}

Incarnation::Incarnation(Kernel& kernel, ProcessRecord& of, HostRecord& on)
    : record(of),
      clock(on.clock),
      process(of.id),
      host(of.host),
      number(++of.incarnations),
      environment(kernel, *this, on) {}

Kernel::Kernel(WorldOptions&& options)
    : options_(std::move(options)),
      random_(options.seed),
      choices_(random_.Split("choice"),
               options_.NeedsTape() ? &deck_.emplace(options_.play, options_.seed) : nullptr),
      strategy_(MakeStrategy(
          deck_ && deck_->plays() ? Scheduling{.strategy = Strategy::kFifo} : options_.scheduling,
          random_.Split("scheduler"))),
      strategy_ranks_(strategy_->ranks()),
      recorder_(options_.keep, options_.lens),
      shared_(*this, choices_, "shared", "", options_.shared_volume),
      network_(*this, options_.link, choices_) {
  options_.limits.events_max = std::min(options_.limits.events_max, options_.lens.end());
  // Small worlds are built by the hundred thousand: they never grow a table.
  constexpr size_t kSmall = 8;
  network_.Reserve(kSmall);
  hosts_.reserve(kSmall);
  processes_.reserve(kSmall);
  fibers_.reserve(kSmall);
  free_slots_.reserve(kSmall);
  ready_.reserve(kSmall);
}

Kernel::~Kernel() {
  for (const std::unique_ptr<ProcessRecord>& process : processes_) {
    if (process->current) {
      process->current->alive = false;
      dying_.push_back(std::move(process->current));
    }
  }
  UnwindTheDead();
}

HostId Kernel::AddHost(std::string&& name, const HostOptions& options) {
  // Choice points are named after pairs of hosts, "a/b".
  Check(!name.empty() && !name.contains('/'), "\"{}\" is no name of a host: it is empty or has a /",
        name);
  Check(!FindHost(name), "there are two hosts named {}", name);
  const HostId id(static_cast<uint32_t>(hosts_.size()));
  hosts_.push_back(std::make_unique<HostRecord>(*this, std::move(name), options));
  network_.AddHost(hosts_.back()->name);
  return id;
}

std::optional<HostId> Kernel::FindHost(std::string_view name) {
  const auto name_of = [this](uint32_t index) { return std::string_view(hosts_[index]->name); };
  constexpr size_t kFew = 8;  // for whom an order is not worth its memory
  if (hosts_.size() <= kFew) {
    for (uint32_t index = 0; index < hosts_.size(); ++index) {
      if (name_of(index) == name) {
        return HostId(index);
      }
    }
    return std::nullopt;
  }
  const auto place_of = [&](std::string_view host) {
    return std::ranges::lower_bound(hosts_by_name_, host, {}, name_of);
  };
  while (hosts_by_name_.size() < hosts_.size()) {
    const auto next = static_cast<uint32_t>(hosts_by_name_.size());
    hosts_by_name_.insert(place_of(name_of(next)), next);
  }
  const auto place = place_of(name);
  return place == hosts_by_name_.end() || name_of(*place) != name ? std::nullopt
                                                                  : std::optional(HostId(*place));
}

ProcessId Kernel::AddProcess(HostId host, std::string&& name, Program&& program) {
  Check(!name.empty(), "a process has no name");
  Check(host.value() < hosts_.size(), "process {} is put on host {} of {}", name, host.value(),
        hosts_.size());
  const ProcessId id(static_cast<uint32_t>(processes_.size()));
  ProcessRecord& process = *processes_.emplace_back(std::make_unique<ProcessRecord>());
  process.id = id;
  process.host = host;
  process.name = std::move(name);
  process.program = std::move(program);
  Boot(process);
  return id;
}

void Kernel::Boot(ProcessRecord& process) {
  Check(process.current == nullptr, "process {} is booted while it runs", process.name);
  process.current = std::make_unique<Incarnation>(*this, process, *hosts_[process.host.value()]);
  process.crashed = false;
  network_.OnBoot(process.id);
  // Each life runs a copy of its own: what an earlier one changed in its program's variables died
  // with it. Made on its fiber, and destroyed there unless that is abandoned.
  Spawn(*process.current, "main", [&life = *process.current] {
    struct Destroyer {
      ~Destroyer() { program.reset(); }

      std::optional<Program>& program;
    } destroyer{life.program};

    life.program = life.record.program;
    (*life.program)(life.environment);
  });
}

std::string Kernel::RunningActor() const {
  if (current_ == nullptr) {
    return "the experimenter";
  }
  return fmt::format("fiber {} of {}", current_->name, current_->owner->record.name);
}

EventId Kernel::RecordOnHost(Step step, HostId host, uint64_t a, uint64_t b) {
  return Record(step, ProcessId(kNobody.value() - 1 - host.value()), a, b);
}

// Ids above all processes are nobody's and, from there down, those of hosts.
std::string_view Kernel::NameOf(ProcessId process) const {
  if (process.value() < processes_.size()) {
    return processes_[process.value()]->name;
  }
  if (process == kNobody) {
    return "world";
  }
  return hosts_.at(kNobody.value() - 1 - process.value())->name;
}

void Kernel::SetCause(EventId cause) {
  if (current_ != nullptr) {
    current_->cause = cause;
  }
}

EventId Kernel::TraceFrom(Incarnation& owner, std::string_view kind,
                          std::span<const Field> fields) {
  if (!owner.alive || std::ranges::find(options_.untraced, kind) != options_.untraced.end()) {
    return EventId();
  }
  const EventId event = recorder_.Trace({.id = EventId(),
                                         .cause = CurrentCause(),
                                         .time = now_,
                                         .process = owner.process,
                                         .process_name = owner.record.name,
                                         .kind = kind,
                                         .fields = fields});
  if (!owner.alive) {
    // An observer crashed the process at just this event. It is unwound in its turn, after younger
    // fibers, which may use what lies on its stack.
    Fiber& fiber = *current_;
    fiber.state = FiberState::kParked;
    fiber.context->Suspend();
    fiber.unwinding = true;
    throw ProcessKilled{};
  }
  current_->cause = event;
  if (owner.pause) {
    // … or paused it.
    MakeReady(*current_);
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
  ProcessRecord& process = *processes_.at(id.value());
  if (!process.current) {
    return;
  }
  const Field fields[] = {
      {"process", process.name}, {"incarnation", process.incarnations}, {"style", "silent"}};
  Trace("fault.crash", std::span(fields).first(style == CrashStyle::kSilent ? 3 : 2));
  if (!process.current) {
    return;  // an observer of just this event has crashed it
  }
  process.crashed = true;
  process.current->alive = false;
  network_.Drop(*process.current, style);
  hosts_[process.host.value()]->disk.Crash(id);
  shared_.Crash(id);
  dying_.push_back(std::move(process.current));
}

void Kernel::CrashHost(HostId id, CrashStyle style) {
  HostRecord& host = *hosts_.at(id.value());
  const Field fields[] = {{"host", host.name}, {"style", "silent"}};
  Trace("fault.crash_host", std::span(fields).first(style == CrashStyle::kSilent ? 2 : 1));
  for (size_t index = 0; index < processes_.size(); ++index) {
    const ProcessId process(static_cast<uint32_t>(index));
    if (processes_[index]->host != id) {
      continue;
    }
    Crash(process, style);
    // What one has left that ended of itself was in the memory of the host.
    if (!processes_[index]->current) {
      host.disk.Crash(process);
      shared_.Crash(process);
    }
  }
}

void Kernel::Restart(ProcessId id) {
  ProcessRecord& process = *processes_.at(id.value());
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
  const std::string name = disk.name();
  const std::string text = Show(condition);
  const Field fields[] = {{"disk", name}, {"condition", text}};
  Trace("fault.disk", fields);
  disk.SetCondition(condition);
}

void Kernel::HealDisks() {
  const VolumeCondition whole;
  for (const std::unique_ptr<HostRecord>& host : hosts_) {
    if (host->disk.condition() != whole) {
      SetDisk(host->disk, whole);
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
  while (incarnation.youngest != kNoFiber) {
    const uint32_t slot = incarnation.youngest;
    Fiber& fiber = *fibers_[slot];
    if (fiber.state == FiberState::kReady) {
      Forget(slot);
    } else if (options_.measure_times) {
      AddWait(fiber, *fiber.times);
    }
    if (fiber.context->started()) {
      fiber.killed = true;
      if (!Switch(fiber)) {
        return;
      }
      Check(fiber.context->finished(), "fiber {} waits while it is unwound", fiber.name);
    } else {
      current_ = &fiber;
      fiber.body = nullptr;  // as the fiber, whose calls do nothing
      current_ = nullptr;
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
        if (violation_) [[unlikely]] {
          return Ended(Ending::kViolation);  // of an act
        }
        break;
      case Advance::kNothing:
        return Ended(Ending::kIdle);
      case Advance::kLimit:
        return Ended(Ending::kLimit, NoEventsLeft() ? Limit::kEvents : Limit::kTime);
    }
  }
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
  if (!FireAllOfThisInstant()) [[unlikely]] {
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
  do {
    if (NoEventsLeft()) [[unlikely]] {
      return false;
    }
    const PendingEvent event = queue_.Pop();
    if (queue_.soon().size() > 0 && !fibers_.empty()) {
      LookAhead();
    }
    const bool is_delivery = event.kind == EventKind::kMessage || event.kind == EventKind::kPipe;
    if (is_delivery && (!deliveries_.empty() || queue_.HasMoreAt(now_))) [[unlikely]] {
      deliveries_.push_back(event);
    } else if (!IsStale(event)) {
      Fire(event);
    }
  } while (queue_.HasMoreAt(now_));
  if (!deliveries_.empty()) [[unlikely]] {
    DeliverInChosenOrder();
  }
  return true;
}

void Kernel::DeliverInChosenOrder() {
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
}

// What the next events need, the earlier the longer the way to it is: a message leads to a socket,
// that to a fiber, that to its stack and its process. Each step reads what an earlier one brought.
// Of a crowd that wakes at one instant only the fibers: who of them runs next is chosen later.
void Kernel::LookAhead() const {
  const std::span<const PendingEvent> soon = queue_.soon();
  constexpr size_t kCrowd = 4;
  if (soon.size() > kCrowd && soon[kCrowd].time == Nanos(now_)) {
    PrefetchFiber(*fibers_[FiberOf(soon[kCrowd])]);
    return;
  }
  const MessageModel& messages = network_.messages();
  const auto is_message = [soon](size_t ahead) {
    return ahead < soon.size() && soon.data()[ahead].kind == EventKind::kMessage;
  };
  if (is_message(5)) {
    messages.PrefetchFlight(soon[5].index);
  }
  if (is_message(4)) {
    messages.PrefetchPort(soon[4].index);
  }
  if (is_message(3)) {
    messages.PrefetchSocket(soon[3].index);
  }
  if (soon.size() > 2) {
    PrefetchFiber(*fibers_[FiberOf(soon[2])]);
  }
  if (soon.size() > 1) {
    const Fiber& fiber = *fibers_[FiberOf(soon[1])];
    if (fiber.state == FiberState::kParked) {
      __builtin_prefetch(fiber.owner);
      fiber.context->Prefetch();
    }
  }
  if (!soon.empty()) {
    const Fiber& fiber = *fibers_[FiberOf(soon[0])];
    if (fiber.state == FiberState::kParked) {
      PrefetchProcess(fiber);
    }
  }
}

void Kernel::PrefetchFiber(const Fiber& fiber) const {
  const auto* const lines = reinterpret_cast<const char*>(&fiber);
  __builtin_prefetch(lines);
  __builtin_prefetch(lines + 64);
  __builtin_prefetch(lines + 128);
}

void Kernel::PrefetchProcess(const Fiber& fiber) const {
  __builtin_prefetch(&fiber.owner->record);
  __builtin_prefetch(&fiber.owner->clock);
  __builtin_prefetch(&fiber.owner->environment);
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
    case EventKind::kAct:
      RunAct(event.index);
      break;
  }
}

void Kernel::RunAct(uint32_t index) {
  act_cause_ = Record(Step::kAct, kNobody, index, 0);
  std::move_only_function<void()> act = std::move(acts_[index]);
  free_acts_.push_back(index);
  try {
    act();
  } catch (const Violation& violation) {
    violation_ = violation_.value_or(violation);
  }
  act_cause_ = EventId();
}

Outcome Kernel::Ended(Ending ending, std::optional<Limit> limit) {
  return {.ending = ending,
          .limit = limit,
          .time = now_,
          .violation = violation_,
          .last_event = EventId(recorder_.count())};
}

}  // namespace flinch::sim
