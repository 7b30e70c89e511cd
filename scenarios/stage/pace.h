// How fast a run got on: what the same run owes when nothing breaks in it.
//
// Intuition: nobody can reckon how long an engine may take for its work; but the fault-free run of
//            the same seed has done just this work, with these options and on this cluster. Beyond
//            it a healed job may need what its time-outs explain, and no more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "sim/recording/recording.h"
#include "sim/time.h"

namespace flinch::scenarios {

struct Pace {
  bool finished = false;
  sim::SimTime ended;            // when the job finished, or the run was over
  sim::Duration longest_gap{0};  // from one completed checkpoint, or the start, to the next
  uint64_t events = 0;
  uint64_t results = 0;  // records that were committed
  uint64_t expired = 0;  // checkpoints
};

// Of a checkpoint: that its time was over.
bool HasExpired(const sim::TraceEvent& event);

// Watches one run. Times count from `since` on.
class PaceWatch final : public sim::TraceObserver {
 public:
  explicit PaceWatch(sim::SimTime since) : since_(since), last_(since) {}

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;

  Pace PaceAt(sim::SimTime now, uint64_t events) const;

 private:
  sim::SimTime since_;
  sim::SimTime last_;  // the last step
  bool ended_ = false;
  bool finished_ = false;
  sim::Duration longest_{0};
  uint64_t results_ = 0;
  uint64_t expired_ = 0;
};

// No sum of a few such spans overflows.
inline constexpr sim::Duration kLongestSpan = std::chrono::hours(24 * 365);

constexpr sim::Duration Bounded(sim::Duration span) {
  return span < kLongestSpan ? span : kLongestSpan;
}

// A span that was reckoned or measured, for people: whole milliseconds, and never too few of them.
std::string ShowRounded(sim::Duration span);

// All time-outs that a healed job may have to wait for, each once.
sim::Duration TimeoutsOf(const engine::EngineOptions& options);

// The same options with every time-out at least as long as its default, and as many restarts as it
// takes: with these a job gets on, if with any.
engine::EngineOptions Generous(engine::EngineOptions options);

}  // namespace flinch::scenarios
