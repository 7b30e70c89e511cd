#include "scenarios/stage/budget.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/events.h"
#include "engine/outside/log_broker.h"
#include "engine/serializer.h"
#include "faults/generators.h"
#include "scenarios/aim/cast.h"
#include "scenarios/stage/pointers.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

// What every fault of a plan may take to be over: messages under way, a process that boots.
constexpr sim::Duration kAftermath = std::chrono::seconds(1);

// A healed job restarts for what broke before; each task may do it once, and some.
constexpr uint64_t kRestartsMax = 50;

// A run that needed so many times more events than without faults is livelocked, not cut short.
constexpr uint64_t kEventsFactor = 20;

bool IsWhole(const sim::World& world, const std::string& path) {
  const std::optional<sim::Bytes> file = world.ReadSharedFile(path);
  return file && engine::Unseal(*file, path).has_value();
}

// The first file that the checkpoint behind this pointer lacks, or "".
std::string FirstMissing(const sim::World& world, const StoredPointer& pointer) {
  const std::optional<std::string>& points = pointer.metadata;
  const std::string path = points ? points->substr(0, points->find('\n')) : pointer.name;
  const std::optional<sim::Bytes> file = world.ReadSharedFile(path);
  const sim::Result<engine::CompletedCheckpoint> checkpoint =
      points && file ? engine::DecodeMetadata(*file, path)
                     : sim::Fail(sim::ErrorCode::kNotFound, path);
  if (!checkpoint) {
    return path;
  }
  for (const engine::SnapshotHandle& snapshot : checkpoint->snapshots) {
    if (!snapshot.content && !IsWhole(world, snapshot.path)) {
      return snapshot.path;
    }
  }
  return "";
}

}  // namespace

std::vector<std::string_view> Budget::wants() const {
  return {events::kCheckpointStored,   events::kCheckpointAborted, events::kJobRestored,
          events::kJobStatus,          events::kExecutionState,    events::kJobUnrecoverable,
          events::kTopicSealed,        events::kTransactionBegun,  events::kTransactionCommitted,
          events::kTransactionAborted, events::kSinkCommitting,    "fault."};
}

void Budget::OnEvent(const sim::TraceEvent& event) {
  fault_events_ += event.kind.starts_with("fault.") ? 1U : 0U;
  const bool is_owed = sealed_ && event.time >= sim::SimTime(scenario_.limits.heal_after);
  if (event.kind == events::kCheckpointStored) {
    healed_checkpoints_ += is_owed ? 1U : 0U;
  } else if (event.kind == events::kJobRestored) {
    ++attempts_;
    healed_restarts_ += is_owed ? 1U : 0U;
  } else if (event.kind == events::kJobStatus) {
    job_status_ = event.Text("to").value_or("");
    if (job_status_ == "RESTARTING" || job_status_ == "FAILING") {
      failures_.push_back(event.time);
    }
  } else if (event.kind == events::kExecutionState) {
    // Another region, while one is started anew: a failure of its own.
    if (job_status_ == "RESTARTING" && event.Text("to") == "FAILED") {
      failures_.push_back(event.time);
    }
  } else if (event.kind == events::kJobUnrecoverable) {
    unreadable_ = event.Text("reason").value_or("");
  } else if (event.kind == events::kTopicSealed) {
    sealed_ = true;
  } else if (event.kind == events::kCheckpointAborted) {
    healed_expiries_ += is_owed && HasExpired(event) ? 1U : 0U;
  } else if (event.kind == "fault.crash") {
    log_lost_ = log_lost_ || (log_lied_ && event.Text("process") == kBroker);
  } else if (event.kind == "fault.restart") {
    outages_.OnRestart(event.Text("process").value_or(""), event.time);
  } else {
    OnTransaction(event);
  }
}

void Budget::OnTransaction(const sim::TraceEvent& event) {
  const bool has_begun = event.kind == events::kTransactionBegun;
  const bool has_expired =
      event.kind == events::kTransactionAborted && event.Text("reason") == "timeout";
  const bool is_wanted = event.kind == events::kSinkCommitting;
  const bool is_committed = event.kind == events::kTransactionCommitted;
  if (!has_begun && !has_expired && !is_wanted && !is_committed) {
    return;
  }
  const std::string name(event.Text("transaction").value_or(""));
  const auto known = transactions_.find(name);
  if (has_begun) {
    transactions_[name] = {.begun = event.time, .expired = sim::kForever};
  } else if (is_committed) {
    if (event.Number("records").value_or(0) > 0) {
      committed_.insert(name);
    }
    transactions_.erase(name);
  } else if (known == transactions_.end()) {
    return;
  } else if (has_expired) {
    known->second.expired = event.time;
    healed_losses_ += sealed_ && event.time >= sim::SimTime(scenario_.limits.heal_after) ? 1U : 0U;
  } else if (known->second.expired != sim::kForever && !missed_) {
    missed_ = name;
  }
}

void Budget::OnFired(const faults::FiredFault& fired, const faults::Action& action) {
  outages_.OnFired(fired, action);
  const auto* const disk = std::get_if<faults::DiskFault>(&action);
  log_lied_ = log_lied_ || (disk != nullptr && disk->disk == kBroker &&
                            disk->trouble == faults::DiskTrouble::kLyingSync);
  const std::string_view kind = faults::KindOf(action);
  if (std::ranges::find(faults::kDamagingKinds, kind) != faults::kDamagingKinds.end()) {
    (disk != nullptr && disk->disk == kBroker ? log_damages_ : volume_damages_).insert(kind);
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

sim::Duration Budget::WorkOf(uint64_t rows) const {
  const sim::Duration each = scenario_.options.task.record_time;
  const uint64_t records = rows * std::max<uint64_t>(scenario_.workload.keys_per_record, 1);
  const auto most = static_cast<uint64_t>(kLongestSpan / std::max(each, sim::Duration(1)));
  return records >= most ? kLongestSpan : static_cast<int64_t>(records) * each;
}

Pace Budget::Owed(Pace fault_free, uint64_t rows, sim::Duration input_span) const {
  if (!fault_free.finished) {
    fault_free.ended = sim::Later(sim::kEpoch, Bounded(input_span) + WorkOf(rows));
    fault_free.longest_gap = sim::Duration(0);
  }
  return fault_free;
}

sim::Duration Budget::SlackOf(const Pace& owed, uint64_t rows) const {
  // A job that has come back may just have missed a trigger, and finds another wait before it.
  const sim::Duration wait = Bounded(scenario_.options.checkpoint.interval) +
                             Bounded(scenario_.options.checkpoint.min_pause);
  return std::min(2 * wait, owed.ended - sim::kEpoch) + owed.longest_gap + WorkOf(rows) +
         2 * Bounded(outages_.longest_delay());
}

Excuses Budget::ExcusesIn(const sim::World& world, const Circumstances& circumstances) const {
  const std::string damaged = DamagedLog(world);
  const bool is_of_log = !log_lost_ || circumstances.log_lacks;
  return {.not_finished = WhyNotFinished(world, circumstances),
          .lost = is_of_log ? damaged : "",
          .retracted = is_of_log ? damaged : ""};
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

std::string Budget::WhyNotFinished(const sim::World& world,
                                   const Circumstances& circumstances) const {
  if (job_status_ == "FINISHED") {
    return "";
  }
  const auto first = [](std::initializer_list<std::function<std::string()>> all) {
    for (const std::function<std::string()>& why : all) {
      if (std::string sentence = why(); !sentence.empty()) {
        return sentence;
      }
    }
    return std::string();
  };
  if (!unreadable_.empty()) {
    return volume_damages_.empty() ? ""
                                   : fmt::format("The JobManager could not recover after {}: {}",
                                                 *volume_damages_.begin(), unreadable_);
  }
  const auto expired = [this] { return WhyExpired(); };
  const auto impossible = [&] { return WhyImpossible(circumstances); };
  if (job_status_ == "FAILED") {
    return first({expired, impossible, [this] { return WhyFailed(); },
                  [&] { return WhyBacklog(circumstances); }});
  }
  return first({[&] { return DamagedCheckpoints(world); }, [&] { return DamagedLog(world); },
                expired, impossible, [&] { return WhyCutShort(circumstances); },
                [&] { return WhyBacklog(circumstances); }});
}

std::string Budget::WhyFailed() const {
  // Each failure but the last brought one; several regions may be started anew in one attempt.
  const uint64_t restarts = failures_.size() - std::min<size_t>(failures_.size(), 1);
  const sim::Duration behind = TimeoutsOf(scenario_.options) + kAftermath;
  const bool are_all_caused = std::ranges::all_of(failures_, [&](sim::SimTime failure) {
    return outages_.Covered(failure - sim::Duration(1), failure + sim::Duration(1), behind) >
           sim::Duration(0);
  });
  if (restarts < scenario_.options.restart.failures_allowed() || !are_all_caused) {
    return "";
  }
  return fmt::format(
      "The job failed after {} restarts, as {} says: more broke in this run than it is allowed to "
      "recover from.",
      restarts, scenario_.options.restart.LimitText(" = "));
}

std::string Budget::WhyExpired() const {
  if (!missed_) {
    return "";
  }
  const engine::EngineOptions& options = scenario_.options;
  const Transaction& given_up = transactions_.find(*missed_)->second;
  const sim::Duration timeout = given_up.expired - given_up.begun;
  // What it takes anyway until its checkpoint is complete.
  const sim::Duration usual =
      Bounded(options.checkpoint.interval) + Bounded(options.checkpoint.min_pause);
  const sim::Duration outage =
      outages_.Covered(given_up.begun, given_up.expired, TimeoutsOf(options));
  if (timeout > usual && (outage == sim::Duration(0) || outage < timeout - usual)) {
    return "";
  }
  return fmt::format(
      "The log gave transaction \"{}\" up by its time-out, sink.transaction-timeout = {}, before "
      "it could be committed: {}. Raise the time-out.",
      *missed_, sim::Show(options.sink.transaction_timeout),
      timeout > usual ? "the outage was longer"
                      : fmt::format("execution.checkpointing.interval is {}",
                                    sim::Show(options.checkpoint.interval)));
}

std::string Budget::WhyImpossible(const Circumstances& circumstances) const {
  if (circumstances.fault_free().finished) {
    return "";
  }
  const sim::Duration needed = circumstances.input_span + WorkOf(circumstances.rows);
  if (needed >= scenario_.limits.simulated_time) {
    return fmt::format(
        "Without any fault the job does not finish either: at workload.rows_per_second = {} and "
        "task.record-time = {} its input may take {}, and limits.simulated_time is {}. Raise it.",
        scenario_.workload.rows_per_second, sim::Show(scenario_.options.task.record_time),
        ShowRounded(needed), sim::Show(scenario_.limits.simulated_time));
  }
  const sim::Duration asked = scenario_.options.sink.transaction_timeout;
  const sim::Duration most = scenario_.options.log.transaction_timeout_max;
  if (asked > most) {
    return fmt::format(
        "Without any fault the job does not finish either: the log allows "
        "transaction.max.timeout = {}, and sink.transaction-timeout is {}. Lower the one or raise "
        "the other.",
        sim::Show(most), sim::Show(asked));
  }
  if (!circumstances.generous().finished) {
    return "";
  }
  std::string raised;
  const engine::EngineOptions generous = Generous(scenario_.options);
  const auto tell = [&raised](std::string_view name, const auto& set, const auto& enough) {
    if (set != enough) {
      raised += fmt::format("{}{}", raised.empty() ? "" : ", ", name);
    }
  };
  const engine::EngineOptions& set = scenario_.options;
  tell("execution.checkpointing.timeout", set.checkpoint.timeout, generous.checkpoint.timeout);
  tell("heartbeat.timeout", set.heartbeat.timeout, generous.heartbeat.timeout);
  tell("taskmanager.network.request-timeout", set.network.request_timeout,
       generous.network.request_timeout);
  tell("pekko.ask.timeout", set.rpc.ask_timeout, generous.rpc.ask_timeout);
  tell("sink.transaction-timeout", set.sink.transaction_timeout, generous.sink.transaction_timeout);
  tell("sink.delivery-timeout", set.sink.delivery_timeout, generous.sink.delivery_timeout);
  tell("restart-strategy.type", set.restart.type, generous.restart.type);
  tell("restart-strategy.fixed-delay.attempts", set.restart.attempts, generous.restart.attempts);
  return fmt::format(
      "Without any fault the job does not finish either, and with longer time-outs it does: raise "
      "{}.",
      raised);
}

std::string Budget::WhyCutShort(const Circumstances& circumstances) const {
  const sim::Outcome& outcome = circumstances.outcome;
  if (outcome.ending != sim::Ending::kLimit) {
    return "";
  }
  const Pace pace = Owed(circumstances.fault_free(), circumstances.rows, circumstances.input_span);
  const sim::Duration once = Bounded(pace.ended - sim::kEpoch);
  const sim::Duration healed = Bounded(scenario_.limits.heal_after);
  const sim::Duration needed = healed + Bounded(TimeoutsOf(scenario_.options)) + 2 * once +
                               SlackOf(pace, circumstances.rows);
  // A plan of many faults is no work of the job.
  const uint64_t events =
      scenario_.limits.events - std::min(fault_events_, scenario_.limits.events);
  const bool is_livelock =
      outcome.limit == sim::Limit::kEvents && events / kEventsFactor > pace.events;
  if (outcome.time - sim::kEpoch >= needed || is_livelock) {
    return "";
  }
  const std::string limit =
      outcome.limit == sim::Limit::kEvents
          ? fmt::format("limits.events = {}", scenario_.limits.events)
          : fmt::format("limits.simulated_time = {}", sim::Show(scenario_.limits.simulated_time));
  return fmt::format(
      "{} at {}, when {} was reached; healed at {}, the job may need until {} for its time-outs "
      "and {} for {} once more{}. Raise the limit.",
      sealed_ ? "The run ended" : "The input was not published completely when the run ended",
      sim::Show(outcome.time), limit, sim::Show(healed), ShowRounded(needed), ShowRounded(once),
      pace.finished ? "all its work" : "its input",
      outages_.longest_delay() > kAftermath
          ? fmt::format(", and {} held up what had begun for {}", outages_.delayed_by(),
                        ShowRounded(outages_.longest_delay()))
          : "");
}

std::string Budget::WhyBacklog(const Circumstances& circumstances) const {
  // However fast it is: all that can have queued is what the fault-free run has done.
  const Pace pace = circumstances.fault_free();
  const sim::Duration all = pace.ended - sim::kEpoch;
  if (healed_losses_ > 0 && pace.finished && scenario_.options.sink.transaction_timeout < all) {
    return fmt::format(
        "The log gave {} up after the healing: to work off what had queued may take {}, and "
        "sink.transaction-timeout is {}. Raise it.",
        healed_losses_ == 1 ? "a transaction" : fmt::format("{} transactions", healed_losses_),
        ShowRounded(all), sim::Show(scenario_.options.sink.transaction_timeout));
  }
  const engine::CheckpointOptions& options = scenario_.options.checkpoint;
  // A job of many queries makes many records of one.
  const sim::Duration work = WorkOf(std::max(circumstances.rows, pace.results));
  if (healed_expiries_ <= options.tolerable_failures) {
    return "";
  }
  if (work <= Bounded(options.timeout)) {
    const bool may_expire = pace.expired > options.tolerable_failures;
    const Pace generous = may_expire ? circumstances.generous() : Pace();
    return !generous.finished || generous.expired > 0
               ? ""
               : fmt::format(
                     "{} checkpoints expired after the healing, and {} without any fault: "
                     "execution.checkpointing.timeout is {}. Raise it, or "
                     "execution.checkpointing.tolerable-failed-checkpoints.",
                     healed_expiries_, pace.expired, sim::Show(options.timeout));
  }
  return fmt::format(
      "{} checkpoints expired after the healing: to work off what had queued may take {}, and "
      "execution.checkpointing.timeout is {}. Raise it, or "
      "execution.checkpointing.tolerable-failed-checkpoints.",
      healed_expiries_, ShowRounded(work), sim::Show(options.timeout));
}

std::string Budget::DamagedCheckpoints(const sim::World& world) const {
  if (volume_damages_.empty()) {
    return "";
  }
  std::string first;
  for (const StoredPointer& pointer : ReadPointers(world, scenario_)) {
    const std::string missing = FirstMissing(world, pointer);
    if (missing.empty()) {
      return "";
    }
    first = first.empty() ? missing : first;
  }
  // Rot damages files and takes none away; what is late is there by the end.
  const bool is_gone = !first.empty() && !world.ReadSharedFile(first);
  std::string_view cause;
  for (const std::string_view kind : volume_damages_) {
    const bool may =
        kind == "lying_sync" || kind == "misdirected_write" || (kind == "bit_rot" && !is_gone);
    cause = cause.empty() && may ? kind : cause;
  }
  return first.empty() || cause.empty()
             ? ""
             : fmt::format(
                   "No completed checkpoint has all its files after {}: {} is missing or damaged.",
                   cause, first);
}

// An oracle has found that the log lacks something; that is excused where its disk lied or rotted.
std::string Budget::DamagedLog(const sim::World& world) const {
  if (log_damages_.empty()) {
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
  return fmt::format("The log's journal {} is missing or damaged after {}.", journal,
                     *log_damages_.begin());
}

}  // namespace flinch::scenarios
