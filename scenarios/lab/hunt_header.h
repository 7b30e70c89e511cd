// The first line of a file of results: which hunt they are of, and which shard of it.
//
//   {"flinch_hunt":1,"hunt":"9f8e7d6c","build":"01234567","shard":"1/4","units":2000,
//    "scenarios":["url_clicks"],"with_faults":["url_clicks"],"search":"portfolio",
//    "cells_total":312,"cells":"ff0f","fault_kinds":["crash"],"faults_undrawn":["bit_rot"],
//    "dimensions":["job.parallelism"],
//    "plans":{"url_clicks":["plan[0] crash tm-1"]}}                        (without breaks)
//
// Meaning: `hunt` is a hash of all that decides what the units are and do, the build included: of
//          one hunt, a unit's number says what it is.
// Errors:  kInvalidArgument for a line that is no header, or of a later version.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lab/unit_result.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"

namespace flinch::scenarios {

// How the header's `search` begins where each run is one crash at an event that is known to come.
inline constexpr std::string_view kExhaustCrash = "exhaust crash of";

struct HuntHeader {
  std::string hunt{};
  std::string build{};
  Shard shard{};
  std::optional<uint64_t> units{};  // of all shards; nothing: no end
  std::vector<std::string> scenarios{};
  std::vector<std::string> with_faults{};
  std::string search{};
  uint64_t cells_total = 0;
  std::vector<uint32_t> cells{};              // that its runs can reach; cells_total of them
  std::vector<std::string> fault_kinds{};     // that its runs may suffer
  std::vector<std::string> faults_undrawn{};  // that none of its runs draws, where some draw any
  std::vector<std::string> dimensions{};      // in which seeds may differ
  // Of scenarios whose faults are written down: what each of them is called.
  std::map<std::string, std::vector<std::string>> plans{};

  friend bool operator==(const HuntHeader&, const HuntHeader&) = default;
};

// Without a line break.
std::string ShowHeader(const HuntHeader& header);
sim::Result<HuntHeader> ParseHeader(std::string_view line);

// kInvalidArgument for the result of a unit that is none of the header's hunt and shard.
sim::Result<void> CheckBelongs(const HuntHeader& header, const UnitResult& result);

// "shard-1-of-4.jsonl"
std::string ResultsFileName(const Shard& shard);

}  // namespace flinch::scenarios
