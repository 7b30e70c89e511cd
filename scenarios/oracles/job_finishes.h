// A bounded job finishes once the world is healed.
//
// Promise: the job reaches FINISHED before the run's limits in events and simulated time. This is
//          the liveness verdict: every run ends healed, so nothing but the system itself can be in
//          the way. Witness: why the run ended and what the job last did: its status, its last
//          checkpoint step, its last restart, its last failed task, or what its JobManager could
//          not read.
// Cost:    a comparison per event; keeps the last event of each of five kinds, and two
//          counts.
// Silent:  when the job finished, however long it took.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class JobFinishes final : public Oracle {
 public:
  static constexpr std::string_view kName = "job_finishes";
  static constexpr std::string_view kPromise =
      "The bounded job finishes after the world is healed, before the run's limits.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  // How it did not, and who is to be asked: for the signature.
  Mark MarkOf(const FinalState& state) const;

  std::optional<sim::RecordedEvent> last_status_;
  std::optional<sim::RecordedEvent> last_checkpoint_;
  std::optional<sim::RecordedEvent> last_restart_;
  std::optional<sim::RecordedEvent> last_failure_;
  std::optional<sim::RecordedEvent> unrecoverable_;
  uint64_t starts_ = 0;    // job.restored, the first start included
  uint64_t failures_ = 0;  // of tasks, since a checkpoint was stored
};

}  // namespace flinch::scenarios
