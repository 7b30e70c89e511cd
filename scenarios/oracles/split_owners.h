// A split has one reader at a time, and none is left without one.
//
// Promise: 1. a reader takes up (source.split_taken) a split that nobody has taken since the newest
//          start of the job, or of the region of whoever had it (job.restored); 2. one that its
//          snapshot did not hold was given to this attempt of it (source.split_assigned) before; 3.
//          when the job has finished, each split that was found (source.split_discovered) has been
//          taken since that start, with what snapshots hold counted in.
// Cost:    a map operation per event of a split. Keeps an owner per split.
// Silent:  about sources without an enumerator, whose readers tell nothing of splits; about what an
//          attempt does that is older than the newest start; about where in a split it is read
//          (consistent_cut) and what comes out (exactly_once).
// Source:  FLIP-27: each split is assigned to one reader.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class SplitOwners final : public Oracle {
 public:
  static constexpr std::string_view kName = "split_owners";
  static constexpr std::string_view kPromise =
      "A split of a source has one reader at a time, and none is left without one.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  using Split = std::pair<std::string, std::string>;  // its source, and its name

  void OnRestored(const sim::TraceEvent& event);
  void OnState(const sim::TraceEvent& event);
  void OnTaken(const sim::TraceEvent& event);

  int64_t newest_ = 0;                             // the newest start
  int64_t whole_ = 0;                              // of the whole job
  std::map<std::string, int64_t> parts_;           // by reader: of its region, since then
  std::map<Split, std::string> owner_;             // a subtask, since then
  std::set<std::pair<std::string, Split>> given_;  // "source[1]#3": the splits of an attempt
  std::set<Split> found_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
