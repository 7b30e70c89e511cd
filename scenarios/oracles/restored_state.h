// A restore gives back all of the state, and each entry once.
//
// Promise: let an attempt restore from checkpoint n. When it triggers its first checkpoint, so that
//          all of its tasks run, the entries of keyed state that its subtasks restored
//          (task.started) add up, per operator chain, to those that were snapshot for n
//          (checkpoint.snapshot). Sums, since a change of the parallelism moves entries between
//          subtasks. An attempt of some regions (job.restored all=0) is compared subtask by
//          subtask.
// Cost:    a map operation per snapshot and per start. Keeps a number per subtask for the
//          checkpoints since the newest in the store, and for one attempt.
// Silent:  about an attempt that never triggers a checkpoint, about what an entry holds
//          (consistent_cut), about the lists of operators' state.
// Source:  Carbone et al. 2017, section 3.4: key groups are redistributed, neither lost nor shared.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class RestoredState final : public Oracle {
 public:
  static constexpr std::string_view kName = "restored_state";
  static constexpr std::string_view kPromise =
      "A restore gives back every entry of the keyed state, each once.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  using Entries = std::map<std::string, int64_t>;  // by subtask, or by chain: "window"

  struct Part {
    int64_t attempt = 0;
    int64_t checkpoint = 0;
    int64_t entries = 0;
  };

  void OnStarted(const sim::TraceEvent& event);
  void OnTriggered(const sim::TraceEvent& event);
  void JudgeParts(const sim::TraceEvent& event);
  void Tell(const sim::TraceEvent& event, const Part& restored, const std::string& whose,
            int64_t entries);

  std::map<int64_t, Entries> snapshots_;  // by checkpoint, by subtask
  std::set<int64_t> partial_;             // attempts of some regions
  std::map<std::string, Part> parts_;     // what those restored since the last trigger
  int64_t attempt_ = 0;
  int64_t checkpoint_ = 0;    // that the attempt restores from; 0: none, or judged
  Entries restored_;          // by chain
  int64_t resumed_from_ = 0;  // by a user, the last time: this checkpoint
  Breaches breaches_;
};

}  // namespace flinch::scenarios
