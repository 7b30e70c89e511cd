// The core of a world: hosts, processes, fibers, time, and the loop that runs them.
//
// Time stands still while any fiber can run; then it jumps to the next pending event. Crashes
// happen at once in the sense of the simulated world (system calls of the dead do nothing); the
// fibers are unwound by the loop, before anything else runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"
#include "sim/kernel/choices.h"
#include "sim/kernel/context.h"
#include "sim/kernel/disk_model.h"
#include "sim/kernel/event_queue.h"
#include "sim/kernel/host_clock.h"
#include "sim/kernel/network_model.h"
#include "sim/kernel/process_environment.h"
#include "sim/kernel/recycled.h"
#include "sim/kernel/schedule_strategy.h"
#include "sim/kernel/tape_deck.h"
#include "sim/kernel/thread_calls.h"
#include "sim/kernel/trace_recorder.h"
#include "sim/kernel/wait.h"
#include "sim/world/world.h"

namespace flinch::sim {

// A process that is alive and does not run.
struct PauseRecord {
  PausedTimers timers = PausedTimers::kRunning;
  SimTime since;
  SimTime since_local;
  std::vector<uint32_t> held;  // slots of fibers that could run, in the order they became ready
};

struct HostRecord : Recycled<HostRecord> {
  HostRecord(Kernel& kernel, std::string host, const HostOptions& options);

  HostClock clock;
  std::string name;
  DiskModel disk;
};

struct ProcessRecord;

inline constexpr uint32_t kNoFiber = UINT32_MAX;

// One life of a process. What every wait and wake looks at comes first, here and below: a world of
// many has them all over memory.
struct alignas(64) Incarnation : Recycled<Incarnation> {
  Incarnation(Kernel& kernel, ProcessRecord& of, HostRecord& on);

  ProcessRecord& record;
  const HostClock& clock;
  std::unique_ptr<PauseRecord> pause;  // null while it is not paused
  ProcessId process;
  HostId host;
  uint32_t number;
  bool alive = true;
  bool doomed = false;         // dies when its running fiber suspends or ends
  uint32_t oldest = kNoFiber;  // slots; in between lead Fiber::younger and ::older
  uint32_t youngest = kNoFiber;
  std::vector<uint64_t> ends;  // of connections that it holds, sorted; for ConnectionModel
  ProcessEnvironment environment;
  std::unique_ptr<ThreadCalls> threads;  // of a hosted process
  std::optional<Program> program;        // what runs; its copy of the record's
};

struct ProcessRecord : Recycled<ProcessRecord> {
  ProcessId id;
  HostId host;
  uint64_t suspensions = 0;              // of its fibers, in all incarnations
  uint64_t next_suspension_act = 0;      // the first of the acts below; 0: none
  std::unique_ptr<Incarnation> current;  // null while dead
  uint32_t incarnations = 0;
  bool crashed = false;  // and not booted since
  std::string name;
  Program program;
  std::map<uint64_t, std::move_only_function<void()>> suspension_acts;
};

class Kernel : public Recycled<Kernel> {
 public:
  explicit Kernel(WorldOptions&& options);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // The experimenter's side.
  HostId AddHost(std::string&& name, const HostOptions& options);
  ProcessId AddProcess(HostId host, std::string&& name, Program&& program);
  Outcome Run(const std::function<bool()>& reached);
  void Crash(ProcessId process, CrashStyle style);
  void CrashHost(HostId host, CrashStyle style);
  void Restart(ProcessId process);
  void SetClock(HostId host, const ClockCondition& condition);
  void Pause(ProcessId process, PausedTimers timers);
  void Unpause(ProcessId process);
  void SetDisk(DiskModel& disk, const VolumeCondition& condition);
  void HealDisks();
  void HealEverything();
  void At(SimTime time, std::move_only_function<void()> act);
  void AtSuspension(ProcessId process, uint64_t number, std::move_only_function<void()> act);
  StuckReport Explain() const;
  EventId Trace(std::string_view kind, std::span<const Field> fields);

  // The side of processes; called by their environment, from one of their fibers.
  FiberId Spawn(Incarnation& owner, std::string_view name, std::move_only_function<void()> body);
  FiberId CurrentFiber() const;
  // False when the deadline came first, and at once for the dead.
  bool Park(const Wait& wait);
  void Yield();

  // Another fiber may run now. Unlike Yield no wish that it does: who calls stays as it was ranked.
  void MaySwitch();
  // Ends the process of the fiber that runs, and all its other fibers; returns when they are gone.
  void EndProcess();

  // Ends the fiber that runs; what lies on its stack is never destroyed.
  [[noreturn]] static void AbandonFiber() { FiberContext::Abandon(); }

  // Ends the run. The first one counts.
  void Fail(Violation violation) {
    if (!violation_) {
      violation_ = std::move(violation);
    }
  }

  // Crashes the process as soon as the fiber that runs now suspends or ends, but not before: no
  // foreign frame is unwound.
  void Doom(Incarnation& incarnation) { incarnation.doomed = true; }

  EventId TraceFrom(Incarnation& owner, std::string_view kind, std::span<const Field> fields);

  // For the models. Wakes a parked fiber; anything else is ignored. `cause` is the event that did
  // it.
  void Wake(FiberId fiber, EventId cause);

  [[gnu::always_inline]] EventId Record(Step step, ProcessId process, uint64_t a, uint64_t b) {
    const EventId event = recorder_.Record(step, now_, process, a, b);
    if (recorder_.keeps_steps()) [[unlikely]] {
      recorder_.KeepStep(step, now_, NameOf(process), a, b);
    }
    return event;
  }

  EventId RecordOnHost(Step step, HostId host, uint64_t a, uint64_t b);
  EventId CurrentCause() const;
  // "fiber main of tm-1", or "the experimenter" while no fiber runs.
  std::string RunningActor() const;

  // Of the process whose fiber runs; null while none does.
  Environment* CurrentEnvironment() const {
    if (current_ == nullptr) {
      return nullptr;
    }
    Incarnation& life = *current_->owner;
    return life.threads ? &life.threads->environment() : &life.environment;
  }

  // What the current fiber does from here on is caused by this event.
  void SetCause(EventId cause);

  SimTime now() const { return now_; }

  EventQueue& queue() { return queue_; }

  NetworkModel& network() { return network_; }

  DiskModel& shared_volume() { return shared_; }

  TraceRecorder& recorder() { return recorder_; }

  const Random& random() const { return random_; }

  Choices& choices() { return choices_; }

  const WorldOptions& options() const { return options_; }

  const std::optional<TapeDeck>& deck() const { return deck_; }

  // The scheduler's choices so far; kept for Strategy::kPrefix only.
  const std::vector<Pick>& picks() const { return picks_; }

  // A fiber ran off its stack: nothing of this world can be destroyed any more.
  bool is_broken() const { return is_broken_; }

  std::vector<StackUse> StackUses() const;
  std::vector<FiberTime> FiberTimes() const;
  // Every live fiber, as flinch_fibers tells it: see debugger.h.
  std::string ShowFibersToDebugger() const;

  const std::vector<std::unique_ptr<HostRecord>>& hosts() const { return hosts_; }

  std::optional<HostId> FindHost(std::string_view name);

  const std::vector<std::unique_ptr<ProcessRecord>>& processes() const { return processes_; }

  const ProcessRecord& process(ProcessId id) const { return *processes_.at(id.value()); }

 private:
  enum class FiberState : uint8_t { kFree, kReady, kRunning, kParked };

  struct alignas(64) Fiber : Recycled<Fiber> {
    FiberId id;
    FiberState state = FiberState::kFree;
    bool notified = false;  // what Park returns
    bool killed = false;
    bool unwinding = false;
    uint32_t serial = 0;  // how often the slot was used
    uint32_t slot = 0;
    uint32_t timer = 0;  // the one that counts; others are void
    EventId cause;
    SimTime since;  // parked or made ready
    Incarnation* owner = nullptr;
    ProcessId process;  // the owner's
    alignas(64) std::optional<FiberContext> context;
    alignas(64) Wait wait;
    Kernel* kernel = nullptr;
    uint32_t older = kNoFiber;  // of the same owner, in the order of their start
    uint32_t younger = kNoFiber;
    std::move_only_function<void()> body;
    std::string name;
    SimTime born;
    FiberTime* times = nullptr;  // of its name, where they are measured
  };

  static void FiberMain(void* argument);
  void RunBody(Fiber& fiber);
  void Boot(ProcessRecord& process);
  // Who an event is of, as a recording tells it.
  std::string_view NameOf(ProcessId process) const;
  Fiber& NewFiber();
  void MakeReady(Fiber& fiber, bool yielded = false);

  size_t ready_count() const { return ready_.size() - ready_head_; }

  uint32_t PickReady() {
    if (ready_count() == 1) [[likely]] {
      const uint32_t slot = ready_[ready_head_].slot;
      ready_.clear();
      ready_head_ = 0;
      return slot;
    }
    return PickAmongReady();
  }

  uint32_t PickAmongReady();
  void PrefetchAmongReady() const;
  void PrefetchFiber(const Fiber& fiber) const;
  void PrefetchProcess(const Fiber& fiber) const;
  void TakeOutOfReady(size_t index);
  size_t ChooseReady(std::span<Runnable> runnable);
  size_t ChooseDelivery(size_t count);
  void Forget(uint32_t ready_slot);

  // Lets a fiber run; false when it ran off its stack. In line, as all between Run and a switch:
  // see context.h.
  [[gnu::always_inline]] bool Switch(Fiber& fiber) {
    fiber.state = FiberState::kRunning;
    current_ = &fiber;
    fiber.context->Resume();
    current_ = nullptr;
    if (fiber.context->overflowed()) [[unlikely]] {
      NoteOverflow(fiber);
      return false;
    }
    return true;
  }

  void NoteOverflow(const Fiber& fiber);
  void NoteStack(const Fiber& fiber);
  void NoteBirth(Fiber& fiber);
  // Adds the wait of a parked fiber, until now.
  void AddWait(const Fiber& fiber, FiberTime& time) const;

  [[gnu::always_inline]] void Resume(uint32_t slot) {
    Fiber& fiber = *fibers_[slot];
    const EventId woken_by = fiber.cause;
    const EventId step = Record(Step::kRun, fiber.process, fiber.id.value(), woken_by.value());
    if (woken_by == EventId()) {
      fiber.cause = step;
    }
    if (!Switch(fiber)) [[unlikely]] {
      return;
    }
    if (fiber.owner->doomed) [[unlikely]] {
      CrashTheDoomed(fiber);
    }
    if (fiber.context->finished()) [[unlikely]] {
      Release(slot);
    }
  }

  void CrashTheDoomed(const Fiber& fiber);
  void Release(uint32_t slot);
  void Enlist(Fiber& fiber, Incarnation& owner);
  void Delist(const Fiber& fiber);

  [[gnu::always_inline]] void SuspendCurrent() {
    Fiber& fiber = *current_;
    ProcessRecord& process = fiber.owner->record;
    if (++process.suspensions == process.next_suspension_act) [[unlikely]] {
      ActAtSuspension(process);
    }
    fiber.context->Suspend();
    if (fiber.killed && !fiber.unwinding) [[unlikely]] {
      fiber.unwinding = true;
      throw ProcessKilled{};
    }
  }

  void ActAtSuspension(ProcessRecord& process);
  SimTime WorldDeadline(const Fiber& fiber) const;
  void Arm(Fiber& fiber, SimTime deadline);
  void Hold(Incarnation& incarnation);
  void ExplainFibers(const ProcessRecord& process, StuckReport& report) const;
  StuckReport::Waiter ExplainFiber(const ProcessRecord& process, const Fiber& fiber) const;
  void Unwind(Incarnation& incarnation);
  void UnwindTheDead();
  // What there was: nothing to come, a limit, or an instant in which something happened.
  enum class Advance : uint8_t { kNothing, kLimit, kDone };

  Advance AdvanceToNextEvent();

  // The timer of a wait that has ended otherwise.
  bool IsStale(const PendingEvent& event) const {
    if (event.kind != EventKind::kWake) {
      return false;
    }
    const Fiber& fiber = *fibers_[event.index];
    return fiber.timer != event.detail || fiber.state != FiberState::kParked;
  }

  bool FireAllOfThisInstant();
  void DeliverInChosenOrder();
  // A world of many fibers has them all over memory: asks for what will be needed soon.
  void LookAhead() const;

  // The slot of the fiber that it will wake; of any, when there is none.
  uint32_t FiberOf(const PendingEvent& event) const {
    return event.kind == EventKind::kWake      ? event.index
           : event.kind == EventKind::kMessage ? network_.messages().ReceiverOf(event.index)
                                               : 0;
  }

  bool NoEventsLeft() const { return recorder_.count() >= options_.limits.events_max; }

  void Fire(const PendingEvent& event);
  void RunAct(uint32_t index);
  Outcome Ended(Ending ending, std::optional<Limit> limit = std::nullopt);

  WorldOptions options_;
  Random random_;
  std::optional<TapeDeck> deck_;
  Choices choices_;
  SimTime now_{};
  std::unique_ptr<ScheduleStrategy> strategy_;
  bool strategy_ranks_;  // it wants to hear of each fiber that becomes runnable
  TraceRecorder recorder_;
  EventQueue queue_;
  DiskModel shared_;
  NetworkModel network_;
  // Pointers: a world may grow while an observer or a process holds on to a record or a name.
  std::vector<std::unique_ptr<HostRecord>> hosts_;
  std::vector<uint32_t> hosts_by_name_;  // brought up to date by FindHost
  std::vector<std::unique_ptr<ProcessRecord>> processes_;
  std::vector<std::unique_ptr<Incarnation>> dying_;
  std::vector<std::unique_ptr<Fiber>> fibers_;  // by slot
  std::vector<uint32_t> free_slots_;
  std::vector<Runnable> ready_;  // from ready_head_ on
  size_t ready_head_ = 0;
  std::vector<PendingEvent> deliveries_;  // of this instant
  std::vector<TapeDeck::Track*> tracks_;  // by process, when there is a deck
  std::vector<Pick> picks_;
  std::map<std::pair<std::string, std::string>, size_t> stack_uses_;      // by process and fiber
  std::map<std::pair<std::string, std::string>, FiberTime> fiber_times_;  // likewise
  Fiber* current_ = nullptr;                                              // null: the experimenter
  std::vector<std::move_only_function<void()>> acts_;
  std::vector<uint32_t> free_acts_;
  EventId act_cause_;
  std::optional<Violation> violation_;
  bool is_broken_ = false;
};

}  // namespace flinch::sim
