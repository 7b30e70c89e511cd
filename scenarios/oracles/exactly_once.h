// The committed output is what was expected of it: each output of the job keeps its law.
//
// Promise: let E be the expected records and O the committed ones, both multisets of (key, value).
//          By the law of most jobs (PerKeyOrder; others: scenarios/oracles/laws.h), O = E when the
//          job finished; when it did not, O is a part of E. And per key the records of O, by log
//          partition and offset, stand in the order of E. Witness: a
//          doubled record names the transaction of each copy, its checkpoint, and what crashed or
//          was restored between the two commits; then come foreign, missing and misplaced records.
//          Its event is the commit at which the first record became wrong, as far as one was told.
// Cost:    n log n in the records, at the end. Keeps one entry per transaction and one per crash or
//          restart.
// Silent:  about missing records when the job did not finish (job_finishes speaks), about the order
//          of a key that has doubled or foreign records, about the order between keys, about
//          records that no transaction committed.
// Source:  "exactly-once" of the Flink documents: each record's effect is in the output once,
//          whatever fails.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/laws.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class ExactlyOnce final : public Oracle {
 public:
  static constexpr std::string_view kName = "exactly_once";
  static constexpr std::string_view kPromise =
      "The committed output equals the sequential reference run: no record doubled, missing or "
      "foreign, each key in order.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override { has_past_ = subject.has_past; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  struct Transaction {
    int64_t checkpoint = 0;  // 0: nobody said
    std::optional<sim::SimTime> committed;
    std::optional<sim::EventId> commit;  // the event that told it first
  };

  struct Disturbance {
    sim::SimTime time;
    std::string what;  // "tm-2 crashed"
  };

  void OnSink(const sim::TraceEvent& event);
  void OnCommitted(const sim::TraceEvent& event);
  void OnDisturbance(const sim::TraceEvent& event, std::string what);

  // Of a record that is once too often in the output: the commit of its first copy too many.
  Mark MarkOf(const OutputBreach& breach) const;
  std::string SentenceFor(const OutputBreach& breach, const JudgedOutput& output) const;
  std::optional<sim::SimTime> CommitTime(const OutputRecord& record) const;
  void SortByCommit(std::vector<const OutputRecord*>& found) const;
  std::string ShowTransaction(const std::string& transaction) const;
  std::string ShowCopies(const std::vector<const OutputRecord*>& copies) const;
  std::string ShowWhatHappenedBetween(const std::vector<const OutputRecord*>& copies) const;

  std::map<std::string, Transaction, std::less<>> transactions_;
  std::vector<Disturbance> disturbances_;  // in order of time
  bool has_past_ = false;                  // nobody knows in which order it was committed
  bool is_rescaled_ = false;  // perhaps: a user has resumed it, or the adaptive scheduler decides
};

}  // namespace flinch::scenarios
