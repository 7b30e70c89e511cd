// Event time never goes back, and nothing that is on time is dropped as late.
//
// Promise: the watermark of a subtask's attempt, as each of its snapshots tells it
//          (checkpoint.snapshot), never falls; and no window drops a record (window.late_record)
//          that does not lie behind one of its partition by more than watermarks lag.
// Cost:    a map operation per snapshot. Keeps a number per subtask.
// Silent:  about the watermark between two snapshots, about that of sources, which have no inputs,
//          and about windows that fire too early without a record coming after (exactly_once).
// Source:  Flink documents, "Timely Stream Processing": a watermark declares that no older element
//          will come.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class WatermarksGrow final : public Oracle {
 public:
  static constexpr std::string_view kName = "watermarks_grow";
  static constexpr std::string_view kPromise =
      "Watermarks never go back, and no record that is on time is dropped as late.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override { subject_ = &subject; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  // Of one attempt.
  struct Seat {
    int64_t attempt = 0;
    int64_t watermark = 0;
  };

  void OnSnapshot(const sim::TraceEvent& event);

  const Subject* subject_ = nullptr;
  std::map<std::string, Seat> seats_;  // by subtask
  Breaches breaches_;
};

}  // namespace flinch::scenarios
