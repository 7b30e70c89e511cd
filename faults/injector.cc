#include "faults/injector.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "sim/check.h"

namespace flinch::faults {
namespace {

bool HasField(const sim::TraceEvent& event, const std::pair<std::string, std::string>& wanted) {
  return std::ranges::any_of(event.fields, [&wanted](const sim::Field& field) {
    return field.name == wanted.first && sim::Show(field.value) == wanted.second;
  });
}

bool Matches(const sim::TraceEvent& event, const AtEvent& when) {
  return event.kind == when.kind && (when.process.empty() || event.process_name == when.process) &&
         std::ranges::all_of(when.where,
                             [&event](const auto& wanted) { return HasField(event, wanted); });
}

bool IsGreater(const sim::Ratio& left, const sim::Ratio& right) {
  return uint64_t{left.numerator} * right.denominator >
         uint64_t{right.numerator} * left.denominator;
}

}  // namespace

sim::LinkCondition Compose(std::span<const sim::LinkCondition> conditions) {
  sim::LinkCondition whole;
  for (const sim::LinkCondition& condition : conditions) {
    whole.cut = whole.cut || condition.cut;
    whole.delay = condition.delay > sim::Duration::max() - whole.delay
                      ? sim::Duration::max()
                      : whole.delay + condition.delay;
    whole.loss = IsGreater(condition.loss, whole.loss) ? condition.loss : whole.loss;
  }
  return whole;
}

Injector::Injector(sim::World& world, FaultPlan plan, sim::SimTime heal_at)
    : world_(world), plan_(std::move(plan)), counts_(plan_.faults.size()) {
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
    const auto* const after = std::get_if<AfterFault>(&fault.when);
    sim::Check(event == nullptr || event->nth > 0, "fault[{}] waits for the event number 0", index);
    sim::Check(after == nullptr || after->fault < index, "fault[{}] waits for a later one", index);
    std::visit(
        [this](const auto& what) {
          if constexpr (requires { what.process; }) {
            Find(what.process);
          } else {
            Find(what.from);
            Find(what.to);
          }
        },
        fault.what);
  }
}

void Injector::Arm() {
  for (size_t index = 0; index < plan_.faults.size(); ++index) {
    const Trigger& when = plan_.faults[index].when;
    if (const auto* const at = std::get_if<AtTime>(&when)) {
      FireAt(at->time, index);
    } else if (const auto* const event = std::get_if<AtEvent>(&when)) {
      by_kind_[event->kind].push_back(index);
    }
  }
}

void Injector::OnEvent(const sim::TraceEvent& event) {
  const auto waiting = by_kind_.find(event.kind);
  if (healed_ || waiting == by_kind_.end()) {
    return;
  }
  // First all count, then those that are due act: an act may end what the event's views look at.
  std::vector<size_t> due;
  for (const size_t index : waiting->second) {
    const auto& when = std::get<AtEvent>(plan_.faults[index].when);
    if (Matches(event, when)) {
      counts_[index] += 1;
      if (counts_[index] == when.nth) {
        due.push_back(index);
      }
    }
  }
  // The world is in the middle of its own act when it traces one.
  const bool at_once = !acting_ && event.process_name != "world";
  for (const size_t index : due) {
    if (at_once) {
      Fire(index);
    } else {
      FireAt(world_.Now(), index);
    }
  }
}

void Injector::Heal() {
  if (healed_) {
    return;
  }
  healed_ = true;
  for (const auto& [link, conditions] : links_) {
    if (!conditions.empty()) {
      world_.SetLink(link.first, link.second, {});
    }
  }
  links_.clear();
  world_.HealDisks();
  for (const auto& [process, fault] : std::exchange(down_, {})) {
    if (!world_.IsAlive(process)) {
      world_.Restart(process);
    }
  }
}

void Injector::FireAt(sim::SimTime time, size_t fault) {
  world_.At(time, [this, fault] { Fire(fault); });
}

void Injector::Fire(size_t fault) {
  if (healed_) {
    return;
  }
  const Action& what = plan_.faults[fault].what;
  acting_ = true;
  const bool took_effect =
      std::visit([this, fault](const auto& act) { return Act(fault, act); }, what);
  acting_ = false;
  if (!took_effect) {
    return;
  }
  fired_.push_back({.kind = std::string(KindOf(what)),
                    .target = TargetOf(what),
                    .at = world_.Now(),
                    .fault = fault});
  for (size_t later = fault + 1; later < plan_.faults.size(); ++later) {
    const auto* const after = std::get_if<AfterFault>(&plan_.faults[later].when);
    if (after != nullptr && after->fault == fault) {
      FireAt(sim::Later(world_.Now(), after->delay), later);
    }
  }
}

bool Injector::Act(size_t fault, const Crash& crash) {
  const sim::ProcessId process = Find(crash.process);
  if (!world_.IsAlive(process)) {
    return false;
  }
  world_.Crash(process);
  down_[process] = fault;
  if (crash.restart_after) {
    world_.At(sim::Later(world_.Now(), *crash.restart_after), [this, process, fault] {
      // Somebody else may have restarted it, and another fault crashed it again.
      const auto down = down_.find(process);
      if (down != down_.end() && down->second == fault) {
        down_.erase(down);
        world_.Restart(process);
      }
    });
  }
  return true;
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

bool Injector::Act(size_t fault, const DropMessages& drop) {
  return Worsen(fault, drop, {.cut = false, .loss = drop.ratio, .delay = sim::Duration(0)});
}

bool Injector::Act(size_t fault, const DelayMessages& delay) {
  return Worsen(fault, delay, {.cut = false, .loss = {}, .delay = delay.by});
}

bool Injector::Act(size_t fault, const CutLink& cut) {
  return Worsen(fault, cut, {.cut = true, .loss = {}, .delay = sim::Duration(0)});
}

template <typename LinkFault>
std::vector<Injector::Link> Injector::LinksOf(const LinkFault& fault) const {
  const sim::HostId from = world_.HostOf(Find(fault.from));
  const sim::HostId to = world_.HostOf(Find(fault.to));
  std::vector<Link> links = {{from, to}};
  if (!fault.to_only && from != to) {
    links.emplace_back(to, from);
  }
  return links;
}

template <typename LinkFault>
bool Injector::Worsen(size_t index, const LinkFault& fault, const sim::LinkCondition& condition) {
  for (const Link& link : LinksOf(fault)) {
    links_[link].push_back({.fault = index, .condition = condition});
    world_.SetLink(link.first, link.second, Composed(link));
    world_.At(sim::Later(world_.Now(), fault.duration),
              [this, index, link] { EndCondition(index, link); });
  }
  return true;
}

void Injector::EndCondition(size_t fault, const Link& link) {
  if (healed_) {
    return;
  }
  const sim::LinkCondition before = Composed(link);
  std::erase_if(links_[link],
                [fault](const Condition& condition) { return condition.fault == fault; });
  if (const sim::LinkCondition after = Composed(link); after != before) {
    world_.SetLink(link.first, link.second, after);
  }
}

sim::LinkCondition Injector::Composed(const Link& link) const {
  std::vector<sim::LinkCondition> conditions;
  for (const Condition& condition : links_.at(link)) {
    conditions.push_back(condition.condition);
  }
  return Compose(conditions);
}

sim::ProcessId Injector::Find(std::string_view process) const {
  const std::optional<sim::ProcessId> found = world_.FindProcess(process);
  sim::Check(found.has_value(), "the plan names the process {}, which this world does not have",
             process);
  return found.value_or(sim::ProcessId());
}

}  // namespace flinch::faults
