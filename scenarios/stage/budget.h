// What may have gone wrong in a run without anybody being wrong, and how soon a healed job is done.
//
// A plan may ask for more than any recovery can bear. Then a broken promise that follows from that
// is nobody's bug: the verdict is inconclusive, and the reason names what was missing. What may be
// excused is little, and each excuse needs its cause in this very run:
//   transactions  the log gave a transaction up by its time-out, the job came back for it, and the
//                 outages of this run were as long as that: not finished. Never lost: a job that
//                 finishes has all its output, whatever timed out
//   restarts      the job failed after as many restarts as it was allowed, each of them during an
//                 outage or while its time-outs ran: not finished
//   options       the fault-free run of the same seed does not finish either, and with longer
//                 time-outs it does: not finished
//   limits        the run ended at a limit before it had lasted, from its healing on, for its
//                 time-outs and for what the fault-free run of the same seed took: not finished
//   backlog       checkpoints or transactions expired after the healing, since what had queued
//                 meanwhile may take longer than they may, or checkpoints expire in the fault-free
//                 run as well, and none does with longer time-outs: not finished
//   storage       a fault destroyed what was durable, and no completed checkpoint has all its
//                 files, or the JobManager found its data unreadable, or the log's journal is
//                 damaged: not finished; where the log lacks what it had, also lost and retracted
// Everything else stands, whatever the plan did: a doubled record, a commit before its checkpoint.
// A job that says FINISHED is not excused for anything but what the log itself has lost.
//
// Healed, a job whose input is complete owes progress, in steps and not only in time: so many
// checkpoints, so many restarts, and it must be done (limits.checkpoints_after_healing).
// Source: Alvaro and Tymon, "Abstracting the Geniuses Away from Failure Testing" (2017), for
//         budgets; Flink's documents on exactly-once sinks for the time-out of transactions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "faults/fault_plan.h"
#include "faults/injector.h"
#include "reports/run_summary.h"
#include "scenarios/model/scenario.h"
#include "scenarios/stage/outages.h"
#include "scenarios/stage/pace.h"
#include "scenarios/stage/promise.h"
#include "sim/recording/recording.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

// Why a run may have broken a promise without being wrong: whole sentences that name the missing
// artefact; "" where it may not.
struct Excuses {
  std::string not_finished;
  std::string lost;
  std::string retracted;  // what had been committed

  friend bool operator==(const Excuses&, const Excuses&) = default;
};

// The excuse for all of these findings, or nothing when one of them has none.
std::optional<std::string> ExcuseFor(std::span<const reports::Finding> findings,
                                     const Excuses& excuses);

// How a run ended, and what the same run without faults came to.
struct Circumstances {
  sim::Outcome outcome;
  uint64_t rows = 0;
  // The span of time in which the input is published when nothing breaks.
  sim::Duration input_span{0};
  // The log holds less than was written to it: input that was acknowledged, or committed output.
  bool log_lacks = false;
  std::function<Pace()> fault_free;
  // The same with longer time-outs (Generous).
  std::function<Pace()> generous;
};

class Budget final : public sim::TraceObserver {
 public:
  explicit Budget(const Scenario& scenario)
      : scenario_(scenario), outages_(sim::SimTime(scenario.limits.heal_after)) {}

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  void OnFired(const faults::FiredFault& fired, const faults::Action& action);

  // Before the first event: what the run is promised.
  void OnPromise(Promise promise) { promise_ = std::move(promise); }

  const Promise& promise() const { return promise_; }

  // The transactions that the log said it had committed, with records in them.
  const std::set<std::string>& committed() const { return committed_; }

  // Whether the healed job has had more than enough.
  bool exhausted() const;
  // What it had and did not do, for whoever reports that it did not finish; "" until exhausted.
  std::string ShowProgress() const;

  // What the run owes: the pace of the fault-free one, or, where that did not finish, what its
  // input and its records take at least.
  Pace Owed(Pace fault_free, uint64_t rows, sim::Duration input_span) const;

  // How much longer than its time-outs the healed job may stand still: for the work that has
  // queued, for a checkpoint as the fault-free run took them, and for what faults had held up.
  sim::Duration SlackOf(const Pace& owed, uint64_t rows) const;

  // Asked once, when the run is over.
  Excuses ExcusesIn(const sim::World& world, const Circumstances& circumstances) const;

 private:
  struct Transaction {
    sim::SimTime begun;
    sim::SimTime expired;
  };

  std::string WhyNotFinished(const sim::World& world, const Circumstances& circumstances) const;
  std::string WhyFailed() const;
  // "" where no transaction that the job came back for was given up, or no outage explains it.
  std::string WhyExpired() const;
  std::string WhyImpossible(const Circumstances& circumstances) const;
  std::string WhyCutShort(const Circumstances& circumstances) const;
  std::string WhyBacklog(const Circumstances& circumstances) const;
  // "" where a completed checkpoint is whole, or none was ever stored.
  std::string DamagedCheckpoints(const sim::World& world) const;
  std::string DamagedLog(const sim::World& world) const;
  // All records, as if one task had to do everything, once before and once behind the healing.
  sim::Duration WorkOf(uint64_t rows) const;
  void OnTransaction(const sim::TraceEvent& event);

  const Scenario& scenario_;
  Outages outages_;
  Promise promise_;
  bool sealed_ = false;
  // The kinds of faults that destroyed what was durable, on the log's disk and elsewhere.
  std::set<std::string_view> log_damages_;
  std::set<std::string_view> volume_damages_;
  bool log_lied_ = false;  // the log's disk about a sync
  bool log_lost_ = false;  // and then the broker crashed
  std::string job_status_;
  std::string unreadable_;  // as the JobManager said
  uint64_t attempts_ = 0;
  std::vector<sim::SimTime> failures_;                            // of the job
  std::map<std::string, Transaction, std::less<>> transactions_;  // open, or given up by time-out
  std::optional<std::string> missed_;  // the first given up that the job came back for
  std::set<std::string> committed_;
  uint64_t fault_events_ = 0;
  uint64_t healed_checkpoints_ = 0;
  uint64_t healed_restarts_ = 0;
  uint64_t healed_expiries_ = 0;  // of checkpoints
  uint64_t healed_losses_ = 0;    // of transactions, by their time-out
};

}  // namespace flinch::scenarios
