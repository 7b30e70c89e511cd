#include "faults/fault_plan.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "faults/ailments.h"
#include "sim/text/text.h"

namespace flinch::faults {
namespace {

// Of one fault with a rate.
constexpr int64_t kFiringsMax = 1'000'000;

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
      Report(key, fmt::format("There is no {} {} {}.{}", what, text::Quote(name), cast_.scope,
                              text::DidYouMean(name, known)))
          .host = host;
    }
  }

  void CheckTrigger(const AtTime& when) {
    if (when.time < sim::kEpoch) {
      Report("at", fmt::format("The time {} is before the start of the world, which is 0s.",
                               sim::Show(when.time)));
    } else if (cast_.healed && when.time >= *cast_.healed) {
      Report("at", fmt::format("At {} the run is healed already, at {}: from then on no fault "
                               "fires. Give an earlier time, or raise limits.heal_after.",
                               sim::Show(when.time - sim::kEpoch),
                               sim::Show(*cast_.healed - sim::kEpoch)));
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
    if (when.delay < sim::Duration(0)) {
      Report("delay", "The delay is negative; a fault cannot fire before its event.");
    }
    if (when.since) {
      CheckEarlier("since", *when.since);
    }
    for (auto field = when.where.begin(); field != when.where.end(); ++field) {
      CheckField(when.kind, field->first);
      if (std::find_if(when.where.begin(), field, [field](const auto& other) {
            return other.first == field->first;
          }) != field) {
        Report("where", fmt::format("The field {} stands twice in where; give it one value.",
                                    text::Quote(field->first)))
            .field = field->first;
      }
      CheckValue(field->first, field->second);
    }
  }

  // Nor would one that waits for a subtask that there is not.
  void CheckValue(const std::string& field, const std::string& pattern) {
    const auto matches = [&pattern](const std::string& subtask) {
      return text::MatchesPattern(subtask, pattern);
    };
    if (field != "subtask" || !cast_.subtasks || cast_.subtasks->empty() ||
        std::ranges::any_of(*cast_.subtasks, matches)) {
      return;
    }
    Report("where",
           fmt::format("There is no subtask {} {}; there are {} of them, from {} to {}.{}",
                       text::Quote(pattern), cast_.scope, cast_.subtasks->size(),
                       cast_.subtasks->front(), cast_.subtasks->back(),
                       text::DidYouMean(pattern, std::span<const std::string>(*cast_.subtasks))))
        .field = field;
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
    Report("where",
           fmt::format("The event {} has no field {}; it has {}.{}", kind, text::Quote(field),
                       all.empty() ? "none" : all,
                       text::DidYouMean(field, std::span<const std::string>(event->second))))
        .field = field;
  }

  void CheckTrigger(const AfterFault& when) {
    CheckEarlier("after", when.fault);
    if (when.delay < sim::Duration(0)) {
      Report("delay", "The delay is negative; a fault cannot fire before the one it waits for.");
    }
  }

  void CheckTrigger(const AtRate& when) {
    if (when.mean <= sim::Duration(0)) {
      Report("every", "A rate of once in no time never ends; give every a positive duration.");
    } else if (cast_.healed && (*cast_.healed - sim::kEpoch) / when.mean > kFiringsMax) {
      // Each is an event of the run, which would be over before its time is.
      Report("every",
             fmt::format("Once every {} until the healing at {} is more than {} times. Give every "
                         "at least {}.",
                         sim::Show(when.mean), sim::Show(*cast_.healed - sim::kEpoch), kFiringsMax,
                         sim::Show((*cast_.healed - sim::kEpoch) / kFiringsMax)));
    }
  }

  void CheckTrigger(const AtCounts& when) {
    if (when.at_least.empty()) {
      Report("counts", "counts names no event; write such as { \"checkpoint.stored\" = 3 }.");
    }
    for (const auto& [kind, number] : when.at_least) {
      if (std::ranges::find(kinds_, kind) == kinds_.end()) {
        Report("counts",
               fmt::format("There is no event kind {} {}.{}", text::Quote(kind), cast_.scope,
                           text::DidYouMean(kind, std::span<const std::string>(kinds_))))
            .field = kind;
      } else if (number == 0) {
        Report("counts", fmt::format("Events are counted from 1; {} = 0 says nothing.", kind))
            .field = kind;
      }
    }
    if (!when.unless.empty()) {
      CheckName("unless", "event kind", when.unless, kinds_);
    }
  }

  void CheckTrigger(const AtCell& when) {
    CheckName("cell", "cell of the protocol", when.cell, cast_.cells);
    if (when.since) {
      CheckEarlier("since", *when.since);
    }
    if (when.nth == 0) {
      Report("nth", "Visits are counted from 1; nth = 0 never comes.");
    }
  }

  void CheckEarlier(std::string_view key, size_t fault) {
    if (index_ == 0) {
      Report(key, "This is the first fault; there is none before it to wait for.");
    } else if (fault >= index_) {
      Report(key, fmt::format("{} = {} does not point back; it may name the faults 0 to {}.", key,
                              fault, index_ - 1));
    }
  }

  void CheckAction(const Action& action) {
    kind_ = KindOf(action);
    std::visit(
        [this](const auto& what) {
          CheckTarget(what);
          VisitParameters(what, [this](std::string_view key, const auto& value) {
            this->CheckParameter(key, value);
          });
        },
        action);
    CheckBounds(action);
  }

  // What the world would refuse, and with it the whole run.
  void CheckBounds(const Action& action) {
    const auto* const clock = std::get_if<ClockFault>(&action);
    if (clock != nullptr && std::cmp_greater(clock->ppm, kDriftMax)) {
      Report("ppm",
             fmt::format("A clock drifts by at most {} ppm, not by {}.", kDriftMax, clock->ppm));
    }
    if (clock != nullptr && clock->trouble == ClockTrouble::kJump && clock->by > kJumpMax) {
      Report("by", fmt::format("A clock jumps by at most {}, which is 100 years, not by {}.",
                               sim::Show(kJumpMax), sim::Show(clock->by)));
    }
    const auto* const volume = std::get_if<VolumeFault>(&action);
    if (volume != nullptr && volume->operations_per_second > UINT32_MAX) {
      Report("operations_per_second",
             fmt::format("operations_per_second is {}, but must be at most {}.",
                         volume->operations_per_second, UINT32_MAX));
    }
  }

  template <typename AnyAction>
  void CheckTarget(const AnyAction& what) {
    if constexpr (requires { what.process; }) {
      CheckName(kind_, "process", what.process, cast_.processes);
    } else if constexpr (requires { what.from; }) {
      CheckHosts(kind_, {what.from, what.to});
    } else if constexpr (requires { what.group; }) {
      CheckHosts(kind_, what.group);
      CheckHosts("from", what.others);
      for (size_t index = 0; index < what.others.size(); ++index) {
        if (std::ranges::find(what.group, what.others[index]) != what.group.end()) {
          Report("from", fmt::format("{} stands on both sides of the partition.",
                                     text::Quote(what.others[index])))
              .host = index;
        }
      }
    } else if constexpr (requires { what.hosts; }) {
      CheckHosts(kind_, what.hosts);
    } else if constexpr (requires { what.host; }) {
      CheckName(kind_, "host", what.host, cast_.processes);
    } else if constexpr (requires { what.disk; }) {
      if (what.disk != kSharedVolume) {
        CheckName(kind_, "disk", what.disk, cast_.processes);
      }
    } else if constexpr (requires { what.operator_name; }) {
      if (cast_.operators) {
        CheckName(kind_, "operator", what.operator_name, *cast_.operators);
      }
    }
  }

  void CheckHosts(std::string_view key, const std::vector<std::string>& hosts) {
    if (hosts.empty()) {
      Report(key, fmt::format("{} names no host.", key));
    }
    for (size_t index = 0; index < hosts.size(); ++index) {
      CheckName(key, "host", hosts[index], cast_.processes, index);
      if (std::find(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(index),
                    hosts[index]) != hosts.begin() + static_cast<std::ptrdiff_t>(index)) {
        Report(key, fmt::format("{} names the host {} twice; a link joins two hosts.", key,
                                text::Quote(hosts[index])));
      }
    }
  }

  void CheckParameter(std::string_view key, const sim::Ratio& ratio) {
    if (ratio.denominator == 0 || ratio.numerator == 0 || ratio.numerator > ratio.denominator) {
      Report(key,
             fmt::format("The ratio {} is not above 0% and up to 100%.", text::ShowRatio(ratio)));
    }
  }

  void CheckParameter(std::string_view key, sim::Duration span) {
    if (span > sim::Duration(0)) {
      return;
    }
    Report(key, key == "for" ? fmt::format("{} lasts for nothing; give for a positive duration "
                                           "such as \"2s\".",
                                           kind_)
                             : fmt::format("A {0} by nothing is no fault; give {1} a positive "
                                           "duration such as \"200ms\".",
                                           kind_, key));
  }

  void CheckParameter(std::string_view key, const std::optional<sim::Duration>& span) {
    if (key == "for") {
      CheckParameter(key, span.value_or(sim::Duration(1)));
    } else if (span && *span < sim::Duration(0)) {
      Report(key, fmt::format("{} is negative; a process cannot boot before it died.", key));
    }
  }

  void CheckParameter(std::string_view key, uint64_t number) {
    if (number == 0) {
      Report(key, fmt::format("{} is 0; give it a positive number.", key));
    }
  }

  void CheckParameter(std::string_view, const std::string&) {}

  void CheckParameter(std::string_view, bool) {}

  void CheckParameter(std::string_view, sim::CrashStyle) {}

  void CheckParameter(std::string_view, sim::PausedTimers) {}

  const Cast& cast_;
  std::vector<std::string> kinds_;
  size_t index_ = 0;
  std::string table_;
  std::string_view kind_;  // of the action
  std::vector<PlanProblem> problems_;
};

}  // namespace

std::string_view FamilyOf(const Action& action) {
  if (const auto* const disk = std::get_if<DiskFault>(&action);
      disk != nullptr && disk->disk == kSharedVolume) {
    return "volume";
  }
  return std::ranges::find(kFaultCatalogue, KindOf(action), &FaultInfo::kind)->family;
}

std::vector<PlanProblem> CheckAgainst(const FaultPlan& plan, const Cast& cast) {
  return PlanCheck(cast).Check(plan);
}

std::string Show(const PlanProblem& problem) {
  return fmt::format("fault[{}]: {}", problem.fault, problem.sentence);
}

}  // namespace flinch::faults
