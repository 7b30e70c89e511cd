// Where in the protocol a fault strikes: the vocabulary that plans aim at and that hunts count.
//
//   ack_sent/sink/crash/before     phase / role / fault / side
//
// Phase: a step of the checkpoint or recovery protocol, from one traced event to another.
// Role:  whom the fault strikes. In phases of a task, "source", "operator" and "sink" are the
//        TaskManager that runs the very subtask; elsewhere "tm" is any TaskManager. A fault that
//        strikes several (a link has two ends) falls into a cell of each.
// Fault: the family of the action (faults::kFaultFamilies).
// Side:  "before": at the event that begins the phase, so that nothing of it is done; "during":
//        later, while it is under way; "after": at the event that ends it, so that nothing that
//        follows is done. One phase's after may be another one's before: the fault is in both.
// Names are a contract, like those of events: add, do not rename. Numbers are not: they hold for
// one build.
// Source: the phases of Carbone et al. 2015 and of two-phase commit, as engine/events.h tells them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/job_graph.h"
#include "faults/fault_plan.h"
#include "faults/injector.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

enum class CellRole : uint8_t { kMaster, kWorker, kLog, kSource, kOperator, kSink };
enum class CellSide : uint8_t { kBefore, kDuring, kAfter };

// "jm", "tm", "broker", "source", "operator", "sink".
std::string_view Name(CellRole role);
std::string_view Name(CellSide side);

// One cell by its parts.
struct Cell {
  std::string_view phase;
  CellRole role = CellRole::kMaster;
  std::string_view fault;
  CellSide side = CellSide::kAfter;
};

// How many cells there are; they are numbered from 0.
size_t CellCount();
const Cell& CellAt(uint32_t cell);
// "ack_sent/sink/crash/before".
std::string CellName(uint32_t cell);
std::optional<uint32_t> FindCell(std::string_view name);

// The cell but for its fault, as a plan waits for it: `when = { cell = "ack_sent/sink/before" }`.
std::string AddressOf(const Cell& cell);
const std::vector<std::string>& CellAddresses();

// The phase that an event of this kind ends, or else begins, as far as its kind alone tells:
// "store" of "checkpoint.stored". "": none.
std::string_view PhaseOf(std::string_view event_kind);

// Whether the phase comes only after something has failed.
bool IsOfRecovery(const Cell& cell);

// The role of each vertex, by name: sources have no input, sinks no output.
using VertexRoles = std::map<std::string, CellRole, std::less<>>;
VertexRoles RolesOf(const engine::JobGraph& graph);

// The cells that some fault can hit in this job, ascending. Those of a role that no vertex has, or
// of several barriers where a task has one channel, are not among them.
std::vector<uint32_t> ReachableCells(const engine::JobGraph& graph);

// The plan with events in the place of cells, which are addresses. "Before" and "after" are the
// event itself, "during" is a moment later: by then the phase may be over, or not.
faults::FaultPlan ResolveCells(faults::FaultPlan plan, const VertexRoles& roles);

// Notes in which cells the faults of a run took effect.
//
// Shape: observes a world before its injector does, and is told by that what fired. Costs a search
//        among thirty words per event.
class CellCounter final : public sim::TraceObserver {
 public:
  explicit CellCounter(VertexRoles roles) : roles_(std::move(roles)) {}

  void OnEvent(const sim::TraceEvent& event) override;

  // At the moment it fires.
  void OnFired(const faults::FiredFault& fired, const faults::Action& action);

  // The cells hit so far, ascending.
  std::vector<uint32_t> hit() const { return {hit_.begin(), hit_.end()}; }

 private:
  // A phase that somebody is in, or that the last event ended.
  struct Stay {
    size_t row = 0;       // of the table of phases
    std::string key;      // which subtask or transaction
    std::string process;  // who traced its last event
    std::string subtask;  // "" where the phase is no task's
    sim::EventId begun;   // 0: it is a moment
    sim::EventId ended;   // 0: it goes on
  };

  void Note(size_t row, bool ends, const sim::TraceEvent& event);
  static std::vector<std::string_view> WhomStrikes(const faults::Action& action, const Stay& stay);
  // Whom a strike on this process means in this phase, if anybody.
  std::optional<CellRole> RoleIn(const Stay& stay, std::string_view process) const;
  void Hit(const Stay& stay, CellRole role, std::string_view fault, CellSide side);

  VertexRoles roles_;
  std::vector<Stay> stays_;
  bool has_ended_ = false;  // one of them, at the last event that meant anything
  std::set<uint32_t> hit_;
};

// Steps of the protocol, with whom they concern, of which none of the cells was hit: "store/jm".
std::vector<std::string> NeverStruck(const std::vector<uint32_t>& cells,
                                     const std::set<uint32_t>& hit);

}  // namespace flinch::scenarios
