#include "scenarios/stage/budget.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/connectors/log_broker.h"
#include "engine/events.h"
#include "engine/serializer.h"
#include "scenarios/aim/cast.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

// Whose faults may destroy or hide what was durable: faults/fault_catalogue.h, "storage".
constexpr auto kDamaging =
    std::to_array<std::string_view>({"lying_sync", "bit_rot", "misdirected_write", "late_listing"});

// A healed job restarts for what broke before; each task may do it once, and some.
constexpr uint64_t kRestartsMax = 50;

// What one operation may be late after the healing: that much every promise of progress has to
// spare (outside_view.cc).
constexpr sim::Duration kDelayBorne = std::chrono::seconds(30);

// For how long a fault holds up what has begun while it lasts. No healing takes that back.
sim::Duration DelayOf(const faults::Action& action) {
  return std::visit(
      [](const auto& fault) {
        using Fault = std::decay_t<decltype(fault)>;
        // A jump of a clock delays nobody.
        if constexpr (requires { fault.by; } && !std::is_same_v<Fault, faults::ClockFault>) {
          return fault.by;
        }
        return sim::Duration(0);
      },
      action);
}

// Whether the job may have to wait for the whole of this option before it gets on. Not for the
// interval and the pause of checkpoints: the final one comes at once.
bool MayHoldUp(std::string_view option) {
  constexpr auto kWaits = std::to_array<std::string_view>(
      {"execution.checkpointing.timeout", "restart-strategy.fixed-delay.delay",
       "heartbeat.interval", "heartbeat.timeout", "execution.buffer-timeout.interval",
       "taskmanager.network.request-backoff.initial", "taskmanager.network.request-timeout",
       "source.fetch.max-wait", "pekko.ask.timeout"});
  return std::ranges::find(kWaits, option) != kWaits.end();
}

bool IsWhole(const sim::World& world, const std::string& path) {
  const std::optional<sim::Bytes> file = world.ReadSharedFile(path);
  return file && engine::Unseal(*file, path).has_value();
}

// The first file that the checkpoint behind this pointer lacks, or "".
std::string FirstMissing(const sim::World& world, const std::string& pointer) {
  const std::optional<sim::Bytes> metadata = world.ReadSharedFile(pointer);
  if (!metadata || !IsWhole(world, *metadata)) {
    return metadata ? *metadata : pointer;
  }
  const sim::Bytes file = *world.ReadSharedFile(*metadata);
  const auto checkpoint =
      engine::Decode<engine::CompletedCheckpoint>(*engine::Unseal(file, *metadata));
  if (!checkpoint) {
    return *metadata;
  }
  for (const engine::SnapshotHandle& snapshot : checkpoint->snapshots) {
    if (!IsWhole(world, snapshot.path)) {
      return snapshot.path;
    }
  }
  return "";
}

}  // namespace

void Budget::OnEvent(const sim::TraceEvent& event) {
  const bool is_owed = sealed_ && event.time >= sim::SimTime(scenario_.limits.heal_after);
  if (event.kind == events::kCheckpointStored) {
    healed_checkpoints_ += is_owed ? 1U : 0U;
  } else if (event.kind == events::kJobRestored) {
    ++attempts_;
    healed_restarts_ += is_owed ? 1U : 0U;
  } else if (event.kind == events::kJobStatus) {
    job_status_ = event.Text("to").value_or("");
  } else if (event.kind == events::kJobUnrecoverable) {
    unreadable_ = event.Text("reason").value_or("");
  } else if (event.kind == events::kTopicSealed) {
    sealed_ = true;
  } else if (event.kind == "fault.crash") {
    log_lost_ = log_lost_ || (log_lied_ && event.Text("process") == kBroker);
  } else if (event.kind == events::kSinkPreCommitted) {
    precommitted_.emplace(event.Text("transaction").value_or(""));
  } else if (event.kind == events::kTransactionAborted && event.Text("reason") == "timeout") {
    const std::string transaction(event.Text("transaction").value_or(""));
    if (precommitted_.contains(transaction)) {
      expired_.push_back(transaction);
    }
  }
}

void Budget::OnFired(const faults::Action& action) {
  const auto* const disk = std::get_if<faults::DiskFault>(&action);
  log_lied_ = log_lied_ || (disk != nullptr && disk->disk == kBroker &&
                            disk->trouble == faults::DiskTrouble::kLyingSync);
  const std::string_view kind = faults::KindOf(action);
  if (const sim::Duration delay = DelayOf(action); delay > delay_) {
    delay_ = delay;
    delayed_by_ = kind;
  }
  if (std::ranges::find(kDamaging, kind) != kDamaging.end()) {
    storage_damaged_ = true;
    damage_ = kind;
  }
}

bool Budget::exhausted() const {
  return healed_checkpoints_ > scenario_.limits.checkpoints_after_healing ||
         healed_restarts_ > kRestartsMax;
}

std::string Budget::ShowProgress() const {
  return exhausted() ? fmt::format(
                           "healed and with all its input, the job had {} more checkpoints "
                           "and {} restarts and did not finish",
                           healed_checkpoints_, healed_restarts_)
                     : "";
}

Excuses Budget::ExcusesIn(const sim::World& world) const {
  return {.not_finished = WhyNotFinished(world),
          .lost = WhyLost(world),
          .retracted = DamagedLog(world)};
}

std::optional<std::string> ExcuseFor(std::span<const reports::Finding> findings,
                                     const Excuses& excuses) {
  const auto excuse_for = [&excuses](const reports::Finding& finding) -> std::string {
    if (finding.oracle == "job_finishes" || finding.oracle == "progress") {
      return excuses.not_finished;
    }
    if (finding.oracle == "log_readable" ||
        (finding.oracle == "exactly_once" && finding.breach == "lost")) {
      return excuses.lost;
    }
    const bool is_retracted = finding.oracle == "committed_stays" && finding.breach == "retracted";
    return is_retracted ? excuses.retracted : "";
  };
  std::string reason;
  for (const reports::Finding& finding : findings) {
    const std::string why = excuse_for(finding);
    if (why.empty()) {
      return std::nullopt;
    }
    reason = reason.empty() ? why : reason;
  }
  return reason.empty() ? std::nullopt : std::optional(std::move(reason));
}

std::string Budget::WhyNotFinished(const sim::World& world) const {
  if (job_status_ == "FAILED") {
    return WhyFailed();
  }
  if (!sealed_) {
    return fmt::format(
        "The input was not published completely when the run ended at {}: raise "
        "limits.simulated_time or limits.events, or workload.rows_per_second.",
        sim::Show(world.Now()));
  }
  const std::string checkpoints = DamagedCheckpoints(world);
  if (!checkpoints.empty()) {
    return checkpoints;
  }
  const std::string log = DamagedLog(world);
  if (!log.empty()) {
    return log;
  }
  std::string slow = WhyTooSlow();
  if (!slow.empty()) {
    return slow;
  }
  std::string lost = WhyLost(world);
  return lost.empty() ? promise_.excuse() : lost;
}

std::string Budget::WhyFailed() const {
  if (unreadable_.empty()) {
    return fmt::format(
        "The job failed after {} restarts, as restart-strategy.fixed-delay.attempts = {} says: "
        "more may break in this run than it is allowed to recover from.",
        attempts_ - std::min<uint64_t>(attempts_, 1), scenario_.options.restart.attempts);
  }
  return storage_damaged_
             ? fmt::format("The JobManager could not recover after {}: {}", damage_, unreadable_)
             : "";
}

std::string Budget::WhyTooSlow() const {
  const sim::Duration left = scenario_.limits.simulated_time - scenario_.limits.heal_after;
  std::string why;
  engine::Visit(scenario_.options, [&](std::string_view name, const auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      if (why.empty() && MayHoldUp(name) && field >= left) {
        why = fmt::format(
            "The job may have to wait for {} = {}, and the run has only {} from its healing on: "
            "raise limits.simulated_time.",
            name, sim::Show(field), sim::Show(left));
      }
    }
  });
  // Records may come twice, once before the healing and once after it.
  const auto records =
      static_cast<int64_t>(2 * scenario_.workload.records * scenario_.workload.keys_per_record);
  const sim::Duration record_time = scenario_.options.task.record_time;
  if (why.empty() && record_time > sim::Duration(0) && left / record_time < records) {
    why = fmt::format(
        "At task.record-time = {} the records may take longer than the {} that the run has from "
        "its healing on: raise limits.simulated_time.",
        sim::Show(record_time), sim::Show(left));
  }
  if (why.empty() && delay_ > kDelayBorne) {
    why = fmt::format(
        "{} held up what had begun for {}, which the healing does not take back, and no more than "
        "{} of it is borne.",
        delayed_by_, sim::Show(delay_), sim::Show(kDelayBorne));
  }
  return why;
}

std::string Budget::WhyLost(const sim::World& world) const {
  if (!expired_.empty()) {
    return fmt::format(
        "The log gave transaction \"{}\" up by its time-out, sink.transaction-timeout = {}, before "
        "it could be committed: the outage was longer. Raise the time-out.",
        expired_.front(), sim::Show(scenario_.options.sink.transaction_timeout));
  }
  return DamagedLog(world);
}

std::string Budget::DamagedCheckpoints(const sim::World& world) const {
  if (!storage_damaged_) {
    return "";
  }
  std::string first;
  for (const std::string& pointer :
       world.ListShared(fmt::format("/ha/{}/completed", scenario_.job.name))) {
    if (pointer.ends_with(".tmp")) {
      continue;
    }
    const std::string missing = FirstMissing(world, pointer);
    if (missing.empty()) {
      return "";
    }
    first = first.empty() ? missing : first;
  }
  return first.empty() ? ""
                       : fmt::format(
                             "No completed checkpoint has all its files after {}: {} is "
                             "missing or damaged.",
                             damage_, first);
}

// An oracle has found that the log lacks something; that is excused where its disk lied or rotted.
std::string Budget::DamagedLog(const sim::World& world) const {
  if (!storage_damaged_) {
    return "";
  }
  const std::optional<sim::ProcessId> broker = world.FindProcess(kBroker);
  const std::string journal = engine::LogBrokerOptions().journal;
  if (log_lost_) {
    return fmt::format(
        "The end of the log's journal {} is missing: its disk said that it had "
        "synced what it had not, and the broker crashed.",
        journal);
  }
  const std::optional<sim::Bytes> file = world.ReadFile(world.HostOf(*broker), journal);
  if (file && engine::ReadJournal(*file)) {
    return "";
  }
  return fmt::format("The log's journal {} is missing or damaged after {}.", journal, damage_);
}

}  // namespace flinch::scenarios
