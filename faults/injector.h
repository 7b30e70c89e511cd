// Makes a fault plan come true in one world.
//
//   World world(options);           // hosts, processes
//   Injector injector(world, plan, heal_at);
//   world.Run(goal);
//   for (const FiredFault& fault : injector.fired()) …
//
// Shape:   one injector per world, made after its processes and before it runs; it outlives every
//          Run. Requires a plan that passed CheckAgainst the processes of the world and has no
//          AtCell any more. A host is named by a process on it.
// When:    each fault fires at most once, but for those at a rate, each of whose turns is an event
//          ("fault.turn") and counts as one: a run ends whatever the rate. A fault on an event
//          fires during the event, before the process that traced it goes on; on an event of the
//          world itself ("fault.crash") at the same instant, behind it.
// What:    troubles that overlap on one link, disk or clock compose: faults/ailments.h.
// Nothing: the crash of a dead process, the restart of a live one, the pause of a dead or paused
//          one and the reset of links without connections do nothing; they do not count as fired,
//          and faults that wait for them never fire. A crash at a write fires when somebody dies,
//          an operator_error when somebody throws.
// Code:    of user code nothing happens by itself: see faults/user_code.h. The world is told of it
//          as "fault.code".
// Healing: from then on no fault fires; links, disks, the volume and clocks are whole, who is
//          paused goes on, and every process that the plan crashed and that is still down boots. A
//          process that ended by itself stays ended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/ailments.h"
#include "faults/fault_plan.h"
#include "faults/user_code.h"
#include "sim/random.h"
#include "sim/world/world.h"

namespace flinch::faults {

// A fault of the plan that took effect.
struct FiredFault {
  std::string kind;    // KindOf
  std::string target;  // TargetOf
  sim::SimTime at;
  size_t fault = 0;  // index in the plan
  // During which it fired; 0: between events, or behind one of the world's own.
  sim::EventId event{};

  friend bool operator==(const FiredFault&, const FiredFault&) = default;
};

class Injector : public sim::TraceObserver {
 public:
  // `random` draws the times of faults that come at a rate; nothing else.
  Injector(sim::World& world, FaultPlan plan, sim::SimTime heal_at = sim::kForever,
           const sim::Random& random = sim::Random(0));
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;

  // For the world only.
  void OnEvent(const sim::TraceEvent& event) override;

  // What is to become of the record that the operator is about to be given: for the wrapping of
  // its function.
  RecordFate OnRecord(std::string_view operator_name);

  // At once instead of at the given time. The second call does nothing.
  void Heal();

  bool healed() const { return healed_; }

  // Called with each fault as soon as it has taken effect. The last one given holds.
  void OnFired(std::function<void(const FiredFault&, const Action&)> told) {
    told_ = std::move(told);
  }

  // By fault: why it has not taken effect, as the end of a sentence: its event never came, or never
  // so, or too seldom, or, as its time, behind the healing. Empty for what did, or when nobody
  // knows.
  std::vector<std::string> WhyNot() const;

  // In the order in which they fired.
  std::span<const FiredFault> fired() const { return fired_; }

 private:
  void CheckPlan() const;
  void Arm();
  void WaitFor(std::string_view kind, size_t fault);
  // Whether the fault is due with this event, which is counted by it.
  bool IsDue(size_t fault, const sim::TraceEvent& event);
  bool IsDue(size_t fault, const AtEvent& when, const sim::TraceEvent& event);
  bool IsDue(size_t fault, const AtCounts& when, const sim::TraceEvent& event);
  // Behind the healing nothing fires, but who asks why shall hear of it.
  void NoteLate(const std::vector<size_t>& waiting, const sim::TraceEvent& event);
  std::string WhyNot(size_t fault) const;
  std::string WhyNot(const AtEvent& when, size_t fault) const;
  void FireAt(sim::SimTime time, size_t fault);
  void FireAtRate(size_t fault);
  void Fire(size_t fault, sim::EventId event = {});
  void Note(size_t fault, sim::EventId event, const Action& what);

  // Whether it took effect.
  bool Act(size_t fault, const Crash& crash);
  bool Act(size_t fault, const Restart& restart);
  bool Act(size_t fault, const Pause& pause);
  bool Act(size_t fault, const DropMessages& drop);
  bool Act(size_t fault, const DelayMessages& delay);
  bool Act(size_t fault, const CutLink& cut);
  bool Act(size_t fault, const ImpairLink& link);
  bool Act(size_t fault, const Partition& partition);
  bool Act(size_t fault, const SwizzleHosts& swizzle);
  bool Act(size_t fault, const ResetLink& reset);
  bool Act(size_t fault, const DiskFault& disk);
  bool Act(size_t fault, const CrashAtWrite& crash);
  bool Act(size_t fault, const VolumeFault& volume);
  bool Act(size_t fault, const ClockFault& clock);
  bool Act(size_t fault, const OperatorFault& code);

  template <typename LinkFault>
  bool Worsen(const LinkFault& fault, const sim::LinkCondition& condition);
  void WorsenDisk(uint64_t cause, std::string_view disk, const sim::DiskCondition& condition);
  // The number of a trouble that begins now and ends by itself.
  uint64_t BeginTrouble(sim::Duration duration);
  // From now on the process is down because of a fault.
  void NoteDown(sim::ProcessId process, std::optional<sim::Duration> restart_after);
  void OnCrash(const sim::TraceEvent& event);
  void TellOfCode(std::string_view operator_name, const std::string& condition);

  sim::ProcessId Find(std::string_view process) const;

  sim::HostId HostOf(std::string_view process) const { return world_.HostOf(Find(process)); }

  // What becomes of a disk whose n-th writer is to die.
  struct Armed {
    size_t fault;
    uint64_t cause;
  };

  sim::World& world_;
  FaultPlan plan_;
  sim::Random random_;
  Ailments ailments_;
  UserCode user_code_;
  bool healed_ = false;
  // Inside an act of ours: what it makes the world trace must not act inside it again.
  bool acting_ = false;
  bool swizzled_ = false;
  // Faults that wait for an event.
  std::map<std::string, std::vector<size_t>, std::less<>> by_kind_;
  // Events that a fault has counted: of AtEvent those that match and all of the kind, of AtCounts
  // by kind, and last those of `unless`.
  std::vector<std::vector<uint64_t>> counts_;
  std::vector<bool> took_effect_;
  sim::SimTime healed_at_;
  std::vector<uint64_t> late_;  // by fault: events that it waited for, behind the healing
  std::map<size_t, sim::Random> rates_;
  uint64_t causes_ = 0;
  std::map<sim::ProcessId, uint64_t> down_;    // by which crash; until it boots again
  std::map<sim::ProcessId, uint64_t> paused_;  // by which pause
  std::vector<Armed> armed_;
  std::map<uint64_t, size_t> code_faults_;  // by cause
  std::vector<FiredFault> fired_;
  std::function<void(const FiredFault&, const Action&)> told_;
};

}  // namespace flinch::faults
