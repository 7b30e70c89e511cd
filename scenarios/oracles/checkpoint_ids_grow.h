// Checkpoint ids only grow, and only what was triggered completes.
//
// Promise: let t1, t2, … be the ids of checkpoint.triggered over the whole run, in order, by
//          whatever incarnation of the JobManager; and c1, c2, … those of checkpoint.completed.
//          Then t and c grow strictly; every c is a t that came earlier; and no c was named by
//          checkpoint.aborted before.
// Cost:    a set operation per checkpoint event. Keeps the ids that were triggered and not
//          completed.
// Silent:  about gaps (an id may be given out and lost in a crash), about checkpoints that never
//          complete, and about an abort after completion (the store may refuse a completed
//          checkpoint).
// Source:  Flink's CheckpointIDCounter, which outlives the JobManager for this reason.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class CheckpointIdsGrow final : public Oracle {
 public:
  static constexpr std::string_view kName = "checkpoint_ids_grow";
  static constexpr std::string_view kPromise =
      "Checkpoint ids only grow, across JobManagers too, and only what was triggered and not "
      "aborted completes.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  enum class Phase : uint8_t { kTriggered, kAborted };

  void OnTriggered(const sim::TraceEvent& event, int64_t id);
  void OnCompleted(const sim::TraceEvent& event, int64_t id);

  int64_t last_triggered_ = 0;
  int64_t last_completed_ = 0;
  std::map<int64_t, Phase> open_;
  std::set<int64_t> savepoints_;  // after which the job goes on
  Breaches breaches_;
};

}  // namespace flinch::scenarios
