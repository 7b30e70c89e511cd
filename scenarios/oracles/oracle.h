// A judge of runs: a promise that must hold whatever happens, and a witness when it does not.
//
// Shape:    made for one run, shown every traced event in order (OnEvent), asked once at the end
//           (Judge).
// Cost:     linear in events; keeps only what the verdict needs, bounded where the promise allows
//           it. Each oracle's header says how much.
// Errors:   none. An event without the fields it should have, or of a kind the oracle does not
//           know, is passed over.
// Survives: any order of events, several incarnations of every process, a run that broke off in the
//           middle.
//
// An oracle sees only traced events and the outside world's content, never the engine, and changes
// nothing: what it finds in a run it finds again in the run's recording.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/model/expected.h"
#include "scenarios/oracles/laws.h"
#include "scenarios/oracles/subject.h"
#include "sim/recording/recording.h"
#include "sim/time.h"

namespace flinch::scenarios {

// How one output of the job is judged.
struct JudgedOutput {
  std::string name = "output";
  Law law = PerKeyOrder();
  // How people read a record's value. Nothing: text as it is, other bytes in hexadecimal.
  std::function<std::string(std::string_view value)> show_value{};
  std::source_location where{};  // the law was demanded; nowhere for the library's own
};

// The world after its end, as seen from outside.
struct FinalState {
  bool job_finished = false;             // the bounded job reached FINISHED, and the run was healed
  std::string job_status;                // the last one known, "RUNNING"; "" before the first
  std::vector<ExpectedRecord> expected;  // of the reference run; order matters within a key
  std::vector<OutputRecord> output;      // committed, by log partition and offset
  std::vector<std::string> open_transactions;  // transactional ids, at the broker
  sim::SimTime end;
  std::string ending;    // why the run ended: "goal", "idle", "limit"
  std::string stuck;     // who waits for what, in a sentence, when it ended idle or at a limit
  std::string circle{};  // tasks that wait for one another, if any do
  // How much longer than Subject::patience this very run may do without a checkpoint.
  sim::Duration slack{0};
  std::vector<JudgedOutput> outputs{{}};
  std::vector<ReadRow> rows{};  // where a law needs them
  std::set<int64_t> dropped{};  // times of rows that came too late for their windows
  int64_t out_of_orderness = 0;
};

class Oracle : public sim::TraceObserver {
 public:
  // "exactly_once"; unique in the catalogue.
  virtual std::string_view name() const = 0;

  // What is promised, in one sentence.
  virtual std::string_view promise() const = 0;

  // Once, before the first event. What it points to outlives the oracle.
  virtual void OnSubject(const Subject& /*subject*/) {}

  void OnEvent(const sim::TraceEvent& event) override = 0;

  // The broken promise, or nothing when it held: at most one finding, whose witness is the most
  // telling breach and whose details (a dozen at most) are the next ones.
  virtual std::vector<reports::Finding> Judge(const FinalState& state) = 0;

  // By how many events it judged something so far. Of 0 a silence proves nothing.
  uint64_t seen() const { return seen_; }

 protected:
  void See() { ++seen_; }

 private:
  uint64_t seen_ = 0;
};

}  // namespace flinch::scenarios
