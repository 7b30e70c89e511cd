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
  explicit PlanCheck(const Cast& cast) : cast_(cast) {
    for (const auto& [kind, fields] : cast.events) {
      kinds_.push_back(kind);
    }
  }

  std::vector<PlanProblem> Check(const FaultPlan& plan) && {
    for (index_ = 0; index_ < plan.faults.size(); ++index_) {
      const Fault& fault = plan.faults[index_];
      table_ = "when";
      std::visit([this](const auto& when) { CheckTrigger(when); }, fault.when);
      table_ = "do";
      CheckAction(fault.what);
    }
    return std::move(problems_);
  }

 private:
  PlanProblem& Report(std::string_view key, std::string sentence) {
    return problems_.emplace_back(PlanProblem{.fault = index_,
                                              .table = table_,
                                              .key = std::string(key),
                                              .sentence = std::move(sentence)});
  }

  void CheckName(std::string_view key, std::string_view what, std::string_view name,
                 std::span<const std::string> known, std::optional<size_t> host = std::nullopt) {
    if (std::ranges::find(known, name) == known.end()) {
      Report(key, fmt::format("There is no {} {} {}.{}", what, Quote(name), cast_.scope,
                              DidYouMean(name, known)))
          .host = host;
    }
  }

  void CheckTrigger(const AtTime& when) {
    if (when.time < sim::kEpoch) {
      Report("at", fmt::format("The time {} is before the start of the world, which is 0s.",
                               sim::Show(when.time)));
    }
  }

  void CheckTrigger(const AtEvent& when) {
    CheckName("event", "event kind", when.kind, kinds_);
    if (!when.process.empty()) {
      CheckName("process", "process", when.process, cast_.processes);
    }
    if (when.nth == 0) {
      Report("nth", "Events are counted from 1; nth = 0 never comes.");
    }
    for (auto field = when.where.begin(); field != when.where.end(); ++field) {
      CheckField(when.kind, field->first);
      if (std::find_if(when.where.begin(), field, [field](const auto& other) {
            return other.first == field->first;
          }) != field) {
        Report("where", fmt::format("The field {} stands twice in where; give it one value.",
                                    Quote(field->first)))
            .field = field->first;
      }
    }
  }

  // A fault that waits for a field that its event does not have would never fire.
  void CheckField(std::string_view kind, const std::string& field) {
    const auto event = cast_.events.find(kind);
    if (event == cast_.events.end() ||
        std::ranges::find(event->second, field) != event->second.end()) {
      return;
    }
    std::string all;
    for (const std::string& name : event->second) {
      all += (all.empty() ? "" : ", ") + name;
    }
    Report("where", fmt::format("The event {} has no field {}; it has {}.{}", kind, Quote(field),
                                all.empty() ? "none" : all,
                                DidYouMean(field, std::span<const std::string>(event->second))))
        .field = field;
  }

  void CheckTrigger(const AfterFault& when) {
    if (index_ == 0) {
      Report("after", "This is the first fault; there is none before it to wait for.");
    } else if (when.fault >= index_) {
      Report("after", fmt::format("after = {} does not point back; it may name the faults 0 to {}.",
                                  when.fault, index_ - 1));
    }
    if (when.delay < sim::Duration(0)) {
      Report("delay", "The delay is negative; a fault cannot fire before the one it waits for.");
    }
  }

  void CheckAction(const Action& action) {
    const std::string_view kind = KindOf(action);
    if (const auto* const crash = std::get_if<Crash>(&action)) {
      CheckName(kind, "process", crash->process, cast_.processes);
      if (crash->restart_after && *crash->restart_after < sim::Duration(0)) {
        Report("restart_after", "restart_after is negative; a process cannot boot before it died.");
      }
    } else if (const auto* const restart = std::get_if<Restart>(&action)) {
      CheckName(kind, "process", restart->process, cast_.processes);
    }
    if (const std::optional<Link> link = LinkOf(action)) {
      CheckLink(kind, *link);
    }
    if (const auto* const drop = std::get_if<DropMessages>(&action)) {
      const sim::Ratio& ratio = drop->ratio;
      if (ratio.denominator == 0 || ratio.numerator == 0 || ratio.numerator > ratio.denominator) {
        Report("ratio",
               fmt::format("The ratio {} is not above 0% and up to 100%.", ShowRatio(ratio)));
      }
    } else if (const auto* const delay = std::get_if<DelayMessages>(&action)) {
      if (delay->by <= sim::Duration(0)) {
        Report("by",
               "A delay by nothing is no fault; give by a positive duration such as \"200ms\".");
      }
    }
  }

  void CheckLink(std::string_view kind, const Link& link) {
    CheckName(kind, "host", link.from, cast_.processes, 0);
    CheckName(kind, "host", link.to, cast_.processes, 1);
    if (link.from == link.to) {
      Report(kind, fmt::format("{} names the host {} twice; a link joins two hosts.", kind,
                               Quote(link.from)));
    }
    if (link.duration <= sim::Duration(0)) {
      Report("for", fmt::format("{} lasts for nothing; give for a positive duration such as "
                                "\"2s\".",
                                kind));
    }
  }

  const Cast& cast_;
  std::vector<std::string> kinds_;
  size_t index_ = 0;
  std::string table_;
  std::vector<PlanProblem> problems_;
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

std::vector<PlanProblem> CheckAgainst(const FaultPlan& plan, const Cast& cast) {
  return PlanCheck(cast).Check(plan);
}

std::string Show(const PlanProblem& problem) {
  return fmt::format("fault[{}]: {}", problem.fault, problem.sentence);
}

}  // namespace flinch::faults
