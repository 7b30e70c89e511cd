// A world of hosts and processes in one thread: the experimenter's handle.
//
// Build it (hosts, processes), run it towards a goal, and judge it from outside: its clock, its
// digest, the content of its disks. Faults are acts of the experimenter: crash, restart, the
// condition of a link or a disk. Processes cannot see this class; they see sim/environment.h.
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
  // not sync meets its CrashFate. Its connections are reset.
  void Crash(ProcessId process);
  // Boots the next incarnation of a process that is not alive.
  void Restart(ProcessId process);
  void SetLink(HostId from, HostId to, const LinkCondition& condition);
  // The condition is valid (Validate) and replaces the former. Recorded as "fault.disk"; each
  // operation that it strikes as "sim.disk_fault".
  void SetDisk(HostId host, const DiskCondition& condition);
  void SetSharedVolume(const VolumeCondition& condition);
  // Makes every disk and the shared volume whole: no fault of theirs fires any more, what hangs
  // goes on, all names are listed. What was destroyed stays destroyed.
  void HealDisks();

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
