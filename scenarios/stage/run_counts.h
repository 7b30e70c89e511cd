// What a run's summary counts of its events.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engine/events.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

// Counts what the summary tells, and which transactions ended by their time-out.
class RunCounts final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kCheckpointStored) {
      ++completed;
    } else if (event.kind == engine::events::kCheckpointAborted) {
      ++failed;
    } else if (event.kind == engine::events::kJobRestored) {
      ++attempts;
    } else if (event.kind == engine::events::kJobStatus) {
      job_status = event.Text("to").value_or("");
    } else if (event.kind == engine::events::kTransactionAborted &&
               event.Text("reason") == "timeout") {
      expired.emplace(event.Text("transaction").value_or(""));
    }
  }

  bool job_finished() const { return job_status == "FINISHED"; }

  bool job_ended() const { return job_finished() || job_status == "FAILED"; }

  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t attempts = 0;
  std::string job_status;
  std::set<std::string> expired;
};

}  // namespace flinch::scenarios
