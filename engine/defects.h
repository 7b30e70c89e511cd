// Wrong behaviours, planted on purpose and off by default: the test of the oracles.
//
// Each is one place in the engine that asks `defects.Has(Defect::k…)`. In a build with
// FLINCH_DEFECTS=0 `Has` is a constant false and the branches vanish; with the default build it is
// one test of a bit. Each has a witness: tests/scenarios/defects_test.cc finds a seed at which an
// oracle catches it, among the first 200.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#ifndef FLINCH_DEFECTS
#define FLINCH_DEFECTS 1
#endif

namespace flinch::engine {

enum class Defect : uint8_t {
  kSinkCommitsAtSnapshot,
  kSinkCommitsOnlyMatchingId,
  kKeyGroupRangeEndExclusive,
  kSourceAdvancesBeforeEmit,
  kNotifiesBeforeStored,
};

struct DefectInfo {
  Defect defect;
  std::string_view name;    // as on the command line
  std::string_view what;    // what is done wrongly
  std::string_view breaks;  // the promise that falls
  std::string_view source;  // real bug or mutation operator
};

inline constexpr auto kDefects = std::to_array<DefectInfo>({
    {Defect::kSinkCommitsAtSnapshot, "sink_commits_at_snapshot",
     "The sink commits its transaction when it takes its snapshot instead of when the checkpoint "
     "is complete.",
     "Output is committed only with a durable checkpoint.", "G36; FLINK-26 class of known-bugs"},
    {Defect::kSinkCommitsOnlyMatchingId, "sink_commits_only_matching_id",
     "On a notification for checkpoint n the sink commits only the transactions of n, not those of "
     "earlier ones.",
     "A lost notification is made good by the next one.", "G37"},
    {Defect::kKeyGroupRangeEndExclusive, "key_group_range_end_exclusive",
     "On restore the last key group of each subtask's range is left out.",
     "Key groups are neither lost nor doubled.", "G29"},
    {Defect::kSourceAdvancesBeforeEmit, "source_advances_before_emit",
     "A snapshot of the source holds the position fetched, not the position emitted.",
     "A source's position and what it emitted are one cut.", "G16"},
    {Defect::kNotifiesBeforeStored, "notifies_before_stored",
     "The coordinator notifies of a completed checkpoint before the store has it.",
     "A commit implies a durable checkpoint.", "G05"},
});

// The set of planted defects of one run. A value; travels in options.
class Defects {
 public:
  constexpr bool Has([[maybe_unused]] Defect defect) const {
#if FLINCH_DEFECTS
    return (bits_ >> static_cast<unsigned>(defect) & 1U) != 0;
#else
    return false;
#endif
  }

  constexpr void Plant(Defect defect) { bits_ |= uint64_t{1} << static_cast<unsigned>(defect); }

  constexpr bool empty() const { return bits_ == 0; }

 private:
  uint64_t bits_ = 0;
};

constexpr std::optional<Defect> FindDefect(std::string_view name) {
  for (const DefectInfo& info : kDefects) {
    if (info.name == name) {
      return info.defect;
    }
  }
  return std::nullopt;
}

}  // namespace flinch::engine
