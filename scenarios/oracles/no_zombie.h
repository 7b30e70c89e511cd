// Whoever has been replaced writes nothing any more, and nobody skips a transaction.
//
// Promise: 1. when the job is restored from checkpoint r, what attempts before it wrote for later
//          checkpoints, or for none, is abandoned: its records will be made again, so it is never
//          committed. Neither is what they begin afterwards. Where only some regions are restored
//          (job.restored all=0), that holds for what their sinks wrote. 2. The epochs of a
//          transactional id grow: no transaction.begun has an epoch that is not above the last, and
//          no transaction.committed one below it. 3. A sink subtask commits what it pre-committed
//          in order: when it asks to commit one (sink.committing), it has asked for all earlier
//          ones.
// Cost:    a map operation per transaction event, and at a restore the transactions that have not
//          ended. Keeps an entry per transactional id.
// Silent:  about transactions whose name does not end in "-attempt-counter".
// Source:  KIP-98 (fencing by epochs); Flink's TwoPhaseCommitSinkFunction, which on restore aborts
//          what the checkpoint does not hold.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class NoZombie final : public Oracle {
 public:
  static constexpr std::string_view kName = "no_zombie";
  static constexpr std::string_view kPromise =
      "A replaced attempt commits nothing any more, epochs only grow, and no transaction is "
      "skipped.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  struct Transaction {
    int64_t attempt = 0;
    int64_t epoch = 0;
    int64_t checkpoint = 0;  // 0: not pre-committed
    bool ended = false;
    bool abandoned = false;
  };

  using ByName = std::map<std::string, Transaction, std::less<>>;

  // The newest attempt of a sink's subtask, and what it was restored from.
  struct Start {
    int64_t attempt = 0;
    int64_t checkpoint = 0;
  };

  using SinkSubtask = std::pair<std::string, std::string>;  // "sink", "3"

  Transaction& Find(std::string_view name);
  const Start& StartOf(std::string_view name) const;
  void AbandonBefore(const std::string& name);
  void OnRestored(const sim::TraceEvent& event);
  void OnScheduled(const sim::TraceEvent& event);
  void OnPreCommitted(const sim::TraceEvent& event, std::string_view name);
  void OnCommitting(const sim::TraceEvent& event, std::string_view name);
  void OnBegun(const sim::TraceEvent& event, std::string_view name);
  void OnCommitted(const sim::TraceEvent& event, std::string_view name);

  Start whole_;  // of the whole job
  Start newest_;
  std::map<SinkSubtask, Start> parts_;  // of subtasks that were restored since
  ByName transactions_;
  std::set<std::string, std::less<>> open_;  // not ended
  // By subtask and attempt: pre-committed, and nobody has asked to commit it. By checkpoint.
  std::map<std::pair<std::string, int64_t>, std::map<int64_t, std::string>> waiting_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
