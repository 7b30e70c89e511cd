// The core of a world: hosts, processes, fibers, time, and the loop that runs them.
//
// Time stands still while any fiber can run; then it jumps to the next pending event. Crashes
// happen at once in the sense of the simulated world (system calls of the dead do nothing); the
// fibers are unwound by the loop, before anything else runs.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/environment.h"
#include "sim/kernel/choices.h"
#include "sim/kernel/context.h"
#include "sim/kernel/disk_model.h"
#include "sim/kernel/event_queue.h"
#include "sim/kernel/network_model.h"
#include "sim/kernel/schedule_strategy.h"
#include "sim/kernel/trace_recorder.h"
#include "sim/world/world.h"

namespace flinch::sim {

class ProcessEnvironment;

// One life of a process.
struct Incarnation {
  ProcessId process;
  HostId host;
  uint32_t number = 0;
  bool alive = true;
  bool doomed = false;  // dies when its running fiber suspends or ends
  std::unique_ptr<ProcessEnvironment> environment;
  std::vector<uint32_t> fibers;  // slots, in the order of their start; ended ones may linger
  size_t fibers_live = 0;
};

struct ProcessRecord {
  ProcessId id;
  HostId host;
  std::string name;
  Program program;
  uint32_t incarnations = 0;
  std::unique_ptr<Incarnation> current;  // null while dead
};

struct HostRecord {
  std::string name;
  HostOptions options;
  std::unique_ptr<DiskModel> disk;
};

class Kernel {
 public:
  explicit Kernel(const WorldOptions& options);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // The experimenter's side.
  HostId AddHost(std::string name, const HostOptions& options);
  ProcessId AddProcess(HostId host, std::string name, Program program);
  Outcome Run(const std::function<bool()>& reached);
  void Crash(ProcessId process);
  void Restart(ProcessId process);
  void SetLink(HostId from, HostId to, const LinkCondition& condition);
  void SetDisk(DiskModel& disk, const VolumeCondition& condition);
  void HealDisks();
  void At(SimTime time, std::move_only_function<void()> act);
  EventId Trace(std::string_view kind, std::span<const Field> fields);

  // The side of processes; called by their environment, from one of their fibers.
  FiberId Spawn(Incarnation& owner, std::string_view name, std::move_only_function<void()> body);
  FiberId CurrentFiber() const;
  bool Park(SimTime deadline);
  void Yield();

  // Crashes the process as soon as the fiber that runs now suspends or ends, but not before: no
  // foreign frame is unwound.
  void Doom(Incarnation& incarnation) { incarnation.doomed = true; }

  EventId TraceFrom(Incarnation& owner, std::string_view kind, std::span<const Field> fields);

  // For the models. Wakes a parked fiber; anything else is ignored. `cause` is the event that did
  // it.
  void Wake(FiberId fiber, EventId cause);
  EventId Record(Step step, ProcessId process, uint64_t a, uint64_t b);
  EventId RecordOnHost(Step step, HostId host, uint64_t a, uint64_t b);
  EventId CurrentCause() const;
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

  const std::vector<HostRecord>& hosts() const { return hosts_; }

  const std::vector<ProcessRecord>& processes() const { return processes_; }

  const ProcessRecord& process(ProcessId id) const { return processes_.at(id.value()); }

 private:
  enum class FiberState : uint8_t { kFree, kReady, kRunning, kParked };

  struct Fiber {
    FiberId id;
    FiberState state = FiberState::kFree;
    bool notified = false;  // what Park returns
    bool killed = false;
    bool unwinding = false;
    uint32_t serial = 0;  // how often the slot was used
    uint64_t park = 0;    // which wait a timer belongs to
    EventId cause;
    Incarnation* owner = nullptr;
    std::string name;
    std::move_only_function<void()> body;
    std::unique_ptr<FiberContext> context;
  };

  static constexpr uint32_t kNoFiber = UINT32_MAX;

  struct Start {
    Kernel* kernel = nullptr;
    uint32_t slot = 0;
  };

  static void FiberMain(void* argument);
  void RunBody(Fiber& fiber);
  void Boot(ProcessRecord& process);
  void MakeReady(uint32_t slot);
  uint32_t PickReady();
  void Resume(uint32_t slot);
  void Release(uint32_t slot);
  void SuspendCurrent();
  void Unwind(Incarnation& incarnation);
  void UnwindTheDead();
  bool AdvanceToNextEvent();
  void Fire(const PendingEvent& event);
  Outcome Ended(Ending ending);

  Fiber& current() { return *fibers_[current_]; }

  WorldOptions options_;
  Random random_;
  Choices choices_;
  SimTime now_{};
  std::unique_ptr<ScheduleStrategy> strategy_;
  TraceRecorder recorder_;
  EventQueue queue_;
  DiskModel shared_;
  NetworkModel network_;
  std::vector<HostRecord> hosts_;
  std::vector<ProcessRecord> processes_;
  std::vector<std::unique_ptr<Incarnation>> dying_;
  StackPool stacks_;
  std::vector<std::unique_ptr<Fiber>> fibers_;  // by slot
  std::vector<std::unique_ptr<Start>> starts_;  // by slot
  std::vector<uint32_t> free_slots_;
  std::deque<uint32_t> ready_;
  uint32_t current_ = kNoFiber;
  std::vector<std::move_only_function<void()>> acts_;
  std::vector<uint32_t> free_acts_;
  EventId act_cause_;
  std::optional<Violation> violation_;
};

}  // namespace flinch::sim
