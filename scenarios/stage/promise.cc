#include "scenarios/stage/promise.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "scenarios/aim/cast.h"
#include "scenarios/stage/pace.h"

namespace flinch::scenarios {

namespace {

using sim::Duration;
using sim::Show;

// How long an action lasts that is not healed before; nothing: until the healing.
std::optional<Duration> SpanOf(const faults::FaultPlan& plan, size_t index) {
  return std::visit(
      [&](const auto& what) -> std::optional<Duration> {
        if constexpr (requires { what.lasts; }) {
          return what.lasts.value_or(what.duration);
        } else if constexpr (requires { what.duration; }) {
          return what.duration;
        } else if constexpr (requires { what.restart_after; }) {
          if (what.restart_after) {
            return what.restart_after;
          }
          for (const faults::Fault& fault : plan.faults) {
            const auto* const after = std::get_if<faults::AfterFault>(&fault.when);
            if (std::holds_alternative<faults::Restart>(fault.what) && after != nullptr &&
                after->fault == index) {
              return after->delay;
            }
          }
          return std::nullopt;
        } else {
          return Duration(0);
        }
      },
      plan.faults[index].what);
}

class Reckoning {
 public:
  Reckoning(const Scenario& scenario, const faults::FaultPlan& plan)
      : scenario_(scenario), options_(scenario.options), plan_(plan) {}

  Promise Reckon() && {
    AddSlots();
    AddTransaction();
    AddRestarts();
    return std::move(promise_);
  }

 private:
  void Add(std::string_view name, bool holds, std::string sentence, Owed owed = Owed::kFinish) {
    promise_.clauses.push_back(
        {.name = name, .owed = owed, .holds = holds, .sentence = std::move(sentence)});
  }

  void AddSlots() {
    std::set<std::string> down;
    for (const faults::Fault& fault : plan_.faults) {
      if (const auto* const crash = std::get_if<faults::Crash>(&fault.what);
          crash != nullptr && crash->process.starts_with(kTaskManagerPrefix)) {
        down.insert(crash->process);
      }
    }
    const uint32_t spare = SpareTaskManagers(scenario_);
    Add("slots", down.size() <= spare,
        fmt::format("Up to {} of {} TaskManagers may be down at once, and the parallelism of {} "
                    "with {} slots each can do without {}; with more down the job waits for a "
                    "restart, or for the healing.",
                    down.size(), scenario_.cluster.task_managers, scenario_.job.parallelism,
                    scenario_.cluster.slots_each, spare),
        Owed::kMeanwhile);
  }

  // How long the faults of the plan may keep somebody away, one after the other.
  Duration Outage() const {
    Duration sum{0};
    for (size_t index = 0; index < plan_.faults.size(); ++index) {
      const bool recurs = std::holds_alternative<faults::AtRate>(plan_.faults[index].when);
      sum = Bounded(sum + Bounded(recurs ? heal_ : SpanOf(plan_, index).value_or(heal_)));
    }
    return std::min(sum, heal_);
  }

  // From the end of an outage until the tasks run again.
  Duration Recovery() const {
    return Bounded(options_.heartbeat.timeout) + Bounded(options_.restart.longest_delay()) +
           2 * Bounded(options_.rpc.ask_timeout) + std::chrono::seconds(1);
  }

  void AddTransaction() {
    if (options_.sink.guarantee != engine::DeliveryGuarantee::kExactlyOnce) {
      return;  // there is none
    }
    const Duration interval =
        Bounded(options_.checkpoint.interval) + Bounded(options_.checkpoint.min_pause);
    const Duration timeout = options_.sink.transaction_timeout;
    const Duration most = options_.log.transaction_timeout_max;
    if (timeout > most) {
      Add("transaction", false,
          fmt::format("sink.transaction-timeout is {}, and the log's transaction.max.timeout is "
                      "{}: it refuses every transaction of the sink. Lower the one or raise the "
                      "other.",
                      Show(timeout), Show(most)));
      return;
    }
    if (plan_.faults.empty() || timeout <= interval) {
      Add("transaction", timeout > interval,
          fmt::format("sink.transaction-timeout is {}, and checkpoints come every {}: until the "
                      "next one is complete a transaction must wait.",
                      Show(timeout), Show(interval)));
      return;
    }
    const Duration needed =
        Bounded(interval + Outage() + Recovery() + Bounded(options_.checkpoint.timeout));
    Add("transaction", timeout > needed,
        fmt::format("sink.transaction-timeout is {}; checkpoints come every {}, and the outages of "
                    "the plan, {} together, the recovery and a checkpoint may take {}: until then "
                    "a transaction must wait.",
                    Show(timeout), Show(interval), ShowRounded(Outage()), ShowRounded(needed)));
  }

  void AddRestarts() {
    uint64_t failures = 0;
    for (size_t index = 0; index < plan_.faults.size(); ++index) {
      const Duration step =
          Bounded(options_.restart.longest_delay()) + std::chrono::milliseconds(50);
      const bool is_crash = std::holds_alternative<faults::Crash>(plan_.faults[index].what);
      const Duration span = SpanOf(plan_, index).value_or(heal_);
      const bool recurs = std::holds_alternative<faults::AtRate>(plan_.faults[index].when);
      // What lasts may strike again whenever the job has come back.
      failures += 1 + (is_crash ? 0U : static_cast<uint64_t>((recurs ? heal_ : span) / step));
    }
    Add("restarts", failures <= options_.restart.failures_allowed(),
        fmt::format("{}; the plan may make the job fail {} times.",
                    options_.restart.LimitText(" is "), failures));
  }

  const Scenario& scenario_;
  const engine::EngineOptions& options_;
  const faults::FaultPlan& plan_;
  const Duration heal_ = scenario_.limits.heal_after;
  Promise promise_;
};

}  // namespace

std::vector<std::string> Promise::excuses() const {
  std::vector<std::string> sentences;
  for (const Clause& clause : clauses) {
    if (clause.owed == Owed::kFinish && !clause.holds) {
      sentences.push_back(clause.sentence);
    }
  }
  return sentences;
}

Promise PromiseOf(const Scenario& scenario, const faults::FaultPlan& plan) {
  return Reckoning(scenario, plan).Reckon();
}

}  // namespace flinch::scenarios
