#include "scenarios/aim/cells.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/aim/cast.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using Role = CellRole;
using Side = CellSide;

// An event of this kind, with this text or number in this field where one is named.
struct EventMatch {
  std::string_view kind;
  std::string_view field{};
  std::string_view value{};
};

// A phase as seen by some roles. Its begin and its end belong together when they have the same
// value in the field `key`; without a key there is one at a time.
struct PhaseRow {
  std::string_view phase;
  EventMatch begin;  // no kind: the phase is a moment, and has an end only
  EventMatch end;
  std::string_view key;
  // How long after its begin it is likely to be under way still. 0: nothing takes time in it.
  sim::Duration middle{0};
  // Of a subtask: who it may be. Nobody: the phase is no task's.
  std::span<const Role> tasks;
  // Who else may be struck in it.
  std::span<const Role> others;
  // How many channels a task must have to be in it.
  uint32_t channels = 0;
};

constexpr auto kAllTasks = std::to_array<Role>({Role::kSource, Role::kOperator, Role::kSink});
constexpr auto kSourceOnly = std::to_array<Role>({Role::kSource});
constexpr auto kSending = std::to_array<Role>({Role::kSource, Role::kOperator});
constexpr auto kReceiving = std::to_array<Role>({Role::kOperator, Role::kSink});
constexpr auto kOperatorOnly = std::to_array<Role>({Role::kOperator});
constexpr auto kSinkOnly = std::to_array<Role>({Role::kSink});
constexpr auto kMasterOnly = std::to_array<Role>({Role::kMaster});
constexpr auto kMasterAndWorkers = std::to_array<Role>({Role::kMaster, Role::kWorker});
constexpr auto kEverybody = std::to_array<Role>({Role::kMaster, Role::kWorker, Role::kLog});
constexpr auto kBrokerOnly = std::to_array<Role>({Role::kLog});
constexpr auto kMasterAndBroker = std::to_array<Role>({Role::kMaster, Role::kLog});
constexpr auto kBrokerAndWorkers = std::to_array<Role>({Role::kWorker, Role::kLog});

// A message is on its way; the shared volume works; a task waits for others; a job starts.
constexpr sim::Duration kFlight = std::chrono::microseconds(150);
constexpr sim::Duration kLasts = std::chrono::milliseconds(2);
constexpr sim::Duration kLong = std::chrono::milliseconds(10);
constexpr sim::Duration kInstant{0};

constexpr EventMatch kNever{};
constexpr EventMatch kAligned{events::kBarrierAligned};
constexpr EventMatch kFirstBarrier{events::kBarrierReceived, "place", "first"};
constexpr EventMatch kRestarting{events::kJobStatus, "to", "RESTARTING"};
constexpr EventMatch kFirstTrigger{events::kCheckpointTriggered, "after_restore", "1"};
constexpr EventMatch kFirstStored{events::kCheckpointStored, "after_restore", "1"};

// In the order of a checkpoint's life, then of a recovery's.
constexpr auto kPhases = std::to_array<PhaseRow>({
    {"trigger",
     {events::kCheckpointDue},
     {events::kCheckpointTriggered},
     "",
     kLasts,
     {},
     kMasterAndWorkers},
    {"barrier_sent", kNever, {events::kBarrierSent}, "subtask", kInstant, kSending, kMasterOnly},
    {"barrier_first", kNever, kFirstBarrier, "subtask", kInstant, kReceiving, kMasterOnly, 2},
    {"barrier_middle",
     kNever,
     {events::kBarrierReceived, "place", "middle"},
     "subtask",
     kInstant,
     kReceiving,
     kMasterOnly,
     3},
    {"barrier_last",
     kNever,
     {events::kBarrierReceived, "place", "last"},
     "subtask",
     kInstant,
     kReceiving,
     kMasterOnly},
    {"alignment", kFirstBarrier, kAligned, "subtask", kFlight, kReceiving, kMasterOnly, 2},
    {"precommit", kAligned, {events::kSinkPreCommitted}, "subtask", kLasts, kSinkOnly, kBrokerOnly},
    {"snapshot",
     {events::kBarrierSent},
     {events::kSnapshotTaken},
     "subtask",
     kInstant,
     kSourceOnly,
     {}},
    {"snapshot", kAligned, {events::kSnapshotTaken}, "subtask", kInstant, kOperatorOnly, {}},
    {"snapshot", kAligned, {events::kSnapshotTaken}, "subtask", kLasts, kSinkOnly, {}},
    {"upload",
     {events::kSnapshotTaken},
     {events::kSnapshotUploaded},
     "subtask",
     kLasts,
     kAllTasks,
     kMasterOnly},
    {"ack_sent",
     {events::kSnapshotUploaded},
     {events::kCheckpointAcknowledged},
     "subtask",
     kInstant,
     kAllTasks,
     kMasterOnly},
    {"ack_received",
     {events::kCheckpointAcknowledged},
     {events::kCheckpointAckReceived},
     "subtask",
     kFlight,
     {},
     kMasterAndWorkers},
    {"complete", kNever, {events::kCheckpointCompleted}, "", kInstant, {}, kEverybody},
    {"store",
     {events::kCheckpointCompleted},
     {events::kCheckpointStored},
     "",
     kLasts,
     {},
     kEverybody},
    {"notify",
     {events::kCheckpointStored},
     {events::kCheckpointNotified},
     "",
     kInstant,
     {},
     kEverybody},
    {"commit",
     {events::kSinkCommitting},
     {events::kSinkCommitted},
     "subtask",
     kFlight,
     kSinkOnly,
     kMasterAndBroker},
    {"broker_commit",
     {events::kSinkCommitting},
     {events::kTransactionCommitted},
     "transaction",
     kFlight,
     {},
     kBrokerAndWorkers},
    {"subsume",
     {events::kCheckpointStored},
     {events::kCheckpointSubsumed},
     "",
     kLasts,
     {},
     kMasterAndWorkers},
    {"clean_up",
     {events::kCheckpointSubsumed},
     {events::kCheckpointDeleted},
     "",
     kLasts,
     {},
     kMasterAndWorkers},
    {"abort", kNever, {events::kCheckpointAborted}, "", kInstant, {}, kMasterAndWorkers},
    {"failover", kRestarting, {events::kJobRestored}, "", kLong, {}, kMasterAndWorkers},
    {"deploy", {events::kJobRestored}, {events::kTaskRestoring}, "", kLong, {}, kMasterAndWorkers},
    {"restore",
     {events::kTaskRestoring},
     {events::kTaskStarted},
     "subtask",
     kLasts,
     kAllTasks,
     kMasterAndBroker},
    {"first_record",
     {events::kTaskStarted},
     {events::kFirstRecord},
     "subtask",
     kLasts,
     kAllTasks,
     kMasterOnly},
    {"first_checkpoint", kFirstTrigger, kFirstStored, "", kLong, {}, kEverybody},
});

// The broker keeps its journal on a disk of its own; all others use the shared volume only. User
// code runs in tasks. Only TaskManagers have connections, with each other.
bool IsLegal(Role role, std::string_view fault) {
  if (fault == "reset") {
    return role != Role::kMaster && role != Role::kLog;
  }
  if (fault == "code") {
    return role == Role::kSource || role == Role::kOperator || role == Role::kSink;
  }
  return (fault != "disk" || role == Role::kLog) && (fault != "volume" || role != Role::kLog);
}

struct Numbered {
  size_t row = 0;
  Cell cell;
};

std::vector<Numbered> AllCells() {
  std::vector<Numbered> cells;
  for (size_t row = 0; row < kPhases.size(); ++row) {
    const PhaseRow& phase = kPhases[row];
    std::vector<Role> roles(phase.tasks.begin(), phase.tasks.end());
    roles.insert(roles.end(), phase.others.begin(), phase.others.end());
    for (const Role role : roles) {
      for (const std::string_view fault : faults::kFaultFamilies) {
        for (const Side side : {Side::kBefore, Side::kDuring, Side::kAfter}) {
          const bool exists = (side != Side::kBefore || !phase.begin.kind.empty()) &&
                              (side != Side::kDuring || phase.middle > sim::Duration(0));
          if (exists && IsLegal(role, fault)) {
            cells.push_back({row, {phase.phase, role, fault, side}});
          }
        }
      }
    }
  }
  return cells;
}

const std::vector<Numbered>& Cells() {
  static const std::vector<Numbered> kCells = AllCells();
  return kCells;
}

// What a kind of event may mean for which row.
struct Meaning {
  std::string_view kind;
  size_t row = 0;
  bool ends = false;
};

const std::vector<Meaning>& Meanings() {
  static const std::vector<Meaning> kMeanings = [] {
    std::vector<Meaning> meanings;
    for (size_t row = 0; row < kPhases.size(); ++row) {
      meanings.push_back({kPhases[row].end.kind, row, true});
      if (!kPhases[row].begin.kind.empty()) {
        meanings.push_back({kPhases[row].begin.kind, row, false});
      }
    }
    std::ranges::sort(meanings, {}, [](const Meaning& meaning) {
      return std::tuple(meaning.kind, meaning.row, !meaning.ends);
    });
    return meanings;
  }();
  return kMeanings;
}

bool Fits(const sim::TraceEvent& event, const EventMatch& mark) {
  return mark.field.empty() || std::ranges::any_of(event.fields, [&mark](const sim::Field& field) {
           return field.name == mark.field && sim::Show(field.value) == mark.value;
         });
}

// "sink[*]" of each vertex that has the role, separated by bars.
std::string SubtasksOf(CellRole role, const VertexRoles& roles) {
  std::string pattern;
  for (const auto& [vertex, each] : roles) {
    if (each == role) {
      pattern += fmt::format("{}{}[*]", pattern.empty() ? "" : "|", vertex);
    }
  }
  return pattern;
}

// The event that the trigger stands for, at the process that the fault strikes where the phase is
// one of its own.
faults::AtEvent EventOf(const faults::AtCell& at, const faults::Action& what,
                        const VertexRoles& roles) {
  const auto cell = std::ranges::find_if(
      Cells(), [&at](const Numbered& each) { return AddressOf(each.cell) == at.cell; });
  sim::Check(cell != Cells().end(), "there is no cell {}", at.cell);
  const PhaseRow& phase = kPhases[cell->row];
  const bool is_end = cell->cell.side == Side::kAfter;
  const EventMatch& mark = is_end ? phase.end : phase.begin;
  faults::AtEvent event{.kind = std::string(mark.kind), .nth = at.nth, .since = at.since};
  if (!mark.field.empty()) {
    event.where.emplace_back(mark.field, mark.value);
  }
  if (cell->cell.side == Side::kDuring) {
    event.delay = phase.middle;
  }
  const Role role = cell->cell.role;
  if (std::ranges::find(phase.tasks, role) != phase.tasks.end()) {
    event.where.emplace_back("subtask", SubtasksOf(role, roles));
    const std::vector<std::string_view> struck = faults::StruckBy(what);
    const auto worker = std::ranges::find_if(
        struck, [](std::string_view process) { return process.starts_with(kTaskManagerPrefix); });
    event.process = worker == struck.end() ? "" : std::string(*worker);
  } else if (!phase.tasks.empty() && phase.tasks.size() < kAllTasks.size()) {
    // Several phases may share an event; what tells them apart is whose it is.
    std::string subtasks;
    for (const Role task : phase.tasks) {
      subtasks += (subtasks.empty() ? "" : "|") + SubtasksOf(task, roles);
    }
    event.where.emplace_back("subtask", std::move(subtasks));
  }
  return event;
}

// The most channels that a task of each role reads.
std::map<CellRole, uint32_t> ChannelsByRole(const engine::JobGraph& graph) {
  const VertexRoles roles = RolesOf(graph);
  std::map<CellRole, uint32_t> channels;
  for (const engine::JobVertex& vertex : graph.vertices) {
    uint32_t count = 0;
    for (const size_t input : vertex.inputs) {
      const engine::JobEdge& edge = graph.edges[input];
      const auto partitioning = graph.stream.edges[edge.stream_edge].partitioning;
      count += engine::ProducersOf(partitioning, graph.vertex(edge.from).parallelism,
                                   vertex.parallelism, 0)
                   .count;
    }
    uint32_t& most = channels[roles.at(vertex.name)];
    most = std::max(most, count);
  }
  return channels;
}

std::string_view VertexOf(std::string_view subtask) { return subtask.substr(0, subtask.find('[')); }

// Whether the operator is one of the chain: "source->parse[0]".
bool RunsOperator(std::string_view subtask, std::string_view operator_name) {
  for (std::string_view chain = VertexOf(subtask); !chain.empty();) {
    const size_t end = std::min(chain.find("->"), chain.size());
    if (chain.substr(0, end) == operator_name) {
      return true;
    }
    chain.remove_prefix(std::min(end + 2, chain.size()));
  }
  return false;
}

}  // namespace

std::string_view Name(CellRole role) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"jm", "tm", "broker", "source", "operator", "sink"});
  return kNames.at(static_cast<size_t>(role));
}

std::string_view Name(CellSide side) {
  constexpr auto kNames = std::to_array<std::string_view>({"before", "during", "after"});
  return kNames.at(static_cast<size_t>(side));
}

size_t CellCount() { return Cells().size(); }

const Cell& CellAt(uint32_t cell) { return Cells().at(cell).cell; }

std::string CellName(uint32_t cell) {
  const Cell& parts = CellAt(cell);
  return fmt::format("{}/{}/{}/{}", parts.phase, Name(parts.role), parts.fault, Name(parts.side));
}

std::optional<uint32_t> FindCell(std::string_view name) {
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    if (CellName(cell) == name) {
      return cell;
    }
  }
  return std::nullopt;
}

const std::vector<std::string>& CellAddresses() {
  static const std::vector<std::string> kAddresses = [] {
    std::vector<std::string> addresses;
    for (const Numbered& each : Cells()) {
      std::string address = AddressOf(each.cell);
      if (std::ranges::find(addresses, address) == addresses.end()) {
        addresses.push_back(std::move(address));
      }
    }
    return addresses;
  }();
  return kAddresses;
}

std::string AddressOf(const Cell& cell) {
  return fmt::format("{}/{}/{}", cell.phase, Name(cell.role), Name(cell.side));
}

std::string_view PhaseOf(std::string_view event_kind) {
  for (const bool ends : {true, false}) {
    for (const PhaseRow& phase : kPhases) {
      const EventMatch& mark = ends ? phase.end : phase.begin;
      if (!mark.kind.empty() && mark.kind == event_kind && mark.field.empty()) {
        return phase.phase;
      }
    }
  }
  return "";
}

bool IsOfRecovery(const Cell& cell) {
  constexpr auto kOfRecovery = std::to_array<std::string_view>(
      {"failover", "deploy", "restore", "first_record", "first_checkpoint", "abort"});
  return std::ranges::find(kOfRecovery, cell.phase) != kOfRecovery.end();
}

faults::FaultPlan ResolveCells(faults::FaultPlan plan, const VertexRoles& roles) {
  for (faults::Fault& fault : plan.faults) {
    if (const auto* const at = std::get_if<faults::AtCell>(&fault.when)) {
      fault.when = EventOf(*at, fault.what, roles);
    }
  }
  return plan;
}

VertexRoles RolesOf(const engine::JobGraph& graph) {
  VertexRoles roles;
  for (const engine::JobVertex& vertex : graph.vertices) {
    roles.emplace(vertex.name, vertex.inputs.empty()    ? Role::kSource
                               : vertex.outputs.empty() ? Role::kSink
                                                        : Role::kOperator);
  }
  return roles;
}

std::vector<uint32_t> ReachableCells(const engine::JobGraph& graph) {
  const std::map<CellRole, uint32_t> channels = ChannelsByRole(graph);
  const auto can_be_in = [&channels](const PhaseRow& phase, CellRole role) {
    const auto found = channels.find(role);
    return found != channels.end() && found->second >= phase.channels;
  };
  std::vector<uint32_t> reachable;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    const auto& [row, parts] = Cells()[cell];
    const PhaseRow& phase = kPhases[row];
    const std::span<const Role> tasks = phase.tasks;
    const bool is_of_task = std::ranges::find(tasks, parts.role) != tasks.end();
    const bool happens = tasks.empty() || std::ranges::any_of(tasks, [&](CellRole role) {
                           return can_be_in(phase, role);
                         });
    if (happens && (!is_of_task || can_be_in(phase, parts.role))) {
      reachable.push_back(cell);
    }
  }
  return reachable;
}

void CellCounter::OnEvent(const sim::TraceEvent& event) {
  // What the world tells of a fault belongs to the event at which it fired.
  if (event.kind.starts_with("fault.")) {
    if (event.kind == "fault.restart") {
      // The dead were in no phase any more.
      std::erase_if(stays_,
                    [&event](const Stay& stay) { return stay.process == event.Text("process"); });
    }
    return;
  }
  const auto meanings = std::ranges::equal_range(Meanings(), event.kind, {}, &Meaning::kind);
  if (std::exchange(has_ended_, false)) {
    std::erase_if(stays_, [](const Stay& stay) { return stay.ended != sim::EventId(); });
  }
  if (event.kind == events::kJobRestored && event.Number("all") != 0) {
    // What was under way in the attempt before has come to nothing.
    std::erase_if(stays_, [](const Stay& stay) { return kPhases[stay.row].phase != "failover"; });
  }
  for (const Meaning& meaning : meanings) {
    const PhaseRow& phase = kPhases[meaning.row];
    if (Fits(event, meaning.ends ? phase.end : phase.begin)) {
      Note(meaning.row, meaning.ends, event);
    }
  }
}

void CellCounter::Note(size_t row, bool ends, const sim::TraceEvent& event) {
  const PhaseRow& phase = kPhases[row];
  const std::string_view subtask = event.Text("subtask").value_or("");
  if (!phase.tasks.empty()) {
    const auto role = roles_.find(VertexOf(subtask));
    if (role == roles_.end() || std::ranges::find(phase.tasks, role->second) == phase.tasks.end()) {
      return;
    }
  }
  const std::string_view key = phase.key.empty() ? "" : event.Text(phase.key).value_or("");
  auto stay = std::ranges::find_if(
      stays_, [row, key](const Stay& each) { return each.row == row && each.key == key; });
  if (ends && stay == stays_.end() && !phase.begin.kind.empty()) {
    return;  // it began in another life
  }
  if (stay == stays_.end()) {
    stay = stays_.insert(stays_.end(), Stay{.row = row, .key = std::string(key)});
  }
  if (ends) {
    stay->ended = event.id;
    has_ended_ = true;
  } else {
    stay->begun = event.id;
  }
  stay->process = event.process_name;
  stay->subtask = subtask;
}

void CellCounter::OnFired(const faults::FiredFault& fired, const faults::Action& action) {
  const std::string_view fault = faults::FamilyOf(action);
  const bool at_event = fired.event != sim::EventId();
  for (const Stay& stay : stays_) {
    const bool has_ended = stay.ended != sim::EventId();
    const bool is_now = at_event && (has_ended ? stay.ended : stay.begun) == fired.event;
    if (has_ended && !is_now) {
      continue;
    }
    const Side side = has_ended ? Side::kAfter : is_now ? Side::kBefore : Side::kDuring;
    for (const std::string_view process : WhomStrikes(action, stay)) {
      if (const std::optional<Role> role = RoleIn(stay, process)) {
        Hit(stay, *role, fault, side);
      }
    }
  }
}

std::vector<std::string_view> CellCounter::WhomStrikes(const faults::Action& action,
                                                       const Stay& stay) {
  std::vector<std::string_view> struck = faults::StruckBy(action);
  if (const auto* const code = std::get_if<faults::OperatorFault>(&action)) {
    // Whoever runs the operator.
    if (RunsOperator(stay.subtask, code->operator_name)) {
      struck = {stay.process};
    }
  } else if (faults::FamilyOf(action) == "volume") {
    // Whoever reads or writes there now.
    struck = {kJobManager, stay.process};
  }
  return struck;
}

std::optional<CellRole> CellCounter::RoleIn(const Stay& stay, std::string_view process) const {
  const PhaseRow& phase = kPhases[stay.row];
  const bool is_worker = process.starts_with(kTaskManagerPrefix);
  if (is_worker && !phase.tasks.empty()) {
    return process == stay.process ? std::optional(roles_.find(VertexOf(stay.subtask))->second)
                                   : std::nullopt;
  }
  const Role role = IsJobManager(process) ? Role::kMaster
                    : process == kBroker  ? Role::kLog
                                          : Role::kWorker;
  const bool is_known = is_worker || role != Role::kWorker;
  const bool may = is_known && std::ranges::find(phase.others, role) != phase.others.end();
  return may ? std::optional(role) : std::nullopt;
}

void CellCounter::Hit(const Stay& stay, CellRole role, std::string_view fault, CellSide side) {
  const std::vector<Numbered>& cells = Cells();
  const auto first = std::ranges::lower_bound(cells, stay.row, {}, &Numbered::row);
  for (auto cell = first; cell != cells.end() && cell->row == stay.row; ++cell) {
    if (cell->cell.role == role && cell->cell.fault == fault && cell->cell.side == side) {
      hit_.insert(static_cast<uint32_t>(cell - cells.begin()));
    }
  }
}

std::vector<std::string> NeverStruck(const std::vector<uint32_t>& cells,
                                     const std::set<uint32_t>& hit) {
  std::vector<std::string> places;
  std::set<std::string> struck;
  for (const uint32_t cell : cells) {
    const Cell& parts = CellAt(cell);
    std::string place = fmt::format("{}/{}", parts.phase, Name(parts.role));
    if (hit.contains(cell)) {
      struck.insert(place);
    }
    if (std::ranges::find(places, place) == places.end()) {
      places.push_back(std::move(place));
    }
  }
  std::erase_if(places, [&struck](const std::string& place) { return struck.contains(place); });
  return places;
}

}  // namespace flinch::scenarios
