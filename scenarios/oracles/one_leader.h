// One JobManager leads at a time, and what an older term writes is refused.
//
// Promise: let the coordination service's changes be in their order (node.changed). /leader is
//          written only while nobody has it, and removed only by the session that wrote it. What
//          lies under /jobs/ is changed only by the session that has /leader at that moment.
//          Of two leaders, the one whose session took /leader later has the higher term, and no
//          term is granted twice.
// Cost:    constant per event. Keeps a number per leader.
// Silent:  about what a zombie believes, traces or sends: only what somebody accepted counts. About
//          clusters without a coordination service.
// Source:  Flink's leader election; FLINK-11665, FLINK-25486.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class OneLeader final : public Oracle {
 public:
  static constexpr std::string_view kName = "one_leader";
  static constexpr std::string_view kPromise =
      "One JobManager leads at a time, terms grow, and nothing is written for an older term.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  void OnChanged(const sim::TraceEvent& event);
  void OnGranted(const sim::TraceEvent& event);

  int64_t leader_ = 0;                // the session that has /leader; 0: none
  std::map<int64_t, uint64_t> took_;  // session → when it took /leader, counted
  std::map<int64_t, int64_t> terms_;  // that were granted → to which session
  Breaches breaches_;
};

}  // namespace flinch::scenarios
