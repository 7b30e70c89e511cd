// Nothing is committed, and nobody is told to commit, before the checkpoint is durable.
//
// Promise: before sink.committing with checkpoint n there was checkpoint.stored of some id >= n;
//          before checkpoint.notified of id n there was checkpoint.stored of n. A job.restored from
//          checkpoint n counts as stored: whoever can restore from it has it, even when the
//          JobManager died before it could say so.
// Cost:    a comparison per checkpoint and per transaction. Keeps the ids that were stored.
// Silent:  about commits that come late or never (no_open_transaction asks for those), and about
//          sinks without transactions.
// Source:  two-phase commit: a participant must not commit before the coordinator's decision is on
//          disk (Gray 1978).
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class CommitAfterDurable final : public Oracle {
 public:
  static constexpr std::string_view kName = "commit_after_durable";
  static constexpr std::string_view kPromise =
      "No transaction is committed, and no completion notified, before its checkpoint is in the "
      "store.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  void OnCommitting(const sim::TraceEvent& event);
  void OnNotified(const sim::TraceEvent& event);
  // " (the newest stored is 3; event #41 at 00:02.417)".
  std::string Place(const sim::TraceEvent& event) const;

  std::set<int64_t> stored_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
