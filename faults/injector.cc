#include "faults/injector.h"

#include <algorithm>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "faults/conditions.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::faults {
namespace {

// A gap of a rate is drawn in steps of this part of the mean, and is at most so many of them.
constexpr int64_t kStepsPerMean = 64;
constexpr int64_t kStepsMax = kStepsPerMean * 20;

bool HasField(const sim::TraceEvent& event, const std::pair<std::string, std::string>& wanted) {
  return std::ranges::any_of(event.fields, [&wanted](const sim::Field& field) {
    return field.name == wanted.first &&
           text::MatchesPattern(sim::Show(field.value), wanted.second);
  });
}

bool Matches(const sim::TraceEvent& event, const AtEvent& when) {
  return (when.process.empty() || event.process_name == when.process) &&
         std::ranges::all_of(when.where,
                             [&event](const auto& wanted) { return HasField(event, wanted); });
}

// " of tm-1 with id=3": what an event must be besides its kind.
std::string ShowWanted(const AtEvent& when) {
  std::string wanted = when.process.empty() ? "" : " of " + when.process;
  for (const auto& [name, value] : when.where) {
    wanted += fmt::format(" with {}={}", name, text::Quote(value));
  }
  return wanted;
}

// The fault that the trigger points back to, if it does.
std::optional<size_t> EarlierOf(const Trigger& when) {
  if (const auto* const after = std::get_if<AfterFault>(&when)) {
    return after->fault;
  }
  const auto* const event = std::get_if<AtEvent>(&when);
  return event == nullptr ? std::nullopt : event->since;
}

}  // namespace

Injector::Injector(sim::World& world, FaultPlan plan, sim::SimTime heal_at,
                   const sim::Random& random)
    : world_(world),
      plan_(std::move(plan)),
      random_(random),
      ailments_(world),
      user_code_(random_.Split("user_code")),
      counts_(plan_.faults.size()),
      took_effect_(plan_.faults.size(), false),
      late_(plan_.faults.size(), 0) {
  CheckPlan();
  world_.Observe(*this);
  Arm();
  if (heal_at != sim::kForever) {
    world_.At(heal_at, [this] { Heal(); });
  }
}

void Injector::CheckPlan() const {
  for (size_t index = 0; index < plan_.faults.size(); ++index) {
    const Fault& fault = plan_.faults[index];
    const auto* const event = std::get_if<AtEvent>(&fault.when);
    sim::Check(event == nullptr || event->nth > 0, "fault[{}] waits for the event number 0", index);
    const std::optional<size_t> earlier = EarlierOf(fault.when);
    sim::Check(!earlier || *earlier < index, "fault[{}] waits for a later one", index);
    sim::Check(!std::holds_alternative<AtCell>(fault.when),
               "fault[{}] waits for a cell, which nobody has looked up", index);
    for (const std::string_view process : StruckBy(fault.what)) {
      Find(process);
    }
  }
}

// ---- Triggers

void Injector::Arm() {
  for (size_t index = 0; index < plan_.faults.size(); ++index) {
    const Trigger& when = plan_.faults[index].when;
    if (const auto* const at = std::get_if<AtTime>(&when)) {
      FireAt(at->time, index);
    } else if (const auto* const event = std::get_if<AtEvent>(&when)) {
      counts_[index].assign(2, 0);
      WaitFor(event->kind, index);
    } else if (const auto* const counts = std::get_if<AtCounts>(&when)) {
      counts_[index].assign(counts->at_least.size() + 1, 0);
      for (const auto& [kind, number] : counts->at_least) {
        WaitFor(kind, index);
      }
      if (!counts->unless.empty()) {
        WaitFor(counts->unless, index);
      }
    } else if (std::holds_alternative<AtRate>(when)) {
      rates_.emplace(index, random_.Split("rate", index));
      FireAtRate(index);
    }
  }
}

// Once for each kind, even where a fault names it twice.
void Injector::WaitFor(std::string_view kind, size_t fault) {
  std::vector<size_t>& waiting = by_kind_[std::string(kind)];
  if (waiting.empty() || waiting.back() != fault) {
    waiting.push_back(fault);
  }
}

void Injector::OnEvent(const sim::TraceEvent& event) {
  if (!acting_ && !armed_.empty() && event.kind == "fault.crash") {
    OnCrash(event);
  }
  const auto waiting = by_kind_.find(event.kind);
  if (waiting == by_kind_.end()) {
    return;
  }
  if (healed_) {
    NoteLate(waiting->second, event);
    return;
  }
  // First all count, then those that are due act: an act may end what the event's views look at.
  std::vector<size_t> due;
  for (const size_t index : waiting->second) {
    if (IsDue(index, event)) {
      due.push_back(index);
    }
  }
  // The world is in the middle of its own act when it traces one.
  const bool at_once = !acting_ && event.process_name != "world";
  for (const size_t index : due) {
    const auto* const when = std::get_if<AtEvent>(&plan_.faults[index].when);
    const sim::Duration delay = when == nullptr ? sim::Duration(0) : when->delay;
    if (at_once && delay == sim::Duration(0)) {
      Fire(index, event.id);
    } else {
      FireAt(sim::Later(world_.Now(), delay), index);
    }
  }
}

bool Injector::IsDue(size_t fault, const sim::TraceEvent& event) {
  if (const auto* const when = std::get_if<AtEvent>(&plan_.faults[fault].when)) {
    return IsDue(fault, *when, event);
  }
  return IsDue(fault, std::get<AtCounts>(plan_.faults[fault].when), event);
}

bool Injector::IsDue(size_t fault, const AtEvent& when, const sim::TraceEvent& event) {
  if (when.since && !took_effect_[*when.since]) {
    return false;
  }
  ++counts_[fault].back();
  return Matches(event, when) && ++counts_[fault].front() == when.nth;
}

std::vector<std::string> Injector::WhyNot() const {
  std::vector<std::string> why;
  for (size_t fault = 0; fault < plan_.faults.size(); ++fault) {
    why.push_back(WhyNot(fault));
  }
  return why;
}

void Injector::NoteLate(const std::vector<size_t>& waiting, const sim::TraceEvent& event) {
  for (const size_t fault : waiting) {
    const auto* const when = std::get_if<AtEvent>(&plan_.faults[fault].when);
    late_[fault] += when != nullptr && Matches(event, *when) ? 1U : 0U;
  }
}

std::string Injector::WhyNot(size_t fault) const {
  if (took_effect_[fault]) {
    return "";
  }
  const Trigger& trigger = plan_.faults[fault].when;
  if (const std::optional<size_t> earlier = EarlierOf(trigger);
      earlier && !took_effect_[*earlier]) {
    return "the fault that it waits for never fired";
  }
  if (const auto* const at = std::get_if<AtTime>(&trigger); at != nullptr && healed_) {
    return at->time >= healed_at_ ? fmt::format("its time is behind the healing at {}",
                                                sim::Show(healed_at_ - sim::kEpoch))
                                  : "";
  }
  const auto* const when = std::get_if<AtEvent>(&trigger);
  return when == nullptr ? "" : WhyNot(*when, fault);
}

std::string Injector::WhyNot(const AtEvent& when, size_t fault) const {
  const uint64_t matching = counts_[fault].front();
  const uint64_t all = counts_[fault].back();
  if (matching < when.nth && matching + late_[fault] >= when.nth) {
    return fmt::format("the {} number {}{} came behind the healing at {}", when.kind, when.nth,
                       ShowWanted(when), sim::Show(healed_at_ - sim::kEpoch));
  }
  if (all == 0) {
    return fmt::format("no {} came", when.kind);
  }
  if (matching == 0) {
    return fmt::format("of {} {}, none was{}", all, when.kind, ShowWanted(when));
  }
  return matching < when.nth ? fmt::format("it waits for the {} number {}, but {} came", when.kind,
                                           when.nth, matching)
                             : "it found nothing to do";
}

bool Injector::IsDue(size_t fault, const AtCounts& when, const sim::TraceEvent& event) {
  std::vector<uint64_t>& counts = counts_[fault];
  counts.back() += event.kind == when.unless ? 1U : 0U;
  bool is_reached = true;
  bool is_just_reached = false;
  for (size_t index = 0; index < when.at_least.size(); ++index) {
    const auto& [kind, number] = when.at_least[index];
    if (event.kind == kind) {
      is_just_reached = is_just_reached || ++counts[index] == number;
    }
    is_reached = is_reached && counts[index] >= number;
  }
  return is_reached && is_just_reached && counts.back() == 0;
}

void Injector::FireAt(sim::SimTime time, size_t fault) {
  world_.At(time, [this, fault] { Fire(fault); });
}

void Injector::FireAtRate(size_t fault) {
  const sim::Duration mean = std::get<AtRate>(plan_.faults[fault].when).mean;
  const sim::Duration step = std::max(mean / kStepsPerMean, sim::Duration(1));
  sim::Random& random = rates_.at(fault);
  int64_t steps = 1;
  while (steps < kStepsMax && !random.Chance({.numerator = 1, .denominator = kStepsPerMean})) {
    ++steps;
  }
  world_.At(sim::Later(world_.Now(), steps * step), [this, fault] {
    if (!healed_) {
      world_.Trace("fault.turn", {{"fault", fault}});
      Fire(fault);
      FireAtRate(fault);
    }
  });
}

void Injector::Fire(size_t fault, sim::EventId event) {
  if (healed_) {
    return;
  }
  const Action& what = plan_.faults[fault].what;
  acting_ = true;
  const bool took_effect =
      std::visit([this, fault](const auto& act) { return Act(fault, act); }, what);
  acting_ = false;
  if (took_effect) {
    Note(fault, event, what);
  }
}

void Injector::Note(size_t fault, sim::EventId event, const Action& what) {
  took_effect_[fault] = true;
  fired_.push_back({.kind = std::string(KindOf(plan_.faults[fault].what)),
                    .target = TargetOf(plan_.faults[fault].what),
                    .at = world_.Now(),
                    .fault = fault,
                    .event = event});
  if (told_) {
    told_(fired_.back(), what);
  }
  for (size_t later = fault + 1; later < plan_.faults.size(); ++later) {
    const auto* const after = std::get_if<AfterFault>(&plan_.faults[later].when);
    if (after != nullptr && after->fault == fault) {
      FireAt(sim::Later(world_.Now(), after->delay), later);
    }
  }
}

// ---- Processes

bool Injector::Act(size_t, const Crash& crash) {
  const sim::ProcessId process = Find(crash.process);
  if (!world_.IsAlive(process)) {
    return false;
  }
  world_.Crash(process, crash.style);
  NoteDown(process, crash.restart_after);
  return true;
}

void Injector::NoteDown(sim::ProcessId process, std::optional<sim::Duration> restart_after) {
  const uint64_t cause = ++causes_;
  down_[process] = cause;
  if (restart_after) {
    world_.At(sim::Later(world_.Now(), *restart_after), [this, process, cause] {
      // Somebody else may have restarted it, and another fault crashed it again.
      const auto down = down_.find(process);
      if (down != down_.end() && down->second == cause) {
        down_.erase(down);
        world_.Restart(process);
      }
    });
  }
}

bool Injector::Act(size_t, const Restart& restart) {
  const sim::ProcessId process = Find(restart.process);
  if (world_.IsAlive(process)) {
    return false;
  }
  down_.erase(process);
  world_.Restart(process);
  return true;
}

bool Injector::Act(size_t, const Pause& pause) {
  const sim::ProcessId process = Find(pause.process);
  if (!world_.IsAlive(process) || world_.IsPaused(process)) {
    return false;
  }
  world_.Pause(process, pause.timers);
  const uint64_t cause = ++causes_;
  paused_[process] = cause;
  world_.At(sim::Later(world_.Now(), pause.duration), [this, process, cause] {
    const auto paused = paused_.find(process);
    if (paused != paused_.end() && paused->second == cause) {
      paused_.erase(paused);
      world_.Resume(process);
    }
  });
  return true;
}

// ---- Links

template <typename LinkFault>
bool Injector::Worsen(const LinkFault& fault, const sim::LinkCondition& condition) {
  const uint64_t cause = BeginTrouble(fault.duration);
  const sim::HostId from = HostOf(fault.from);
  const sim::HostId to = HostOf(fault.to);
  ailments_.Worsen(cause, {from, to}, condition);
  if (!fault.to_only && from != to) {
    ailments_.Worsen(cause, {to, from}, condition);
  }
  return true;
}

uint64_t Injector::BeginTrouble(sim::Duration duration) {
  const uint64_t cause = ++causes_;
  world_.At(sim::Later(world_.Now(), duration), [this, cause] { ailments_.End(cause); });
  return cause;
}

bool Injector::Act(size_t, const DropMessages& drop) { return Worsen(drop, {.loss = drop.ratio}); }

bool Injector::Act(size_t, const DelayMessages& delay) {
  return Worsen(delay, {.delay = delay.by});
}

bool Injector::Act(size_t, const CutLink& cut) { return Worsen(cut, {.cut = true}); }

bool Injector::Act(size_t, const ImpairLink& link) { return Worsen(link, ConditionOf(link)); }

bool Injector::Act(size_t, const Partition& partition) {
  const uint64_t cause = BeginTrouble(partition.duration);
  for (const std::string& name : partition.group) {
    for (const std::string& other : partition.others) {
      const sim::HostId from = HostOf(name);
      const sim::HostId to = HostOf(other);
      ailments_.Worsen(cause, {from, to}, {.cut = true});
      if (!partition.to_only) {
        ailments_.Worsen(cause, {to, from}, {.cut = true});
      }
    }
  }
  return true;
}

bool Injector::Act(size_t, const SwizzleHosts& swizzle) {
  std::vector<sim::HostId> hosts;
  for (const std::string& name : swizzle.hosts) {
    hosts.push_back(HostOf(name));
  }
  swizzled_ = true;
  world_.StartSwizzle(hosts, {.span = swizzle.duration});
  return true;
}

bool Injector::Act(size_t, const ResetLink& reset) {
  return world_.ResetConnections(HostOf(reset.from), HostOf(reset.to),
                                 reset.half_open ? sim::ResetEnds::kFirst : sim::ResetEnds::kBoth) >
         0;
}

// ---- Disks, the volume, clocks

void Injector::WorsenDisk(uint64_t cause, std::string_view disk,
                          const sim::DiskCondition& condition) {
  if (disk == kSharedVolume) {
    ailments_.Worsen(cause, sim::VolumeCondition{.disk = condition});
  } else {
    ailments_.Worsen(cause, HostOf(disk), condition);
  }
}

bool Injector::Act(size_t, const DiskFault& disk) {
  WorsenDisk(BeginTrouble(disk.duration), disk.disk, ConditionOf(disk));
  return true;
}

// It takes effect when somebody dies of it.
bool Injector::Act(size_t fault, const CrashAtWrite& crash) {
  const uint64_t cause = ++causes_;
  armed_.push_back({.fault = fault, .cause = cause});
  WorsenDisk(cause, crash.disk, {.path_prefix = crash.path, .freeze_at_write = crash.nth});
  return false;
}

// A crash that is none of ours: somebody reached the write at which he was to die.
void Injector::OnCrash(const sim::TraceEvent& event) {
  const std::string name(event.Text("process").value_or(""));
  const auto armed = std::ranges::find_if(armed_, [this, &name](const Armed& each) {
    const auto& crash = std::get<CrashAtWrite>(plan_.faults[each.fault].what);
    return crash.disk == kSharedVolume || crash.disk == name;
  });
  if (armed == armed_.end()) {
    return;
  }
  const Armed done = *armed;
  armed_.erase(armed);
  const auto& crash = std::get<CrashAtWrite>(plan_.faults[done.fault].what);
  NoteDown(Find(name), crash.restart_after);
  // The world is in the middle of the crash.
  world_.At(world_.Now(), [this, cause = done.cause] { ailments_.End(cause); });
  Note(done.fault, {}, Crash{.process = name});
}

bool Injector::Act(size_t, const VolumeFault& volume) {
  ailments_.Worsen(BeginTrouble(volume.duration), ConditionOf(volume));
  return true;
}

bool Injector::Act(size_t, const ClockFault& clock) {
  const sim::HostId host = HostOf(clock.host);
  if (clock.trouble == ClockTrouble::kJump) {
    ailments_.SetWallClock(host, clock.backwards ? -clock.by : clock.by);
    return true;
  }
  sim::ClockCondition condition{.frozen = clock.trouble == ClockTrouble::kFreeze};
  if (clock.trouble == ClockTrouble::kDrift) {
    const auto ppm = static_cast<int64_t>(clock.ppm);
    condition.drift_ppm = clock.backwards ? -ppm : ppm;
  }
  ailments_.Worsen(BeginTrouble(clock.duration), host, condition);
  return true;
}

// ---- User code

// An error takes effect when somebody throws.
bool Injector::Act(size_t fault, const OperatorFault& code) {
  const bool is_slow = code.trouble == CodeTrouble::kSlow;
  const uint64_t cause = ++causes_;
  user_code_.Begin(cause, code);
  code_faults_[cause] = fault;
  if (const auto lasts = is_slow ? std::optional(code.duration) : code.lasts) {
    world_.At(sim::Later(world_.Now(), *lasts), [this, cause] { user_code_.End(cause); });
  }
  if (is_slow) {
    TellOfCode(code.operator_name, fmt::format("{} more for each record", sim::Show(code.by)));
  }
  return is_slow;
}

RecordFate Injector::OnRecord(std::string_view operator_name) {
  const UserCode::Judgement judgement = user_code_.OnRecord(operator_name);
  if (judgement.struck) {
    TellOfCode(operator_name, "throws");
    const size_t fault = code_faults_.at(*judgement.struck);
    Note(fault, {}, plan_.faults[fault].what);
  }
  return judgement.fate;
}

void Injector::TellOfCode(std::string_view operator_name, const std::string& condition) {
  world_.Trace("fault.code", {{"operator", operator_name}, {"condition", condition}});
}

void Injector::Heal() {
  if (healed_) {
    return;
  }
  healed_ = true;
  healed_at_ = world_.Now();
  armed_.clear();
  ailments_.Heal();
  user_code_.Heal();
  if (swizzled_) {
    world_.Heal();
  }
  for (const auto& [process, cause] : std::exchange(paused_, {})) {
    world_.Resume(process);
  }
  for (const auto& [process, cause] : std::exchange(down_, {})) {
    if (!world_.IsAlive(process)) {
      world_.Restart(process);
    }
  }
}

sim::ProcessId Injector::Find(std::string_view process) const {
  const std::optional<sim::ProcessId> found = world_.FindProcess(process);
  sim::Check(found.has_value(), "the plan names the process {}, which this world does not have",
             process);
  return found.value_or(sim::ProcessId());
}

}  // namespace flinch::faults
