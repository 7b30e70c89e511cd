// A restart goes on from the newest completed checkpoint.
//
// Promise: job.restored names no checkpoint below the newest that was in the store before, as
//          checkpoint.stored or an earlier job.restored told; and none that never completed
//          (checkpoint.completed; 0, nothing at all, needs none).
// Cost:    a comparison per checkpoint. Keeps the ids that completed and are above the newest
//          stored.
// Silent:  about what is restored from the checkpoint (restored_state, consistent_cut). The
//          JobManager may die between the store and its word of it: then a restore of the newer one
//          is right, and so is one of the older as long as nobody has said that it is stored.
// Source:  Flink: CompletedCheckpointStore.getLatestCheckpoint after every failover.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class RestoresNewest final : public Oracle {
 public:
  static constexpr std::string_view kName = "restores_newest";
  static constexpr std::string_view kPromise =
      "A restart goes on from the newest checkpoint in the store, which had completed.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  int64_t newest_ = 0;
  std::set<int64_t> completed_;  // above the newest
  Breaches breaches_;
};

}  // namespace flinch::scenarios
