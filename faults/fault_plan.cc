#include "faults/fault_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "faults/text.h"

namespace flinch::faults {
namespace {

// The parts that every link fault has.
struct Link {
  std::string_view from;
  std::string_view to;
  bool to_only = false;
  sim::Duration duration{0};
};

std::optional<Link> LinkOf(const Action& action) {
  return std::visit(
      [](const auto& what) -> std::optional<Link> {
        if constexpr (requires { what.duration; }) {
          return Link{
              .from = what.from, .to = what.to, .to_only = what.to_only, .duration = what.duration};
        } else {
          return std::nullopt;
        }
      },
      action);
}

// Collects what is wrong with one fault after the other.
class PlanCheck {
 public:
  explicit PlanCheck(const Cast& cast) : cast_(cast) {}

  void Check(const FaultPlan& plan) {
    for (index_ = 0; index_ < plan.faults.size(); ++index_) {
      const Fault& fault = plan.faults[index_];
      std::visit([this](const auto& when) { CheckTrigger(when); }, fault.when);
      CheckAction(fault.what);
    }
  }

  sim::Result<void> Finish() && {
    return problems_.empty() ? sim::Result<void>()
                             : sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(problems_));
  }

 private:
  void Report(std::string_view sentence) {
    problems_ += fmt::format("{}fault[{}]: {}", problems_.empty() ? "" : "\n", index_, sentence);
  }

  void CheckName(std::string_view what, std::string_view name, std::span<const std::string> known) {
    if (std::ranges::find(known, name) == known.end()) {
      Report(fmt::format("There is no {} {} in this scenario.{}", what, Quote(name),
                         DidYouMean(name, known)));
    }
  }

  void CheckTrigger(const AtTime& when) {
    if (when.time < sim::kEpoch) {
      Report(fmt::format("The time {} is before the start of the world, which is 0s.",
                         sim::Show(when.time)));
    }
  }

  void CheckTrigger(const AtEvent& when) {
    CheckName("event kind", when.kind, cast_.event_kinds);
    if (!when.process.empty()) {
      CheckName("process", when.process, cast_.processes);
    }
    if (when.nth == 0) {
      Report("Events are counted from 1; nth = 0 never comes.");
    }
    for (auto field = when.where.begin(); field != when.where.end(); ++field) {
      if (std::find_if(when.where.begin(), field, [field](const auto& other) {
            return other.first == field->first;
          }) != field) {
        Report(fmt::format("The field {} stands twice in where; give it one value.",
                           Quote(field->first)));
      }
    }
  }

  void CheckTrigger(const AfterFault& when) {
    if (index_ == 0) {
      Report("This is the first fault; there is none before it to wait for.");
    } else if (when.fault >= index_) {
      Report(fmt::format("after = {} does not point back; it may name the faults 0 to {}.",
                         when.fault, index_ - 1));
    }
    if (when.delay < sim::Duration(0)) {
      Report("The delay is negative; a fault cannot fire before the one it waits for.");
    }
  }

  void CheckAction(const Action& action) {
    if (const auto* const crash = std::get_if<Crash>(&action)) {
      CheckName("process", crash->process, cast_.processes);
      if (crash->restart_after && *crash->restart_after < sim::Duration(0)) {
        Report("restart_after is negative; a process cannot boot before it died.");
      }
    } else if (const auto* const restart = std::get_if<Restart>(&action)) {
      CheckName("process", restart->process, cast_.processes);
    }
    if (const std::optional<Link> link = LinkOf(action)) {
      CheckLink(KindOf(action), *link);
    }
    if (const auto* const drop = std::get_if<DropMessages>(&action)) {
      const sim::Ratio& ratio = drop->ratio;
      if (ratio.denominator == 0 || ratio.numerator == 0 || ratio.numerator > ratio.denominator) {
        Report(fmt::format("The ratio {} is not above 0% and up to 100%.", ShowRatio(ratio)));
      }
    } else if (const auto* const delay = std::get_if<DelayMessages>(&action)) {
      if (delay->by <= sim::Duration(0)) {
        Report("A delay by nothing is no fault; give by a positive duration such as \"200ms\".");
      }
    }
  }

  void CheckLink(std::string_view kind, const Link& link) {
    CheckName("host", link.from, cast_.processes);
    CheckName("host", link.to, cast_.processes);
    if (link.from == link.to) {
      Report(fmt::format("{} names the host {} twice; a link joins two hosts.", kind,
                         Quote(link.from)));
    }
    if (link.duration <= sim::Duration(0)) {
      Report(
          fmt::format("{} lasts for nothing; give for a positive duration such as \"2s\".", kind));
    }
  }

  const Cast& cast_;
  size_t index_ = 0;
  std::string problems_;
};

}  // namespace

std::string_view KindOf(const Action& action) {
  static_assert(std::variant_size_v<Action> == kFaultCatalogue.size());
  return kFaultCatalogue[action.index()].kind;
}

std::string TargetOf(const Action& action) {
  if (const std::optional<Link> link = LinkOf(action)) {
    return fmt::format("{}{}{}", link->from, link->to_only ? ">" : "/", link->to);
  }
  if (const auto* const crash = std::get_if<Crash>(&action)) {
    return crash->process;
  }
  return std::get<Restart>(action).process;
}

sim::Result<void> CheckAgainst(const FaultPlan& plan, const Cast& cast) {
  PlanCheck check(cast);
  check.Check(plan);
  return std::move(check).Finish();
}

}  // namespace flinch::faults
