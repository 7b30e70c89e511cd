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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"
#include "sim/recording/recording.h"
#include "sim/world/options.h"

namespace flinch::sim {

class Kernel;

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
  // not sync. Its peers learn it, or not, as CrashStyle says.
  void Crash(ProcessId process, CrashStyle style = CrashStyle::kProcess);
  // Boots the next incarnation of a process that is not alive.
  void Restart(ProcessId process);

  // Faults of the network. What a condition does, and to what: sim/world/network_options.h. The
  // last condition of a link holds; conditions are valid (Validate). A condition that carries again
  // lets go what an earlier one held. "fault.link", "fault.links", …
  void SetLink(HostId from, HostId to, const LinkCondition& condition);
  // Every link from one of `from` to one of `to`.
  void SetLinks(std::span<const HostId> from, std::span<const HostId> to,
                const LinkCondition& condition);
  // The links between a host and all others that exist now.
  void SetHost(HostId host, Direction direction, const LinkCondition& condition);
  // Cuts every link between the two groups, in both directions; with SetLinks, in one.
  void Partition(std::span<const HostId> left, std::span<const HostId> right,
                 InFlight in_flight = InFlight::kDeliver);
  // Breaks the connections between two hosts: at once, on the ends that `ends` says, a blocked and
  // every later call returns kUnavailable. What had arrived and was not read is lost, and so is
  // what is on its way to such an end: all that a receiver ever got is a prefix of what was sent.
  // Returns how many were broken. "fault.reset".
  size_t ResetConnections(HostId first, HostId second, ResetEnds ends = ResetEnds::kBoth);
  // Returns at once; the world goes on with it while it runs. The links of the group's hosts end
  // whole. "fault.swizzle", then "fault.links" for each step.
  void StartSwizzle(std::span<const HostId> group, const Swizzle& swizzle = {});
  // Makes every link whole and ends what swizzles are under way. What was held goes on, and frames
  // that were to arrive later than a whole link would bring them are brought forward; messages that
  // travel keep their time. Connections that broke stay broken: connect again. "fault.heal".
  void Heal();

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
  const Recording& recording() const;

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

// Runs the same experiment twice and compares event by event. `experiment` builds a World with the
// options it is given (which ask for everything to be kept), runs it, and returns its recording.
struct Comparison {
  bool identical = false;
  // When not: the first events that differ, as text ("" where a run had already ended).
  std::string first;
  std::string second;
};

Comparison RunTwice(const std::function<Recording(Keep)>& experiment);

}  // namespace flinch::sim
