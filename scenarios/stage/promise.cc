#include "scenarios/stage/promise.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "scenarios/aim/cast.h"
#include "sim/world/options.h"

namespace flinch::scenarios {

namespace {

using sim::Duration;
using sim::Show;

// What the shared volume may need for a snapshot that is small: a few operations and their syncs.
constexpr int64_t kOperationsOfASnapshot = 6;

// Nobody waits longer, and sums of such spans do not overflow.
constexpr Duration kLongest = std::chrono::hours(24 * 365);

Duration Bounded(Duration span) { return std::min(span, kLongest); }

// `count` times as long, as far as that can be said.
Duration Times(uint64_t count, Duration span) {
  const auto most = static_cast<uint64_t>(kLongest / std::max(span, Duration(1)));
  return count >= most ? kLongest : static_cast<int64_t>(count) * span;
}

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
  Reckoning(const Scenario& scenario, const faults::FaultPlan& plan, const Workload& workload)
      : scenario_(scenario), options_(scenario.options), plan_(plan), rows_(workload.rows.size()) {}

  Promise Reckon() && {
    AddSlots();
    AddHeartbeat();
    AddAsk();
    AddRequest();
    AddCheckpoint();
    AddBacklog();
    AddTransaction();
    AddRestarts();
    AddTime();
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

  void AddHeartbeat() {
    const Duration needed = options_.heartbeat.interval + 2 * latency_;
    Add("heartbeat", options_.heartbeat.timeout > needed,
        fmt::format("heartbeat.timeout is {}; a heartbeat and its answer may be {} apart from the "
                    "next: a shorter one gives up who is well.",
                    Show(options_.heartbeat.timeout), Show(needed)));
  }

  void AddAsk() {
    const Duration needed = 2 * latency_;
    Add("ask", options_.rpc.ask_timeout > needed,
        fmt::format("pekko.ask.timeout is {}; a question and its answer may take {}: with a "
                    "shorter one no task is deployed.",
                    Show(options_.rpc.ask_timeout), Show(needed)));
  }

  // A task connects and asks, while its producer may still be about to be deployed.
  void AddRequest() {
    const Duration needed = 4 * latency_ + 2 * latency_ + Bounded(options_.network.request_backoff);
    Add("request", options_.network.request_timeout > needed,
        fmt::format("taskmanager.network.request-timeout is {}; to connect, to ask and to ask "
                    "again may take {}: with a shorter one tasks fail before they have met.",
                    Show(options_.network.request_timeout), Show(needed)));
  }

  // From the trigger to the last acknowledgement, when nothing is queued.
  Duration CheckpointTime() const {
    const sim::WorldOptions world;
    const Duration turn = Times(options_.task.turn_records, options_.task.record_time);
    const Duration hop = latency_ + turn;
    const Duration upload =
        kOperationsOfASnapshot * world.shared_volume.latency_max + 2 * world.shared_volume.sync_max;
    return Bounded(Times(kVertices, hop) + upload + 2 * latency_);
  }

  void AddCheckpoint() {
    const Duration needed = CheckpointTime();
    Add("checkpoint", options_.checkpoint.timeout > needed,
        fmt::format("execution.checkpointing.timeout is {}; alignment and upload may take {}: with "
                    "a shorter one none completes.",
                    Show(options_.checkpoint.timeout), Show(needed)));
  }

  // All that the tasks have to do for the input, if one of them had to do it alone.
  Duration Work() const {
    return Times(rows_ * std::max<uint64_t>(scenario_.workload.keys_per_record, 1),
                 options_.task.record_time);
  }

  // Behind an outage barriers wait behind the records that came meanwhile. A job that fails over
  // before they are through starts with them again.
  void AddBacklog() {
    const Duration allowed =
        Times(uint64_t{options_.checkpoint.tolerable_failures} + 1, options_.checkpoint.timeout);
    const Duration needed = Bounded(CheckpointTime() + Work());
    Add("backlog", allowed > needed,
        fmt::format("{} checkpoints may fail in a row, each after "
                    "execution.checkpointing.timeout = {}; to work off the whole input takes up to "
                    "{}: the job may fail over before it has caught up. Raise the time-out or "
                    "execution.checkpointing.tolerable-failed-checkpoints.",
                    uint64_t{options_.checkpoint.tolerable_failures} + 1,
                    Show(options_.checkpoint.timeout), Show(needed)));
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
    return Bounded(options_.heartbeat.timeout) + Bounded(options_.restart.delay) +
           2 * Bounded(options_.rpc.ask_timeout) + std::chrono::seconds(1);
  }

  void AddTransaction() {
    const Duration needed = Bounded(Outage() + Recovery() + Bounded(options_.checkpoint.timeout));
    Add("transaction", options_.sink.transaction_timeout > needed,
        fmt::format("sink.transaction-timeout is {}; the outages of the plan, {} together, the "
                    "recovery and a checkpoint may take {}: until then a transaction must wait.",
                    Show(options_.sink.transaction_timeout), Show(Outage()), Show(needed)));
  }

  void AddRestarts() {
    uint64_t failures = 0;
    for (size_t index = 0; index < plan_.faults.size(); ++index) {
      const Duration step = Bounded(options_.restart.delay) + std::chrono::milliseconds(50);
      const bool is_crash = std::holds_alternative<faults::Crash>(plan_.faults[index].what);
      const Duration span = SpanOf(plan_, index).value_or(heal_);
      const bool recurs = std::holds_alternative<faults::AtRate>(plan_.faults[index].when);
      // What lasts may strike again whenever the job has come back.
      failures += 1 + (is_crash ? 0U : static_cast<uint64_t>((recurs ? heal_ : span) / step));
    }
    Add("restarts", failures <= options_.restart.attempts,
        fmt::format("restart-strategy.fixed-delay.attempts is {}; the plan may make the job fail "
                    "{} times.",
                    options_.restart.attempts, failures));
  }

  void AddTime() {
    // Neither holds back the final checkpoint.
    engine::EngineOptions at_the_end = options_;
    at_the_end.checkpoint.interval = Duration(0);
    at_the_end.checkpoint.min_pause = Duration(0);
    const Duration needed = Bounded(Bounded(heal_) + PatienceOf(at_the_end, 0) + Work());
    Add("time", scenario_.limits.simulated_time > needed,
        fmt::format("limits.simulated_time is {}; healing after {}, the time-outs that may have to "
                    "run out and {} rows at task.record-time = {} may take {}. Raise it.",
                    Show(scenario_.limits.simulated_time), Show(heal_), rows_,
                    Show(options_.task.record_time), Show(needed)));
  }

  // Source, keyed operator, sink. Chains make it fewer.
  static constexpr uint64_t kVertices = 3;

  const Scenario& scenario_;
  const engine::EngineOptions& options_;
  const faults::FaultPlan& plan_;
  uint64_t rows_;
  const Duration latency_ = sim::WorldOptions().link.latency_max;
  const Duration heal_ = scenario_.limits.heal_after;
  Promise promise_;
};

}  // namespace

std::string Promise::excuse() const {
  const auto broken = std::ranges::find_if(
      clauses, [](const Clause& clause) { return clause.owed == Owed::kFinish && !clause.holds; });
  return broken == clauses.end() ? "" : broken->sentence;
}

Promise PromiseOf(const Scenario& scenario, const faults::FaultPlan& plan,
                  const Workload& workload) {
  return Reckoning(scenario, plan, workload).Reckon();
}

uint32_t SpareTaskManagers(const Scenario& scenario) {
  const uint32_t each = scenario.cluster.slots_each;
  const uint32_t needed = (scenario.job.parallelism + each - 1) / each;
  return scenario.cluster.task_managers - std::min(needed, scenario.cluster.task_managers);
}

Duration PatienceOf(const engine::EngineOptions& options, uint64_t rows) {
  const Duration once =
      Bounded(options.heartbeat.timeout) + Bounded(options.restart.delay) +
      Bounded(options.network.request_timeout) + Bounded(options.checkpoint.timeout) +
      Bounded(options.checkpoint.interval) + Bounded(options.checkpoint.min_pause) +
      2 * Bounded(options.rpc.ask_timeout) + Times(rows, options.task.record_time);
  return 2 * once + std::chrono::seconds(30);
}

}  // namespace flinch::scenarios
