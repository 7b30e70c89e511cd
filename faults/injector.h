// Makes a fault plan come true in one world.
//
//   World world(options);           // hosts, processes
//   Injector injector(world, plan, heal_at);
//   world.Run(goal);
//   for (const FiredFault& fault : injector.fired()) …
//
// Shape: one injector per world, made after its processes and before it runs; it outlives every
//        Run. Requires: a plan that passed CheckAgainst the processes of the world. A host is named
//        by a process on it. When: each fault fires at most once. A fault on an event fires during
//        the event, before the process that traced it goes on; on an event of the world itself
//        ("fault.crash") at the same instant, behind it. Links: conditions that overlap on one link
//        compose (see Compose); the end of one leaves the others as they are. Nothing: the crash of
//        a dead process and the restart of a live one do nothing; they do not count as fired, and
//        faults that wait for them never fire. Healing: from then on no fault fires, all links that
//        were touched and all disks are whole, and every process that the plan crashed and that is
//        still down boots. A process that ended by itself stays ended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/fault_plan.h"
#include "sim/world/world.h"

namespace flinch::faults {

// A fault of the plan that took effect.
struct FiredFault {
  std::string kind;    // KindOf
  std::string target;  // TargetOf
  sim::SimTime at;
  size_t fault = 0;  // index in the plan

  friend bool operator==(const FiredFault&, const FiredFault&) = default;
};

// What conditions of one link that hold at once come to: cut if any cuts, the sum of the delays,
// the greatest loss.
sim::LinkCondition Compose(std::span<const sim::LinkCondition> conditions);

class Injector : public sim::TraceObserver {
 public:
  Injector(sim::World& world, FaultPlan plan, sim::SimTime heal_at = sim::kForever);
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;

  // For the world only.
  void OnEvent(const sim::TraceEvent& event) override;

  // At once instead of at the given time. The second call does nothing.
  void Heal();

  bool healed() const { return healed_; }

  // In the order in which they fired.
  std::span<const FiredFault> fired() const { return fired_; }

 private:
  struct Condition {
    size_t fault;
    sim::LinkCondition condition;
  };

  using Link = std::pair<sim::HostId, sim::HostId>;

  void CheckPlan() const;
  void Arm();
  void FireAt(sim::SimTime time, size_t fault);
  void Fire(size_t fault);

  // Whether it took effect.
  bool Act(size_t fault, const Crash& crash);
  bool Act(size_t fault, const Restart& restart);
  bool Act(size_t fault, const DropMessages& drop);
  bool Act(size_t fault, const DelayMessages& delay);
  bool Act(size_t fault, const CutLink& cut);

  // The directed links that a link fault acts on: one or two.
  template <typename LinkFault>
  std::vector<Link> LinksOf(const LinkFault& fault) const;
  template <typename LinkFault>
  bool Worsen(size_t index, const LinkFault& fault, const sim::LinkCondition& condition);
  void EndCondition(size_t fault, const Link& link);
  sim::LinkCondition Composed(const Link& link) const;

  sim::ProcessId Find(std::string_view process) const;

  sim::World& world_;
  FaultPlan plan_;
  bool healed_ = false;
  bool acting_ =
      false;  // inside an act of ours: what it makes the world trace must not act inside it again
  std::map<std::string, std::vector<size_t>, std::less<>>
      by_kind_;                            // faults that wait for an event
  std::vector<uint64_t> counts_;           // matching events so far, per fault
  std::map<sim::ProcessId, size_t> down_;  // by which fault; until it boots again
  std::map<Link, std::vector<Condition>> links_;
  std::vector<FiredFault> fired_;
};

}  // namespace flinch::faults
