// A world of hosts and processes in one thread: the experimenter's handle.
//
// Build it (hosts, processes), run it towards a goal, and judge it from outside: its clock, its
// digest, the content of its disks. Faults are acts of the experimenter: crash, pause, the
// condition of a link, a disk or a clock. Processes cannot see this class; they see
// sim/environment.h.
//
//   World world({.seed = 7});
//   HostId a = world.AddHost("a");
//   ProcessId p = world.AddProcess(a, "a", [](Environment& env) { env.Sleep(1s); });
//   Outcome outcome = world.Run([&] { return !world.IsAlive(p); });
//
// The same options, processes and acts give the same run, event by event: `digest()` is its
// identity. A world belongs to the thread that first ran it, and dies there: its fibers have stacks
// of that thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"
#include "sim/recording/divergence.h"
#include "sim/recording/recording.h"
#include "sim/world/options.h"
#include "sim/world/stuck_report.h"

namespace flinch::sim {

class Kernel;

enum class Ending : uint8_t {
  kGoal,       // the goal was reached
  kIdle,       // nothing can happen any more, and the goal is not reached
  kLimit,      // events or simulated time ran out
  kViolation,  // an invariant broke, or an exception left a fiber
};

// Which of RunLimits ran out.
enum class Limit : uint8_t { kEvents, kTime };

// The most that fibers of one name used of their stack.
struct StackUse {
  std::string process;
  std::string fiber;
  size_t bytes = 0;
};

// Where the simulated time of the fibers of one name went.
struct FiberTime {
  std::string process;
  std::string fiber;
  Duration lived{};  // all of them together, over all incarnations of the process
  // What they waited for, and for how long: by the reason of Environment::Park, if it had one.
  std::map<std::string, Duration, std::less<>> waited{};
};

// A choice of the scheduler: which of how many.
struct Pick {
  uint32_t chosen = 0;
  uint32_t of = 0;
};

struct Outcome {
  Ending ending = Ending::kGoal;
  std::optional<Limit> limit;  // of kLimit
  SimTime time;
  std::optional<Violation> violation;
  EventId last_event;
};

// "Simulated time ran out: limits.time_max = 2.000s was reached after 31 events." and the like.
std::string Show(const Outcome& outcome);

// What becomes of the timers of a process while it is paused: they run as those of a process that
// is kept from the processor (a long collection of garbage), or stand as those of a stopped
// machine.
enum class PausedTimers : uint8_t { kRunning, kFrozen };

class World {
 public:
  // The options are valid (WorldOptions::Validate).
  explicit World(WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Names are unique, not empty, and without '/'.
  HostId AddHost(std::string name, const HostOptions& options = {});
  // Unique names, not empty. The process starts with the world, or at once when that runs already.
  ProcessId AddProcess(HostId host, std::string name, Program program);

  // Runs until `reached()`, asked after every simulated instant, holds; or until nothing is left, a
  // limit, a violation.
  Outcome Run(const std::function<bool()>& reached);

  // Faults. Each is recorded as an event of its own ("fault.crash", …) with the event that
  // triggered it as cause. Crash: memory is gone, and on all disks what this process wrote and did
  // not sync meets its CrashFate. Its peers learn it, or not, as CrashStyle says.
  void Crash(ProcessId process, CrashStyle style = CrashStyle::kProcess);
  // The host loses its power, or stops: all its processes crash; and what others of it wrote that
  // had ended of themselves, and nobody has synced since, meets its fate too. "fault.crash_host",
  // then "fault.crash" for each. Boots nothing: see Restart.
  void CrashHost(HostId host, CrashStyle style = CrashStyle::kSilent);
  // Boots the next incarnation of a process that is not alive.
  void Restart(ProcessId process);

  // Faults of the network. What a condition does, and to what: sim/world/network_options.h.
  // Conditions are valid (Validate). A link that carries again lets go what it held.
  //
  // Ails the link from one host to another, beside all that ails it already, until EndTrouble; what
  // these come to together holds (Compose). "fault.link", which tells what that is.
  TroubleId Impair(HostId from, HostId to, const LinkCondition& condition);
  // Every link from one of `from` to one of `to`. "fault.links", which tells what began or ended.
  TroubleId Impair(std::span<const HostId> from, std::span<const HostId> to,
                   const LinkCondition& condition);
  // Ends what an act brought, on all its links, and leaves what else ails them. Does nothing where
  // it has ended already.
  void EndTrouble(TroubleId trouble);
  // From now on this ails the link, and nothing else: ends its troubles.
  void SetLink(HostId from, HostId to, const LinkCondition& condition);
  // Every link from one of `from` to one of `to`.
  void SetLinks(std::span<const HostId> from, std::span<const HostId> to,
                const LinkCondition& condition);
  // The links between a host and all others that exist now.
  void SetHost(HostId host, Direction direction, const LinkCondition& condition);
  // Cuts every link between the two groups, in both directions; with Impair, in one.
  TroubleId Partition(std::span<const HostId> left, std::span<const HostId> right,
                      InFlight in_flight = InFlight::kDeliver);
  // Breaks the connections between two hosts: at once, on the ends that `ends` says, a blocked and
  // every later call returns kUnavailable. What had arrived and was not read is lost, and so is
  // what is on its way to such an end: all that a receiver ever got is a prefix of what was sent.
  // Returns how many were broken. "fault.reset".
  size_t ResetConnections(HostId first, HostId second, ResetEnds ends = ResetEnds::kBoth);
  // Returns at once; the world goes on with it while it runs. "fault.swizzle", then "fault.links"
  // for each step.
  TroubleId StartSwizzle(std::span<const HostId> group, const Swizzle& swizzle = {});
  // Makes every link whole and ends all its troubles, and what swizzles are under way. What was
  // held goes on, and frames that were to arrive later than a whole link would bring them are
  // brought forward; messages that travel keep their time. Connections that broke stay broken:
  // connect again. "fault.heal".
  void Heal();

  // What the clocks of a host do from now on ("fault.clock"); the condition is valid. Waits of its
  // processes end when the clock shows their deadline, whatever it did meanwhile. Devices, links
  // and acts go by the world's time.
  void SetClock(HostId host, const ClockCondition& condition);

  // Keeps a process from running: it is alive and silent, its connections stay open, its inboxes
  // fill. With running timers, deadlines that passed are overdue when it resumes; with frozen ones
  // the waits that were pending have as much of their time left as before. Its host's clocks go on
  // in both cases. May happen at an event it traces, which is then the last thing it does. A paused
  // process can crash; what is restarted runs. Does nothing to the dead and the paused, and Resume
  // nothing to others.
  void Pause(ProcessId process, PausedTimers timers);
  void Resume(ProcessId process);

  // The condition is valid (Validate) and replaces the former. Recorded as "fault.disk"; each
  // operation that it strikes as "sim.disk_fault".
  void SetDisk(HostId host, const DiskCondition& condition);
  void SetSharedVolume(const VolumeCondition& condition);
  // Makes every disk and the shared volume whole: no fault of theirs fires any more, what hangs
  // goes on, all names are listed. What was destroyed stays destroyed.
  void HealDisks();

  // Whoever asks for the n-th write or sync of this disk (see WritesOf) dies before it, as by a
  // crash; nothing that it asks for from there on happens. A number that has passed never comes,
  // and the last number that was set is the one. See sim/world/crash_points.h for all of them.
  void CrashAtWrite(HostId host, uint64_t number);
  void CrashAtSharedWrite(uint64_t number);

  // Nothing is wrong any more: Heal, HealDisks; all clocks are right; who is paused goes on; and
  // who crashed and is still down boots. A process that ended of itself stays ended, and what waits
  // for its time (At) comes.
  void HealEverything();

  // Calls `act` from outside at a time; times in the past mean now. A Check of it that fails ends
  // the run with Ending::kViolation, as one of a fiber does.
  void At(SimTime time, std::move_only_function<void()> act);
  // Calls `act` from outside at the moment at which a fiber of the process suspends for the
  // `number`-th time, counted from 1 over all its fibers and incarnations. A number that has passed
  // never comes. One act per number: the last.
  void AtSuspension(ProcessId process, uint64_t number, std::move_only_function<void()> act);
  // Calls observers for each traced event, in the order in which they were added. They run on the
  // stack of the fiber that traces, as acts at a suspension do: WorldOptions::stack_bytes for the
  // fiber, the observer and all it calls. What is large belongs on the heap, or into an act of At,
  // which runs on the experimenter's own stack.
  void Observe(TraceObserver& observer);
  // An event of the experimenter's own, in nobody's process.
  EventId Trace(std::string_view kind, std::initializer_list<Field> fields = {});

  SimTime Now() const;
  bool IsAlive(ProcessId process) const;
  bool IsPaused(ProcessId process) const;
  uint64_t SuspensionsOf(ProcessId process) const;
  // What a host takes for the time, now.
  SimTime MonotonicTime(HostId host) const;
  WallTime WallTimeOf(HostId host) const;
  const ClockCondition& ClockOf(HostId host) const;
  // How many writes and syncs (sim/world/disk_options.h) the processes have asked of a disk so far.
  uint64_t WritesOf(HostId host) const;
  uint64_t WritesOfShared() const;
  std::optional<ProcessId> FindProcess(std::string_view name) const;
  std::vector<std::string> ProcessNames() const;
  // Of those that were added so far, in that order.
  std::vector<HostId> Hosts() const;
  std::string_view NameOf(ProcessId process) const;
  HostId HostOf(ProcessId process) const;
  uint64_t events() const;
  // Who waits for what: for a run that ended without its goal.
  StuckReport Explain() const;
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
  // Of this thread's fibers' stacks, those without forbidden memory at their end, for the machine
  // has no more of it: beyond some 32,000 fibers (half of Linux' vm.max_map_count). A fiber that
  // runs off one of these is not reported, and may do anything.
  static size_t UnguardedStacks();
  // With WorldOptions::measure_stacks; by process, then fiber.
  std::vector<StackUse> StackUses() const;
  // Until now. With WorldOptions::measure_times; by process, then fiber.
  std::vector<FiberTime> FiberTimes() const;

  // What lies on a disk from the beginning, durable. Before Run; there must be room for it.
  void PlaceFile(HostId host, std::string_view path, std::string_view bytes);
  void PlaceSharedFile(std::string_view path, std::string_view bytes);

  // The outside view of a disk, without simulated time: what a process that reads now would see.
  std::optional<Bytes> ReadFile(HostId host, std::string_view path) const;
  std::optional<Bytes> ReadSharedFile(std::string_view path) const;
  std::vector<std::string> ListFiles(HostId host, std::string_view directory) const;
  std::vector<std::string> ListShared(std::string_view directory) const;
  // What would be left if all processes crashed now and the disk kept no more than it must.
  std::optional<Bytes> ReadDurableFile(HostId host, std::string_view path) const;
  std::optional<Bytes> ReadDurableSharedFile(std::string_view path) const;

 private:
  std::unique_ptr<Kernel> kernel_;
};

// Runs the same experiment twice in this process, and says where the runs part; nothing when they
// are the same. `experiment` builds a World with Keep::kEverything and the lens it is given, runs
// it, and returns its trail().
std::optional<Divergence> RunTwice(const Experiment& experiment);

}  // namespace flinch::sim
