// In a healed world the job makes progress.
//
// Promise: once nothing breaks any more (Subject::healed), no more than Subject::patience and
//          FinalState::slack passes without a checkpoint in the store, until the job has ended. So
//          it is restarted, all its tasks run, no alignment is stuck, queues drain.
// Cost:    a comparison per event; keeps the longest pause.
// Silent:  before the healing, and when the job ends before it.
// Source:  Flink's checkpoints go on for ever when nothing fails; the bound adds up its time-outs,
//          and what the same run needs when nothing breaks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class Progress final : public Oracle {
 public:
  static constexpr std::string_view kName = "progress";
  static constexpr std::string_view kPromise =
      "Once the world is healed, checkpoints complete one after another until the job has ended.";

  static constexpr bool kNeedsStream = true;

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override;
  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  // Without a checkpoint; and the first event that came when that had lasted for longer than the
  // patience.
  struct Pause {
    sim::SimTime from;
    sim::SimTime to;
    std::optional<sim::EventId> event;
    std::string status;  // of the job
  };

  void Look(sim::SimTime now, std::optional<sim::EventId> event);

  std::optional<sim::SimTime> since_;  // the last progress, not before the healing
  sim::Duration patience_{0};
  bool ended_ = false;
  std::string status_;
  std::optional<Pause> current_;  // only what is longer than the patience
  std::optional<Pause> longest_;
};

}  // namespace flinch::scenarios
