// What the results of many units come to: counts, and one group per kind of failure.
//
// Adding is commutative: shards, an interrupted hunt and one run in a single go come to the same.
// A unit that is there already is counted once; another outcome for it is nondeterminism, but for
// what is not final (UnitResult::IsFinal): that counts until the unit has come to its end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/unit_result.h"

namespace flinch::scenarios {

// The failures of one signature.
struct FailureGroup {
  std::string signature;
  uint64_t count = 0;
  // The simplest: fewest faults that fired, then fewest events, then the lowest seed.
  UnitResult exemplar;
  // What shrinking one of them came to.
  std::optional<ShrunkGroup> smallest{};
};

// The same for one scenario, for the health checks.
struct ScenarioTally {
  uint64_t runs = 0;
  uint64_t without_checkpoint = 0;
  uint64_t without_fault = 0;
  std::set<uint32_t> planned_fired{};       // faults of a written plan that fired in some run
  uint64_t with_missed_faults = 0;          // runs in which not all of a written plan fired
  std::set<std::string> digests{};          // the first two different ones
  std::map<std::string, uint64_t> blind{};  // in how many runs each oracle saw nothing
};

class Tally {
 public:
  // Whether it is the first of its unit, of its signature, or the first with one of its cells.
  struct News {
    bool unit = false;
    bool signature = false;
    bool cell = false;
  };

  News Add(const UnitResult& result);

  // Of several of one signature the smallest counts: fewest faults, then records, then events. Of
  // a signature that no unit has, nothing comes.
  void AddShrunk(const ShrunkGroup& shrunk);

  uint64_t runs() const { return units_.size(); }

  // Of this verdict alone; a failure of any kind is `failures`.
  uint64_t count(UnitVerdict verdict) const;
  uint64_t failures() const;

  bool has(uint64_t unit) const { return units_.contains(unit); }

  // All of them, ascending.
  std::vector<uint64_t> units() const;

  int64_t sim_ns() const { return sim_ns_; }

  // What the workers needed in all.
  int64_t wall_us() const { return wall_us_; }

  uint64_t twice() const { return twice_; }

  size_t cells_hit() const { return cells_.size(); }

  const std::set<uint32_t>& cells() const { return cells_; }

  const std::map<std::string, uint64_t>& faults() const { return faults_; }

  // The fields that were not in all runs as the scenario has them.
  const std::set<std::string>& varied() const { return varied_; }

  const std::map<std::string, uint64_t>& searches() const { return searches_; }

  const std::map<std::string, ScenarioTally>& scenarios() const { return scenarios_; }

  // The most frequent first; of equals, by signature.
  std::vector<FailureGroup> groups() const;

  // The most failures of one signature.
  uint64_t largest_group() const;

  size_t group_count() const { return groups_.size() + open_groups_.size(); }

  // Why runs were inconclusive: each reason once, with how often.
  const std::map<std::string, uint64_t>& reasons() const { return reasons_; }

 private:
  // What a second result of the unit must agree with. Small, for there may be ten million.
  struct Seen {
    uint64_t digest = 0;
    uint32_t signature = 0;  // its place in signatures_
    bool has_digest = false;
    UnitVerdict verdict = UnitVerdict::kPassed;
  };

  Seen SeenOf(const UnitResult& result);
  News Count(const UnitResult& result);
  void Discount(const UnitResult& result);
  void AddGroup(const UnitResult& result);
  void AddConflict(const UnitResult& result, Seen& seen);

  std::map<uint64_t, Seen> units_;
  std::map<std::string, uint32_t> signatures_;
  // Of these, the results that are not final; their signatures are no others'.
  std::map<uint64_t, UnitResult> open_;
  std::map<std::string, std::set<uint64_t>> open_groups_;
  std::map<UnitVerdict, uint64_t> verdicts_;
  std::map<std::string, FailureGroup> groups_;
  std::map<std::string, ShrunkGroup> shrunk_;
  std::map<std::string, uint64_t> faults_;
  std::map<std::string, uint64_t> searches_;
  std::map<std::string, uint64_t> reasons_;
  std::map<std::string, ScenarioTally> scenarios_;
  std::set<uint32_t> cells_;
  std::set<std::string> varied_;
  int64_t sim_ns_ = 0;
  int64_t wall_us_ = 0;
  uint64_t twice_ = 0;
  uint64_t largest_group_ = 0;
};

}  // namespace flinch::scenarios
