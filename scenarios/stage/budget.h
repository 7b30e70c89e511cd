// How much may fail in a run so that recovery is still promised, and how soon a healed job is done.
//
// A plan may ask for more than any recovery can bear. Then a broken promise that follows from that
// is nobody's bug: the verdict is inconclusive, and the reason names what was missing. What may be
// excused is little, and each excuse needs evidence from the run itself:
//   restarts      the job failed after as many restarts as it was allowed: not finished
//   input         the input was never published completely: not finished
//   patience      an option makes the engine wait for longer than the run lasts after its healing,
//                 or a fault has delayed one operation for longer than is borne: not finished
//   promise       options, plan and input go beyond what a job can be promised to finish with
//                 (scenarios/stage/promise.h): not finished
//   storage       a fault destroyed or hid what was durable, and no completed checkpoint has all
//                 its files, or the JobManager found its data unreadable, or the log's journal is
//                 damaged: not finished; of the log also lost and retracted records
//   transactions  the log gave a pre-committed transaction up by its time-out, since the outage was
//                 longer: lost records
// Everything else stands, whatever the plan did: a doubled record, a commit before its checkpoint.
//
// Healed, a job whose input is complete owes progress, in steps and not only in time: so many
// checkpoints, so many restarts, and it must be done (limits.checkpoints_after_healing).
// Source: Alvaro and Tymon, "Abstracting the Geniuses Away from Failure Testing" (2017), for
//         budgets; Flink's documents on exactly-once sinks for the time-out of transactions.
#pragma once

#include <cstdint>
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

class Budget final : public sim::TraceObserver {
 public:
  explicit Budget(const Scenario& scenario) : scenario_(scenario) {}

  void OnEvent(const sim::TraceEvent& event) override;
  void OnFired(const faults::Action& action);

  // Before the first event: what the run is promised.
  void OnPromise(Promise promise) { promise_ = std::move(promise); }

  const Promise& promise() const { return promise_; }

  // Whether the healed job has had more than enough.
  bool exhausted() const;
  // What it had and did not do, for whoever reports that it did not finish; "" until exhausted.
  std::string ShowProgress() const;

  // Asked once, when the run is over.
  Excuses ExcusesIn(const sim::World& world) const;

 private:
  std::string WhyNotFinished(const sim::World& world) const;
  std::string WhyFailed() const;
  // "" where nothing makes the run wait for longer than it lasts.
  std::string WhyTooSlow() const;
  std::string WhyLost(const sim::World& world) const;
  // "" where a completed checkpoint is whole, or none was ever stored.
  std::string DamagedCheckpoints(const sim::World& world) const;
  std::string DamagedLog(const sim::World& world) const;

  const Scenario& scenario_;
  Promise promise_;
  bool sealed_ = false;
  bool storage_damaged_ = false;
  bool log_lied_ = false;  // the log's disk about a sync
  bool log_lost_ = false;  // and then the broker crashed
  std::string damage_;     // the kinds of faults that did it
  std::string job_status_;
  std::string unreadable_;  // as the JobManager said
  sim::Duration delay_{0};  // the longest of one operation that a fault has caused
  std::string delayed_by_;  // its kind
  uint64_t attempts_ = 0;
  std::set<std::string> precommitted_;  // transactions
  std::vector<std::string> expired_;    // of those, what the log gave up
  uint64_t healed_checkpoints_ = 0;
  uint64_t healed_restarts_ = 0;
};

}  // namespace flinch::scenarios
