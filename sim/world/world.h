// A world of hosts and processes in one thread: the experimenter's handle.
//
// Build it (hosts, processes), run it towards a goal, and judge it from outside: its clock, its
// digest, the content of its disks. Faults are acts of the experimenter: crash, restart, the
// condition of a link. Processes cannot see this class; they see sim/environment.h.
//
//   World world({.seed = 7});
//   HostId a = world.AddHost("a");
//   ProcessId p = world.AddProcess(a, "a", [](Environment& env) { env.Sleep(1s); });
//   Outcome outcome = world.Run([&] { return !world.IsAlive(p); });
//
// The same options, processes and acts give the same run, event by event: `digest()` is its
// identity.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"
#include "sim/recording/divergence.h"
#include "sim/recording/recording.h"
#include "sim/world/options.h"

namespace flinch::sim {

class Kernel;

// What a link does to what is sent over it, in one direction, besides its latency. Applies to what
// is sent while it holds; messages in flight are delivered. Connections: a cut or lossy link delays
// frames until it is whole again (the transport retransmits); one-way messages are lost.
struct LinkCondition {
  bool cut = false;
  Ratio loss;         // of one-way messages
  Duration delay{0};  // added to every latency

  friend bool operator==(const LinkCondition&, const LinkCondition&) = default;
};

enum class Ending : uint8_t {
  kGoal,       // the goal was reached
  kIdle,       // nothing can happen any more, and the goal is not reached
  kLimit,      // events or simulated time ran out
  kViolation,  // an invariant broke, or an exception left a fiber
};

// The most that fibers of one name used of their stack.
struct StackUse {
  std::string process;
  std::string fiber;
  size_t bytes = 0;
};

// A choice of the scheduler: which of how many.
struct Pick {
  uint32_t chosen = 0;
  uint32_t of = 0;
};

struct Outcome {
  Ending ending = Ending::kGoal;
  std::optional<Violation> violation;
  EventId last_event;
};

class World {
 public:
  // The options are valid (WorldOptions::Validate).
  explicit World(WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  HostId AddHost(std::string name, const HostOptions& options = {});
  // Names are unique. The process starts with the world, or at once when that runs already.
  ProcessId AddProcess(HostId host, std::string name, Program program);

  // Runs until `reached()`, asked after every simulated instant, holds; or until nothing is left, a
  // limit, a violation.
  Outcome Run(const std::function<bool()>& reached);

  // Faults. Each is recorded as an event of its own ("fault.crash", …) with the event that
  // triggered it as cause. Crash: memory is gone, and on all disks what this process wrote and did
  // not sync. Its connections are reset.
  void Crash(ProcessId process);
  // Boots the next incarnation of a process that is not alive.
  void Restart(ProcessId process);
  void SetLink(HostId from, HostId to, const LinkCondition& condition);

  // Calls `act` from outside at a time; times in the past mean now.
  void At(SimTime time, std::move_only_function<void()> act);
  // Calls observers for each traced event, in the order in which they were added.
  void Observe(TraceObserver& observer);
  // An event of the experimenter's own, in nobody's process.
  EventId Trace(std::string_view kind, std::initializer_list<Field> fields = {});

  SimTime Now() const;
  bool IsAlive(ProcessId process) const;
  std::optional<ProcessId> FindProcess(std::string_view name) const;
  std::vector<std::string> ProcessNames() const;
  std::string_view NameOf(ProcessId process) const;
  HostId HostOf(ProcessId process) const;
  uint64_t events() const;
  Digest digest() const;
  const Ladder& ladder() const;
  const Recording& recording() const;
  // What a comparison with another run needs; without a judgement, which is the caller's.
  Trail trail() const;

  // What was chosen so far; of a run with WorldOptions::records_tape or ::play.
  Tape tape() const;
  // How the run went along with WorldOptions::play; ask at the end.
  TapeReport tape_report() const;
  // With Strategy::kPrefix.
  const std::vector<Pick>& picks() const;
  // With WorldOptions::measure_stacks; by process, then fiber.
  std::vector<StackUse> StackUses() const;

  // The outside view of a disk, without simulated time: what a process that reads now would see.
  std::optional<Bytes> ReadFile(HostId host, std::string_view path) const;
  std::optional<Bytes> ReadSharedFile(std::string_view path) const;
  std::vector<std::string> ListShared(std::string_view directory) const;

 private:
  std::unique_ptr<Kernel> kernel_;
};

// Runs the same experiment twice in this process, and says where the runs part; nothing when they
// are the same. `experiment` builds a World with Keep::kEverything and the lens it is given, runs
// it, and returns its trail().
std::optional<Divergence> RunTwice(const Experiment& experiment);

}  // namespace flinch::sim
