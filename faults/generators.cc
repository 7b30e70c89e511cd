#include "faults/generators.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "faults/action_draw.h"
#include "sim/check.h"

namespace flinch::faults {
namespace {

using namespace std::chrono_literals;

// "Wildly weighted": far apart, so that one kind often reigns.
constexpr auto kWildWeights = std::to_array<uint32_t>({1, 2, 4, 8, 16, 32});

constexpr auto kLossPercents = std::to_array<uint32_t>({5, 10, 25, 50, 75, 100});

// One in so many crashes aims at the process that traced the anchor, where that is known.
constexpr sim::Ratio kAimedCrash = {.numerator = 1, .denominator = 3};
constexpr sim::Ratio kCrashAgain = {.numerator = 1, .denominator = 2};
constexpr sim::Ratio kFollows = {.numerator = 1, .denominator = 3};
// So many faults follow a first one, each the one before it.
constexpr size_t kFollowersMax = 3;
constexpr sim::Ratio kOneWay = {.numerator = 1, .denominator = 2};

enum class LinkKind : uint8_t { kDrop, kDelay, kCut };

constexpr sim::Ratio kHalf = {.numerator = 1, .denominator = 2};
constexpr sim::Ratio kRated = {.numerator = 1, .denominator = 4};
constexpr int64_t kGapsPerHorizon = 8;

// Of all troubles of a clock only this one is a wall clock's own.
constexpr uint32_t kJumpWeight = 4;

// One in so many crashes leaves the restart to a fault of its own.
constexpr sim::Ratio kRestartedByAnother = {.numerator = 1, .denominator = 4};

// What is switched on in this seed, and how much of it there is.
struct Swarm {
  std::array<uint32_t, 3> link_weights{};  // by LinkKind; 0: off
  bool is_one_way = false;
  bool crashes_again = false;
  bool follows = false;                       // faults of any kind each other
  bool spares = false;                        // whoever is not dispensable
  std::array<uint32_t, 2> trigger_weights{};  // anchored, timed
  std::vector<std::string_view> others;
  std::vector<uint32_t> other_weights;  // by `others`; 0: off

  bool has_links() const {
    return std::ranges::any_of(link_weights, [](uint32_t weight) { return weight > 0; });
  }
};

template <typename Weighted>
std::vector<uint32_t> WeightsOf(const std::vector<Weighted>& all) {
  std::vector<uint32_t> weights;
  weights.reserve(all.size());
  for (const Weighted& one : all) {
    weights.push_back(one.weight);
  }
  return weights;
}

class PlanDraw {
 public:
  PlanDraw(const SwarmOptions& options, const sim::Random& random)
      : options_(options), random_(random), swarm_(DrawSwarm()) {}

  FaultPlan Draw() const {
    FaultPlan plan;
    const auto crashes = static_cast<uint64_t>(
        options_.crash_targets.empty()
            ? 0
            : random_.Split("crashes").Between(options_.crashes_min, options_.crashes_max));
    const bool is_last_late = crashes > 0 && ComesLast(crashes - 1);
    const uint64_t first = is_last_late ? crashes - 1 : crashes;
    for (uint64_t index = 0; index < first; ++index) {
      plan.faults.push_back(DrawCrash(index));
    }
    for (uint64_t index = 0; index < first; ++index) {
      if (IsRestartedByAnother(index)) {
        plan.faults.push_back({.when = AfterFault{.fault = index, .delay = RestartOfCrash(index)},
                               .what = Restart{.process = TargetOfCrash(index)}});
      }
    }
    if (swarm_.has_links()) {
      AddAll(plan, "link", random_.Split("links").Between(0, options_.link_faults_max),
             &PlanDraw::DrawLinkFault);
    }
    if (std::ranges::any_of(swarm_.other_weights, std::identity())) {
      AddAll(plan, "other", random_.Split("others").Between(0, options_.others_max),
             &PlanDraw::DrawOther);
    }
    if (!options_.operators.empty() && Switch("code", options_.code_chance)) {
      AddAll(plan, "code", random_.Split("codes").Between(0, options_.code_faults_max),
             &PlanDraw::DrawCodeFault);
    }
    if (is_last_late) {
      plan.faults.push_back(DrawCrash(crashes - 1));
      MakeFollow(plan, "crash", crashes - 1);
    }
    return plan;
  }

 private:
  void AddAll(FaultPlan& plan, std::string_view what, int64_t count,
              Fault (PlanDraw::*draw)(uint64_t) const) const {
    for (uint64_t index = 0; index < static_cast<uint64_t>(count); ++index) {
      plan.faults.push_back((this->*draw)(index));
      if (swarm_.follows && Of(what, index, "follows").Chance(kFollows)) {
        MakeFollow(plan, what, index);
      }
    }
  }

  // Of crashes that are promised none waits for a fault that may not come; nor does one that has
  // others at its heels.
  bool ComesLast(uint64_t crash) const {
    return swarm_.follows && crash >= options_.crashes_min && !IsAgain(crash) &&
           !IsRestartedByAnother(crash) && Of("crash", crash, "follows").Chance(kHalf);
  }

  // How many faults one after the other wait for each other, up to the last of the plan.
  static size_t ChainOf(const FaultPlan& plan) {
    size_t chain = 0;
    for (size_t index = plan.faults.size() - 1; index > 0; --index, ++chain) {
      const auto* const after = std::get_if<AfterFault>(&plan.faults[index].when);
      const auto* const event = std::get_if<AtEvent>(&plan.faults[index].when);
      const bool follows = (after != nullptr && after->fault == index - 1) ||
                           (event != nullptr && event->since == index - 1);
      if (!follows) {
        break;
      }
    }
    return chain;
  }

  // Makes the plan's last fault wait for the one before it, of whatever kind that is.
  void MakeFollow(FaultPlan& plan, std::string_view what, uint64_t index) const {
    const size_t place = plan.faults.size() - 1;
    Fault& fault = plan.faults[place];
    const Trigger own = fault.when;
    if (place == 0 || std::holds_alternative<AtRate>(fault.when) ||
        std::holds_alternative<AtRate>(plan.faults[place - 1].when)) {
      return;
    }
    fault.when = DrawFollowing(place - 1, what, index);
    if (ChainOf(plan) > kFollowersMax) {
      fault.when = own;
    }
  }

  Trigger DrawFollowing(size_t earlier, std::string_view what, uint64_t index) const {
    if (!options_.again_events.empty() && Of(what, index, "follows_at").Chance(kHalf)) {
      AtEvent when =
          options_
              .again_events[Of(what, index, "follows_event").Below(options_.again_events.size())];
      when.since = earlier;
      return when;
    }
    return AfterFault{
        .fault = earlier,
        .delay =
            Of(what, index, "follows_after").Between(sim::Duration(1), options_.restart().max)};
  }

  bool Switch(std::string_view name, const sim::Ratio& chance) const {
    return random_.Split("switch").Split(name).Chance(chance);
  }

  uint32_t WildWeight(std::string_view name) const {
    return kWildWeights[random_.Split("weight").Split(name).Below(kWildWeights.size())];
  }

  Swarm DrawSwarm() const {
    Swarm swarm;
    const auto weigh = [this](std::string_view name, const sim::Ratio& chance) {
      return Switch(name, chance) ? WildWeight(name) : 0;
    };
    if (options_.hosts.size() >= 2) {
      swarm.link_weights = {weigh("drop", options_.drop_chance),
                            weigh("delay", options_.delay_chance),
                            weigh("cut", options_.cut_chance)};
    }
    if (options_.hosts.size() >= 2 && options_.others_max > 0) {
      swarm.others = KindsOf(options_, "");
      for (const std::string_view kind : swarm.others) {
        const uint32_t weight = weigh(kind, options_.other_chance);
        swarm.other_weights.push_back(kind == "clock_jump" ? kJumpWeight * weight : weight);
      }
    }
    swarm.is_one_way = Switch("one_way", options_.one_way_chance);
    swarm.crashes_again = Switch("crash_again", options_.crash_again_chance);
    swarm.follows = Switch("follow", options_.follow_chance);
    swarm.spares = options_.spare_targets > 0 && Switch("spares", kHalf);
    swarm.trigger_weights = {options_.anchors.empty() ? 0 : options_.anchored_weight,
                             options_.timed_weight};
    if (swarm.trigger_weights[0] + swarm.trigger_weights[1] == 0) {
      swarm.trigger_weights[1] = 1;
    }
    return swarm;
  }

  // The streams of one crash or link fault.
  sim::Random Of(std::string_view what, uint64_t index, std::string_view decision) const {
    return random_.Split(what, index).Split(decision);
  }

  const std::string& TargetOfCrash(uint64_t index) const {
    // A second blow hits whom the first one hit.
    uint64_t source = IsAgain(index) ? index - 1 : index;
    if (swarm_.spares) {
      source %= options_.spare_targets;
    }
    const std::vector<uint32_t> weights = WeightsOf(options_.crash_targets);
    return options_.crash_targets[Of("crash", source, "target").Weighted(weights)].process;
  }

  sim::Duration RestartOfCrash(uint64_t index) const {
    const SpanBounds bounds = options_.restart();
    return Of("crash", index, "restart").Between(bounds.min, bounds.max);
  }

  bool IsRestartedByAnother(uint64_t index) const {
    return Of("crash", index, "restarted_by_another").Chance(kRestartedByAnother);
  }

  // Whether this crash follows the one before it. Never two in a row, so that all ends by the
  // horizon.
  bool IsAgain(uint64_t index) const {
    return swarm_.crashes_again && index % 2 == 1 &&
           Of("crash", index, "again").Chance(kCrashAgain);
  }

  Fault DrawCrash(uint64_t index) const {
    Fault fault;
    const std::string& target = TargetOfCrash(index);
    fault.what =
        Crash{.process = target,
              .restart_after = IsRestartedByAnother(index) ? std::nullopt
                                                           : std::optional(RestartOfCrash(index))};
    if (IsAgain(index)) {
      if (!options_.again_events.empty() && Of("crash", index, "again_at").Chance(kHalf)) {
        const size_t event = Of("crash", index, "again_event").Below(options_.again_events.size());
        AtEvent when = options_.again_events[event];
        when.since = index - 1;
        fault.when = std::move(when);
        return fault;
      }
      const sim::Duration pause =
          Of("crash", index, "pause").Between(sim::Duration(1), options_.restart().max);
      fault.when = AfterFault{.fault = index - 1, .delay = RestartOfCrash(index - 1) + pause};
      return fault;
    }
    fault.when = DrawTrigger("crash", index);
    if (auto* const when = std::get_if<AtEvent>(&fault.when);
        when != nullptr && index >= options_.crashes_min) {
      Aim(*when, target, index);
    }
    return fault;
  }

  // Turns "crash tm-1 at some acknowledgement" into "crash tm-1 at an acknowledgement of its own".
  void Aim(AtEvent& when, const std::string& target, uint64_t index) const {
    const auto anchor = std::ranges::find(options_.anchors, when.kind, &Anchor::event);
    sim::Check(anchor != options_.anchors.end(), "the anchor {} is none of the options", when.kind);
    const bool is_aimed = Of("crash", index, "aimed").Chance(kAimedCrash);
    if (is_aimed && std::ranges::find(anchor->processes, target) != anchor->processes.end()) {
      when.process = target;
      when.nth = 1 + (when.nth - 1) / anchor->processes.size();
    }
  }

  Trigger DrawTrigger(std::string_view what, uint64_t index) const {
    const bool is_timed = Of(what, index, "trigger").Weighted(swarm_.trigger_weights) == 1;
    if (is_timed) {
      const sim::Duration earliest = options_.horizon / 50;
      const sim::Duration time = Of(what, index, "time").Between(earliest, options_.horizon / 2);
      // Whole milliseconds read better, and lose nothing: what matters is drawn elsewhere.
      return AtTime{sim::kEpoch + std::max(time - time % std::chrono::milliseconds(1), earliest)};
    }
    const std::vector<uint32_t> weights = WeightsOf(options_.anchors);
    const Anchor& anchor = options_.anchors[Of(what, index, "anchor").Weighted(weights)];
    return AtEvent{.kind = anchor.event, .nth = 1 + Of(what, index, "nth").Below(anchor.nth_max)};
  }

  Fault DrawLinkFault(uint64_t index) const {
    const size_t count = options_.hosts.size();
    sim::Random ends = Of("link", index, "from");
    const size_t from =
        options_.host_weights.empty() ? ends.Below(count) : ends.Weighted(options_.host_weights);
    const size_t step = 1 + Of("link", index, "to").Below(count - 1);
    const size_t to = (from + step) % count;
    const bool to_only = Of("link", index, "one_way").Chance(kOneWay) && swarm_.is_one_way;
    const SpanBounds bounds = options_.link();
    const sim::Duration duration = Of("link", index, "duration").Between(bounds.min, bounds.max);
    Fault fault;
    fault.when = DrawTrigger("link", index);
    switch (static_cast<LinkKind>(Of("link", index, "kind").Weighted(swarm_.link_weights))) {
      case LinkKind::kDrop: {
        const size_t percent = Of("link", index, "ratio").Below(kLossPercents.size());
        fault.what =
            DropMessages{.from = options_.hosts[from],
                         .to = options_.hosts[to],
                         .to_only = to_only,
                         .ratio = {.numerator = kLossPercents[percent], .denominator = 100},
                         .duration = duration};
        break;
      }
      case LinkKind::kDelay:
        fault.what = DelayMessages{
            .from = options_.hosts[from],
            .to = options_.hosts[to],
            .to_only = to_only,
            .by = Of("link", index, "by").Between(options_.delay().min, options_.delay().max),
            .duration = duration};
        break;
      case LinkKind::kCut:
        fault.what = CutLink{.from = options_.hosts[from],
                             .to = options_.hosts[to],
                             .to_only = to_only,
                             .duration = duration};
        break;
    }
    return fault;
  }

  Fault DrawOther(uint64_t index) const {
    const size_t count = options_.hosts.size();
    sim::Random hosts = Of("other", index, "from");
    const size_t first =
        options_.host_weights.empty() ? hosts.Below(count) : hosts.Weighted(options_.host_weights);
    const size_t step = 1 + Of("other", index, "to").Below(count - 1);
    const std::string_view kind =
        swarm_.others[Of("other", index, "kind").Weighted(swarm_.other_weights)];
    const Victims victims = kind == "reset"
                                ? DrawConnected(index)
                                : Victims{.first = options_.hosts[first],
                                          .second = options_.hosts[(first + step) % count]};
    Fault fault;
    fault.what = DrawActionOfKind(options_, kind, victims, random_.Split("other", index), "");
    const bool is_short = std::holds_alternative<ResetLink>(fault.what);
    fault.when = is_short && Of("other", index, "rated").Chance(kRated)
                     ? Trigger(AtRate{.mean = options_.horizon / kGapsPerHorizon})
                     : DrawTrigger("other", index);
    return fault;
  }

  Victims DrawConnected(uint64_t index) const {
    const std::vector<std::string>& hosts = options_.connected_hosts;
    const size_t first = Of("other", index, "connected_from").Below(hosts.size());
    const size_t step = 1 + Of("other", index, "connected_to").Below(hosts.size() - 1);
    return {.first = hosts[first], .second = hosts[(first + step) % hosts.size()]};
  }

  Fault DrawCodeFault(uint64_t index) const {
    return {.when = DrawTrigger("code", index),
            .what = DrawAction(options_, "code", {}, random_.Split("code", index))};
  }

  const SwarmOptions& options_;
  const sim::Random random_;
  const Swarm swarm_;
};

}  // namespace

std::vector<std::string_view> DrawableKinds(const SwarmOptions& options) {
  const auto is_possible = [](uint32_t most, sim::Ratio chance) {
    return most > 0 && chance.numerator > 0;
  };
  const bool has_links = options.hosts.size() >= 2;
  std::vector<std::string_view> others;
  if (has_links && is_possible(options.others_max, options.other_chance)) {
    others = KindsOf(options, "");
  }
  const std::map<std::string_view, sim::Ratio> links = {
      {"drop", options.drop_chance}, {"delay", options.delay_chance}, {"cut", options.cut_chance}};
  std::vector<std::string_view> kinds;
  for (const FaultInfo& fault : kFaultCatalogue) {
    bool may = IsOneOf(fault.kind, others);
    if (fault.kind == "crash" || fault.kind == "restart") {
      may = options.crashes_max > 0 && !options.crash_targets.empty();
    } else if (fault.family == "code") {
      may = !options.operators.empty() && is_possible(options.code_faults_max, options.code_chance);
    } else if (const auto link = links.find(fault.kind); link != links.end()) {
      may = has_links && is_possible(options.link_faults_max, link->second);
    }
    if (may) {
      kinds.push_back(fault.kind);
    }
  }
  return kinds;
}

FaultPlan DrawPlan(const SwarmOptions& options, sim::Random random) {
  const sim::Result<void> valid = options.Validate();
  sim::Check(valid.has_value(), "the options of a swarm are not valid: {}",
             valid ? std::string() : valid.error().message);
  return PlanDraw(options, random).Draw();
}

}  // namespace flinch::faults
